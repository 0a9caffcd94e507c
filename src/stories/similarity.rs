//! Two headlines → how likely they are one event, and why. No thresholds.

use std::time::Duration;

use super::traits::Traits;
use super::weights::Weights;
use crate::model::story::{Joined, Likeness};

/// What is known of two entries besides their headlines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub cosine: Option<f32>,
    pub apart: Duration,
    pub same_source: bool,
}

/// What two headlines say of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likelihood {
    /// They are two events.
    Veto,
    /// The natural logarithm of the odds that they are one.
    LogOdds(f32),
}

pub(super) fn likelihood(
    _one: &Traits,
    _other: &Traits,
    _circumstances: &Circumstances,
    _weights: &Weights,
) -> Likelihood {
    Likelihood::LogOdds(-10.0)
}

pub(super) fn is_open(_one: &Traits, _other: &Traits, _weights: &Weights) -> bool {
    false
}

pub(super) fn explain(
    _one: &Traits,
    _other: &Traits,
    _cosine: Option<f32>,
    _apart: Duration,
    _mean: f32,
) -> Joined {
    Joined::SameEvent(Likeness {
        headline: String::new(),
        shared: Vec::new(),
        similarity: None,
        confidence: 0,
        hours_apart: 0,
    })
}
