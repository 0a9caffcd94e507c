//! A source that is a sitemap: the sitemap itself, or of an index the newest ones that have changed.

use std::cmp::Reverse;
use std::time::Duration;

use url::Url;

use crate::fetch::{FetchError, FetchRequest, Fetched, Fetcher};
use crate::model::entry::{Note, ParsedFeed};
use crate::model::source::{Proxy, Secret, SourceAddress, SourceKey, Validators};
use crate::model::time::Timestamp;
use crate::read::sitemap::{Child, Sitemap, read_sitemap};
use crate::read::{ReadError, ReadOptions};

/// How many sitemaps of an index are fetched at one poll, at most.
const CHILDREN: usize = 6;
/// How deep indexes may nest.
const DEPTH: usize = 2;

/// What a sitemap and those it names told.
#[derive(Debug)]
pub struct Gathered {
    /// The news.
    pub feed: ParsedFeed,
    /// The last change of the sitemaps that an index names, as far as they were read. `None` if there is no index, or it states no changes.
    pub read_to: Option<Timestamp>,
    /// Whether the first document is an index.
    pub is_index: bool,
    /// Bytes received besides the first document.
    pub received_bytes: u64,
}

/// Why nothing was gathered.
#[derive(Debug)]
pub enum GatherError {
    /// A document is no sitemap of news.
    Read(ReadError),
    /// None of the sitemaps of an index could be fetched; the last reason.
    Fetch(Box<FetchError>),
    /// No sitemap of the index has changed since the last time.
    Unchanged,
}

/// What asks for the sitemaps of a source, and by what they are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The client.
    pub fetcher: &'a Fetcher,
    /// The source, for messages.
    pub source_key: &'a SourceKey,
    /// Headers for its own host.
    pub headers: &'a [(String, Secret)],
    /// How long one document may take.
    pub timeout: Duration,
    /// The zone of dates without one.
    pub zone: Option<chrono_tz::Tz>,
    /// The encoding of its documents, where the curator knows better than they do.
    pub encoding: Option<&'a str>,
    /// The present moment.
    pub now: Timestamp,
    /// Sitemaps that changed last at this moment or before are known.
    pub read_to: Option<Timestamp>,
}

/// Reads a sitemap that was fetched from `url`, and those an index names: of the same host, the newest first, only what has changed, at most
/// `CHILDREN` of them.
pub async fn gather(
    reading: Reading<'_>,
    bytes: Vec<u8>,
    content_type: Option<String>,
    url: Url,
) -> Result<Gathered, GatherError> {
    let mut queue = match read(&reading, bytes, content_type, url.clone()).await {
        Err(error) => return Err(GatherError::Read(error)),
        Ok(Sitemap::News(feed)) => {
            return Ok(Gathered { feed: *feed, read_to: None, is_index: false, received_bytes: 0 });
        }
        Ok(Sitemap::Index(children)) => fresh(children, &url, reading.read_to),
    };
    if queue.is_empty() {
        return Err(GatherError::Unchanged);
    }
    let mut gathered: Option<ParsedFeed> = None;
    let mut received_bytes = 0;
    let mut read_to = reading.read_to;
    let mut failed: Option<GatherError> = None;
    let mut depth = 1;
    let mut fetched = 0;
    let mut any_failed = false;
    while let Some(Child { url, modified }) = (!queue.is_empty()).then(|| queue.remove(0)) {
        if fetched >= CHILDREN {
            break;
        }
        fetched += 1;
        let request = FetchRequest {
            source_key: reading.source_key.clone(),
            address: SourceAddress::Web(url),
            moved_to: None,
            proxy: Proxy::Usual,
            validators: Validators::default(),
            headers: reading.headers.to_vec(),
            timeout: reading.timeout,
            now: reading.now,
        };
        let (bytes, content_type, url) = match reading.fetcher.fetch(&request).await {
            Ok(Fetched::Body {
                bytes, content_type, final_url, received_bytes: received, ..
            }) => {
                received_bytes += received;
                (bytes, content_type, final_url)
            }
            Ok(Fetched::NotModified { .. }) => continue,
            Err(error) => {
                any_failed = true;
                failed = Some(GatherError::Fetch(Box::new(error)));
                continue;
            }
        };
        match read(&reading, bytes, content_type, url.clone()).await {
            Ok(Sitemap::News(feed)) => {
                read_to = read_to.max(modified);
                match &mut gathered {
                    None => gathered = Some(*feed),
                    Some(all) => add(all, *feed),
                }
            }
            Ok(Sitemap::Index(children)) if depth < DEPTH => {
                depth += 1;
                queue.splice(0..0, fresh(children, &url, reading.read_to));
            }
            Ok(Sitemap::Index(_)) => {}
            // The sitemap of a site's other pages is no news and no failure.
            Err(error) => failed = failed.or(Some(GatherError::Read(error))),
        }
    }
    match (gathered, failed) {
        (Some(feed), _) => Ok(Gathered {
            feed,
            // One that could not be had is asked for again.
            read_to: if any_failed { reading.read_to } else { read_to },
            is_index: true,
            received_bytes,
        }),
        // What is new in the index are other pages than news.
        (None, Some(GatherError::Read(ReadError::NoHeadlines))) if reading.read_to.is_some() => {
            Err(GatherError::Unchanged)
        }
        (None, Some(failed)) => Err(failed),
        (None, None) => Err(GatherError::Unchanged),
    }
}

