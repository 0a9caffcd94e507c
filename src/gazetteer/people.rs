//! The people of `people.toml`: their names by parts, their offices with dates, and the forms in which headlines name them.

use serde::Deserialize;

use crate::model::script::Script;

/// Someone whom headlines name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The state or organisation they speak for, or the country they belong to: a code of the table of states.
    pub country: String,
    /// Whether they speak for it: heads of state and government, ministers, envoys.
    pub speaks_for_state: bool,
    /// What they are.
    pub office: String,
    /// When the office began: a date, a month or a year.
    pub since: String,
    /// When it ended; `None` while it lasts.
    pub until: Option<String>,
    /// The name for people: English, Korean, Japanese.
    pub shown: [String; 3],
    /// The names of headlines, as terms.
    pub names: Vec<String>,
}

/// The list.
#[derive(Debug)]
pub(super) struct People {
    all: Vec<Person>,
    lately: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    lately: String,
    title: Vec<RawTitle>,
    person: Vec<RawPerson>,
}

/// How an office stands beside a family name: "President {}", "{} 대통령", "{}大統領".
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTitle {
    offices: Vec<String>,
    /// Whether one person of a state holds it, so that a family name of many is enough beside it.
    #[serde(default)]
    one: bool,
    forms: Vec<String>,
    former: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPerson {
    country: String,
    office: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: Option<String>,
    /// `false` for those who speak for no state: party leaders, heads of companies.
    #[serde(default = "yes")]
    state: bool,
    en: String,
    #[serde(default)]
    ko: String,
    #[serde(default)]
    ja: String,
    /// More names, as they are.
    #[serde(default)]
    also: Vec<String>,
}

fn yes() -> bool {
    true
}

impl People {
    pub(super) fn read(text: &str) -> Result<People, toml::de::Error> {
        let file: RawFile = toml::from_str(text)?;
        let all =
            file.person.into_iter().map(|raw| raw.person(&file.title, &file.lately)).collect();
        Ok(People { all, lately: file.lately })
    }

    pub(super) fn all(&self) -> &[Person] {
        &self.all
    }

    /// Those who speak for a state now, or did until lately.
    pub(super) fn speakers(&self) -> impl Iterator<Item = &Person> {
        self.all.iter().filter(|person| {
            person.speaks_for_state
                && person.until.as_ref().is_none_or(|until| *until >= self.lately)
        })
    }
}

/// A spelling: "Trump!/Donald" is a family name that stands alone in headlines, and a given one.
struct Spelling<'a> {
    family: &'a str,
    given: Option<&'a str>,
    stands_alone: bool,
}

impl<'a> Spelling<'a> {
    fn all(written: &'a str) -> impl Iterator<Item = Spelling<'a>> {
        written.split('|').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
            let (family, given) =
                name.split_once('/').map_or((name, None), |(family, given)| (family, Some(given)));
            let stands_alone = family.ends_with('!');
            Spelling {
                family: family.trim_end_matches('!').trim(),
                given: given.map(str::trim),
                stands_alone,
            }
        })
    }
}

/// The countries whose people are named family first in English as well.
const FAMILY_FIRST: [&str; 6] = ["KR", "KP", "CN", "TW", "VN", "KH"];
/// Those whose names Korean writes in one word.
const ONE_WORD: [&str; 5] = ["KR", "KP", "CN", "TW", "HK"];

