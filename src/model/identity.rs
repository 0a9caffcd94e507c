//! By what an entry is known when its source lists it again.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::entry::Entry;

/// What makes two entries of one source the same entry: its guid, else its canonical URL, else its headline and date, else its text.
///
/// The first 16 bytes of a SHA-256: a source can choose its guids, but not make two of them collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub [u8; 16]);

/// What makes an entry changed: a digest of all that we keep of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

/// The identities of a document's entries, in document order.
///
/// A guid that the document gives to entries with other links or headlines names none of them alone: such entries are told apart by link and
/// headline besides. Equal identities in the answer are copies of one entry.
pub fn identities(entries: &[Entry]) -> Vec<Identity> {
    // Nearly every guid stands once; only those that do not are looked at closely.
    let mut uses: HashMap<&str, Use> = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(guid) = &entry.guid {
            uses.entry(guid.as_str())
                .and_modify(|used| used.again(entry))
                .or_insert(Use::Once(entry));
        }
    }
    entries
        .iter()
        .map(|entry| match &entry.guid {
            Some(guid) if matches!(uses.get(guid.as_str()), Some(Use::Shared)) => {
                let detail = by_details(entry);
                Identity(digest(&[b"shared-guid", guid.as_str().as_bytes(), &detail.0]))
            }
            Some(guid) => Identity(digest(&[b"guid", guid.as_str().as_bytes()])),
            None => match &entry.link {
                Some(link) => Identity(digest(&[b"url", link.canonical().as_str().as_bytes()])),
                None => by_text(entry),
            },
        })
        .collect()
}

/// By what an entry is recognised whose source has given it another guid: its page, headline and date. `None` of one that lacks any of these; such
/// may be another entry (the exchange rates of each day).
pub fn by_article(entry: &Entry) -> Option<Identity> {
    let (link, title) = (entry.link.as_ref()?.canonical(), entry.title.as_ref()?);
    let date = entry.published.or(entry.updated)?.unix().to_le_bytes();
    let parts = [b"article", link.as_str().as_bytes(), title.as_str().as_bytes(), &date];
    Some(Identity(digest(&parts)))
}

/// To what a document gives a guid.
enum Use<'a> {
    /// To this entry only.
    Once(&'a Entry),
    /// To this entry and copies of it.
    Copies(Identity),
    /// To different entries.
    Shared,
}

impl Use<'_> {
    /// Takes in that another entry has the guid; what the first looks like is worked out once, however many follow.
    fn again(&mut self, entry: &Entry) {
        let first = match self {
            Use::Once(first) => by_details(first),
            Use::Copies(first) => *first,
            Use::Shared => return,
        };
        *self = if by_details(entry) == first { Use::Copies(first) } else { Use::Shared };
    }
}

/// What tells entries apart that share a guid.
fn by_details(entry: &Entry) -> Identity {
    let link = entry.link.as_ref().map(|link| link.canonical());
    let link = link.as_ref().map_or("", |link| link.as_str());
    if link.is_empty() && entry.title.is_none() {
        return by_text(entry);
    }
    let title = entry.title.as_ref().map_or("", |title| title.as_str());
    Identity(digest(&[link.as_bytes(), title.as_bytes()]))
}

/// Headline and date, and where there is no headline the text.
fn by_text(entry: &Entry) -> Identity {
    let date = entry.published.or(entry.updated).map_or(i64::MIN, |at| at.unix()).to_le_bytes();
    match &entry.title {
        Some(title) => Identity(digest(&[b"headline", title.as_str().as_bytes(), &date])),
        None => {
            let body =
                entry.content.as_ref().or(entry.summary.as_ref()).map_or("", |html| html.as_str());
            Identity(digest(&[b"text", body.as_bytes(), &date]))
        }
    }
}

