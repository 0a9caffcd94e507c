//! How much each sign weighs: `weights.toml`, fitted on labelled headlines by `examples/fit_stories.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::assign::Sensitivity;
use super::similarity::{SIGNS, Signs};

/// The weights, by the names of the signs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsFile {
    /// From which log-odds on two entries, or two groups on average, are one story.
    pub threshold: Thresholds,
    /// Where no vectors were compared.
    pub without_meaning: BTreeMap<String, f32>,
    /// Where they were.
    pub with_meaning: BTreeMap<String, f32>,
}

/// A threshold for each sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Only what is sure.
    pub strict: f32,
    /// As an editor would.
    pub balanced: f32,
    /// Also what is likely.
    pub eager: f32,
}

/// The weights, ready to be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    threshold: Thresholds,
    without_meaning: Signs,
    with_meaning: Signs,
}

static SHIPPED: LazyLock<Arc<Weights>> = LazyLock::new(|| {
    // A test reads the file; without one nothing is joined but what is equal.
    Arc::new(Weights::parse(include_str!("weights.toml")).unwrap_or_else(|_| Weights::none()))
});

impl Weights {
    /// The weights of this build of the program.
    pub fn shipped() -> Arc<Weights> {
        Arc::clone(&SHIPPED)
    }

    /// Reads a file like `weights.toml`; a sign that is not named weighs nothing.
    ///
    /// # Errors
    /// If it is not one, or names no sign, in words.
    pub fn parse(text: &str) -> Result<Weights, String> {
        let file: WeightsFile = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Weights {
            threshold: file.threshold,
            without_meaning: by_sign(&file.without_meaning)?,
            with_meaning: by_sign(&file.with_meaning)?,
        })
    }

    fn none() -> Weights {
        let threshold =
            Thresholds { strict: f32::INFINITY, balanced: f32::INFINITY, eager: f32::INFINITY };
        Weights { threshold, without_meaning: [0.0; _], with_meaning: [0.0; _] }
    }

    /// The natural logarithm of the odds that two headlines with these signs are one event.
    pub(super) fn log_odds(&self, signs: &Signs, has_meaning: bool) -> f32 {
        let weights = if has_meaning { &self.with_meaning } else { &self.without_meaning };
        weights.iter().zip(signs).map(|(weight, sign)| weight * sign).sum()
    }

    /// What a cosine of one adds to the log-odds, of two headlines in one writing or in two.
    pub(super) fn of_meaning(&self, is_same_writing: bool) -> f32 {
        let sign = if is_same_writing { "meaning_same_writing" } else { "meaning_other_writing" };
        SIGNS.iter().position(|name| *name == sign).map_or(0.0, |at| self.with_meaning[at])
    }

    /// From which log-odds on entries are joined.
    pub(super) fn threshold(&self, sensitivity: Sensitivity) -> f32 {
        match sensitivity {
            Sensitivity::Strict => self.threshold.strict,
            Sensitivity::Balanced => self.threshold.balanced,
            Sensitivity::Eager => self.threshold.eager,
        }
    }
}

fn by_sign(weights: &BTreeMap<String, f32>) -> Result<Signs, String> {
    let unknown = weights.keys().find(|name| !SIGNS.contains(&name.as_str()));
    match unknown {
        Some(name) => Err(format!("there is no sign `{name}`")),
        None => Ok(SIGNS.map(|sign| weights.get(sign).copied().unwrap_or(0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_can_be_read() {
        let weights = Weights::parse(include_str!("weights.toml")).unwrap();
        assert_eq!(*Weights::shipped(), weights);
        assert!(weights.threshold(Sensitivity::Strict) > weights.threshold(Sensitivity::Balanced));
        assert!(weights.threshold(Sensitivity::Balanced) > weights.threshold(Sensitivity::Eager));
        let wrong =
            "[threshold]\nstrict=1\nbalanced=0\neager=-1\n[without_meaning]\nx=1\n[with_meaning]\n";
        assert_eq!(Weights::parse(wrong), Err("there is no sign `x`".to_owned()));
    }
}
