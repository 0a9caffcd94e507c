//! A topic as data: groups of terms and a rule over them. No term of any language is in Rust code.
//!
//! ```toml
//! about = "One sentence on what it keeps."
//! bilateral = ["KR", "JP"]          # optional: gives the rule the groups @a, @b, @joint and what `bilateral.toml` says of them, @bilateral
//!                                   # (trilateral = ["KR", "JP", "US"]: also @c, and @trilateral)
//! match = "@talks AND NOT @sport"   # the grammar of `match`; @NAME is a group; @state and @KR are those of `countries.toml`, @leader of `people.toml`
//!
//! [meaning]                         # optional: @meaning holds of headlines that mean what one of the examples does
//! examples = ["..."]
//! threshold = 0.6
//!
//! [group.talks]
//! about = "what it is for"
//! any = ["..."]                     # terms; also by language: en, ko, ja
//! except = ["..."]                  # a place that one of these covers does not count
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::error::RuleError;

/// The built-in packs by name, in the order of their names; the list is made by `build.rs`.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The names of the built-in packs, in order.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The text of a built-in pack.
pub(super) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A pack as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pack {
    /// What it keeps, for people.
    #[serde(rename = "about")]
    _about: String,
    /// The rule.
    #[serde(rename = "match")]
    pub rule: Spanned<String>,
    /// The two countries it is about.
    bilateral: Option<Spanned<Vec<String>>>,
    /// The three countries it is about.
    trilateral: Option<Spanned<Vec<String>>>,
    /// Examples of headlines that mean what it is about.
    pub meaning: Option<Spanned<Examples>>,
    /// Its groups of terms, by name.
    #[serde(default)]
    pub group: BTreeMap<String, Group>,
}

/// What `@meaning` stands for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Examples {
    /// The examples.
    pub examples: Vec<String>,
    /// How like one of them a headline must be.
    pub threshold: Option<f32>,
}

/// Terms that a rule names together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    #[serde(default, rename = "about")]
    _about: Option<String>,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    en: Vec<Spanned<String>>,
    #[serde(default)]
    ko: Vec<Spanned<String>>,
    #[serde(default)]
    ja: Vec<Spanned<String>>,
    /// What covers a place that does not count.
    #[serde(default)]
    pub except: Vec<Spanned<String>>,
}

impl Pack {
    /// The two or three states it is about.
    pub(super) fn sides(&self) -> Option<&Spanned<Vec<String>>> {
        self.bilateral.as_ref().or(self.trilateral.as_ref())
    }
}

impl Group {
    /// Its terms in every language.
    pub(super) fn terms(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.any.iter().chain(&self.en).chain(&self.ko).chain(&self.ja)
    }
}

/// Reads a pack; spans of the error are bytes of its text.
pub(super) fn parse(text: &str) -> Result<Pack, RuleError> {
    let pack: Pack = toml::from_str(text).map_err(|error| RuleError {
        span: error.span().filter(|span| text.get(span.clone()).is_some()).unwrap_or(0..0),
        message: error.message().to_owned(),
        help: None,
    })?;
    for (sides, count, words) in
        [(&pack.bilateral, 2, "two countries are"), (&pack.trilateral, 3, "three countries are")]
    {
        if let Some(sides) = sides.as_ref().filter(|sides| sides.get_ref().len() != count) {
            let message = format!("{words} needed");
            return Err(RuleError { span: sides.span(), message, help: None });
        }
    }
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_read_and_its_faults_are_placed() {
        let pack = parse(
            "about = \"x\"\nmatch = \"@a\"\n[group.a]\nen = [\"b\"]\nko = [\"가\"]\nexcept = [\"c\"]\n",
        )
        .unwrap();
        assert_eq!(
            pack.group["a"].terms().map(|term| term.get_ref().as_str()).collect::<Vec<_>>(),
            ["b", "가"]
        );
        let check = |text: &str, part: &str| {
            let error = parse(text).unwrap_err();
            assert_eq!(&text[error.span.clone()], part, "{error:?}");
        };
        check("about = 1\nmatch = \"*\"", "1");
        check("about = \"x\"\nmatch = \"*\"\nnothing = 1", "nothing");
        check("about = \"x\"\nmatch = \"*\n", "");
    }

    #[test]
    fn the_built_in_packs_are_there() {
        assert!(built_in_names().eq(["diplomacy", "korea-japan"]));
        for name in built_in_names() {
            parse(built_in(name).unwrap()).unwrap();
        }
        assert_eq!(built_in("none"), None);
    }
}
