//! Finds the feed behind any page: the document itself, what it links to, and what sites serve without linking to it.

use std::time::Duration;

use url::Url;

use crate::fetch::{FetchError, FetchRequest, Fetched, Fetcher};
use crate::model::entry::ParsedFeed;
use crate::model::source::{SourceAddress, SourceKey, Validators};
use crate::model::time::Timestamp;
use crate::read::{self, ReadOptions, page};

/// Where sites keep feeds that no page links to, the commonest first.
const COMMON_PATHS: [&str; 14] = [
    "feed",
    "feed/",
    "rss",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "feed.json",
    "rss/",
    "index.rdf",
    "feeds/posts/default",
    "?feed=rss2",
    "blog/feed",
    "news/rss",
];
/// So many candidates are tried at most: we are a guest.
const TRIES: usize = 24;

/// A feed that was found.
#[derive(Debug)]
pub struct Found {
    /// Its address.
    pub url: Url,
    /// The document.
    pub feed: ParsedFeed,
    /// How it was found, in words.
    pub how: &'static str,
    /// What else the page links to that may be a feed, not tried.
    pub others: Vec<Url>,
}

/// Why no feed was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// The page itself cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The page is there, but no feed is behind it.
    #[error(
        "no feed at {url}: it is not one itself, links to none, and none of {tried} other addresses tried is one"
    )]
    NoFeed {
        /// The page.
        url: Url,
        /// How many addresses were tried besides.
        tried: usize,
    },
}

/// Finds the feed behind an address.
///
/// # Errors
/// If the page cannot be fetched, or no feed is found.
pub async fn discover(
    fetcher: &Fetcher,
    url: &Url,
    request: impl Fn(Url) -> FetchRequest,
) -> Result<Found, DiscoverError> {
    let (linked, landed, refused) = match document(fetcher, url.clone(), &request).await {
        Ok(Document::Feed(feed)) => {
            let how = "the address is a feed";
            return Ok(Found { url: url.clone(), feed: *feed, how, others: Vec::new() });
        }
        Ok(Document::Other { links, landed }) => (links, landed, None),
        // A site may refuse its pages to programs and serve its feeds all the same.
        Err(error) if error.class().starts_with("http-") => (Vec::new(), url.clone(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    let mut tried = vec![url.clone()];
    let common = common(&landed);
    let candidates = linked
        .iter()
        .map(|url| (url, "the page links to it"))
        .chain(common.iter().map(|url| (url, "the site serves it without linking to it")));
    for (candidate, how) in candidates {
        if tried.contains(candidate) || tried.len() > TRIES {
            continue;
        }
        tried.push(candidate.clone());
        // One candidate that cannot be had says nothing about the next.
        if let Ok(Document::Feed(feed)) = document(fetcher, candidate.clone(), &request).await {
            let others = linked.iter().filter(|other| !tried.contains(other)).cloned().collect();
            return Ok(Found { url: candidate.clone(), feed: *feed, how, others });
        }
    }
    match refused {
        Some(error) => Err(error.into()),
        None => Err(DiscoverError::NoFeed { url: url.clone(), tried: tried.len() - 1 }),
    }
}

/// A request for a document that is no source yet.
pub fn plain_request(url: Url, timeout: Duration, now: Timestamp) -> FetchRequest {
    FetchRequest {
        source_key: SourceKey::naming(url.host_str().unwrap_or_default()),
        address: SourceAddress::Web(url),
        moved_to: None,
        validators: Validators::default(),
        headers: Vec::new(),
        timeout,
        now,
    }
}

enum Document {
    Feed(Box<ParsedFeed>),
    Other { links: Vec<Url>, landed: Url },
}

async fn document(
    fetcher: &Fetcher,
    url: Url,
    request: &impl Fn(Url) -> FetchRequest,
) -> Result<Document, FetchError> {
    let request = request(url.clone());
    match fetcher.fetch(&request).await? {
        // Nothing was asked conditionally; an answer that says so holds no document.
        Fetched::NotModified { .. } => Ok(Document::Other { links: Vec::new(), landed: url }),
        Fetched::Body { bytes, content_type, final_url, .. } => {
            let reading = tokio::task::spawn_blocking(move || {
                let options = ReadOptions {
                    content_type: content_type.as_deref(),
                    base: Some(&final_url),
                    ..ReadOptions::default()
                };
                match read::read(&bytes, &options) {
                    Ok(feed) => Document::Feed(Box::new(feed)),
                    Err(_) => {
                        let links = page::feed_links(&bytes, content_type.as_deref(), &final_url);
                        Document::Other {
                            links: links.into_iter().map(|link| link.url).collect(),
                            landed: final_url,
                        }
                    }
                }
            });
            Ok(reading.await.unwrap_or(Document::Other { links: Vec::new(), landed: url }))
        }
    }
}

/// The usual places for a feed: below the page's folder, then at the root of the site.
fn common(landed: &Url) -> Vec<Url> {
    let mut bases = vec![landed.clone()];
    if !landed.path().ends_with('/') {
        let mut folder = landed.clone();
        folder.set_path(&format!("{}/", landed.path()));
        bases.insert(0, folder);
    }
    if let Ok(root) = landed.join("/") {
        bases.insert(0, root);
    }
    bases
        .iter()
        .flat_map(|base| COMMON_PATHS.iter().filter_map(|path| base.join(path).ok()))
        .collect()
}
