//! What is served, ready to send: replaced as a whole, never changed in place.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderValue;
use base64::Engine as _;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::pages::{self, Desk, FrontView, Tongue, Visit};
use crate::model::edition::Artifact;
use crate::model::time::Timestamp;

/// Documents shorter than this are not worth compressing: the headers outweigh what is saved.
const WORTH_COMPRESSING_BYTES: usize = 256;
/// No document is kept longer than this without asking.
const LONGEST_CACHED: Duration = Duration::from_secs(15 * 60);

/// A document with its encoded forms and the headers that go with it, made once.
#[derive(Debug, Clone)]
pub struct Shelved {
    artifact: Artifact,
    gzip: Option<Bytes>,
    br: Option<Bytes>,
    pub(super) headers: Headers,
}

/// The headers of a document, ready to send.
#[derive(Debug, Clone)]
pub(super) struct Headers {
    pub(super) media_type: HeaderValue,
    pub(super) last_modified: Option<HeaderValue>,
    /// Of the bytes as they are.
    pub(super) etag: HeaderValue,
    /// Of the gzip form.
    pub(super) etag_gzip: HeaderValue,
    /// Of the Brotli form.
    pub(super) etag_br: HeaderValue,
    /// What a browser may load for it; only of HTML documents.
    pub(super) policy: Option<HeaderValue>,
    /// Where it is and who tells of its changes; only of documents with hubs.
    pub(super) link: Option<HeaderValue>,
}

impl Shelved {
    /// Compresses the document: takes milliseconds, so on a blocking thread.
    pub fn new(artifact: Artifact) -> Shelved {
        let compress = artifact.bytes.len() >= WORTH_COMPRESSING_BYTES;
        let smaller = |encoded: Vec<u8>| {
            (!encoded.is_empty() && encoded.len() < artifact.bytes.len())
                .then(|| Bytes::from(encoded))
        };
        let gzip = compress.then(|| gzip(&artifact.bytes)).and_then(smaller);
        let br = compress.then(|| brotli(&artifact.bytes)).and_then(smaller);
        let tag = artifact.etag.trim_matches('"');
        let headers = Headers {
            media_type: HeaderValue::from_static(artifact.media_type),
            last_modified: artifact
                .last_modified
                .and_then(|at| HeaderValue::try_from(at.to_http_date()).ok()),
            etag: entity_tag(tag, ""),
            etag_gzip: entity_tag(tag, "-gzip"),
            etag_br: entity_tag(tag, "-br"),
            policy: artifact
                .media_type
                .starts_with("text/html")
                .then(|| content_security_policy(&artifact.bytes)),
            link: artifact
                .links
                .as_ref()
                .and_then(|links| HeaderValue::try_from(links.as_str()).ok()),
        };
        Shelved { artifact, gzip, br, headers }
    }

    /// The document.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The document in gzip form (RFC 1952), where that is smaller.
    pub fn gzip(&self) -> Option<&Bytes> {
        self.gzip.as_ref()
    }

    /// The document in Brotli form (RFC 7932), where that is smaller.
    pub fn br(&self) -> Option<&Bytes> {
        self.br.as_ref()
    }
}

