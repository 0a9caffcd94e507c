//! Subscriptions out of OPML 2.0, whoever wrote it: what can be used of it, and why the rest cannot. Nothing is fetched, no entity is followed.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use url::Url;

use super::problem::shown;
use super::value;
use crate::model::lang::Lang;
use crate::model::text::PlainText;
use crate::model::url::URL_BYTES;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The line it stands in, from 1.
    pub line: usize,
    /// The address of the feed.
    pub url: Url,
    /// Its name for people.
    pub title: Option<String>,
    /// Its language.
    pub language: Option<Lang>,
}

/// An outline that is no subscription we can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The line it stands in, from 1.
    pub line: usize,
    /// What it says and why it is refused.
    pub why: String,
}

/// What an OPML file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// What can be used, in the order of the file, folders left out.
    pub found: Vec<Subscription>,
    /// What cannot.
    pub refused: Vec<Refused>,
    /// Whether there was an `opml` or `outline` element at all.
    pub is_opml: bool,
}

/// Reads the subscriptions of a file. Broken markup costs what follows it, not what came before.
pub fn read(bytes: &[u8]) -> Subscriptions {
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut subscriptions = Subscriptions::default();
    let (mut line, mut counted) = (1, 0);
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event();
        // The line of the event's first byte; text before it has been counted.
        let rest = text.as_bytes().get(counted..start).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', rest).count();
        counted = start.max(counted);
        match event {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                if element.local_name().as_ref().eq_ignore_ascii_case("outline") {
                    subscriptions.is_opml = true;
                    outline(&element, line, &mut subscriptions);
                } else if element.local_name().as_ref().eq_ignore_ascii_case("opml") {
                    subscriptions.is_opml = true;
                }
            }
            Ok(Event::Eof) => return subscriptions,
            Ok(_) => {}
            Err(error) => {
                let why = format!("the file is broken from here on: {error}");
                subscriptions.refused.push(Refused { line, why });
                return subscriptions;
            }
        }
    }
}

/// Takes what an outline says; a folder says nothing.
fn outline(element: &BytesStart<'_>, line: usize, subscriptions: &mut Subscriptions) {
    let (mut url, mut title, mut text, mut language, mut kind) = (None, None, None, None, None);
    let mut included = None;
    for attribute in element.attributes().with_checks(false).flatten() {
        // An entity that XML does not define stays as it is written.
        let value = unescape(&attribute.value).unwrap_or(Cow::Borrowed(&attribute.value));
        let name = attribute.key.local_name();
        let slot = match name.as_ref().to_ascii_lowercase().as_str() {
            "xmlurl" => &mut url,
            "title" => &mut title,
            "text" => &mut text,
            "language" => &mut language,
            "type" => &mut kind,
            "url" => &mut included,
            _ => continue,
        };
        slot.get_or_insert(value.into_owned());
    }
    let mut refuse = |why: String| subscriptions.refused.push(Refused { line, why });
    let Some(url) = url else {
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        let included = included.unwrap_or_default();
        match kind.as_str() {
            "include" => refuse(format!("`{}`: other lists are not followed", shown(&included))),
            "rss" => refuse(NO_ADDRESS.to_owned()),
            // A folder.
            _ => {}
        }
        return;
    };
    match address(&url) {
        Ok(url) => {
            let name = title.filter(|title| !title.trim().is_empty()).or(text);
            // An address is no name; the feed has a title.
            let name = name.filter(|name| name.trim() != url.as_str());
            subscriptions.found.push(Subscription {
                line,
                url,
                title: name.and_then(|name| PlainText::new(&name)).map(|name| {
                    let name = name.as_str();
                    name[..name.floor_char_boundary(NAME_BYTES)].to_owned()
                }),
                language: language.and_then(|language| value::language(&language).ok()),
            });
        }
        Err(why) => refuse(match url.trim() {
            "" => why.to_owned(),
            url => format!("`{}`: {why}", shown(url)),
        }),
    }
}

const NO_ADDRESS: &str = "an outline without an address in `xmlUrl`";
/// The longest name that is taken, in bytes.
const NAME_BYTES: usize = 200;

