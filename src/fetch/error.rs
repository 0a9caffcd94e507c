//! Why a fetch gave nothing, and what may be done next.

use std::fmt;
use std::time::Duration;

use super::guard::Refusal;
use crate::model::source::{SourceAddress, SourceKey};
use crate::model::text::PlainText;

/// Why a source gave nothing. The text says what was tried and on what, [`reason`](FetchError::reason) why; [`line`](FetchError::line) joins both.
#[derive(Debug, thiserror::Error)]
#[error("cannot fetch `{source_key}` from {url}{}", redirected(.redirected_to))]
pub struct FetchError {
    /// The source.
    pub source_key: SourceKey,
    /// Its address as configured, without credentials.
    pub url: String,
    /// Where redirects led before it failed, if anywhere.
    pub redirected_to: Option<String>,
    /// Why.
    #[source]
    pub reason: FetchReason,
}

fn redirected(to: &Option<String>) -> String {
    to.as_ref().map_or_else(String::new, |to| format!(" (redirected to {to})"))
}

impl FetchError {
    pub(super) fn new(
        source_key: &SourceKey,
        address: &SourceAddress,
        reason: FetchReason,
    ) -> FetchError {
        FetchError {
            source_key: source_key.clone(),
            url: clean(&address.to_string(), URL_CHARACTERS),
            redirected_to: None,
            reason,
        }
    }

    /// The whole chain in one line for people: what was tried, and why it failed.
    pub fn line(&self) -> String {
        format!("{self}: {}", self.reason)
    }

    /// A short word a machine can sort by; see [`FetchReason::class`].
    pub fn class(&self) -> String {
        self.reason.class()
    }

    /// Whether asking again later may help without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        self.reason.is_transient()
    }

    /// The status with which the server asks us to wait, and how long, at most [`LONGEST_WAIT`](super::conditional::LONGEST_WAIT).
    pub fn retry_after(&self) -> Option<(u16, Duration)> {
        self.reason.retry_after()
    }

    /// Whether the server says the source is gone for good (RFC 9110 §15.5.11).
    pub fn gone(&self) -> bool {
        matches!(self.reason, FetchReason::Gone)
    }
}

/// Why it failed. No text in here holds a control character, whatever the network sent.
#[derive(Debug, thiserror::Error)]
pub enum FetchReason {
    /// No whole answer within the source's timeout.
    #[error("no answer within {}", seconds(*.after))]
    Timeout {
        /// The timeout.
        after: Duration,
    },
    /// The host has no address.
    #[error("cannot find the host {host}; is its name right, and this machine online?")]
    Dns {
        /// The host asked for.
        host: String,
        /// What the resolver says.
        detail: String,
    },
    /// The address may not be contacted.
    #[error(transparent)]
    RefusedAddress(Refusal),
    /// No connection.
    #[error("cannot connect: {detail}")]
    Connect {
        /// What the system says.
        detail: String,
    },
    /// No secure connection.
    #[error("no secure connection: {detail}")]
    Tls {
        /// What is wrong with it.
        detail: String,
    },
    /// The connection ended before an answer began.
    #[error("the server closed the connection without an answer")]
    Closed,
    /// What came is not HTTP.
    #[error("the answer breaks the HTTP protocol: {detail}")]
    Protocol {
        /// What breaks it.
        detail: String,
    },
    /// The server answers with an error.
    #[error("the server answers {}", status_text(*.status))]
    Status {
        /// The status code.
        status: u16,
    },
    /// The server answers with an error and says when to come back.
    #[error("the server asks us to wait {} ({})", seconds(*.after), .status)]
    RateLimited {
        /// The status code.
        status: u16,
        /// How long, clamped.
        after: Duration,
    },
    /// The server says the source is gone for good.
    #[error("the server says it is gone for good (410)")]
    Gone,
    /// "Not modified" though nothing was asked conditionally.
    #[error("the server answers 304 Not Modified though we hold no version of it")]
    UnexpectedNotModified,
    /// More bytes than `max_body`.
    #[error("the document is larger than {}", size(*.limit))]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Few bytes that unpack to very many.
    #[error("the body unpacks to more than {} times its size", .ratio)]
    Bomb {
        /// The ratio it exceeded.
        ratio: u64,
    },
    /// The body ends before its end.
    #[error("the answer breaks off before its end")]
    Truncated,
    /// The content coding cannot be undone.
    #[error("cannot unpack the body: {detail}")]
    BadEncoding {
        /// What is wrong with it.
        detail: String,
    },
    /// A redirect that cannot be followed.
    #[error("{detail}")]
    Redirect {
        /// What is wrong with it.
        detail: String,
    },
    /// The address or a header of the configuration cannot be used for a request.
    #[error("{detail}")]
    Request {
        /// What is wrong with it.
        detail: String,
    },
    /// The file cannot be read.
    #[error("cannot read the file: {detail}")]
    File {
        /// What the system says.
        detail: String,
        /// Whether it may be there at the next poll.
        transient: bool,
    },
}

