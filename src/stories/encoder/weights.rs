//! The weights that the program carries: the only place that holds them.

/// What `assets/encoder/convert.py` made; the argument of [`Encoder::new`](super::Encoder::new). Only pages that are read come into memory.
pub static WEIGHTS: &[u8] = include_bytes!("../../../assets/encoder/encoder.bin");
