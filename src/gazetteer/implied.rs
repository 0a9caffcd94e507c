//! What a concept says besides itself: what it is made of, and what it is a kind of.
//!
//! One language has a word for what another says in several that stand apart: 구속영장 기각 is found whole, "court rejects arrest warrant" is not. One
//! says 공습 where another says 攻撃. By what they imply the one compares with the other.

use super::lexicon::Form;
use super::{EntityId, Gazetteer, Kind, Mention, Target};
use crate::model::script::Script;

impl Gazetteer {
    /// The concepts that a mention of one implies, in the order of their numbers, each once and never itself: those within a compound ("영장 기각" has
    /// 영장 and 기각), and whatever it and they are kinds of ("공습" is 공격). Nothing for a mention of anything else, or of another text.
    pub fn implied(&self, folded: &str, mention: &Mention) -> Vec<EntityId> {
        let is_concept = |id: &EntityId| self.entity(*id).kind == Kind::Concept;
        let Some(text) = folded.get(mention.span.clone()) else { return Vec::new() };
        if !is_concept(&mention.entity) {
            return Vec::new();
        }
        let head = self.head(text);
        let rest = head.map_or_else(|| next_word(text), |(_, end)| end);
        let mut implied: Vec<EntityId> = head.into_iter().map(|(id, _)| id).collect();
        implied.extend(self.mentions(&text[rest..]).iter().map(|part| part.entity));
        implied.retain(is_concept);
        let mut at = 0;
        implied.extend(&self.entity(mention.entity).broader);
        while let Some(id) = implied.get(at).copied() {
            // A kind of a kind; a test says that no concept is a kind of itself.
            let more = self.entity(id).broader.iter().filter(|more| !implied.contains(more));
            let more: Vec<EntityId> = more.copied().collect();
            implied.extend(more);
            at += 1;
        }
        implied.retain(|id| *id != mention.entity);
        implied.sort_unstable();
        implied.dedup();
        implied
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
