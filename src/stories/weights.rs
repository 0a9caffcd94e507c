//! How much each sign weighs, fitted on labelled headlines.

use super::assign::Sensitivity;

/// The weights.
#[derive(Debug)]
pub(super) struct Weights {}

static SHIPPED: Weights = Weights {};

impl Weights {
    pub(super) fn shipped() -> &'static Weights {
        &SHIPPED
    }

    pub(super) fn threshold(&self, sensitivity: Sensitivity) -> f32 {
        match sensitivity {
            Sensitivity::Strict => 1.0,
            Sensitivity::Balanced => 0.0,
            Sensitivity::Eager => -1.0,
        }
    }
}
