//! One document fetched for its own sake: nothing is remembered of it.

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::fetch::{FetchOptions, Fetched, Fetcher};
use crate::model::time::Timestamp;
use crate::run::desk::Desk;
use crate::run::discover::plain_request;
use crate::run::error::RunError;

/// A document as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedDocument {
    /// Its bytes, unpacked, in their own charset.
    pub bytes: Vec<u8>,
    /// The Content-Type as sent.
    pub content_type: Option<String>,
    /// Where it came from after redirects.
    pub url: Url,
}

/// How long one document may take where no configuration says it.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Fetches a document as a source would be fetched: by the `[fetch]` rules of the configuration at `config` where there is one, else by the
/// usual ones.
///
/// # Errors
/// If the configuration is wrong or the document cannot be had.
pub async fn fetch_document(
    config: &Path,
    url: Url,
    now: Timestamp,
) -> Result<FetchedDocument, RunError> {
    let (fetcher, timeout) = if config.exists() {
        let desk = Desk::load(config)?;
        (desk.fetcher, desk.config.fetch.timeout)
    } else {
        (Fetcher::new(FetchOptions::default())?, TIMEOUT)
    };
    match fetcher.fetch(&plain_request(url.clone(), timeout, now)).await? {
        Fetched::Body { bytes, content_type, final_url, .. } => {
            Ok(FetchedDocument { bytes, content_type, url: final_url })
        }
        // Nothing was asked conditionally; an answer that says so holds no document.
        Fetched::NotModified { .. } => {
            Ok(FetchedDocument { bytes: Vec::new(), content_type: None, url })
        }
    }
}
