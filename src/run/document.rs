//! One document fetched for its own sake: nothing is remembered of it.

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::fetch::{FetchOptions, Fetched, Fetcher};
use crate::model::entry::ParsedFeed;
use crate::model::time::Timestamp;
use crate::read::ReadError;
use crate::run::desk::Desk;
use crate::run::discover::plain_request;
use crate::run::error::RunError;
use crate::run::sitemap::{self, GatherError, Reading};

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

/// Fetches a sitemap and, of an index, those it names, as a source would.
///
/// # Errors
/// If the configuration is wrong, or there is no sitemap with news.
pub async fn fetch_sitemap(
    config: &Path,
    url: Url,
    zone: Option<chrono_tz::Tz>,
    now: Timestamp,
) -> Result<ParsedFeed, RunError> {
    let (fetcher, timeout) = client(config)?;
    let request = plain_request(url.clone(), timeout, now);
    let reading = Reading {
        fetcher: &fetcher,
        source_key: &request.source_key,
        headers: &[],
        timeout,
        zone,
        encoding: None,
        now,
        read_to: None,
    };
    match fetcher.fetch(&request).await? {
        Fetched::Body { bytes, content_type, final_url, .. } => {
            match sitemap::gather(reading, bytes, content_type, final_url).await {
                Ok(gathered) => Ok(gathered.feed),
                Err(GatherError::Read(error)) => Err(RunError::Document(error)),
                Err(GatherError::Fetch(error)) => Err((*error).into()),
                Err(GatherError::Unchanged) => Err(RunError::Document(ReadError::Empty)),
            }
        }
        Fetched::NotModified { .. } => Err(RunError::Document(ReadError::Empty)),
    }
}

/// The client by the configuration, where there is one.
fn client(config: &Path) -> Result<(Fetcher, Duration), RunError> {
    if config.exists() {
        let desk = Desk::load(config)?;
        Ok((desk.fetcher, desk.config.fetch.timeout))
    } else {
        Ok((Fetcher::new(FetchOptions::default())?, TIMEOUT))
    }
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
    let (fetcher, timeout) = client(config)?;
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
