//! `Edition` → bytes.
