//! The feeds that a web page names: what `add` and page sources look for.

use url::Url;

use super::charset;
use super::xml::{RootChoice, Tag, Xml};

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Where it is; `http` or `https`.
    pub url: Url,
    /// What the page calls it.
    pub title: Option<String>,
    /// The media type that the page gives it.
    pub media_type: Option<String>,
}

/// How much of a page is looked at, in bytes.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// How many feeds of a page are named.
const MANY: usize = 50;

/// How likely a link is the feed of its page; the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// `link rel="alternate"` with a feed's media type.
    Announced,
    /// `link rel="alternate"` with a media type that says no more than XML or JSON.
    Probable,
    /// A visible link whose address looks like a feed's.
    Linked,
    /// A feed of the comments on the page.
    Comments,
}

/// The feeds that an HTML page links to, the likeliest first: `link rel="alternate"` (HTML §4.6.7.1), then visible links whose address looks
/// like a feed's. Relative addresses are relative to the page's `base` element, else to `base`.
pub fn feed_links(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Vec<FeedLink> {
    let start = &bytes[..bytes.len().min(PAGE_BYTES)];
    let decoded = charset::decode(start, content_type, None, base.host_str());
    let mut base = base.clone();
    let mut found: Vec<(Rank, FeedLink)> = Vec::new();
    let mut xml = Xml::new(&decoded.text, None);
    xml.pass_over_scripts();
    let _ = xml.root(|tag| {
        match tag.local.as_ref() {
            "base" => {
                if let Some(href) = tag.attribute("href")
                    && let Ok(stated) = base.join(&href)
                    && is_web(&stated)
                {
                    base = stated;
                }
            }
            "link" | "a" => {
                if let Some((rank, link)) = feed_link(tag, &base)
                    && found.iter().all(|(_, other)| other.url != link.url)
                {
                    found.push((rank, link));
                }
            }
            _ => {}
        }
        if found.len() < MANY { RootChoice::Pass } else { RootChoice::Stop }
    });
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, link)| link).collect()
}

fn feed_link(tag: &Tag<'_>, base: &Url) -> Option<(Rank, FeedLink)> {
    let href = tag.attribute("href")?;
    let url = base.join(&href).ok().filter(is_web)?;
    let media_type = tag.attribute("type").map(|text| text.to_ascii_lowercase());
    let bare = media_type.as_deref().map(|text| text.split(';').next().unwrap_or(text).trim());
    let rank = match tag.local.as_ref() {
        "link" => {
            let rel = tag.attribute("rel")?.to_ascii_lowercase();
            let mut relations = rel.split_ascii_whitespace();
            if !relations.any(|relation| matches!(relation, "alternate" | "feed")) {
                return None;
            }
            match bare {
                Some(
                    "application/rss+xml"
                    | "application/atom+xml"
                    | "application/rdf+xml"
                    | "application/feed+json",
                ) => Rank::Announced,
                Some(
                    "application/json"
                    | "application/xml"
                    | "text/xml"
                    | "application/x.atom+xml"
                    | "application/x-atom+xml",
                ) => Rank::Probable,
                None if rel.contains("feed") => Rank::Announced,
                _ => return None,
            }
        }
        _ if looks_like_feed(&url) => Rank::Linked,
        _ => return None,
    };
    let title = tag.attribute("title").map(|title| title.chars().take(200).collect::<String>());
    let about = |text: &str| text.to_ascii_lowercase().contains("comment");
    let rank = if title.as_deref().is_some_and(about) || about(url.path()) {
        Rank::Comments
    } else {
        rank
    };
    Some((rank, FeedLink { url, title, media_type: bare.map(str::to_owned) }))
}

/// Whether an address is written as feeds' are.
fn looks_like_feed(url: &Url) -> bool {
    const WORDS: [&str; 7] = ["rss", "feed", "feeds", "atom", "rdf", "rss2", "xmlfeed"];
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = last.rsplit_once('.').unwrap_or((last, ""));
    match extension {
        "rss" | "rdf" | "atom" => true,
        "xml" | "json" => {
            WORDS.iter().any(|word| stem.contains(word))
                || stem == "index"
                || path.contains("/rss")
                || path.contains("/feed")
        }
        "" => {
            WORDS.contains(&stem)
                || url.query_pairs().any(|(name, value)| {
                    (name == "feed" || name == "format" || name == "type")
                        && WORDS.contains(&value.to_ascii_lowercase().as_str())
                })
        }
        _ => false,
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str, want: &[&str]) {
        let base = Url::parse("https://news.example/world/").unwrap();
        let found = feed_links(page.as_bytes(), Some("text/html"), &base);
        let found: Vec<&str> = found.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(found, want, "{page}");
    }

    #[test]
    fn announced_feeds_come_first() {
        check(
            "<!doctype html><html><head><title>a<b</title><script>if (a<b) '<link rel=alternate type=application/rss+xml href=/no>'</script>\
             <link rel='alternate' type='application/rss+xml' title='Comments' href='/comments/feed/'>\
             <LINK REL=alternate TYPE=application/atom+xml HREF=atom.xml>\
             <link rel=stylesheet href=x.css><!-- <link rel=alternate type='application/rss+xml' href='/commented'> --></head>\
             <body><a href='/rss.xml'>RSS</a> <a href='/rss.xml'>again</a> <a href='javascript:x.rss'>no</a>",
            &[
                "https://news.example/world/atom.xml",
                "https://news.example/rss.xml",
                "https://news.example/comments/feed/",
            ],
        );
    }

    #[test]
    fn the_page_may_state_its_base() {
        check(
            "<base href='//cdn.example/a/'><link rel=\"alternate feed\" type=\"application/feed+json; charset=utf-8\" href=\"f.json\">",
            &["https://cdn.example/a/f.json"],
        );
    }

    #[test]
    fn a_page_without_feeds_names_none() {
        check(
            "<a href='/feedback'>x</a><link rel=alternate hreflang=ko href='/ko/'><a href='mailto:rss@a.b'>m</a>",
            &[],
        );
        check("", &[]);
    }
}
