//! What can go wrong while serving.

use std::io;

/// Serving could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address as configured.
        address: String,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The listening socket itself is broken; a failed connection is not.
    #[error("cannot accept connections any more")]
    Accept(#[source] io::Error),
}

/// What a page asked for could not be looked up. The text is for the log; the reader is told to come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot look up what the page shows: {0}")]
pub struct LookupError(pub String);
