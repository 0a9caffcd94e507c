//! An article page as read. As in an [`super::entry::Entry`], no default hides a missing field.

use std::fmt;

use super::entry::Image;
use super::lang::Lang;
use super::text::{Headline, PlainText, is_bidi_control, is_forbidden};
use super::time::Timestamp;
use super::url::WebUrl;

/// The text of an article: paragraphs of plain text. Never empty; no control characters and no bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArticleText(String);

impl ArticleText {
    /// The longest text we keep, in bytes.
    pub const BYTES: usize = 512 * 1024;

    /// Joins paragraphs by blank lines, leaving out what no one should see; `None` if nothing visible is left. A longer text than
    /// [`ArticleText::BYTES`] ends with the last paragraph that fits.
    pub fn new<'a>(paragraphs: impl IntoIterator<Item = &'a str>) -> Option<ArticleText> {
        let mut text = String::new();
        for paragraph in paragraphs {
            let paragraph = paragraph.trim();
            if paragraph.is_empty() {
                continue;
            }
            if text.len() + paragraph.len() + 2 > ArticleText::BYTES {
                break;
            }
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.extend(paragraph.chars().filter(|character| {
                !is_forbidden(*character) && !is_bidi_control(*character) && *character != '\r'
            }));
        }
        (!text.is_empty()).then_some(ArticleText(text))
    }

    /// The paragraphs, with a blank line between two of them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The paragraphs, one by one.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.0.split("\n\n")
    }
}

/// Where an agency's or correspondent's report was written, and when: "SEOUL, Oct. 30", "【ワシントン=…】", "(서울=…)".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dateline {
    /// The place as written.
    pub place: PlainText,
    /// The day as written, where one is.
    pub date: Option<PlainText>,
}

/// A link from an article to another of the same outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedLink {
    /// Where it leads.
    pub url: WebUrl,
    /// What it is called.
    pub title: Headline,
}

/// What stands between a reader and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wall {
    /// The text is for subscribers.
    Paywall,
    /// The text is for those who log in.
    Login,
    /// The page asks about cookies before it shows anything.
    Consent,
    /// The page says that it is a machine it talks to, or asks for a proof that it is not.
    Challenge,
    /// The page is empty until its scripts have run.
    Script,
}

impl Wall {
    /// The name in the contract of `parse --article`.
    pub fn name(self) -> &'static str {
        match self {
            Wall::Paywall => "paywall",
            Wall::Login => "login",
            Wall::Consent => "consent",
            Wall::Challenge => "challenge",
            Wall::Script => "script",
        }
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the page's robots rules ask of those who copy it (`meta name="robots"`, `X-Robots-Tag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Robots {
    /// The page shall not be listed.
    pub noindex: bool,
    /// No copy of the page shall be shown.
    pub noarchive: bool,
    /// No piece of its text shall be shown.
    pub nosnippet: bool,
}

impl Robots {
    /// Both rules together: what either forbids is forbidden.
    pub fn and(self, other: Robots) -> Robots {
        Robots {
            noindex: self.noindex || other.noindex,
            noarchive: self.noarchive || other.noarchive,
            nosnippet: self.nosnippet || other.nosnippet,
        }
    }
}

/// A field of an [`Article`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArticleField {
    /// [`Article::canonical`].
    Canonical,
    /// [`Article::title`].
    Title,
    /// [`Article::sections`].
    Sections,
    /// [`Article::authors`].
    Authors,
    /// [`Article::published`].
    Published,
    /// [`Article::modified`].
    Modified,
    /// [`Article::language`].
    Language,
    /// The address of [`Article::image`].
    Image,
    /// The caption of [`Article::image`].
    Caption,
    /// The credit of [`Article::image`].
    Credit,
    /// [`Article::related`].
    Related,
    /// [`Article::tags`].
    Tags,
    /// [`Article::summary`].
    Summary,
    /// [`Article::text`].
    Text,
    /// [`Article::wall`].
    Wall,
    /// [`Article::dateline`].
    Dateline,
    /// [`Article::outlet`].
    Outlet,
}

