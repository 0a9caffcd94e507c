//! Finds the source behind any page: a feed (the document itself, what it links to, what sites serve without linking to it), else a news sitemap,
//! else the page itself.

use std::time::Duration;

use url::Url;

use crate::fetch::{FetchError, FetchRequest, Fetched, Fetcher};
use crate::model::entry::ParsedFeed;
use crate::model::source::{
    PageSelectors, Proxy, SourceAddress, SourceKey, SourceKind, Validators,
};
use crate::model::time::Timestamp;
use crate::read::{self, ReadError, ReadOptions, listing, page};
use crate::run::robots::SiteRules;
use crate::run::sitemap::{self, GatherError, Reading};

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

/// Where sites keep their news sitemaps, the commonest first.
const SITEMAP_PATHS: [&str; 7] = [
    "/sitemap-news.xml",
    "/news-sitemap.xml",
    "/sitemap_news.xml",
    "/sitemap/news.xml",
    "/sitemaps/news.xml",
    "/googlenews.xml",
    "/sitemap.xml",
];
/// So many sitemaps are tried at most.
const SITEMAP_TRIES: usize = 10;

/// What was found behind an address.
#[derive(Debug)]
pub struct Found {
    /// Its address.
    pub url: Url,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// The document.
    pub feed: ParsedFeed,
    /// How it was found, in words.
    pub how: &'static str,
    /// What else the page links to that may be a feed, not tried.
    pub others: Vec<Url>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// The page itself cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The page is there, but nothing that can be read as a source.
    #[error(
        "no feed at {url}: it is not one itself, links to none, and none of {tried} other addresses tried is one; no news sitemap either, and {page}"
    )]
    NoFeed {
        /// The page.
        url: Url,
        /// How many addresses were tried besides.
        tried: usize,
        /// Why the page is no source itself.
        page: String,
    },
}

/// Finds what can be read behind an address: a feed, else a news sitemap, else the page itself.
///
/// # Errors
/// If the page cannot be fetched, or nothing is found.
pub async fn discover(
    fetcher: &Fetcher,
    site_rules: &SiteRules,
    url: &Url,
    request: impl Fn(Url) -> FetchRequest,
) -> Result<Found, DiscoverError> {
    let mut page = None;
    let (linked, landed, refused) = match document(fetcher, url.clone(), &request).await {
        Ok(Document::Feed(feed)) => {
            let how = "the address is a feed";
            let (url, kind) = (url.clone(), SourceKind::Feed);
            return Ok(Found { url, kind, feed: *feed, how, others: Vec::new() });
        }
        Ok(Document::Other(other)) => {
            let other = *other;
            let found = (other.links.clone(), other.landed.clone(), None);
            page = Some(other);
            found
        }
        // A site may refuse its pages to programs and serve its feeds all the same.
        Err(error) if error.class().starts_with("http-") => (Vec::new(), url.clone(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    // A sitemap says so itself; no feed is looked for behind it.
    if let Some(other) = page.as_ref().filter(|other| other.is_sitemap)
        && let Ok(feed) = sitemap(fetcher, other.clone(), &request).await
    {
        let (url, kind) = (url.clone(), SourceKind::Sitemap);
        let how = "the address is a news sitemap";
        return Ok(Found { url, kind, feed, how, others: Vec::new() });
    }
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
            let (url, kind) = (candidate.clone(), SourceKind::Feed);
            return Ok(Found { url, kind, feed: *feed, how, others });
        }
    }
    if let Some((url, feed)) = news_sitemap(fetcher, site_rules, &landed, &request).await {
        let how = "the site has no feed, but a news sitemap";
        return Ok(Found { url, kind: SourceKind::Sitemap, feed, how, others: Vec::new() });
    }
    let why = match page {
        None => "it cannot be read as a page".to_owned(),
        Some(page) => match read_page(fetcher, site_rules, page, &request).await {
            Ok((feed, selectors)) => {
                let (url, kind) = (url.clone(), SourceKind::Page(selectors));
                let how = "the site has no feed; the page itself lists them";
                return Ok(Found { url, kind, feed, how, others: Vec::new() });
            }
            Err(why) => why,
        },
    };
    match refused {
        Some(error) => Err(error.into()),
        None => {
            let (url, tried) = (url.clone(), tried.len() - 1);
            Err(DiscoverError::NoFeed { url, tried, page: why })
        }
    }
}

/// The news sitemap of a site: one that its robots.txt names, else one at a usual place.
async fn news_sitemap(
    fetcher: &Fetcher,
    site_rules: &SiteRules,
    landed: &Url,
    request: &impl Fn(Url) -> FetchRequest,
) -> Option<(Url, ParsedFeed)> {
    let now = request(landed.clone()).now;
    let rules = site_rules.of(fetcher, landed, now).await;
    let mut named = rules.map(|rules| rules.sitemaps.clone()).unwrap_or_default();
    named.sort_by_key(|url| !url.as_str().to_ascii_lowercase().contains("news"));
    let usual = SITEMAP_PATHS.iter().filter_map(|path| landed.join(path).ok());
    let mut tried: Vec<Url> = Vec::new();
    for candidate in named.into_iter().chain(usual) {
        if tried.contains(&candidate) {
            continue;
        }
        if tried.len() >= SITEMAP_TRIES {
            return None;
        }
        tried.push(candidate.clone());
        if let Ok(Document::Other(other)) = document(fetcher, candidate.clone(), request).await
            && other.is_sitemap
            && let Ok(feed) = sitemap(fetcher, *other, request).await
        {
            return Some((candidate, feed));
        }
    }
    None
}

/// Reads a sitemap, and those that it names.
async fn sitemap(
    fetcher: &Fetcher,
    other: Other,
    request: &impl Fn(Url) -> FetchRequest,
) -> Result<ParsedFeed, GatherError> {
    let FetchRequest { source_key, headers, timeout, now, .. } = request(other.landed.clone());
    let reading = Reading {
        fetcher,
        source_key: &source_key,
        headers: &headers,
        timeout,
        zone: None,
        encoding: None,
        now,
        read_to: None,
    };
    let gathered = sitemap::gather(reading, other.bytes, other.content_type, other.landed).await?;
    // One that is empty may fill, but nothing shows that it is kept.
    if gathered.feed.entries.is_empty() {
        return Err(GatherError::Unchanged);
    }
    Ok(gathered.feed)
}

/// Reads the page as a source; why it cannot be one, in words, otherwise.
async fn read_page(
    fetcher: &Fetcher,
    site_rules: &SiteRules,
    page: Other,
    request: &impl Fn(Url) -> FetchRequest,
) -> Result<(ParsedFeed, PageSelectors), String> {
    let now = request(page.landed.clone()).now;
    match site_rules.of(fetcher, &page.landed, now).await {
        Ok(rules) if rules.allows(&page.landed) => {}
        Ok(_) => return Err("the site's robots.txt does not let programs read the page".to_owned()),
        Err(error) => {
            return Err(format!("the site's robots.txt cannot be asked: {}", error.reason));
        }
    }
    let reading = tokio::task::spawn_blocking(move || {
        let options = ReadOptions {
            content_type: page.content_type.as_deref(),
            base: Some(&page.landed),
            ..ReadOptions::default()
        };
        listing::infer_selectors(&page.bytes, &options, Some(now))
    });
    match reading.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("reading the page failed inside tidings; please report it".to_owned()),
    }
}