/// The address of a feed that others may give us: on the web, without credentials.
fn address(text: &str) -> Result<Url, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NO_ADDRESS);
    }
    if text.len() > URL_BYTES {
        return Err("the address is longer than 8 KiB");
    }
    // Some readers write the scheme of their own links.
    let text = match text.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => Cow::Owned(format!("https:{rest}")),
        Some(rest) => Cow::Borrowed(rest),
        None => Cow::Borrowed(text),
    };
    let url = Url::parse(&text).map_err(|_| "this is not a web address")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https addresses are imported");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("this address has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("there are credentials in the address; add it by hand, with `headers`");
    }
    Ok(url)
}

/// The text of the file: by its byte order mark, else as it declares, else as UTF-8.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let declared = || {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        let label = head.split_once("encoding=")?.1.get(1..)?.split(['"', '\'']).next()?.to_owned();
        encoding_rs::Encoding::for_label(label.as_bytes())
    };
    let encoding = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) => declared().unwrap_or(encoding_rs::UTF_8),
    };
    encoding.decode(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, found: &[(usize, &str)], refused: &[(usize, &str)]) {
        let read = read(text.as_bytes());
        let got: Vec<(usize, &str)> =
            read.found.iter().map(|one| (one.line, one.url.as_str())).collect();
        assert_eq!(got, found, "{text}");
        assert_eq!(read.refused.len(), refused.len(), "{:?}", read.refused);
        for (got, (line, why)) in read.refused.iter().zip(refused) {
            assert!(got.line == *line && got.why.contains(why), "{got:?}");
        }
    }

    #[test]
    fn subscriptions_are_found_in_folders() {
        check(
            "<opml version=\"2.0\">\n<body>\n<outline text=\"Korea\">\n <outline type=\"rss\" text=\"A &amp; B\" xmlUrl=\"https://a.example/feed?x=1&amp;y=2\"/>\n</outline>\n<OUTLINE\n text='b' XMLURL=' feed://b.example/rss '></OUTLINE></body></opml>",
            &[(4, "https://a.example/feed?x=1&y=2"), (6, "https://b.example/rss")],
            &[],
        );
        let read = read(b"<opml><outline title='' text='A &amp; &lt;B&gt; &custom;' language='ko-kr' xmlUrl='https://a.example/'/></opml>");
        assert_eq!(read.found[0].language.as_ref().unwrap().primary(), "ko");
        assert!(read.found[0].title.as_ref().unwrap().starts_with("A &"));
    }

    #[test]
    fn each_refusal_says_where_and_why() {
        check(
            "<opml>\n<outline xmlUrl=\"javascript:x\"/>\n<outline xmlUrl=\"file:///etc/passwd\"/>\n<outline xmlUrl=\"\"/>\n<outline xmlUrl=\"https://u:p@a.example/\"/><outline type=\"include\" url=\"https://a.example/x.opml\"/><outline text=\"folder\"/></opml>",
            &[],
            &[
                (2, "only http"),
                (3, "only http"),
                (4, "without an address"),
                (5, "credentials"),
                (5, "not followed"),
            ],
        );
    }

    #[test]
    fn what_came_before_broken_markup_is_kept() {
        check(
            "<opml><outline xmlUrl=\"https://a.example/\"/>\n<outline xmlUrl=\"https://b.exa",
            &[(1, "https://a.example/")],
            &[(2, "broken")],
        );
        check(
            "<opml><outline xmlUrl=\"https://a.example/\"></opml></x>",
            &[(1, "https://a.example/")],
            &[],
        );
        assert!(
            !read(b"not markup").is_opml && !read(b"").is_opml && !read(&[0xff, 0xfe, 0]).is_opml
        );
    }

    #[test]
    fn other_encodings_are_read() {
        let (bytes, _, _) = encoding_rs::EUC_KR.encode("<?xml version=\"1.0\" encoding=\"euc-kr\"?><opml><outline text=\"한겨레\" xmlUrl=\"https://a.example/\"/></opml>");
        assert_eq!(read(&bytes).found[0].title.as_deref(), Some("한겨레"));
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(
                "<opml><outline text=\"x\" xmlUrl=\"https://a.example/\"/></opml>".encode_utf16(),
            )
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16).found.len(), 1);
    }

    #[test]
    fn depth_and_number_cost_nothing_special() {
        let deep = format!(
            "{}<outline xmlUrl=\"https://a.example/\"/>",
            "<outline text=\"f\">".repeat(100_000)
        );
        assert_eq!(read(deep.as_bytes()).found.len(), 1);
    }
}
