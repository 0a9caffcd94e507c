//! Sitemaps (sitemaps.org 0.9) with Google's news and image extensions → `ParsedFeed`, and indexes of sitemaps. Packed ones are unpacked within
//! bounds.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use url::Url;

use super::xml::{RootChoice, Tag, Xml};
use super::{ReadError, ReadOptions, charset, date};
use crate::model::due::Wishes;
use crate::model::entry::{Entry, FeedFormat, Guid, Image, Note, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::text::{Headline, PlainText};
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;
use crate::model::websub::Advert;

/// The longest sitemap that is read, unpacked, in bytes: a news sitemap has at most a thousand pages.
const UNPACKED_BYTES: u64 = 24 * 1024 * 1024;
/// How many sitemaps of an index are looked at.
const CHILDREN: usize = 10_000;
/// How many keywords of a page are kept.
const KEYWORDS: usize = 32;

/// What a sitemap holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sitemap {
    /// Pages with headlines.
    News(Box<ParsedFeed>),
    /// Other sitemaps.
    Index(Vec<Child>),
}

/// A sitemap that an index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Where it is.
    pub url: Url,
    /// When it last changed, if the index says so.
    pub modified: Option<Timestamp>,
}

/// Reads a sitemap or an index of sitemaps.
///
/// # Errors
/// If it is neither, or a sitemap none of whose pages has a headline.
pub fn read_sitemap(bytes: &[u8], options: &ReadOptions<'_>) -> Result<Sitemap, ReadError> {
    let bytes = unpacked(bytes)?;
    let host = options.base.and_then(Url::host_str);
    let decoded = charset::decode(&bytes, options.content_type, options.encoding, host);
    let text = decoded.text.trim_start();
    match text.as_bytes().first() {
        None => return Err(ReadError::Empty),
        Some(b'<') => {}
        Some(_) => return Err(ReadError::NotAFeed),
    }
    let mut xml = Xml::new(text, options.base);
    let mut refused = None;
    let root = xml.root(|tag| {
        if matches!(tag.local.as_ref(), "urlset" | "sitemapindex") {
            return RootChoice::Take;
        }
        refused = Some(tag.local.chars().filter(|c| !c.is_control()).take(64).collect::<String>());
        RootChoice::Stop
    });
    let Some(root) = root else {
        return Err(match refused {
            Some(root) if matches!(root.as_str(), "html" | "head" | "body") => ReadError::WebPage,
            Some(root) => ReadError::OtherXml { root },
            None => ReadError::NotAFeed,
        });
    };
    if root.local == "sitemapindex" {
        return Ok(Sitemap::Index(index(&mut xml, options)));
    }
    let mut feed = urlset(&mut xml, options)?;
    feed.notes.extend(decoded.note.map(|text| Note { item: None, text }));
    Ok(Sitemap::News(Box::new(feed)))
}

/// A gzip file unpacked, by its first bytes and whatever its name; anything else as it is. One that is too long is read as far as it may be.
fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ReadError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::new();
    // A file that breaks off has told what it could up to there.
    let _ = MultiGzDecoder::new(bytes).take(UNPACKED_BYTES).read_to_end(&mut out);
    if out.is_empty() { Err(ReadError::NotAFeed) } else { Ok(Cow::Owned(out)) }
}

fn index(xml: &mut Xml<'_>, options: &ReadOptions<'_>) -> Vec<Child> {
    let mut children = Vec::new();
    while let Some(tag) = xml.child() {
        if tag.local != "sitemap" || children.len() >= CHILDREN {
            xml.skip();
            continue;
        }
        let (mut url, mut modified) = (None, None);
        while let Some(tag) = xml.child() {
            match tag.local.as_ref() {
                "loc" => url = web(&xml.text(), options),
                "lastmod" => modified = date::parse(&xml.text(), options.zone),
                _ => xml.skip(),
            }
        }
        children.extend(url.map(|url| Child { url, modified }));
    }
    children
}

fn web(text: &str, options: &ReadOptions<'_>) -> Option<Url> {
    let url = WebUrl::join(options.base, text)?;
    Url::parse(url.as_str()).ok()
}

