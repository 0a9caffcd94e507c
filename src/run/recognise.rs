//! What the story recogniser is given of an entry: traits of its headline, and the text that the sentence encoder reads.

use crate::gazetteer::gazetteer;
use crate::model::entry::Entry;
use crate::model::text::{Headline, Normalised};
use crate::normalise::Outlets;
use crate::normalise::fold::fold;
use crate::normalise::suffix::bare_headline;
use crate::stories::Traits;
use crate::stories::traits::StoryText;

/// What the headline of an entry speaks of; some ten microseconds.
pub fn traits(entry: &Entry, normalised: &Normalised, outlets: &Outlets) -> Traits {
    let credited = entry.outlet.as_ref().map(|outlet| outlet.name.as_str());
    let text = StoryText {
        headline: entry.title.as_ref().map_or("", Headline::as_str),
        bare: &bare_headline(normalised.title.text(), outlets, credited),
        summary: normalised.summary.text(),
    };
    Traits::of(&text, gazetteer())
}

/// The text that is encoded of a headline: what is left of it without desk tags and outlet, folded.
pub fn text_to_encode(headline: &str, outlets: &Outlets) -> String {
    bare_headline(fold(headline).text(), outlets, None).into_owned()
}
