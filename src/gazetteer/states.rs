//! What names a state: `territories.tsv` (Unicode CLDR) and `countries.toml` (ours), by code; and the short forms of two or three.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::people::{People, Person};
use super::word::lines;
use crate::model::script::Script;

/// What names one state, or one organisation that acts like a state.
///
/// Terms are written as in rules: `=` keeps the case, `*` leaves a side open.
#[derive(Debug, Default, Clone)]
pub struct State {
    /// Its name for people: English, Korean, Japanese.
    pub shown: [String; 3],
    /// Its code of three letters (ISO 3166-1 alpha-3); empty for organisations.
    pub alpha3: &'static str,
    /// Names, adjectives, capitals, organs.
    pub names: Vec<String>,
    /// Names that are words of the language as well: they count only beside something else ("오만", "Jordan").
    pub weak: Vec<String>,
    /// What covers a place that does not name it ("North Korea" is not "Korea").
    pub except: Vec<String>,
    /// The letters that stand for it in short forms of two states ("한일", "日米").
    joint: Vec<String>,
    /// The same, where only with a middle dot between ("한·독").
    dotted: Vec<String>,
    /// The letters that organs may follow ("米" + "大統領").
    organs: Vec<String>,
}

/// A short form of two or three states: "한일", "日米韓".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JointForm {
    /// The letters, with the middle dots that must be there.
    pub text: String,
    /// Whether those dots must be there.
    pub is_dotted: bool,
    /// Whether more letters of the word may follow.
    pub is_open: bool,
    /// The letters with the codes of their states, in the order of the text.
    pub parts: Vec<(String, String)>,
}

/// All states and the organisations that act like one.
#[derive(Debug)]
pub struct States {
    by_code: BTreeMap<String, State>,
    /// Short forms that mean something else as well ("朝日", "북미").
    ambiguous: Vec<String>,
    joint_except: Vec<String>,
    /// Offices and organs that follow a letter, by language.
    organs: HashMap<String, Vec<String>>,
    /// The people of `people.toml`.
    people: People,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    ambiguous: Vec<String>,
    joint_except: Vec<String>,
    organs: HashMap<String, Vec<String>>,
    country: BTreeMap<String, RawCountry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCountry {
    /// The names to show where they are not the first of CLDR.
    #[serde(default)]
    shown: Vec<String>,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    ko: Vec<String>,
    #[serde(default)]
    ja: Vec<String>,
    #[serde(default)]
    weak: Vec<String>,
    /// Names of CLDR that are left out.
    #[serde(default)]
    skip: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    joint: Vec<String>,
    #[serde(default)]
    dotted: Vec<String>,
    #[serde(default)]
    organs: Vec<String>,
}

static STATES: LazyLock<Result<States, String>> = LazyLock::new(|| {
    States::read(
        include_str!("territories.tsv"),
        include_str!("countries.toml"),
        include_str!("people.toml"),
    )
});

/// The table; the error is a fault of the data files, which a test rules out.
pub fn states() -> Result<&'static States, &'static str> {
    STATES.as_ref().map_err(String::as_str)
}

impl States {
    fn read(territories: &'static str, countries: &str, people: &str) -> Result<States, String> {
        let fault = |error: toml::de::Error| error.to_string();
        let mut file: RawFile = toml::from_str(countries).map_err(fault)?;
        let people = People::read(people).map_err(fault)?;
        let mut by_code = BTreeMap::new();
        for line in lines(territories) {
            let mut columns = line.split('\t');
            let mut column = || columns.next().unwrap_or_default();
            let (code, alpha3) = (column(), column());
            let own = file.country.remove(code).unwrap_or_default();
            let names: [Vec<&str>; 3] =
                [column(), column(), column()].map(|names| names.split('|').collect());
            by_code.insert(code.to_owned(), State::new(alpha3, &names, own));
        }
        // What is left is no territory: organisations that act like states.
        for (code, own) in file.country {
            by_code.insert(code, State::new("", &Default::default(), own));
        }
        if let Some(person) = people
            .all()
            .iter()
            .find(|person| person.speaks_for_state && !by_code.contains_key(&person.country))
        {
            return Err(format!("there is no country `{}`", person.country));
        }
        Ok(States {
            by_code,
            ambiguous: file.ambiguous,
            joint_except: file.joint_except,
            organs: file.organs,
            people,
        })
    }

    /// The state with this code.
    pub fn get(&self, code: &str) -> Option<&State> {
        self.by_code.get(code)
    }

    /// The states by code, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &State)> {
        self.by_code.iter().map(|(code, state)| (code.as_str(), state))
    }

