//! Values of the model as cells of a row, and back.
//!
//! What is single has a column; what is a list or seldom there is JSON in one column, whose unknown fields are skipped and whose missing
//! fields are empty, so that an older program reads what a newer one wrote. Nothing is trusted on the way back: each value goes through
//! the constructor of its type again.

use std::borrow::Cow;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};

use crate::model::entry::{Enclosure, Entry, Guid, Image};
use crate::model::identity::Identity;
use crate::model::lang::Lang;
use crate::model::source::{Outlet, SourceKey};
use crate::model::story::{EntryId, Joined, Likeness, Member, StoredEntry};
use crate::model::text::{Headline, PlainText, SafeHtml};
use crate::model::time::{DateOrigin, Published, Timestamp};
use crate::model::url::{CanonicalUrl, WebUrl};
use crate::model::verdict::{Evidence, Field, RuleId, TopicName, TopicVerdict, Verdict};
use crate::store::StoreError;

/// What of a row cannot be read back, and why.
pub(super) fn damaged(what: &'static str, detail: impl Into<String>) -> StoreError {
    StoreError::Damaged { what, detail: detail.into() }
}

/// A row that is read cell by cell; a cell of the wrong kind is damage.
pub(super) struct Cells<'row, 'stmt>(pub(super) &'row Row<'stmt>);

impl<'row> Cells<'row, '_> {
    fn cell(&self, column: usize, what: &'static str) -> Result<ValueRef<'row>, StoreError> {
        self.0.get_ref(column).map_err(|error| damaged(what, error.to_string()))
    }

    pub(super) fn text(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<&'row str>, StoreError> {
        self.cell(column, what)?.as_str_or_null().map_err(|error| damaged(what, error.to_string()))
    }

    pub(super) fn bytes(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<&'row [u8]>, StoreError> {
        self.cell(column, what)?.as_blob_or_null().map_err(|error| damaged(what, error.to_string()))
    }

    pub(super) fn number_or_null(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<i64>, StoreError> {
        self.cell(column, what)?.as_i64_or_null().map_err(|error| damaged(what, error.to_string()))
    }

    pub(super) fn number(&self, column: usize, what: &'static str) -> Result<i64, StoreError> {
        self.number_or_null(column, what)?.ok_or_else(|| damaged(what, "it is missing"))
    }

    pub(super) fn count(&self, column: usize, what: &'static str) -> Result<u64, StoreError> {
        let number = self.number(column, what)?;
        u64::try_from(number).map_err(|_| damaged(what, format!("{number} is below zero")))
    }

    pub(super) fn time(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.number_or_null(column, what)?.map(Timestamp::from_unix))
    }

    pub(super) fn digest(&self, column: usize, what: &'static str) -> Result<[u8; 16], StoreError> {
        self.digest_or_null(column, what)?.ok_or_else(|| damaged(what, "it is missing"))
    }

    pub(super) fn digest_or_null(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        let bytes = self.bytes(column, what)?;
        let read = |bytes: &[u8]| {
            bytes.try_into().map_err(|_| damaged(what, format!("{} bytes, not 16", bytes.len())))
        };
        bytes.map(read).transpose()
    }

    /// A text that its type must take again.
    fn parsed<T>(
        &self,
        column: usize,
        what: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let read = |text: &str| parse(text).ok_or_else(|| damaged(what, format!("{text:?}")));
        self.text(column, what)?.map(read).transpose()
    }

    pub(super) fn source_key(&self, column: usize) -> Result<SourceKey, StoreError> {
        self.parsed(column, "source key", SourceKey::parse)?
            .ok_or_else(|| damaged("source key", "it is missing"))
    }

    pub(super) fn topics(&self, column: usize) -> Result<Vec<i64>, StoreError> {
        self.text(column, "list of topics")?.map_or(Ok(Vec::new()), topics_from_text)
    }
}

/// Topic numbers as a cell: ascending, with commas; none is NULL.
pub(super) fn topics_to_text(topics: &[i64]) -> Option<String> {
    let (first, rest) = topics.split_first()?;
    let mut text = first.to_string();
    for topic in rest {
        text.push(',');
        text.push_str(&topic.to_string());
    }
    Some(text)
}

fn topics_from_text(text: &str) -> Result<Vec<i64>, StoreError> {
    text.split(',')
        .map(|number| number.parse().map_err(|_| damaged("list of topics", format!("{text:?}"))))
        .collect()
}

