//! Which open entries speak of the same: an index by what they speak of, never a scan.

use std::collections::BTreeSet;

use super::traits::Traits;
use crate::model::vector::Vector;

#[derive(Debug, Default)]
pub(super) struct Index {}

impl Index {
    pub(super) fn insert(
        &mut self,
        _place: u32,
        _traits: &Traits,
        _vector: Option<&Vector>,
        _others: &mut BTreeSet<u32>,
    ) {
    }

    pub(super) fn remove(&mut self, _place: u32, _traits: &Traits, _vector: Option<&Vector>) {}
}