/// An entity tag; one of a document whose own tag is no legal one matches nothing, which costs a transfer and no more.
fn entity_tag(tag: &str, suffix: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{tag}{suffix}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

fn gzip(document: &[u8]) -> Vec<u8> {
    // No name and no time in the header: equal documents give equal bytes.
    let mut encoder = flate2::write::GzEncoder::new(
        Vec::with_capacity(document.len() / 4),
        flate2::Compression::new(6),
    );
    // A Vec takes all that is written; without the encoded form the document would be sent as it is.
    encoder.write_all(document).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn brotli(document: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    let mut encoded = Vec::with_capacity(document.len() / 4);
    match brotli::BrotliCompress(&mut &*document, &mut encoded, &params) {
        Ok(_) => encoded,
        Err(_) => Vec::new(),
    }
}

/// What a browser may load for an HTML document: this site's pictures, those of outlets only where the page shows one, this site's style sheet, and the document's own `<style>` by its digest
/// (CSP 3 §6.7.3.2). Never a script or a frame, and a form only where the page has one, towards this site.
pub(super) fn content_security_policy(html: &[u8]) -> HeaderValue {
    let inline = between(html, b"<style>", b"</style>").map(|style| {
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
        format!(" 'sha256-{digest}'")
    });
    let inline = inline.as_deref().unwrap_or_default();
    let has_form = memchr::memmem::find(html, b"<form ").is_some();
    let form_action = if has_form { "'self'" } else { "'none'" };
    let has_foreign_picture = memchr::memmem::find(html, b"<img src=\"http").is_some();
    let pictures = if has_foreign_picture { "'self' https: http:" } else { "'self'" };
    let policy = format!(
        "default-src 'none'; img-src {pictures}; style-src 'self'{inline}; \
         base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(super::feeds::NOTHING_ALLOWED)
}

fn between<'a>(text: &'a [u8], start: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let from = memchr::memmem::find(text, start)? + start.len();
    let length = memchr::memmem::find(&text[from..], end)?;
    Some(&text[from..from + length])
}

/// All that is served at one moment.
#[derive(Debug, Clone)]
pub struct Contents {
    pub(super) desk: Desk,
    pub(super) artifacts: BTreeMap<String, Arc<Shelved>>,
    pub(super) opml: Option<Arc<Shelved>>,
    /// The front page in each language of the interface, in their order.
    pub(super) front: [Arc<Shelved>; Tongue::ALL.len()],
}

impl Contents {
    /// What is served before anything was published: a front page that says so.
    pub fn starting(desk: Desk) -> Contents {
        let front = Tongue::ALL
            .map(|tongue| Arc::new(Shelved::new(front_page(&desk, tongue, &FrontView::default()))));
        Contents { desk, artifacts: BTreeMap::new(), opml: None, front }
    }

    /// What is served next: these documents and no others. What did not change is taken over as it is; what did is compressed, so on
    /// a blocking thread.
    pub fn next(
        &self,
        desk: Desk,
        artifacts: impl IntoIterator<Item = Artifact>,
        opml: Artifact,
        front: &FrontView,
    ) -> Contents {
        let artifacts = artifacts
            .into_iter()
            .map(|artifact| {
                let before = self.artifacts.get(&artifact.file_name);
                (artifact.file_name.clone(), shelve(before, artifact))
            })
            .collect();
        let opml = Some(shelve(self.opml.as_ref(), opml));
        let front = Tongue::ALL
            .map(|tongue| shelve(Some(self.front(tongue)), front_page(&desk, tongue, front)));
        Contents { desk, artifacts, opml, front }
    }

    /// The document published under a file name.
    pub fn artifact(&self, file_name: &str) -> Option<&Arc<Shelved>> {
        self.artifacts.get(file_name)
    }

    /// The front page in a language.
    pub fn front(&self, tongue: Tongue) -> &Arc<Shelved> {
        let [english, korean, japanese] = &self.front;
        match tongue {
            Tongue::English => english,
            Tongue::Korean => korean,
            Tongue::Japanese => japanese,
        }
    }

    /// The sources as OPML, once published.
    pub fn opml(&self) -> Option<&Arc<Shelved>> {
        self.opml.as_ref()
    }
}

/// `Cache-Control` of a document that may be taken for current for so long; a quarter of an hour at most, for people wait for news.
fn cache_for(max_age: Duration) -> HeaderValue {
    let seconds = max_age.min(LONGEST_CACHED).as_secs();
    HeaderValue::try_from(format!("public, max-age={seconds}"))
        .unwrap_or_else(|_| HeaderValue::from_static("no-cache"))
}

fn front_page(desk: &Desk, tongue: Tongue, view: &FrontView) -> Artifact {
    // No date: a page's own changes (a notice, a new title) are no dated event, and the tag says all.
    Artifact::new(
        "index.html".into(),
        pages::MEDIA_TYPE,
        pages::front(desk, &Visit::anybody(tongue), view).into(),
        None,
    )
}

/// The document made ready to serve after `before`.
fn shelve(before: Option<&Arc<Shelved>>, mut artifact: Artifact) -> Arc<Shelved> {
    let Some(before) = before else { return Arc::new(Shelved::new(artifact)) };
    let old = before.artifact();
    if old.etag == artifact.etag && old.media_type == artifact.media_type {
        return Arc::clone(before);
    }
    // Other content under a date not later than the last would be "not modified" to whoever asks by date alone (an item that is gone
    // leaves the date of the last change behind).
    if let (Some(last), Some(this)) = (old.last_modified, &mut artifact.last_modified) {
        *this = (*this).max(last + Duration::from_secs(1));
    }
    Arc::new(Shelved::new(artifact))
}

/// Whether the configuration in force is the one in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfigState {
    /// It is.
    #[default]
    Current,
    /// The file has errors; the last good configuration stays in force.
    LastGood,
}

/// How the program is, for `/healthz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Sources configured.
    pub sources: u64,
    /// Sources whose last poll failed.
    pub failing: u64,
    /// Which configuration is in force.
    pub config: ConfigState,
    /// When something published last changed.
    pub last_publish: Option<Timestamp>,
    /// Whether the curator has ended though it should not have: nothing new will come.
    pub curator_dead: bool,
}

