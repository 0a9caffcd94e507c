//! bytes → `ParsedFeed`.

pub mod date;
pub mod sanitise;
