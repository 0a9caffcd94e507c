//! Plain values and their invariants: the ground floor, which names no other folder.
//!
//! Read in this order, the files follow a headline through the program: a [`source`] is polled, an [`entry`] is read from it,
//! its [`text`], [`url`] and [`time`] are given meaning, a topic passes a [`verdict`], entries on one event become a
//! [`story`], and the stories of a feed make an [`edition`].

pub mod lang;
pub mod time;
pub mod cron;
pub mod schedule;
pub mod due;
pub mod moving;
pub mod rhythm;
pub mod url;
pub mod script;
pub mod text;
pub mod health;
pub mod source;
pub mod entry;
pub mod article;
pub mod identity;
pub mod verdict;
pub mod story;
pub mod decision;
pub mod vector;
pub mod rejection;
pub mod archive;
pub mod edition;
pub mod search;
pub mod websub;
