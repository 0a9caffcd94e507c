//! One conditional request: a source's address and validators in, its document or "not modified" out.
//!
//! [`Fetcher`] is the one client of the program. Whatever a server sends, it costs one source one poll: addresses are checked by [`guard`] on
//! every connection, bodies are unpacked within bounds, and no text of the network reaches a message unread.

mod body;
mod cause;
mod client;
mod coding;
pub mod conditional;
mod error;
mod file;
pub mod guard;
mod hosts;
mod link;
mod message;
pub mod politeness;
mod redirect;

pub use client::{FetchOptions, FetchRequest, Fetched, Fetcher, user_agent};
pub use conditional::Caching;
pub use error::{FetchError, FetchReason, FetcherError};
pub use message::{Answer, Message};
