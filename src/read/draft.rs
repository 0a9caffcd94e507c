//! What is gathered of a document and of an item before it is an `Entry`: elements offer values, and the best offer of a field counts.

use std::borrow::Cow;
use std::time::Duration;

use url::Url;

use super::ReadOptions;
use super::construct::{self, Construct};
use super::date;
use super::sanitise::Effort;
use super::xml::Xml;
use crate::model::due::Wishes;
use crate::model::entry::{Enclosure, Entry, FeedFormat, Guid, Image, Note, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::source::Outlet;
use crate::model::text::{PlainText, is_bidi_control};
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;
use crate::model::websub::Advert;

/// How many authors, categories and enclosures of an entry are kept, of each.
const MANY: usize = 64;
/// How many notes of a document are kept.
const NOTES: usize = 50;

/// The best offer so far: the lowest rank, and of equal ranks the first.
#[derive(Debug)]
pub(super) struct Best<T>(Option<(u8, T)>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Best(None)
    }
}

impl<T> Best<T> {
    /// Takes the value if it is better than what is there.
    pub(super) fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.wants(rank)
        {
            self.0 = Some((rank, value));
        }
    }

    /// Whether an offer of that rank would be taken.
    pub(super) fn wants(&self, rank: u8) -> bool {
        self.0.as_ref().is_none_or(|(best, _)| rank < *best)
    }

    /// The best offer so far.
    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// The best offer.
    pub(super) fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

/// What was repaired or given up.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: Vec<Note>,
}

impl Notes {
    /// Notes something about the document.
    pub(super) fn document(&mut self, text: String) {
        self.push(None, text);
    }

    fn push(&mut self, item: Option<usize>, text: String) {
        if self.list.len() < NOTES {
            self.list.push(Note { item, text });
        }
    }
}

/// What the reading of one document needs and gathers.
#[derive(Debug)]
pub(super) struct Desk<'o> {
    /// What is known besides the bytes.
    pub(super) options: &'o ReadOptions<'o>,
    /// What relative URLs are relative to, but for what elements state.
    pub(super) base: Option<Url>,
    /// What was repaired or given up.
    pub(super) notes: Notes,
    /// The encoding, if it was guessed.
    pub(super) guessed_encoding: Option<&'static str>,
    /// What may still be spent on broken HTML.
    effort: Effort,
    /// The entries so far.
    pub(super) entries: Vec<Entry>,
    /// Items so far, those given up included.
    items: usize,
    full: bool,
    /// The feed's title.
    pub(super) title: Best<PlainText>,
    /// The feed's home page.
    pub(super) link: Best<WebUrl>,
    /// The feed's language.
    pub(super) language: Best<Lang>,
    /// Its hubs, and the name they know it by.
    pub(super) advert: Advert,
    /// What the document asks of those who poll it, but for `sy:updatePeriod`.
    pub(super) wishes: Wishes,
    /// `sy:updatePeriod` in seconds.
    pub(super) update_period: Option<u64>,
    /// `sy:updateFrequency`.
    pub(super) update_frequency: Option<u64>,
}