fn urlset(xml: &mut Xml<'_>, options: &ReadOptions<'_>) -> Result<ParsedFeed, ReadError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut title = None;
    let mut notes = Vec::new();
    let mut pages = 0_usize;
    let mut untitled = 0_usize;
    while let Some(tag) = xml.child() {
        if tag.local != "url" {
            xml.skip();
            continue;
        }
        xml.set_sibling(&tag);
        pages += 1;
        let (entry, publication) = page(xml, options);
        title = title.or(publication);
        match entry {
            Some(entry) if entry.title.is_some() => entries.push(entry),
            Some(_) | None => untitled += 1,
        }
        // Room for the newest to be found among them; what is beyond is not read.
        if entries.len() >= options.max_entries.saturating_mul(10) {
            break;
        }
    }
    if entries.is_empty() && pages > 0 {
        return Err(ReadError::NoHeadlines);
    }
    let mut note = |text: String| notes.push(Note { item: None, text });
    if untitled > 0 {
        note(format!("{untitled} of {pages} pages have no headline and were left out"));
    }
    if entries.len() > options.max_entries {
        note(format!("only the newest {} pages were read", options.max_entries));
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.published.or(entry.updated)));
        entries.truncate(options.max_entries);
    }
    let mut languages = entries.iter().filter_map(|entry| entry.language.clone());
    let language = languages.next().filter(|first| languages.all(|other| other == *first));
    let link = options.base.and_then(|base| base.join("/").ok());
    Ok(ParsedFeed {
        format: FeedFormat::Sitemap,
        title,
        link: link.and_then(|link| WebUrl::parse(link.as_str())),
        language,
        guessed_encoding: None,
        wishes: Wishes::default(),
        advert: Advert::default(),
        entries,
        notes,
    })
}

/// Reads a `url`; the second value is the name of the publication.
fn page<'a>(xml: &mut Xml<'a>, options: &ReadOptions<'_>) -> (Option<Entry>, Option<PlainText>) {
    let mut entry = Entry::default();
    let mut publication = None;
    while let Some(tag) = xml.child() {
        match tag.local.as_ref() {
            "loc" => entry.link = WebUrl::join(options.base, &xml.text()),
            "lastmod" => entry.updated = date::parse(&xml.text(), options.zone),
            "news" => publication = news(xml, options, &mut entry),
            "image" => {
                let image = picture(xml, options);
                entry.image = entry.image.take().or(image);
            }
            _ => xml.skip(),
        }
    }
    let Some(link) = entry.link.take().map(|link| link.without_tracking()) else {
        return (None, publication);
    };
    entry.guid = Guid::new(link.canonical().as_str());
    entry.link = Some(link);
    // The change of the page, not its first publication.
    entry.updated = entry.updated.filter(|at| entry.published.is_none_or(|first| *at > first));
    (Some(entry), publication)
}

fn news<'a>(xml: &mut Xml<'a>, options: &ReadOptions<'_>, entry: &mut Entry) -> Option<PlainText> {
    let mut name = None;
    while let Some(tag) = xml.child() {
        match tag.local.as_ref() {
            "title" => entry.title = Headline::new(&text(xml)),
            "publication_date" => entry.published = date::parse(&xml.text(), options.zone),
            "keywords" | "genres" | "stock_tickers" => {
                let is_keywords = tag.local == "keywords";
                let words = text(xml);
                if is_keywords {
                    let words = words.split([',', '、', ';']).filter_map(PlainText::new);
                    entry.categories.extend(words.take(KEYWORDS));
                }
            }
            "publication" => {
                while let Some(tag) = xml.child() {
                    match tag.local.as_ref() {
                        "name" => name = PlainText::new(&text(xml)),
                        "language" => entry.language = language(&xml.text()),
                        _ => xml.skip(),
                    }
                }
            }
            _ => xml.skip(),
        }
    }
    name
}

/// The language as the news extension writes it: ISO 639, and `zh-cn` or `zh-tw`.
fn language(text: &str) -> Option<Lang> {
    Lang::parse(match text.trim() {
        "kor" => "ko",
        "jpn" => "ja",
        "eng" => "en",
        text => text,
    })
}

/// Text that may hold escaped markup, as a publisher's editor writes headlines.
fn text(xml: &mut Xml<'_>) -> String {
    let text = xml.text();
    super::sanitise::plain_text(&text, 4 * 1024)
}