/// The current contents and health. Readers take what is current and never wait for a writer's work, only for a pointer to be copied.
#[derive(Debug)]
pub struct Shelf {
    contents: RwLock<Arc<Contents>>,
    health: RwLock<Health>,
    /// `Cache-Control` of what is published.
    cache: RwLock<HeaderValue>,
}

impl Shelf {
    /// A shelf that holds these.
    pub fn new(contents: Contents) -> Shelf {
        Shelf {
            contents: RwLock::new(Arc::new(contents)),
            health: RwLock::new(Health::default()),
            cache: RwLock::new(cache_for(Duration::from_secs(60))),
        }
    }

    /// What is served now.
    pub fn current(&self) -> Arc<Contents> {
        // A lock that holds one pointer cannot be left half changed.
        Arc::clone(&self.contents.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves these from now on; requests under way end with what they began with.
    pub fn put(&self, contents: Contents) {
        let contents = Arc::new(contents);
        let before = {
            let mut current = self.contents.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, contents)
        };
        // Freed outside the lock: the last owner of many documents takes its time.
        drop(before);
    }

    /// How long readers and caches may take a feed for current without asking.
    pub(super) fn cache(&self) -> HeaderValue {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says how often something new may come at most: readers and caches need not ask more than twice in that time.
    pub fn set_interval(&self, shortest: Duration) {
        *self.cache.write().unwrap_or_else(PoisonError::into_inner) = cache_for(shortest / 2);
    }

    /// How the program is.
    pub fn health(&self) -> Health {
        *self.health.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how the program is from now on.
    pub fn set_health(&self, health: Health) {
        *self.health.write().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn artifact(text: &str, at: i64) -> Artifact {
        let at = Some(Timestamp::from_unix(at));
        Artifact::new("a.rss".into(), "application/rss+xml; charset=utf-8", text.into(), at)
    }

    fn opml() -> Artifact {
        Artifact::new(
            "sources.opml".into(),
            "text/x-opml; charset=utf-8",
            b"<opml/>".to_vec(),
            None,
        )
    }

    #[test]
    fn encoded_forms_hold_the_document() {
        let text = "the same words again and again ".repeat(200);
        let shelved = Shelved::new(artifact(&text, 1));
        let mut back = String::new();
        flate2::read::GzDecoder::new(&shelved.gzip().unwrap()[..])
            .read_to_string(&mut back)
            .unwrap();
        assert_eq!(back, text);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &shelved.br().unwrap()[..], &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
    }

    #[test]
    fn a_short_document_is_sent_as_it_is() {
        let shelved = Shelved::new(artifact("short", 1));
        assert_eq!((shelved.gzip(), shelved.br()), (None, None));
    }

    #[test]
    fn the_unchanged_is_taken_over_and_the_removed_is_gone() {
        let empty = Contents::starting(Desk::default());
        let view = FrontView::default();
        let first = empty.next(Desk::default(), [artifact("one", 5)], opml(), &view);
        let second = first.next(Desk::default(), [artifact("one", 9)], opml(), &view);
        assert!(Arc::ptr_eq(first.artifact("a.rss").unwrap(), second.artifact("a.rss").unwrap()));
        for tongue in Tongue::ALL {
            assert!(Arc::ptr_eq(first.front(tongue), second.front(tongue)));
        }
        assert!(Arc::ptr_eq(first.opml().unwrap(), second.opml().unwrap()));
        let third = second.next(Desk::default(), [], opml(), &view);
        assert!(third.artifact("a.rss").is_none());
    }

    #[test]
    fn other_content_has_a_later_date() {
        let check = |first: i64, second: i64, want: i64| {
            let view = FrontView::default();
            let contents = Contents::starting(Desk::default())
                .next(Desk::default(), [artifact("one", first)], opml(), &view)
                .next(Desk::default(), [artifact("two", second)], opml(), &view);
            let have = contents.artifact("a.rss").unwrap().artifact().last_modified;
            assert_eq!(have, Some(Timestamp::from_unix(want)), "{first} {second}");
        };
        check(5, 9, 9);
        check(5, 5, 6);
        check(5, 3, 6);
    }

    #[test]
    fn the_policy_allows_the_documents_own_style_and_no_script() {
        let policy = content_security_policy(b"<head><style>a{}</style></head>");
        let policy = policy.to_str().unwrap();
        // printf 'a{}' | openssl dgst -sha256 -binary | base64
        let digest = "'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='";
        assert!(policy.contains(&format!("style-src 'self' {digest};")), "{policy}");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src"));
        assert!(policy.contains("img-src 'self';"), "{policy}");
        let shows = content_security_policy(b"<img src=\"https://outlet.example/1.jpg\">");
        assert!(shows.to_str().unwrap().contains("img-src 'self' https: http:;"), "{shows:?}");
    }
}