/// The identities of a listing, one after the other.
pub(super) fn identities_to_bytes(identities: &[Identity]) -> Vec<u8> {
    identities.iter().flat_map(|identity| identity.0).collect()
}

/// The identities of a listing; bytes left over at the end are damage.
pub(super) fn identities_from_bytes(bytes: &[u8]) -> Result<Vec<Identity>, StoreError> {
    let (whole, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(damaged("listing", format!("{} bytes", bytes.len())));
    }
    Ok(whole.iter().map(|identity| Identity(*identity)).collect())
}

/// The columns that [`stored_entry`] reads, in its order.
pub(super) const STORED_ENTRY: &str = "entry, source, identity, language, first_seen, changed, published, origin, \
     guid, title, link, stated_published, stated_updated, more, summary, content, summary_text, stated_language";

/// The columns that [`member`] reads besides, after those of [`STORED_ENTRY`].
pub(super) const MEMBER: &str = "joined, joined_by, verdicts";

/// The number of the entry's source.
pub(super) fn source_number(cells: &Cells<'_, '_>) -> Result<i64, StoreError> {
    cells.number(1, "source of an entry")
}

/// The entry in a row of [`STORED_ENTRY`].
pub(super) fn stored_entry(
    cells: &Cells<'_, '_>,
    source: SourceKey,
) -> Result<StoredEntry, StoreError> {
    let html = |column, what| -> Result<Option<SafeHtml>, StoreError> {
        Ok(cells.text(column, what)?.map(|html| SafeHtml::vouched(html.to_owned())))
    };
    let first_seen = Timestamp::from_unix(cells.number(4, "first sight")?);
    let origin = match cells.number(7, "origin of a date")? {
        0 => DateOrigin::Stated,
        1 => DateOrigin::Clamped,
        2 => DateOrigin::FirstSeen,
        other => return Err(damaged("origin of a date", other.to_string())),
    };
    let (summary, content) = (html(14, "summary")?, html(15, "content")?);
    let summary_text = match cells.text(16, "summary")? {
        Some(TEXT_OF_HTML) => {
            let html = summary.as_ref().or(content.as_ref());
            html.and_then(|html| PlainText::new(&html.to_text()))
        }
        Some(_) | None => cells.parsed(16, "summary", PlainText::new)?,
    };
    let more = json::<More>(cells.text(13, "list of an entry")?, "list of an entry")?;
    let entry = Entry {
        guid: cells.parsed(8, "guid", Guid::new)?,
        title: cells.parsed(9, "headline", Headline::new)?,
        link: cells.parsed(10, "link", WebUrl::parse)?,
        published: cells.time(11, "stated date")?,
        // Known when it was read; what is stored is what counts.
        is_date_estimated: false,
        updated: cells.time(12, "stated date")?,
        authors: all(&more.authors, |text| plain_text(text))?,
        categories: all(&more.categories, |text| plain_text(text))?,
        summary,
        content,
        summary_text,
        enclosures: all(&more.enclosures, enclosure)?,
        image: more.image.as_ref().map(image).transpose()?,
        language: cells.parsed(17, "language", Lang::parse)?,
        outlet: more.outlet.as_ref().map(outlet).transpose()?,
    };
    Ok(StoredEntry {
        id: EntryId(cells.number(0, "number of an entry")?),
        source,
        identity: Identity(cells.digest(2, "identity")?),
        entry,
        language: cells.parsed(3, "language", Lang::parse)?,
        first_seen,
        changed: cells.time(5, "date of a change")?.unwrap_or(first_seen),
        published: Published { at: Timestamp::from_unix(cells.number(6, "date")?), origin },
    })
}

/// The member in a row of [`STORED_ENTRY`] and [`MEMBER`].
pub(super) fn member(cells: &Cells<'_, '_>, source: SourceKey) -> Result<Member, StoreError> {
    let by = cells.text(19, "reason to join a story")?;
    let joined = match (cells.number(18, "way to join a story")?, by) {
        (0, _) => Joined::Founded,
        (1, Some(url)) => Joined::SameUrl { url: canonical(url)? },
        (2, Some(key)) => Joined::SameHeadline { key: key.to_owned() },
        (3, Some(text)) => Joined::NearHeadline(likeness_from_text(text)?),
        (4, Some(text)) => Joined::SameEvent(likeness_from_text(text)?),
        (5, _) => Joined::ByCurator,
        (other, by) => return Err(damaged("way to join a story", format!("{other} {by:?}"))),
    };
    Ok(Member {
        entry: stored_entry(cells, source)?,
        joined,
        verdicts: verdicts_from_text(cells.text(20, "verdict")?)?,
    })
}