impl ArticleField {
    /// The name in the contract of `parse --article`.
    pub fn name(self) -> &'static str {
        match self {
            ArticleField::Canonical => "canonical",
            ArticleField::Title => "title",
            ArticleField::Sections => "sections",
            ArticleField::Authors => "authors",
            ArticleField::Published => "published",
            ArticleField::Modified => "modified",
            ArticleField::Language => "language",
            ArticleField::Image => "image",
            ArticleField::Caption => "caption",
            ArticleField::Credit => "credit",
            ArticleField::Related => "related",
            ArticleField::Tags => "tags",
            ArticleField::Summary => "summary",
            ArticleField::Text => "text",
            ArticleField::Wall => "walled",
            ArticleField::Dateline => "dateline",
            ArticleField::Outlet => "outlet",
        }
    }
}

/// Where on a page a value stands; the first is believed most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A `script type="application/ld+json"` (JSON-LD 1.1, schema.org).
    JsonLd,
    /// A `meta` of Open Graph, of `article:` or of their many kin.
    Meta,
    /// `link rel="canonical"` and the like.
    Link,
    /// Elements with `itemprop` (HTML §5, Microdata) or `rel`, `class` of the microformats.
    Microdata,
    /// The visible document.
    Document,
    /// What the text itself says, in its first lines or its last.
    Text,
    /// The address of the page.
    Address,
    /// What HTTP says of the page.
    Http,
}

impl Origin {
    /// The name in the contract of `parse --article`.
    pub fn name(self) -> &'static str {
        match self {
            Origin::JsonLd => "json-ld",
            Origin::Meta => "meta",
            Origin::Link => "link",
            Origin::Microdata => "microdata",
            Origin::Document => "document",
            Origin::Text => "text",
            Origin::Address => "address",
            Origin::Http => "http",
        }
    }
}

/// Something that a page says of a field and that was not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissent {
    /// Where it stands.
    pub origin: Origin,
    /// What it says.
    pub value: PlainText,
}

/// Why a field holds what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleEvidence {
    /// The field.
    pub field: ArticleField,
    /// Where its value comes from.
    pub origin: Origin,
    /// The rule that decided where sources contradicted each other or the value had to be put right, in words.
    pub rule: Option<&'static str>,
    /// What else the page says of it.
    pub also: Vec<Dissent>,
}

/// An article page, as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Article {
    /// Where the page was asked for.
    pub url: Option<WebUrl>,
    /// The one address of the article, whichever copy of the page this is: the AMP, mobile, print or syndicated one.
    pub canonical: Option<WebUrl>,
    /// The headline, without the name of the site.
    pub title: Option<Headline>,
    /// The path of sections from the widest to the narrowest, without the home page.
    pub sections: Vec<PlainText>,
    /// The names of those who wrote it, without their offices and addresses.
    pub authors: Vec<PlainText>,
    /// The first publication.
    pub published: Option<Timestamp>,
    /// The last change.
    pub modified: Option<Timestamp>,
    /// The language of the article.
    pub language: Option<Lang>,
    /// The lead picture.
    pub image: Option<Image>,
    /// Other articles of the same outlet that the page offers with this one.
    pub related: Vec<RelatedLink>,
    /// The page's own keywords.
    pub tags: Vec<PlainText>,
    /// What the page says it is about, else how its text begins.
    pub summary: Option<PlainText>,
    /// The text; absent where there is a wall.
    pub text: Option<ArticleText>,
    /// What stands before the text.
    pub wall: Option<Wall>,
    /// Where and when the text says it was written.
    pub dateline: Option<Dateline>,
    /// Whose page it is.
    pub outlet: Option<PlainText>,
    /// What may be done with it.
    pub robots: Robots,
    /// Why the fields hold what they hold, by field.
    pub evidence: Vec<ArticleEvidence>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_paragraphs() {
        let text = ArticleText::new([" one ", "", "t\u{202e}w\0o"]).unwrap();
        assert_eq!(text.as_str(), "one\n\ntwo");
        assert_eq!(text.paragraphs().count(), 2);
        assert_eq!(ArticleText::new([" ", ""]), None);
        let long = "x".repeat(ArticleText::BYTES / 2);
        assert_eq!(ArticleText::new([&*long, &*long]).unwrap().paragraphs().count(), 1);
    }
}
