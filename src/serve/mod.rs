//! HTTP: feeds and pages from memory.
