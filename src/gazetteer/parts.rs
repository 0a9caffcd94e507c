//! The concepts that a compound is made of.
//!
//! One language has a word for what another says in several that stand apart: 구속영장 기각 is found whole, "court rejects arrest warrant" is not.
//! By its parts the one compares with the other.

use super::lexicon::Form;
use super::{EntityId, Gazetteer, Kind, Mention, Target};
use crate::model::script::Script;

impl Gazetteer {
    /// The concepts within a mention that is a concept itself: "영장 기각" has 영장 and 기각. None for a single word, or for a mention that is not
    /// of this text.
    pub fn parts(&self, folded: &str, mention: &Mention) -> Vec<EntityId> {
        let is_concept = |id: &EntityId| self.entity(*id).kind == Kind::Concept;
        let Some(text) = folded.get(mention.span.clone()) else { return Vec::new() };
        if !is_concept(&mention.entity) {
            return Vec::new();
        }
        let head = self.head(text);
        let rest = head.map_or_else(|| next_word(text), |(_, end)| end);
        let mut parts: Vec<EntityId> = head.into_iter().map(|(id, _)| id).collect();
        parts.extend(self.mentions(&text[rest..]).iter().map(|part| part.entity));
        parts.retain(|part| is_concept(part) && *part != mention.entity);
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// The longest name that the text begins with and is not the whole of it, and its end.
    fn head(&self, text: &str) -> Option<(EntityId, usize)> {
        let mut forms: Vec<Form> = Vec::new();
        self.lexicon.at(text, 0, &mut forms);
        let form = forms
            .iter()
            .rev()
            .find(|form| form.end < text.len() && self.parts_at(text, form.end))?;
        match self.targets.get(form.target as usize)? {
            Target::Entity(id, _) => Some((*id, form.end)),
            Target::Nothing | Target::Joint(_) => None,
        }
    }

    /// Whether a word may end here: at a space, a change of script, or where another name begins ("공습재개").
    fn parts_at(&self, text: &str, at: usize) -> bool {
        let script = |character: Option<char>| character.map_or(Script::Other, Script::of);
        let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
        match (script(before), script(after)) {
            (_, Script::Other) => true,
            (before, after) if before.is_spaced() && after.is_spaced() => false,
            (before, after) if before != after => true,
            _ => self.mentions(&text[at..]).first().is_some_and(|next| next.span.start == 0),
        }
    }
}

/// Where the second word begins; where words run into each other, the second character.
fn next_word(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let script = Script::of(first);
    if script != Script::Hangul && !script.is_spaced() {
        return first.len_utf8();
    }
    text.find(|character| Script::of(character) == Script::Other).unwrap_or(text.len())
}