/// A request for a document that is no source yet.
pub fn plain_request(url: Url, timeout: Duration, now: Timestamp) -> FetchRequest {
    FetchRequest {
        source_key: SourceKey::naming(url.host_str().unwrap_or_default()),
        address: SourceAddress::Web(url),
        moved_to: None,
        proxy: Proxy::Usual,
        validators: Validators::default(),
        headers: Vec::new(),
        timeout,
        now,
    }
}

enum Document {
    Feed(Box<ParsedFeed>),
    Other(Box<Other>),
}

/// A document that is no feed.
#[derive(Clone)]
struct Other {
    /// The feeds it links to.
    links: Vec<Url>,
    landed: Url,
    bytes: Vec<u8>,
    content_type: Option<String>,
    /// Whether it is a sitemap or an index of such.
    is_sitemap: bool,
}

async fn document(
    fetcher: &Fetcher,
    url: Url,
    request: &impl Fn(Url) -> FetchRequest,
) -> Result<Document, FetchError> {
    let request = request(url.clone());
    let nothing = |landed: Url| {
        let bytes = Vec::new();
        let (links, content_type, is_sitemap) = (Vec::new(), None, false);
        Document::Other(Box::new(Other { links, landed, bytes, content_type, is_sitemap }))
    };
    match fetcher.fetch(&request).await? {
        // Nothing was asked conditionally; an answer that says so holds no document.
        Fetched::NotModified { .. } => Ok(nothing(url)),
        Fetched::Body { bytes, content_type, final_url, .. } => {
            let reading = tokio::task::spawn_blocking(move || {
                let options = ReadOptions {
                    content_type: content_type.as_deref(),
                    base: Some(&final_url),
                    ..ReadOptions::default()
                };
                match read::read(&bytes, &options) {
                    Ok(feed) => Document::Feed(Box::new(feed)),
                    Err(error) => {
                        let links = page::feed_links(&bytes, content_type.as_deref(), &final_url);
                        let links = links.into_iter().map(|link| link.url).collect();
                        let is_sitemap = is_sitemap(&error, &bytes);
                        let landed = final_url;
                        Document::Other(Box::new(Other {
                            links,
                            landed,
                            bytes,
                            content_type,
                            is_sitemap,
                        }))
                    }
                }
            });
            Ok(reading.await.unwrap_or(nothing(url)))
        }
    }
}

/// Whether what is no feed is a sitemap, by its root, or packed.
fn is_sitemap(error: &ReadError, bytes: &[u8]) -> bool {
    let is_root = matches!(error, ReadError::OtherXml { root } if matches!(root.as_str(), "urlset" | "sitemapindex"));
    is_root || bytes.starts_with(&[0x1f, 0x8b])
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
