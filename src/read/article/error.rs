//! Why no article could be read.

/// Why a document is no article page. Of any page something can be said; this is what remains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    /// No bytes but white space.
    #[error("the document is empty")]
    Empty,
    /// A feed, a picture, a document of an office program: anything but a web page.
    #[error("the document is no web page")]
    NotAPage,
}

impl ArticleError {
    /// A short word a machine can sort by.
    pub fn class(&self) -> &'static str {
        match self {
            ArticleError::Empty => "empty",
            ArticleError::NotAPage => "not-a-page",
        }
    }
}