impl RawPerson {
    fn person(self, titles: &[RawTitle], lately: &str) -> Person {
        let mut names: Vec<String> = Vec::new();
        let mut shown: [String; 3] = Default::default();
        let family_first = FAMILY_FIRST.contains(&self.country.as_str());
        let is_recent = self.until.as_deref().is_none_or(|until| until >= lately);
        let mut add = |name: String| {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        };
        for (at, written) in [&self.en, &self.ko, &self.ja].into_iter().enumerate() {
            for spelling in Spelling::all(written) {
                let family = spelling.family;
                let is_han = family.chars().all(|letter| Script::of(letter) == Script::Han);
                let Some(given) = spelling.given else {
                    if shown[at].is_empty() {
                        shown[at] = family.trim_matches(['=', '*']).to_owned();
                    }
                    add(family.to_owned());
                    continue;
                };
                let plain = family.trim_matches(['=', '*']);
                let (whole, other) = match at {
                    0 if family_first => (format!("{plain} {given}"), format!("{given} {plain}")),
                    0 => (format!("{given} {plain}"), format!("{plain} {given}")),
                    1 if ONE_WORD.contains(&self.country.as_str()) => {
                        (format!("{plain}{given}"), String::new())
                    }
                    1 if self.country == "JP" || family_first => {
                        (format!("{plain} {given}"), String::new())
                    }
                    1 => (format!("{given} {plain}"), String::new()),
                    _ if is_han => (format!("{plain}{given}"), String::new()),
                    _ if family_first || self.country == "JP" => {
                        (format!("{plain}・{given}"), String::new())
                    }
                    _ => (format!("{given}・{plain}"), String::new()),
                };
                if shown[at].is_empty() {
                    shown[at].clone_from(&whole);
                }
                add(whole);
                add(other);
                if spelling.stands_alone {
                    add(family.to_owned());
                }
                // A family name that many bear is a person's beside the office.
                for title in titles.iter().filter(|title| title.offices.contains(&self.office)) {
                    if !title.one && (plain.chars().count() == 1 || at == 0 && family_first) {
                        continue;
                    }
                    let forms = title.forms.iter().filter(|_| is_recent);
                    let former = title.former.iter().filter(|_| self.until.is_some());
                    for form in forms.chain(former).filter(|form| fits(form, at, plain)) {
                        add(form.replace("{}", plain));
                    }
                }
            }
        }
        self.also.iter().for_each(|name| add(name.clone()));
        for at in 1..3 {
            if shown[at].is_empty() {
                shown[at] = shown[0].clone();
            }
        }
        Person {
            country: self.country,
            speaks_for_state: self.state,
            office: self.office,
            since: self.since,
            until: self.until,
            shown,
            names,
        }
    }
}

/// Whether the form of a title is of the language of a spelling: 0 English, 1 Korean, 2 Japanese. Korean headlines write families of one hanja,
/// too ("李대통령").
fn fits(form: &str, language: usize, family: &str) -> bool {
    let of = |script: Script| form.chars().any(|letter| Script::of(letter) == script);
    match language {
        0 => form.is_ascii(),
        1 => of(Script::Hangul),
        _ => {
            let mut letters = family.chars();
            let is_hanja = letters.next().is_some_and(|letter| Script::of(letter) == Script::Han)
                && letters.next().is_none();
            of(Script::Han) || is_hanja && of(Script::Hangul)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_parts() {
        let check = |row: &str, shown: [&str; 3], want: &[&str]| {
            let titles = "[[title]]\noffices = [\"president\"]\none = true\nforms = [\"president {}\", \"{} 대통령\", \"{}大統領\"]\nformer = []\n";
            let people =
                People::read(&format!("lately = \"2025\"\n{titles}[[person]]\n{row}")).unwrap();
            let person = &people.all()[0];
            assert_eq!(person.shown, shown, "{row}");
            assert_eq!(person.names, want, "{row}");
        };
        check(
            "country = \"KR\"\noffice = \"president\"\nen = \"Lee/Jae-myung\"\nko = \"이/재명\"\nja = \"李/在明|イ/ジェミョン\"",
            ["Lee Jae-myung", "이재명", "李在明"],
            &[
                "Lee Jae-myung",
                "Jae-myung Lee",
                "president Lee",
                "이재명",
                "이 대통령",
                "李在明",
                "李 대통령",
                "李大統領",
                "イ・ジェミョン",
                "イ大統領",
            ],
        );
        check(
            "country = \"US\"\noffice = \"x\"\nen = \"Trump!/Donald\"\nko = \"트럼프!/도널드\"\nja = \"トランプ!/ドナルド\"",
            ["Donald Trump", "도널드 트럼프", "ドナルド・トランプ"],
            &[
                "Donald Trump",
                "Trump Donald",
                "Trump",
                "도널드 트럼프",
                "트럼프",
                "ドナルド・トランプ",
                "トランプ",
            ],
        );
        check(
            "country = \"JP\"\noffice = \"x\"\nen = \"Takaichi!/Sanae\"\nko = \"다카이치!/사나에\"\nja = \"高市!/早苗\"",
            ["Sanae Takaichi", "다카이치 사나에", "高市早苗"],
            &[
                "Sanae Takaichi",
                "Takaichi Sanae",
                "Takaichi",
                "다카이치 사나에",
                "다카이치",
                "高市早苗",
                "高市",
            ],
        );
        check(
            "country = \"BR\"\noffice = \"x\"\nen = \"Lula\"",
            ["Lula", "Lula", "Lula"],
            &["Lula"],
        );
    }
}
