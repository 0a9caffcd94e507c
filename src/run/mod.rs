//! The wiring: the only folder that knows the order of the stages. It moves values between them and has no opinion about feeds.
//!
//! [`scheduler`] owns due times, [`curator`] (one thread) owns the story index and all writes, [`publisher`] owns the current artifacts; they speak
//! through bounded channels, and stopping flows with the data: each ends when its input closes.

pub mod clock;
pub mod error;
pub mod meaning;
pub mod recognise;
pub mod desk;
pub mod due;
pub mod host_waits;
pub mod robots;
pub mod sitemap;
pub mod poll;
pub mod encoding;
pub mod curator;
pub mod decide;
pub mod archives;
pub mod publisher;
pub mod websub;
pub mod scheduler;
pub mod reload;
pub mod shutdown;
pub mod door;
pub mod newsroom;
pub mod demo;
pub mod views;
pub mod status;
pub mod explain;
pub mod standing;
pub mod replay;
pub mod trial;
pub mod rejects;
pub mod search;
pub mod days;
pub mod health;
pub mod private_feeds;
pub mod source_views;
pub mod source_forms;
pub mod topic_page;
pub mod unfound;
pub mod discover;
pub mod subscriptions;
pub mod document;
pub mod measure;

pub use error::RunError;