    /// The codes, in order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().map(String::as_str)
    }

    /// What covers a short form that is none ("한미약품"), as terms.
    pub fn joint_except(&self) -> &[String] {
        &self.joint_except
    }

    /// Everyone of the list of people.
    pub fn people(&self) -> &[Person] {
        self.people.all()
    }

    /// The people who speak for the state with this code now, or did until lately.
    pub fn speakers<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Person> {
        self.people.speakers().filter(move |person| person.country == code)
    }

    /// The letters of the state that offices and organs may follow, each with those of its language and what stands between ("미 국무", "米国務").
    pub fn organs<'a>(
        &'a self,
        state: &'a State,
    ) -> impl Iterator<Item = (&'a str, &'static str, &'a [String])> {
        state.organs.iter().map(|letter| {
            let is_hangul = letter.chars().next().map(Script::of) == Some(Script::Hangul);
            let (language, space) = if is_hangul { ("ko", " ") } else { ("ja", "") };
            (letter.as_str(), space, self.organs.get(language).map_or(&[][..], Vec::as_slice))
        })
    }

    /// The short forms of two or three states in any order: "한일", "日韓", "한·독", "한미일".
    pub fn joint(&self, codes: &[&str]) -> Vec<JointForm> {
        let mut forms: Vec<JointForm> = Vec::new();
        let mut open: Vec<Vec<(&str, &str, bool)>> = vec![Vec::new()];
        for _ in codes {
            open = open
                .into_iter()
                .flat_map(|begun| {
                    let rest = codes.iter().filter({
                        let begun = begun.clone();
                        move |code| !begun.iter().any(|(_, known, _)| known == *code)
                    });
                    let more: Vec<_> = rest
                        .flat_map(|code| {
                            let letters = self.get(code).into_iter().flat_map(State::letters);
                            letters.map(|(letter, dot)| (letter, *code, dot))
                        })
                        .map(|next| [begun.as_slice(), &[next]].concat())
                        .collect();
                    more
                })
                .collect();
        }
        for parts in open {
            if let Some(form) = self.joint_of(&parts)
                && !forms.contains(&form)
            {
                forms.push(form);
            }
        }
        forms
    }

    fn joint_of(&self, parts: &[(&str, &str, bool)]) -> Option<JointForm> {
        let is = |script: Script| {
            move |(letter, ..): &(&str, &str, bool)| {
                letter.chars().all(|letter| Script::of(letter) == script)
            }
        };
        let hangul = parts.iter().filter(|part| is(Script::Hangul)(part)).count();
        if hangul != 0 && hangul != parts.len() {
            return None;
        }
        let letters: Vec<&str> = parts.iter().map(|(letter, ..)| *letter).collect();
        let bare = letters.concat();
        let is_dotted = parts.iter().any(|(.., dot)| *dot) || self.ambiguous.contains(&bare);
        // "日ロ" ends in katakana, which must end there.
        let is_open = !parts.last().is_some_and(is(Script::Katakana));
        Some(JointForm {
            text: if is_dotted { letters.join("·") } else { bare },
            is_dotted,
            is_open,
            parts: parts
                .iter()
                .map(|(letter, code, _)| ((*letter).to_owned(), (*code).to_owned()))
                .collect(),
        })
    }
}

impl State {
    fn new(alpha3: &'static str, cldr: &[Vec<&str>; 3], own: RawCountry) -> State {
        let bare = |name: &str| name.trim_matches(['=', '*', '?']).to_lowercase();
        let known: Vec<String> = own.weak.iter().chain(&own.skip).map(|name| bare(name)).collect();
        let ours = [&own.en, &own.ko, &own.ja];
        let mut names: Vec<String> = Vec::new();
        let mut shown: [String; 3] = Default::default();
        for (at, (list, ours)) in cldr.iter().zip(ours).enumerate() {
            let first = list.first().copied().or(ours.first().map(String::as_str));
            shown[at] = own
                .shown
                .get(at)
                .map_or(first.unwrap_or_default(), String::as_str)
                .trim_matches(['=', '*'])
                .to_owned();
            names.extend(ours.iter().cloned());
            for name in list.iter().filter(|name| !name.is_empty()) {
                if !known.contains(&bare(name))
                    && !names.iter().any(|known| bare(known) == bare(name))
                {
                    // "US" and "UK" are names only in capitals.
                    let is_short =
                        name.len() <= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase());
                    names.push(format!("{}{name}", if is_short { "=" } else { "" }));
                }
            }
        }
        State {
            shown,
            alpha3,
            names,
            weak: own.weak,
            except: own.except,
            joint: own.joint,
            dotted: own.dotted,
            organs: own.organs,
        }
    }

    /// Whether it is a country or territory and not an organisation.
    pub fn is_country(&self) -> bool {
        !self.alpha3.is_empty()
    }

    /// The letters that stand for it in short forms, and whether they need a middle dot.
    pub(super) fn letters(&self) -> impl Iterator<Item = (&str, bool)> {
        let bare = self.joint.iter().map(|letter| (letter.as_str(), false));
        bare.chain(self.dotted.iter().map(|letter| (letter.as_str(), true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_territory_has_a_name_in_each_language() {
        let states = states().unwrap();
        // Those of ISO 3166-1, and Kosovo.
        assert_eq!(states.all().filter(|(_, state)| state.is_country()).count(), 250);
        for (code, state) in states.all() {
            assert!(state.shown.iter().all(|name| !name.is_empty()), "{code}: {:?}", state.shown);
            assert!(!state.names.is_empty() || !state.weak.is_empty(), "{code}");
        }
    }

    #[test]
    fn short_forms_stand_for_two_or_three() {
        let states = states().unwrap();
        let check = |codes: &[&str], yes: &[&str], no: &[&str]| {
            let texts: Vec<String> =
                states.joint(codes).into_iter().map(|form| form.text).collect();
            for text in yes {
                assert!(texts.contains(&(*text).to_owned()), "{codes:?}: {text} in {texts:?}");
            }
            for text in no {
                assert!(!texts.contains(&(*text).to_owned()), "{codes:?}: {text}");
            }
        };
        check(&["KR", "JP"], &["한일", "일한", "日韓", "韓日"], &["한日"]);
        check(&["KR", "DE"], &["한·독"], &["한독"]);
        check(&["KR", "US", "JP"], &["한미일", "日米韓", "韓美日", "미일한"], &["한일"]);
        check(&["US", "FJ"], &[], &[]);
    }
}
