//! `feeds.toml` → checked `Config`, every problem at once.