impl<'o> Desk<'o> {
    /// Nothing read yet.
    pub(super) fn new(options: &'o ReadOptions<'o>) -> Desk<'o> {
        Desk {
            options,
            base: options.base.cloned(),
            notes: Notes::default(),
            guessed_encoding: None,
            effort: Effort::of_a_document(),
            entries: Vec::new(),
            items: 0,
            full: false,
            title: Best::default(),
            link: Best::default(),
            language: Best::default(),
            advert: Advert::default(),
            wishes: Wishes::default(),
            update_period: None,
            update_frequency: None,
        }
    }

    /// Notes something about the item being read.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(Some(self.items), text);
    }

    /// Reads a date, and notes one that cannot be read.
    pub(super) fn date(&mut self, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let date = date::parse(text, self.options.zone);
        if date.is_none() {
            let shown = shown(text);
            self.note(format!("the date `{shown}` cannot be read"));
        }
        date
    }

    /// Reads a link relative to where it stands, and notes one that leads nowhere on the web.
    pub(super) fn link(&mut self, xml: &Xml<'_>, text: &str) -> Option<WebUrl> {
        self.noted_link(WebUrl::join(xml.base(), text), text)
    }

    /// Reads a link relative to the document, and notes one that leads nowhere on the web.
    pub(super) fn document_link(&mut self, text: &str) -> Option<WebUrl> {
        self.noted_link(WebUrl::join(self.base.as_ref(), text), text)
    }

    fn noted_link(&mut self, link: Option<WebUrl>, text: &str) -> Option<WebUrl> {
        if link.is_none() && !text.trim().is_empty() {
            let shown = shown(text);
            self.note(format!("the link `{shown}` does not lead to the web"));
        }
        link
    }

    /// Makes links of an RSS document relative to its home page where that is on another host: then the document is served by a service
    /// that knows no other page of the publisher's.
    pub(super) fn settle_base(&mut self, xml: &mut Xml<'_>) {
        if let Some(home) = self.link.get()
            && self.base.as_ref().is_none_or(|base| base.host_str() != Some(home.host()))
            && let Ok(home) = Url::parse(home.as_str())
        {
            xml.set_document_base(&home);
            self.base = Some(home);
        }
    }

    /// Whether no further item is read; says so once.
    pub(super) fn is_full(&mut self) -> bool {
        if self.entries.len() < self.options.max_entries {
            return false;
        }
        if !self.full {
            self.full = true;
            let text = format!("only the first {} items were read", self.options.max_entries);
            // This note matters more than the last of many others.
            self.notes.list.truncate(NOTES - 1);
            self.notes.document(text);
        }
        true
    }

    /// Makes an entry of a whole item.
    pub(super) fn file(&mut self, draft: Draft<'_>) {
        let entry = draft.finish(self);
        self.entries.push(entry);
        self.items += 1;
    }

    /// Gives up an item that the end of the document cut.
    pub(super) fn give_up(&mut self) {
        self.lose("the document ends inside this item, which was left out".to_owned());
    }

    /// Gives up an item, and says why.
    pub(super) fn lose(&mut self, why: String) {
        self.note(why);
        self.items += 1;
    }

    /// The document as read.
    pub(super) fn finish(self, format: FeedFormat) -> ParsedFeed {
        let update_period = self
            .update_period
            .map(|period| Duration::from_secs(period / self.update_frequency.unwrap_or(1).max(1)));
        ParsedFeed {
            format,
            title: self.title.take(),
            link: self.link.take(),
            language: self.language.take(),
            wishes: Wishes { update_period, ..self.wishes },
            advert: self.advert,
            entries: self.entries,
            notes: self.notes.list,
            guessed_encoding: self.guessed_encoding,
        }
    }
}

/// Notes what the XML reader repaired.
pub(super) fn note_repairs(notes: &mut Vec<Note>, xml: &Xml<'_>) {
    let repairs = xml.repairs();
    let mut note = |count: usize, text: &str| {
        if count > 0 {
            notes.push(Note { item: None, text: format!("{text} ({count}×)") });
        }
    };
    note(repairs.unclosed, "elements without end tags were closed");
    note(repairs.stray_ends, "end tags that close nothing were left out");
    note(repairs.undeclared, "prefixes without a declaration were taken for the usual ones");
    if xml.truncated() {
        notes.push(Note {
            item: None,
            text: "the document is cut off; whole items were kept".to_owned(),
        });
    }
}

/// An item being read.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// The source's own id.
    pub(super) guid: Best<Cow<'a, str>>,
    /// The headline.
    pub(super) title: Best<Construct<'a>>,
    /// The publisher's page.
    pub(super) link: Best<WebUrl>,
    /// The first publication.
    pub(super) published: Best<Timestamp>,
    /// The last change.
    pub(super) updated: Best<Timestamp>,
    /// Bylines.
    pub(super) authors: Vec<PlainText>,
    /// A byline for want of another.
    pub(super) author_fallback: Option<PlainText>,
    /// Sections and tags.
    pub(super) categories: Vec<PlainText>,
    /// The summary.
    pub(super) summary: Best<Construct<'a>>,
    /// The full content.
    pub(super) content: Best<Construct<'a>>,
    /// Attached media.
    pub(super) enclosures: Vec<Enclosure>,
    /// The picture.
    pub(super) image: Best<WebUrl>,
    /// What the picture shows.
    pub(super) caption: Best<PlainText>,
    /// Who made the picture.
    pub(super) credit: Best<PlainText>,
    /// The language.
    pub(super) language: Best<Lang>,
    /// The outlet that is credited.
    pub(super) outlet: Option<Outlet>,
}

