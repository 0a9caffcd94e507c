//! bytes of an article page → `Article`.
//!
//! What a page says of itself is gathered place by place (`claims`): JSON-LD first, then Open Graph and its kin, microdata, and the visible
//! document. Each field is then decided by a rule of its own, which says where the value comes from and what was not believed. The text
//! is taken from the document; what stands before it, if anything does, is recognised and keeps it from being published.

mod address;
mod body;
mod boilerplate;
mod byline;
mod caption;
mod claims;
mod crumbs;
mod dom;
mod error;
mod json_ld;
mod links;
mod meta;
mod microdata;
mod picture;
mod reading;
mod segment;
mod shown;
mod title;
mod wall;
mod when;
mod words;

use chrono_tz::Tz;
use url::Url;

pub use error::ArticleError;

use crate::model::article::Article;
use dom::Page;
use reading::Reading;

use super::charset;

/// How much of a page is read, in bytes.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// What is known of a page besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArticleOptions<'a> {
    /// The `Content-Type` it was served with.
    pub content_type: Option<&'a str>,
    /// Its address, after redirects.
    pub url: Option<&'a Url>,
    /// The zone of times that state none; the page's own, by its language and country, if there is none.
    pub zone: Option<Tz>,
    /// The `X-Robots-Tag` it was served with; several are joined by line breaks.
    pub robots: Option<&'a str>,
    /// The label of its encoding, where the curator knows better than document and server.
    pub encoding: Option<&'a str>,
    /// What the curator calls the outlet, besides what the page says.
    pub outlet: Option<&'a str>,
}

/// Reads an article page.
///
/// # Errors
/// Only if the document is no web page; a page without an article gives an [`Article`] with what it says of itself.
pub fn read(bytes: &[u8], options: &ArticleOptions<'_>) -> Result<Article, ArticleError> {
    let bytes = &bytes[..bytes.len().min(PAGE_BYTES)];
    if bytes.trim_ascii().is_empty() {
        return Err(ArticleError::Empty);
    }
    let encoding = options.encoding.or_else(|| declared(bytes, options.content_type));
    let host = options.url.and_then(Url::host_str);
    let decoded = charset::decode(bytes, options.content_type, encoding, host);
    if !is_page(&decoded.text) {
        return Err(ArticleError::NotAPage);
    }
    let page = Page::new(&decoded.text);
    Ok(Reading::new(&page, options).article())
}

/// The encoding that `meta` declares (HTML §13.2.3.2), unless HTTP names one or the bytes are UTF-8.
fn declared<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Option<&'a str> {
    let start = &bytes[..bytes.len().min(4096)];
    let says_http = content_type.is_some_and(|text| text.to_ascii_lowercase().contains("charset="));
    if says_http || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let lower = start.to_ascii_lowercase();
    let at = memchr::memmem::find_iter(&lower, b"charset=").find(|at| {
        memchr::memmem::rfind(&lower[..*at], b"<")
            .is_some_and(|tag| lower[tag..].starts_with(b"<meta"))
    })?;
    let value = start.get(at + b"charset=".len()..)?;
    let value = value.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'))?;
    std::str::from_utf8(&value[..end])
        .ok()
        .filter(|label| !label.is_empty() && !label.eq_ignore_ascii_case("utf-8"))
}

/// Whether a document is a web page, by its first element.
fn is_page(text: &str) -> bool {
    let start = &text[..text.floor_char_boundary(4096)];
    let lower = start.trim_start().to_ascii_lowercase();
    let is_feed =
        ["<rss", "<feed", "<rdf:rdf", "<urlset", "<sitemapindex", "<opml"].iter().any(|root| {
            lower
                .find(root)
                .is_some_and(|at| !lower[..at].contains("<html") && !lower[..at].contains("<body"))
        });
    let is_other =
        lower.starts_with(['{', '[']) || lower.starts_with("%pdf") || lower.starts_with("<svg");
    let controls = start
        .chars()
        .filter(|character| *character == '\0' || *character == char::REPLACEMENT_CHARACTER)
        .count();
    !is_feed && !is_other && controls * 20 < start.chars().count().max(1) && text.contains('<')
}