/// A digest of all that we keep of an entry; another digest means the source changed it.
pub fn fingerprint(entry: &Entry) -> Fingerprint {
    let Entry {
        guid,
        title,
        link,
        published,
        is_date_estimated,
        updated,
        authors,
        categories,
        summary,
        content,
        summary_text: _,
        enclosures,
        image,
        language,
        outlet,
    } = entry;
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(guid.as_ref().map_or("", |guid| guid.as_str()).as_bytes());
    part(title.as_ref().map_or("", |title| title.as_str()).as_bytes());
    part(link.as_ref().map_or("", |link| link.as_str()).as_bytes());
    // An estimate is another one at each reading, which is no change of the source's.
    let published = published.filter(|_| !is_date_estimated);
    part(&published.map_or(i64::MIN, |at| at.unix()).to_le_bytes());
    part(&updated.map_or(i64::MIN, |at| at.unix()).to_le_bytes());
    part(&(authors.len() as u64).to_le_bytes());
    authors.iter().for_each(|author| part(author.as_str().as_bytes()));
    part(&(categories.len() as u64).to_le_bytes());
    categories.iter().for_each(|category| part(category.as_str().as_bytes()));
    part(summary.as_ref().map_or("", |html| html.as_str()).as_bytes());
    part(content.as_ref().map_or("", |html| html.as_str()).as_bytes());
    for enclosure in enclosures {
        part(enclosure.url.as_str().as_bytes());
        part(enclosure.media_type.as_deref().unwrap_or_default().as_bytes());
        part(&enclosure.length_bytes.unwrap_or(u64::MAX).to_le_bytes());
    }
    if let Some(image) = image {
        part(image.url.as_str().as_bytes());
        part(image.caption.as_ref().map_or("", |text| text.as_str()).as_bytes());
        part(image.credit.as_ref().map_or("", |text| text.as_str()).as_bytes());
    }
    part(language.as_ref().map_or("", |lang| lang.as_str()).as_bytes());
    part(outlet.as_ref().map_or("", |outlet| &outlet.name).as_bytes());
    Fingerprint(first_16(hash))
}

/// The first 16 bytes of the SHA-256 of the parts, each with its length before it.
pub fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    first_16(hash)
}

fn first_16(hash: Sha256) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Guid;
    use crate::model::text::Headline;
    use crate::model::url::WebUrl;

    fn entry(guid: Option<&str>, link: Option<&str>, title: &str) -> Entry {
        Entry {
            guid: guid.and_then(Guid::new),
            link: link.and_then(WebUrl::parse),
            title: Headline::new(title),
            ..Entry::default()
        }
    }

    #[test]
    fn a_guid_names_an_entry_through_every_change() {
        let before = identities(&[entry(Some("1"), Some("https://a.example/1"), "Old")]);
        let after = identities(&[entry(Some("1"), Some("https://a.example/2"), "New")]);
        assert_eq!(before, after);
    }

    #[test]
    fn a_guid_used_twice_names_neither() {
        let ids = identities(&[
            entry(Some("1"), Some("https://a.example/1"), "A"),
            entry(Some("1"), Some("https://a.example/2"), "B"),
        ]);
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn copies_are_one_entry() {
        let ids = identities(&[
            entry(Some("1"), None, "A"),
            entry(Some("1"), None, "A"),
            entry(None, None, "A"),
            entry(None, None, "A"),
        ]);
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[2], ids[3]);
    }

    #[test]
    fn an_article_is_known_without_its_guid() {
        let dated = |guid: &str, link: &str, title: &str, at: i64| Entry {
            published: Some(crate::model::time::Timestamp::from_unix(at)),
            ..entry(Some(guid), Some(link), title)
        };
        let one = by_article(&dated("1", "https://a.example/1?utm_source=x", "A", 5));
        assert_eq!(one, by_article(&dated("2", "https://a.example/1", "A", 5)));
        assert_ne!(one, by_article(&dated("1", "https://a.example/2", "A", 5)));
        assert_ne!(one, by_article(&dated("1", "https://a.example/1", "B", 5)));
        assert_ne!(one, by_article(&dated("1", "https://a.example/1", "A", 6)));
        assert_eq!(by_article(&entry(Some("1"), Some("https://a.example/1"), "A")), None);
    }

    #[test]
    fn a_change_shows() {
        let plain = entry(Some("1"), None, "A");
        assert_ne!(
            fingerprint(&plain),
            fingerprint(&Entry { title: Headline::new("B"), ..plain.clone() })
        );
        assert_eq!(fingerprint(&plain), fingerprint(&plain.clone()));
    }
}
