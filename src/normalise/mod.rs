//! `Entry` → `Normalised`: the only folding of text anywhere.

pub mod fold;
pub mod suffix;
pub mod script;
pub mod search;

use crate::model::entry::Entry;
use crate::model::text::{Folded, Normalised};

pub use suffix::Outlets;

/// Folds an entry's texts and reduces its headline to what two outlets would share.
///
/// `outlets` are the names that may be cut from the end of a headline; the outlet that the entry itself credits is one of them.
pub fn normalise(entry: &Entry, outlets: &Outlets) -> Normalised {
    let summary =
        entry.summary_text.as_ref().map_or_else(Folded::default, |text| fold::fold(text.as_str()));
    Normalised { summary, ..normalise_headline(entry, outlets) }
}

/// As [`normalise`], but for the summary, which is left out: for those who only compare headlines.
pub fn normalise_headline(entry: &Entry, outlets: &Outlets) -> Normalised {
    let title =
        entry.title.as_ref().map_or_else(Folded::default, |title| fold::fold(title.as_str()));
    let credited = entry.outlet.as_ref().map(|outlet| outlet.name.as_str());
    let headline_key = suffix::headline_key(title.text(), outlets, credited);
    Normalised { title, summary: Folded::default(), headline_key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::Outlet;
    use crate::model::text::{Headline, PlainText};

    #[test]
    fn an_entry_is_folded_field_by_field() {
        let entry = Entry {
            title: Headline::new("【速報】ＮＨＫ会長が辞任 - Example Daily"),
            summary_text: PlainText::new("A “quote”"),
            outlet: Some(Outlet { name: "Example Daily".into(), url: None }),
            ..Entry::default()
        };
        let normalised = normalise(&entry, &Outlets::new([]));
        assert_eq!(normalised.title.text(), "【速報】nhk会長が辞任 - example daily");
        assert_eq!(normalised.summary.text(), "a \"quote\"");
        assert_eq!(normalised.headline_key, "nhk会長が辞任");
        assert_eq!(normalise(&Entry::default(), &Outlets::new([])), Normalised::default());
    }
}
