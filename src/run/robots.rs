//! What sites let programs fetch: their `robots.txt`, asked once a day and remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::model::time::Timestamp;
use crate::read::robots::Robots;
use crate::run::discover::plain_request;

/// The name that groups of rules know us by.
const AGENT: &str = "tidings";
/// How long rules count (RFC 9309 §2.4).
const KEPT: Duration = Duration::from_hours(24);
/// How many sites are remembered; past that all are forgotten and asked again as needed.
const SITES: usize = 5_000;
/// How long a site may take to tell.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The rules of the sites asked so far.
#[derive(Debug, Default)]
pub struct SiteRules {
    known: Mutex<HashMap<String, (Timestamp, Arc<Robots>)>>,
}

impl SiteRules {
    /// The rules for the site of an address. A site that answers with an error of the asker's (404) has none.
    ///
    /// # Errors
    /// If the site cannot be asked: then nothing of it may be fetched for now (RFC 9309 §2.3.1.4).
    pub async fn of(
        &self,
        fetcher: &Fetcher,
        url: &Url,
        now: Timestamp,
    ) -> Result<Arc<Robots>, FetchError> {
        let site = url.origin().ascii_serialization();
        if let Some((asked, rules)) = self.known().get(&site)
            && now.since(*asked) < KEPT
        {
            return Ok(Arc::clone(rules));
        }
        let Ok(address) = url.join("/robots.txt") else { return Ok(Arc::default()) };
        let request = plain_request(address.clone(), TIMEOUT, now);
        let rules = match fetcher.fetch(&request).await {
            Ok(Fetched::Body { bytes, final_url, .. }) => {
                Robots::read(&bytes, AGENT, Some(&final_url))
            }
            // Nothing was asked conditionally.
            Ok(Fetched::NotModified { .. }) => Robots::default(),
            Err(error) if is_none(&error) => Robots::default(),
            Err(error) => return Err(error),
        };
        let rules = Arc::new(rules);
        let mut known = self.known();
        if known.len() >= SITES {
            known.clear();
        }
        known.insert(site, (now, Arc::clone(&rules)));
        Ok(rules)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Timestamp, Arc<Robots>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an answer says that the site has no rules (RFC 9309 §2.3.1.3), also by something that is no text file.
fn is_none(error: &FetchError) -> bool {
    let class = error.class();
    (class.starts_with("http-4") && class != "http-429")
        || matches!(class.as_str(), "gone" | "http-204" | "too-large" | "redirect" | "bad-encoding")
}
