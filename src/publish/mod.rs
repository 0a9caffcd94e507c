//! Puts artifacts where readers find them. Builds no document.

mod error;
pub mod files;

pub use error::PublishError;