impl FetchReason {
    /// A short word a machine can sort by: `timeout`, `dns`, `refused-address`, `connect`, `tls`, `closed`, `protocol`, `http-404` (any status),
    /// `gone`, `unexpected-304`, `too-large`, `truncated`, `bad-encoding`, `redirect`, `request`, `file`.
    pub fn class(&self) -> String {
        let word = match self {
            FetchReason::Timeout { .. } => "timeout",
            FetchReason::Dns { .. } => "dns",
            FetchReason::RefusedAddress(_) => "refused-address",
            FetchReason::Connect { .. } => "connect",
            FetchReason::Tls { .. } => "tls",
            FetchReason::Closed => "closed",
            FetchReason::Protocol { .. } => "protocol",
            FetchReason::Status { status } | FetchReason::RateLimited { status, .. } => {
                return format!("http-{status}");
            }
            FetchReason::Gone => "gone",
            FetchReason::UnexpectedNotModified => "unexpected-304",
            FetchReason::TooLarge { .. } | FetchReason::Bomb { .. } => "too-large",
            FetchReason::Truncated => "truncated",
            FetchReason::BadEncoding { .. } => "bad-encoding",
            FetchReason::Redirect { .. } => "redirect",
            FetchReason::Request { .. } => "request",
            FetchReason::File { .. } => "file",
        };
        word.to_owned()
    }

    /// Whether asking again later may help without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            FetchReason::Timeout { .. }
            | FetchReason::Dns { .. }
            | FetchReason::Connect { .. }
            | FetchReason::Closed
            | FetchReason::Truncated
            | FetchReason::UnexpectedNotModified
            | FetchReason::RateLimited { .. } => true,
            FetchReason::Status { status } => {
                matches!(status, 408 | 421 | 425 | 429 | 500..=599)
            }
            FetchReason::File { transient, .. } => *transient,
            FetchReason::RefusedAddress(_)
            | FetchReason::Tls { .. }
            | FetchReason::Protocol { .. }
            | FetchReason::Gone
            | FetchReason::TooLarge { .. }
            | FetchReason::Bomb { .. }
            | FetchReason::BadEncoding { .. }
            | FetchReason::Redirect { .. }
            | FetchReason::Request { .. } => false,
        }
    }

    /// The status with which the server asks us to wait, and how long.
    pub fn retry_after(&self) -> Option<(u16, Duration)> {
        if let FetchReason::RateLimited { status, after } = self {
            Some((*status, *after))
        } else {
            None
        }
    }
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum FetcherError {
    /// The User-Agent cannot be sent in a header.
    #[error("the User-Agent `{}` cannot be sent in a header", clean(.0, DETAIL_CHARACTERS))]
    UserAgent(String),
    /// The TLS library or the client cannot be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
}

/// The longest detail in a message, in characters.
pub(super) const DETAIL_CHARACTERS: usize = 200;
/// The longest address in a message, in characters.
pub(super) const URL_CHARACTERS: usize = 500;

/// One line without control or bidirectional characters, at most `characters` long.
pub(super) fn clean(text: &str, characters: usize) -> String {
    let line = PlainText::new(text);
    let line = line.as_ref().map_or("", PlainText::as_str);
    match line.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// What the system or a library says, in one short line.
pub(super) fn detail(error: &dyn fmt::Display) -> String {
    clean(&error.to_string(), DETAIL_CHARACTERS)
}

fn seconds(wait: Duration) -> String {
    if wait.subsec_millis() == 0 {
        format!("{} s", wait.as_secs())
    } else {
        format!("{:.1} s", wait.as_secs_f64())
    }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        MIB.. if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        1024.. if bytes.is_multiple_of(1024) => format!("{} KiB", bytes / 1024),
        _ => format!("{bytes} bytes"),
    }
}

/// The code with the words of the specification; the server's own words are not repeated.
fn status_text(status: u16) -> String {
    let known = reqwest::StatusCode::from_u16(status).ok();
    match known.and_then(|status| status.canonical_reason()) {
        Some(words) if status == 204 => format!("{status} {words}, which is no document"),
        Some(words) => format!("{status} {words}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: FetchReason) -> FetchError {
        let address = SourceAddress::Web("https://user:pw@bbc.example/rss".parse().unwrap());
        FetchError::new(&SourceKey::parse("bbc").unwrap(), &address, reason)
    }

    #[test]
    fn an_error_is_one_line() {
        let check = |reason: FetchReason, want: &str, class: &str| {
            let error = error(reason);
            assert_eq!(
                error.line(),
                format!("cannot fetch `bbc` from https://bbc.example/rss: {want}")
            );
            assert_eq!(error.class(), class);
        };
        check(
            FetchReason::RateLimited { status: 429, after: Duration::from_secs(90) },
            "the server asks us to wait 90 s (429)",
            "http-429",
        );
        check(FetchReason::Status { status: 404 }, "the server answers 404 Not Found", "http-404");
        check(FetchReason::Status { status: 999 }, "the server answers 999", "http-999");
        check(
            FetchReason::TooLarge { limit: 16 << 20 },
            "the document is larger than 16 MiB",
            "too-large",
        );
        check(
            FetchReason::Timeout { after: Duration::from_millis(1_500) },
            "no answer within 1.5 s",
            "timeout",
        );
    }

    #[test]
    fn the_network_writes_no_control_characters() {
        let hostile = "a\r\nb\u{1b}[31m\u{202e}c\0";
        assert_eq!(clean(hostile, 100), "a b[31mc");
        assert_eq!(clean(&"가".repeat(300), 200).chars().count(), 201);
    }

    #[test]
    fn what_passes_by_itself_is_transient() {
        for status in [429, 500, 503, 520] {
            assert!(FetchReason::Status { status }.is_transient(), "{status}");
        }
        for status in [204, 206, 401, 403, 404, 999] {
            assert!(!FetchReason::Status { status }.is_transient(), "{status}");
        }
    }
}
