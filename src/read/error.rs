//! Why no feed could be read.

/// Why a document is no feed. Whatever can be saved of a document is saved; this is what remains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No bytes but white space.
    #[error("the document is empty")]
    Empty,
    /// A web page: a login page, an error page, a page that only links to a feed.
    #[error("the document is a web page, not a feed")]
    WebPage,
    /// Neither XML nor a JSON object.
    #[error("the document is neither XML nor a JSON feed")]
    NotAFeed,
    /// XML of another kind.
    #[error("the document is XML, but its root `{root}` is no feed")]
    OtherXml {
        /// The name of the root element, at most 64 bytes of it.
        root: String,
    },
    /// A JSON object of another kind.
    #[error("the document is JSON, but no JSON feed")]
    OtherJson,
    /// JSON that cannot be read up to its first item.
    #[error("the JSON cannot be read: {reason}")]
    Json {
        /// What is wrong with it, and where.
        reason: String,
    },
    /// Elements nested so deep that only malice or a fault explains it.
    #[error("elements are nested too deep")]
    TooDeep,
    /// A page on which no list of articles is found.
    #[error("no list of articles is found on the page")]
    NoListing,
    /// A page on which the curator's selector finds no article.
    #[error("{}", nothing_selected(*.found))]
    NothingSelected {
        /// How many elements it finds, none of which has a link.
        found: usize,
    },
    /// A selector that is none; checking the configuration finds it first.
    #[error("`{selector}` is not a CSS selector")]
    BadSelector {
        /// The text.
        selector: String,
    },
    /// A sitemap whose pages have no headlines.
    #[error("the sitemap lists pages, but none with a headline (`news:title`)")]
    NoHeadlines,
    /// The document ends before its first entry does.
    #[error("the document is cut off before its first entry ends")]
    Truncated,
}

fn nothing_selected(found: usize) -> String {
    match found {
        0 => "the selector `items` finds nothing on the page".to_owned(),
        1 => "the selector `items` finds one element on the page, which has no link".to_owned(),
        _ => format!("the selector `items` finds {found} elements on the page, none with a link"),
    }
}

impl ReadError {
    /// A short word a machine can sort by.
    pub fn class(&self) -> &'static str {
        match self {
            ReadError::Empty => "empty",
            ReadError::WebPage => "web-page",
            ReadError::NotAFeed | ReadError::OtherXml { .. } | ReadError::OtherJson => "not-a-feed",
            ReadError::NoListing | ReadError::NothingSelected { .. } => "layout",
            ReadError::BadSelector { .. } => "bad-selector",
            ReadError::NoHeadlines => "no-headlines",
            ReadError::Json { .. } => "bad-json",
            ReadError::TooDeep => "too-deep",
            ReadError::Truncated => "truncated",
        }
    }
}
