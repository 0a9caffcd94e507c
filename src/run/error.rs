//! Why the newsroom could not run.

use std::net::SocketAddr;

use crate::config::ConfigError;
use crate::fetch::{FetchError, FetcherError};
use crate::model::source::SourceKey;
use crate::model::verdict::TopicName;
use crate::publish::PublishError;
use crate::serve::ServeError;
use crate::store::StoreError;
use crate::topics::TopicError;

/// Why the newsroom could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A source was asked for that is not configured.
    #[error("no source has the key `{key}`; `tidings status` lists them all")]
    NoSuchSource {
        /// The key asked for.
        key: SourceKey,
    },
    /// A topic was asked for that is not configured.
    #[error("there is no topic `{topic}`{}", .known.iter().map(|name| format!("`{name}`")).reduce(|list, name| format!("{list}, {name}")).map_or(String::new(), |list| format!("; there are {list}")))]
    NoSuchTopic {
        /// The topic asked for.
        topic: TopicName,
        /// Those there are.
        known: Vec<TopicName>,
    },
    /// A topic cannot be compiled.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Topics(Vec<TopicError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client could not be made.
    #[error(transparent)]
    Fetcher(#[from] FetcherError),
    /// The one document asked for could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The one document asked for is not what it was read as.
    #[error(transparent)]
    Document(#[from] crate::read::ReadError),
    /// A file could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The address is not ours to listen on.
    #[error(
        "cannot listen on {address}; is another tidings running there? give `[server] listen` another port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The system refused what every process needs.
    #[error("cannot {action}")]
    System {
        /// What was tried: `start a thread`.
        action: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A part of the newsroom ended before its work was done.
    #[error("the {part} ended unexpectedly; this is a bug in tidings")]
    Ended {
        /// Which part.
        part: &'static str,
    },
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
