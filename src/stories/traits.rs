//! What a headline speaks of, as far as it can be compared with another one.

/// What is compared of a headline. To come.
#[derive(Debug, Clone, Default)]
pub struct Traits {}
