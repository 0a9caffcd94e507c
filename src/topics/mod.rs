//! `Normalised` → `Verdict`.
