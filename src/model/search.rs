//! What entries are found by, and what is looked for: words that were folded elsewhere, never text as written.

/// What an entry can be found by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findable {
    /// The words of its headline in their order, a space between.
    pub title: String,
    /// The words of its text likewise, as far as it is looked at.
    pub text: String,
}

/// Words that stand next to each other in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The words; never empty, and without white space and quotation marks.
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub open: bool,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// All of these; never empty.
    pub all: Vec<Phrase>,
    /// None of these.
    pub none: Vec<Phrase>,
}
