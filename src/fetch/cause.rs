//! What the errors of the client library mean.

use super::client::CONNECT_TIMEOUT;
use super::error::{FetchReason, clean, detail};
use super::guard::{LookupFailed, Refusal};

/// What was going on when the client failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Connecting, sending, waiting for the header.
    Head,
    /// Reading the body.
    Body,
}

/// Finds in the chain of a client error the cause that we know what to do about.
pub(super) fn reason_of(error: &reqwest::Error, phase: Phase) -> FetchReason {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(error) = cause {
        // The deepest cause is the one that says most.
        found = known_reason(error, phase).or(found);
        // An I/O error does not name what it wraps as its source, but the source of that.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    let timed_out = matches!(found, None | Some(FetchReason::Connect { .. })) && error.is_timeout();
    if timed_out {
        return FetchReason::Timeout { after: CONNECT_TIMEOUT };
    }
    found.unwrap_or_else(|| match phase {
        Phase::Head => FetchReason::Connect { detail: chain(error) },
        Phase::Body => FetchReason::Truncated,
    })
}

fn known_reason(error: &(dyn std::error::Error + 'static), phase: Phase) -> Option<FetchReason> {
    use std::io::ErrorKind;
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(FetchReason::RefusedAddress(*refusal));
    }
    if let Some(LookupFailed { host, detail }) = error.downcast_ref::<LookupFailed>() {
        return Some(FetchReason::Dns { host: clean(host, 255), detail: detail.clone() });
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(FetchReason::Tls { detail: detail(error) });
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        let broken_off = match phase {
            Phase::Head => FetchReason::Closed,
            Phase::Body => FetchReason::Truncated,
        };
        return if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            Some(broken_off)
        } else if error.is_parse() {
            Some(FetchReason::Protocol { detail: detail(error) })
        } else {
            None
        };
    }
    let error = error.downcast_ref::<std::io::Error>()?;
    Some(match (phase, error.kind()) {
        (_, ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            FetchReason::Protocol { detail: detail(error) }
        }
        (Phase::Body, _) => FetchReason::Truncated,
        (
            Phase::Head,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof,
        ) => FetchReason::Closed,
        (Phase::Head, _) => FetchReason::Connect { detail: detail(error) },
    })
}

/// An error of the client library with its causes, in one line.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    if text.is_empty() { detail(error) } else { detail(&text) }
}
