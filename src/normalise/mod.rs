//! `Entry` → `Normalised`: the only folding of text anywhere.
