//! What names a state in headlines: `countries.toml` and `people.toml` as groups of terms. No name of any country is in Rust code.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::term::Term;
use crate::model::script::Script;

/// The terms that name one state.
#[derive(Debug, Default)]
pub(super) struct Country {
    /// Names, adjectives, capitals, people in office, letters that stand alone.
    pub terms: Vec<Term>,
    /// What covers a place that does not name it ("North Korea" is not "Korea").
    pub except: Vec<Term>,
    /// The letters that stand for it in short forms of two states ("한일", "日米").
    joint: Vec<String>,
    /// The same, where only with a middle dot between ("한·독").
    dotted: Vec<String>,
}

/// All states and the organisations that act like one.
#[derive(Debug)]
pub(super) struct Countries {
    by_code: BTreeMap<String, Country>,
    /// Short forms that mean something else as well ("朝日", "북미").
    ambiguous: Vec<String>,
    /// What covers a short form that is none ("한미약품").
    joint_except: Vec<Term>,
    /// Everyone of `people.toml`.
    leaders: Vec<Term>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    ambiguous: Vec<String>,
    joint_except: Vec<String>,
    /// Offices and organs that follow a letter ("米" + "大統領").
    organs: HashMap<String, Vec<String>>,
    country: BTreeMap<String, RawCountry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCountry {
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    ko: Vec<String>,
    #[serde(default)]
    ja: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    joint: Vec<String>,
    #[serde(default)]
    dotted: Vec<String>,
    /// Letters that take the organs of that script.
    #[serde(default)]
    organs: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeople {
    person: Vec<RawPerson>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPerson {
    country: String,
    #[serde(rename = "office")]
    _office: String,
    /// When the office began, for who edits the list.
    #[serde(rename = "since")]
    _since: String,
    #[serde(default, rename = "until")]
    _until: Option<String>,
    names: Vec<String>,
}

static COUNTRIES: LazyLock<Result<Countries, String>> =
    LazyLock::new(|| read(include_str!("countries.toml"), include_str!("people.toml")));

/// The table; the error is a fault of the data files, which a test rules out.
pub(super) fn countries() -> Result<&'static Countries, &'static str> {
    COUNTRIES.as_ref().map_err(String::as_str)
}

fn read(countries: &str, people: &str) -> Result<Countries, String> {
    let file: RawFile = toml::from_str(countries).map_err(|error| error.to_string())?;
    let people: RawPeople = toml::from_str(people).map_err(|error| error.to_string())?;
    let terms = |texts: &[String]| {
        texts.iter().map(|text| Term::parse(text)).collect::<Result<Vec<_>, _>>()
    };
    let mut by_code = BTreeMap::new();
    for (code, raw) in file.country {
        let mut names = terms(&[raw.en, raw.ko, raw.ja].concat())?;
        for letter in &raw.organs {
            let script = letter.chars().next().map(Script::of);
            let kind = if script == Some(Script::Hangul) { "ko" } else { "ja" };
            // "미 국무장관" is written with a space, "米国務長官" without; Hangul terms are found either way.
            let space = if kind == "ko" { " " } else { "" };
            for organ in file.organs.get(kind).into_iter().flatten() {
                names.push(Term::parse(&format!("{letter}{space}{organ}*"))?);
            }
        }
        let country = Country {
            terms: names,
            except: terms(&raw.except)?,
            joint: raw.joint,
            dotted: raw.dotted,
        };
        by_code.insert(code, country);
    }
    let mut leaders = Vec::new();
    for person in people.person {
        let country = by_code
            .get_mut(&person.country)
            .ok_or_else(|| format!("there is no country `{}`", person.country))?;
        let names = terms(&person.names)?;
        country.terms.extend(names.iter().cloned());
        leaders.extend(names);
    }
    let joint_except = terms(&file.joint_except)?;
    Ok(Countries { by_code, ambiguous: file.ambiguous, joint_except, leaders })
}

impl Countries {
    /// The state with this code.
    pub(super) fn get(&self, code: &str) -> Option<&Country> {
        self.by_code.get(code)
    }

    /// The codes, in order.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().map(String::as_str)
    }

    /// The names of everyone who speaks for a state.
    pub(super) fn leaders(&self) -> &[Term] {
        &self.leaders
    }

    /// What covers a short form that is none.
    pub(super) fn joint_except(&self) -> &[Term] {
        &self.joint_except
    }

    /// The short forms of two states, either first: "한일*", "日韓*", "한·독*".
    pub(super) fn joint(&self, first: &str, second: &str) -> Vec<Term> {
        let (Some(first), Some(second)) = (self.get(first), self.get(second)) else {
            return Vec::new();
        };
        let mut forms = Vec::new();
        let mut add = |left: &str, right: &str, dot: bool| {
            let is_hangul =
                |letter: &str| letter.chars().all(|letter| Script::of(letter) == Script::Hangul);
            if is_hangul(left) != is_hangul(right) {
                return;
            }
            let bare = format!("{left}{right}");
            let dot = dot || self.ambiguous.contains(&bare);
            // "日ロ" ends in katakana, which must end there.
            let open = if right.chars().all(|letter| Script::of(letter) == Script::Katakana) {
                ""
            } else {
                "*"
            };
            let text = if dot { format!("{left}·{right}{open}") } else { format!("{bare}{open}") };
            if let Ok(term) = if dot { Term::parse_dotted(&text) } else { Term::parse(&text) }
                && !forms.contains(&term)
            {
                forms.push(term);
            }
        };
        for (one, dot_one) in first.letters() {
            for (other, dot_other) in second.letters() {
                add(one, other, dot_one || dot_other);
                add(other, one, dot_one || dot_other);
            }
        }
        forms
    }
}

impl Country {
    fn letters(&self) -> impl Iterator<Item = (&str, bool)> {
        self.joint
            .iter()
            .map(|letter| (letter.as_str(), false))
            .chain(self.dotted.iter().map(|letter| (letter.as_str(), true)))
    }
}