/// The cells `joined` and `joined_by`.
pub(super) fn joined_cells(joined: &Joined) -> (i64, Option<Cow<'_, str>>) {
    match joined {
        Joined::Founded => (0, None),
        Joined::SameUrl { url } => (1, Some(url.as_str().into())),
        Joined::SameHeadline { key } => (2, Some(key.into())),
        Joined::NearHeadline(likeness) => (3, Some(likeness_text(likeness).into())),
        Joined::SameEvent(likeness) => (4, Some(likeness_text(likeness).into())),
        Joined::ByCurator => (5, None),
    }
}

/// What two entries share, as kept in `joined_by`.
#[derive(Serialize, Deserialize)]
struct LikenessCell {
    headline: String,
    shared: Vec<String>,
    similarity: Option<u8>,
    confidence: u8,
    hours: u16,
}

fn likeness_text(likeness: &Likeness) -> String {
    let Likeness { headline, shared, similarity, confidence, hours_apart } = likeness.clone();
    let cell = LikenessCell { headline, shared, similarity, confidence, hours: hours_apart };
    // Texts and numbers: they always have a JSON form.
    serde_json::to_string(&cell).unwrap_or_default()
}

fn likeness_from_text(text: &str) -> Result<Likeness, StoreError> {
    let cell: LikenessCell = serde_json::from_str(text)
        .map_err(|error| damaged("reason to join a story", error.to_string()))?;
    let LikenessCell { headline, shared, similarity, confidence, hours } = cell;
    Ok(Likeness { headline, shared, similarity, confidence, hours_apart: hours })
}

/// The cell `summary_text` of a text that the summary, or else the content, gives back: most do, and would be stored twice. No plain text is
/// empty.
const TEXT_OF_HTML: &str = "";

/// The cell `summary_text`.
pub(super) fn summary_text_cell(entry: &Entry) -> Option<&str> {
    let text = entry.summary_text.as_ref()?;
    match entry.summary.as_ref().or(entry.content.as_ref()) {
        Some(html) if html.surely_reads(text) => Some(TEXT_OF_HTML),
        Some(_) | None => Some(text.as_str()),
    }
}

/// The cell `origin`.
pub(super) fn origin_cell(origin: DateOrigin) -> i64 {
    match origin {
        DateOrigin::Stated => 0,
        DateOrigin::Clamped => 1,
        DateOrigin::FirstSeen => 2,
    }
}

fn canonical(text: &str) -> Result<CanonicalUrl, StoreError> {
    let url = WebUrl::parse(text).ok_or_else(|| damaged("link", format!("{text:?}")))?;
    Ok(url.canonical())
}

fn all<T, R>(
    values: &[T],
    read: impl Fn(&T) -> Result<R, StoreError>,
) -> Result<Vec<R>, StoreError> {
    values.iter().map(read).collect()
}

pub(super) fn json<'text, T: Deserialize<'text> + Default>(
    text: Option<&'text str>,
    what: &'static str,
) -> Result<T, StoreError> {
    text.map_or(Ok(T::default()), |text| {
        serde_json::from_str(text).map_err(|error| damaged(what, error.to_string()))
    })
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Database { action: "write a row", source: error.into() })
}

/// The cell `more`: what of an entry is a list or seldom there.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct More<'a> {
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    enclosures: Vec<EnclosureRow<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    image: Option<ImageRow<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    outlet: Option<OutletRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct EnclosureRow<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, rename = "type", default, skip_serializing_if = "Option::is_none")]
    media_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct ImageRow<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    caption: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    credit: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct OutletRow<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
}

