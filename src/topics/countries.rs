//! What names a state in headlines, as groups of terms: the tables are those of `gazetteer`. No name of any country is in Rust code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::term::Term;
use crate::gazetteer::{State, States, states};

/// The terms that name one state.
#[derive(Debug, Default)]
pub(super) struct Country {
    /// Names, adjectives, capitals, people in office, letters that stand alone.
    pub terms: Vec<Term>,
    /// Names that are words of the language as well: they count where another state is needed beside it.
    pub weak: Vec<Term>,
    /// What covers a place that does not name it ("North Korea" is not "Korea").
    pub except: Vec<Term>,
}

/// All states and the organisations that act like one.
#[derive(Debug)]
pub(super) struct Countries {
    table: &'static States,
    by_code: BTreeMap<&'static str, Country>,
    /// What covers a short form that is none ("한미약품").
    joint_except: Vec<Term>,
    /// Everyone who speaks for a state.
    leaders: Vec<Term>,
}

static COUNTRIES: LazyLock<Result<Countries, String>> = LazyLock::new(|| read(states()?));

/// The table; the error is a fault of the data files, which a test rules out.
pub(super) fn countries() -> Result<&'static Countries, &'static str> {
    COUNTRIES.as_ref().map_err(String::as_str)
}

fn terms<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<Vec<Term>, String> {
    texts.into_iter().map(|text| Term::parse(text)).collect()
}

fn read(table: &'static States) -> Result<Countries, String> {
    let mut by_code = BTreeMap::new();
    let mut leaders = Vec::new();
    for (code, state) in table.all() {
        let mut names = terms(&state.names)?;
        for (letter, space, organs) in table.organs(state) {
            for organ in organs {
                names.push(Term::parse(&format!("{letter}{space}{organ}*"))?);
            }
        }
        for person in table.speakers(code) {
            let spoken = terms(&person.names)?;
            names.extend(spoken.iter().cloned());
            leaders.extend(spoken);
        }
        // A term's own mark is the place it is listed in.
        let weak = state.weak.iter().map(|name| Term::parse(name.trim_start_matches('?')));
        let weak = weak.collect::<Result<Vec<_>, _>>()?;
        by_code.insert(code, Country { terms: names, weak, except: terms(&state.except)? });
    }
    let joint_except = terms(table.joint_except())?;
    Ok(Countries { table, by_code, joint_except, leaders })
}

impl Countries {
    /// The state with this code.
    pub(super) fn get(&self, code: &str) -> Option<&Country> {
        self.by_code.get(code)
    }

    /// Whether `bilateral` and `trilateral` take the code: a country, or the EU or UN.
    pub(super) fn may_be_a_side(&self, code: &str) -> bool {
        code.len() == 2 && self.by_code.contains_key(code)
    }

    /// The English name of the state with this code.
    pub(super) fn name(&self, code: &str) -> Option<&'static str> {
        self.table.get(code).map(|state| &*state.shown[0])
    }

    /// The code that was probably meant, and its country: by another case, by three letters ("KOR"), or by a name in any language ("UK", 한국).
    pub(super) fn suggestion(&self, written: &str) -> Option<(&'static str, &'static str)> {
        let bare = |name: &str| name.trim_matches(['=', '*']).to_lowercase();
        let wanted = bare(written);
        let sides = || self.table.all().filter(|(code, _)| code.len() == 2);
        let by_code = sides().find(|(code, state)| {
            code.eq_ignore_ascii_case(written) || state.alpha3.eq_ignore_ascii_case(written)
        });
        let by_name = || {
            sides().find(|(_, state)| {
                let names = state.names.iter().chain(&state.weak).chain(&state.shown);
                !wanted.is_empty() && names.into_iter().any(|name| bare(name) == wanted)
            })
        };
        let by_likeness = || {
            let distance =
                |state: &State| strsim::damerau_levenshtein(&bare(&state.shown[0]), &wanted);
            let nearest = sides().min_by_key(|(_, state)| distance(state));
            nearest.filter(|(_, state)| wanted.len() > 3 && distance(state) <= 2)
        };
        let found = by_code.or_else(by_name).or_else(by_likeness);
        found.map(|(code, state)| (code, &*state.shown[0]))
    }

    /// The codes, in order.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().copied()
    }

    /// The names of everyone who speaks for a state.
    pub(super) fn leaders(&self) -> &[Term] {
        &self.leaders
    }

    /// What covers a short form that is none.
    pub(super) fn joint_except(&self) -> &[Term] {
        &self.joint_except
    }

    /// The short forms of two or three states, in any order: "한일*", "日韓*", "한·독*", "日米韓*".
    pub(super) fn joint(&self, codes: &[&str]) -> Vec<Term> {
        let mut forms: Vec<Term> = Vec::new();
        for form in self.table.joint(codes) {
            let text = format!("{}{}", form.text, if form.is_open { "*" } else { "" });
            let term = if form.is_dotted { Term::parse_dotted(&text) } else { Term::parse(&text) };
            if let Ok(term) = term
                && !forms.contains(&term)
            {
                forms.push(term);
            }
        }
        forms
    }
}