impl Draft<'_> {
    /// Adds a byline unless it is there.
    pub(super) fn add_author(&mut self, author: Option<PlainText>) {
        add(&mut self.authors, author);
    }

    /// Adds a section or tag unless it is there.
    pub(super) fn add_category(&mut self, category: Option<PlainText>) {
        add(&mut self.categories, category);
    }

    /// Adds an attachment unless it is there; a picture is offered as the entry's picture too.
    pub(super) fn add_enclosure(
        &mut self,
        url: Option<WebUrl>,
        media_type: Option<&str>,
        length: Option<&str>,
    ) {
        let Some(url) = url else { return };
        // What follows the type itself is a parameter or a slip.
        let media_type = media_type
            .and_then(|text| text.split([' ', ';', ',']).next())
            .filter(|text| (3..=100).contains(&text.len()) && text.contains('/'))
            .map(str::to_owned);
        if media_type.as_deref().is_some_and(|media_type| media_type.starts_with("image/")) {
            self.image.offer(4, Some(url.clone()));
        }
        if self.enclosures.len() < MANY
            && self.enclosures.iter().all(|enclosure| enclosure.url != url)
        {
            let length_bytes = length.and_then(|length| length.trim().parse().ok());
            self.enclosures.push(Enclosure { url, media_type, length_bytes });
        }
    }

    fn finish(self, desk: &mut Desk<'_>) -> Entry {
        let base = desk.base.clone();
        let mut html = |construct: Option<Construct<'_>>| {
            let construct = construct?;
            if construct.is_cut() {
                desk.note("a text longer than 1 MiB was cut".to_owned());
            }
            let was_spent = desk.effort.is_spent();
            let html = construct.safe_html(base.as_ref(), &mut desk.effort);
            if desk.effort.is_spent() && !was_spent {
                desk.notes.document(
                    "there is so much broken HTML that the rest is mended the quick way".to_owned(),
                );
            }
            html
        };
        let summary = html(self.summary.take());
        let content = html(self.content.take());
        let stated = self.image.take();
        let shown = || [&content, &summary].into_iter().flatten().find_map(construct::first_image);
        let image = stated.or_else(shown);
        let mut authors = self.authors;
        if authors.is_empty() {
            authors.extend(self.author_fallback);
        }
        let (caption, credit) = (self.caption.take(), self.credit.take());
        Entry {
            guid: self.guid.take().and_then(|guid| Guid::new(&guid)),
            title: self.title.take().and_then(|title| title.headline()),
            link: self.link.take(),
            published: self.published.take(),
            is_date_estimated: false,
            updated: self.updated.take(),
            authors,
            categories: self.categories,
            summary_text: summary.as_ref().or(content.as_ref()).and_then(construct::summary_text),
            summary,
            content,
            enclosures: self.enclosures,
            image: image.map(|url| Image { url, caption, credit }),
            language: self.language.take(),
            outlet: self.outlet,
        }
    }
}

/// The start of a text, fit for a note.
fn shown(text: &str) -> String {
    let fit = |character: &char| !character.is_control() && !is_bidi_control(*character);
    text.trim().chars().filter(fit).take(60).collect()
}

fn add(list: &mut Vec<PlainText>, text: Option<PlainText>) {
    if let Some(text) = text
        && list.len() < MANY
        && !list.contains(&text)
    {
        list.push(text);
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use crate::read::{ReadOptions, read};

    #[test]
    fn hubs_stand_where_each_format_has_its_links() {
        let base = Url::parse("https://a.example/news/feed").unwrap();
        let check = |document: &str| {
            let options = ReadOptions { base: Some(&base), ..ReadOptions::default() };
            let feed = read(document.as_bytes(), &options).unwrap();
            assert_eq!(feed.advert.hubs, ["https://hub.example/"], "{document}");
            assert_eq!(feed.advert.topic.as_deref(), Some("https://a.example/feed"), "{document}");
        };
        let links =
            r#"<l:link rel="hub" href="https://hub.example/"/><l:link rel="self" href="/feed"/>"#;
        let rss = links.replace("l:", "atom:");
        check(&format!(
            r#"<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>{rss}<item><title>i</title></item></channel></rss>"#
        ));
        check(&format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{}<entry><title>i</title></entry></feed>"#,
            links.replace("l:", "")
        ));
        check(&format!(
            r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>{rss}</channel><item><title>i</title></item></rdf:RDF>"#
        ));
        check(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","feed_url":"https://a.example/feed","hubs":[{"type":"rssCloud","url":"https://other.example/"},{"type":"WebSub","url":"https://hub.example/"},7],"items":[]}"#,
        );
    }

    #[test]
    fn links_of_an_item_are_no_hubs() {
        let document = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>i</title><link rel="hub" href="https://hub.example/"/></entry></feed>"#;
        assert!(read(document.as_bytes(), &ReadOptions::default()).unwrap().advert.hubs.is_empty());
    }
}