/// The cell `more`.
pub(super) fn more_cell(entry: &Entry) -> Result<Option<String>, StoreError> {
    // Named one by one, so that a new field of an entry asks here whether it is kept. The plain ones have columns (`write.rs`).
    let Entry {
        authors,
        categories,
        enclosures,
        image,
        outlet,
        guid: _,
        title: _,
        link: _,
        published: _,
        is_date_estimated: _,
        updated: _,
        summary: _,
        content: _,
        summary_text: _,
        language: _,
    } = entry;
    if authors.is_empty()
        && categories.is_empty()
        && enclosures.is_empty()
        && image.is_none()
        && outlet.is_none()
    {
        return Ok(None);
    }
    let text = |text: &'_ PlainText| -> Cow<'_, str> { Cow::Owned(text.as_str().to_owned()) };
    let more = More {
        authors: authors.iter().map(|text| Cow::from(text.as_str())).collect(),
        categories: categories.iter().map(|text| Cow::from(text.as_str())).collect(),
        enclosures: enclosures
            .iter()
            .map(|enclosure| EnclosureRow {
                url: enclosure.url.as_str().into(),
                media_type: enclosure.media_type.as_deref().map(Cow::from),
                length: enclosure.length_bytes,
            })
            .collect(),
        image: image.as_ref().map(|image| ImageRow {
            url: image.url.as_str().into(),
            caption: image.caption.as_ref().map(text),
            credit: image.credit.as_ref().map(text),
        }),
        outlet: outlet.as_ref().map(|outlet| OutletRow {
            name: outlet.name.as_str().into(),
            url: outlet.url.as_ref().map(|url| url.as_str().into()),
        }),
    };
    to_json(&more).map(Some)
}

fn plain_text(text: &str) -> Result<PlainText, StoreError> {
    PlainText::new(text).ok_or_else(|| damaged("line of text", format!("{text:?}")))
}

pub(super) fn web_url(text: &str) -> Result<WebUrl, StoreError> {
    WebUrl::parse(text).ok_or_else(|| damaged("link", format!("{text:?}")))
}

fn enclosure(row: &EnclosureRow<'_>) -> Result<Enclosure, StoreError> {
    Ok(Enclosure {
        url: web_url(&row.url)?,
        media_type: row.media_type.as_deref().map(str::to_owned),
        length_bytes: row.length,
    })
}

fn image(row: &ImageRow<'_>) -> Result<Image, StoreError> {
    Ok(Image {
        url: web_url(&row.url)?,
        caption: row.caption.as_deref().map(plain_text).transpose()?,
        credit: row.credit.as_deref().map(plain_text).transpose()?,
    })
}

fn outlet(row: &OutletRow<'_>) -> Result<Outlet, StoreError> {
    Ok(Outlet {
        name: row.name.as_ref().to_owned(),
        url: row.url.as_deref().map(web_url).transpose()?,
    })
}

/// One verdict in the cell `verdicts`.
#[derive(Serialize, Deserialize)]
struct VerdictRow<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    keep: bool,
    #[serde(borrow, default)]
    evidence: Vec<EvidenceRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct EvidenceRow<'a> {
    #[serde(borrow)]
    rule: Cow<'a, str>,
    #[serde(borrow)]
    field: Cow<'a, str>,
    from: usize,
    to: usize,
    #[serde(borrow)]
    term: Cow<'a, str>,
}

/// The cell `verdicts`.
pub(super) fn verdicts_cell(verdicts: &[TopicVerdict]) -> Result<Option<String>, StoreError> {
    let rows: Vec<VerdictRow<'_>> = verdicts
        .iter()
        .filter_map(|TopicVerdict { topic, verdict }| {
            let keep = match verdict {
                Verdict::Keep(_) => true,
                Verdict::Drop(_) => false,
                Verdict::Silent => return None,
            };
            let evidence = verdict
                .evidence()
                .iter()
                .map(|Evidence { rule, field, span, term }| EvidenceRow {
                    rule: rule.as_str().into(),
                    field: field.name().into(),
                    from: span.start,
                    to: span.end,
                    term: term.as_ref().into(),
                })
                .collect();
            Some(VerdictRow { topic: topic.as_str().into(), keep, evidence })
        })
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    to_json(&rows).map(Some)
}

fn verdicts_from_text(text: Option<&str>) -> Result<Vec<TopicVerdict>, StoreError> {
    all(&json::<Vec<VerdictRow<'_>>>(text, "verdict")?, |row| {
        let topic =
            TopicName::parse(&row.topic).ok_or_else(|| damaged("verdict", row.topic.as_ref()))?;
        let evidence = all(&row.evidence, |row| {
            Ok(Evidence {
                rule: RuleId::new(row.rule.as_ref()),
                field: Field::parse(&row.field)
                    .ok_or_else(|| damaged("verdict", row.field.as_ref()))?,
                span: row.from..row.to,
                term: row.term.as_ref().into(),
            })
        })?;
        let verdict = if row.keep { Verdict::Keep(evidence) } else { Verdict::Drop(evidence) };
        Ok(TopicVerdict { topic, verdict })
    })
}
