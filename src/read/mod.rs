//! bytes → `ParsedFeed`.