/// The sitemaps of an index that are worth fetching, the likeliest news first.
fn fresh(children: Vec<Child>, index: &Url, read_to: Option<Timestamp>) -> Vec<Child> {
    let mut fresh: Vec<Child> = children
        .into_iter()
        .filter(|child| child.url.host_str() == index.host_str())
        .filter(|child| match (child.modified, read_to) {
            (Some(modified), Some(read_to)) => modified > read_to,
            (None, _) | (_, None) => true,
        })
        .collect();
    let is_news = |child: &Child| child.url.as_str().to_ascii_lowercase().contains("news");
    // Without a date the numbers in the names say which is newest ("sitemap-2025-10.xml").
    fresh.sort_by_key(|child| {
        (Reverse(is_news(child)), Reverse(child.modified), Reverse(child.url.as_str().to_owned()))
    });
    fresh.truncate(CHILDREN);
    fresh
}

fn add(all: &mut ParsedFeed, feed: ParsedFeed) {
    let room = ReadOptions::default().max_entries.saturating_sub(all.entries.len());
    if feed.entries.len() > room {
        let text = format!("only {} pages were read", ReadOptions::default().max_entries);
        all.notes.push(Note { item: None, text });
    }
    all.entries.extend(feed.entries.into_iter().take(room));
    all.notes.extend(feed.notes);
    all.title = all.title.take().or(feed.title);
    if all.language != feed.language {
        all.language = None;
    }
}

/// Reads on a blocking thread: unpacking and reading take longer than the runtime may be kept waiting.
async fn read(
    reading: &Reading<'_>,
    bytes: Vec<u8>,
    content_type: Option<String>,
    url: Url,
) -> Result<Sitemap, ReadError> {
    let (zone, encoding) = (reading.zone, reading.encoding.map(str::to_owned));
    let read = tokio::task::spawn_blocking(move || {
        let options = ReadOptions {
            content_type: content_type.as_deref(),
            base: Some(&url),
            zone,
            encoding: encoding.as_deref(),
            ..ReadOptions::default()
        };
        read_sitemap(&bytes, &options)
    });
    read.await.unwrap_or(Err(ReadError::NotAFeed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_the_same_host_come_first() {
        let child = |url: &str, modified: Option<i64>| Child {
            url: Url::parse(url).unwrap(),
            modified: modified.map(Timestamp::from_unix),
        };
        let children = vec![
            child("https://a.example/old.xml", Some(10)),
            child("https://a.example/pages.xml", Some(40)),
            child("https://b.example/news.xml", Some(50)),
            child("https://a.example/news-1.xml", Some(20)),
            child("https://a.example/news-2.xml", Some(30)),
            child("https://a.example/2024.xml", None),
            child("https://a.example/2025.xml", None),
        ];
        let index = Url::parse("https://a.example/index.xml").unwrap();
        let found = fresh(children, &index, Some(Timestamp::from_unix(10)));
        let paths: Vec<&str> = found.iter().map(|child| child.url.path()).collect();
        assert_eq!(paths, ["/news-2.xml", "/news-1.xml", "/pages.xml", "/2025.xml", "/2024.xml"]);
    }
}