fn picture<'a>(xml: &mut Xml<'a>, options: &ReadOptions<'_>) -> Option<Image> {
    let (mut url, mut title, mut caption) = (None, None, None);
    while let Some(tag) = xml.child() {
        let tag: Tag<'a> = tag;
        match tag.local.as_ref() {
            "loc" => url = WebUrl::join(options.base, &xml.text()),
            "title" => title = PlainText::new(&text(xml)),
            "caption" => caption = PlainText::new(&text(xml)),
            _ => xml.skip(),
        }
    }
    Some(Image { url: url?, caption: caption.or(title), credit: None })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const NEWS: &str = "<?xml version='1.0' encoding='UTF-8'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>\
        <url><loc>/news/1?utm_source=x</loc><lastmod>2025-10-30T07:00:00Z</lastmod><news:news><news:publication><news:name>The Paper</news:name><news:language>en</news:language></news:publication>\
        <news:publication_date>2025-10-30T06:05:00Z</news:publication_date><news:title>Talks &amp;amp; tea resume</news:title><news:keywords>Talks, Tea</news:keywords></news:news>\
        <image:image><image:loc>/i/1.jpg</image:loc><image:caption>Two cups</image:caption></image:image></url>\
        <url><loc>https://a.example/about</loc></url></urlset>";

    fn read(bytes: &[u8]) -> Result<Sitemap, ReadError> {
        let base = Url::parse("https://a.example/sitemap-news.xml").unwrap();
        read_sitemap(bytes, &ReadOptions { base: Some(&base), ..ReadOptions::default() })
    }

    #[test]
    fn news_are_read() {
        let Ok(Sitemap::News(feed)) = read(NEWS.as_bytes()) else { panic!("no news") };
        assert_eq!(feed.title.unwrap().as_str(), "The Paper");
        assert_eq!(feed.language.unwrap().as_str(), "en");
        let [entry] = feed.entries.as_slice() else { panic!("{:?}", feed.entries) };
        assert_eq!(entry.title.as_ref().unwrap().as_str(), "Talks & tea resume");
        assert_eq!(entry.link.as_ref().unwrap().as_str(), "https://a.example/news/1");
        assert_eq!(entry.published.unwrap().to_rfc3339(), "2025-10-30T06:05:00Z");
        assert_eq!(entry.updated.unwrap().to_rfc3339(), "2025-10-30T07:00:00Z");
        assert_eq!(entry.categories.len(), 2);
        let image = entry.image.as_ref().unwrap();
        assert_eq!(image.url.as_str(), "https://a.example/i/1.jpg");
        assert_eq!(image.caption.as_ref().unwrap().as_str(), "Two cups");
        assert_eq!(feed.notes.len(), 1);
    }

    #[test]
    fn packed_ones_are_unpacked_within_bounds() {
        let pack = |bytes: &[u8]| {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let packed = pack(NEWS.as_bytes());
        assert_eq!(read(&packed), read(NEWS.as_bytes()));
        assert!(matches!(read(&packed[..10]), Err(ReadError::NotAFeed)));
        let bomb = pack(&vec![b' '; 64 * 1024 * 1024]);
        assert!(read(&bomb).is_err());
    }

    #[test]
    fn an_index_names_its_sitemaps() {
        let Ok(Sitemap::Index(children)) = read(b"<sitemapindex><sitemap><loc>/a.xml.gz</loc><lastmod>2025-10-30</lastmod></sitemap><sitemap><loc>ftp://x/</loc></sitemap><sitemap><loc>https://b.example/b.xml</loc></sitemap></sitemapindex>") else { panic!("no index") };
        let urls: Vec<&str> = children.iter().map(|child| child.url.as_str()).collect();
        assert_eq!(urls, ["https://a.example/a.xml.gz", "https://b.example/b.xml"]);
        assert!(children[0].modified.is_some() && children[1].modified.is_none());
    }

    #[test]
    fn what_is_none_is_told() {
        let check = |text: &str, want: ReadError| assert_eq!(read(text.as_bytes()), Err(want));
        check("", ReadError::Empty);
        check("<html><body>x", ReadError::WebPage);
        check("<rss version='2.0'/>", ReadError::OtherXml { root: "rss".into() });
        check("https://a.example/1", ReadError::NotAFeed);
        check("<urlset><url><loc>https://a.example/1</loc></url></urlset>", ReadError::NoHeadlines);
    }
}
