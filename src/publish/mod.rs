//! Artifacts → files.
