//! Where the layers lie in the weights, and that they have the shapes of the network; nothing is copied.

use super::EncoderError;
use super::sections::{Kind, Section, Sections};
use super::table;
use crate::model::vector::DIMENSIONS;

/// Numbers a piece in one branch.
pub(super) const BRANCH: usize = 256;
/// The branches: how many pieces a window has, and how many of them stand before its own.
pub(super) const WINDOWS: [(usize, usize); 3] = [(2, 0), (3, 1), (5, 2)];
/// Numbers a piece after the branches.
pub(super) const FEATURES: usize = table::WIDTH + WINDOWS.len() * BRANCH;
/// Width of the narrow layers of the last part.
pub(super) const NARROW: usize = 320;

/// The layers of the network, as they lie.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    pub(super) branches: [BranchLayers; WINDOWS.len()],
    pub(super) gain: Section,
    pub(super) shift: Section,
    pub(super) pool: Section,
    pub(super) pool_bias: Section,
    pub(super) narrow: Section,
    pub(super) narrow_again: Section,
    pub(super) wide: Section,
    pub(super) wide_again: Section,
    pub(super) skip_narrow: Section,
    pub(super) skip_wide: Section,
    pub(super) epsilon: Section,
}

/// The layers of one branch.
#[derive(Clone, Copy)]
pub(super) struct BranchLayers {
    pub(super) project: Section,
    pub(super) project_bias: Section,
    pub(super) gain: Section,
    pub(super) shift: Section,
    pub(super) first: Section,
    pub(super) first_bias: Section,
    pub(super) second: Section,
    pub(super) second_bias: Section,
}

impl Layers {
    pub(super) fn new(sections: &Sections) -> Result<Layers, EncoderError> {
        let matrix =
            |name, rows, columns| sections.get(name, Kind::SignedByte, Some(rows), Some(columns));
        let floats = |name, columns| sections.get(name, Kind::Float, Some(1), Some(columns));
        let branch = |names: [&'static str; 8], (size, _)| {
            let [project, project_bias, gain, shift, first, first_bias, second, second_bias] =
                names;
            Ok(BranchLayers {
                project: matrix(project, table::WIDTH, BRANCH)?,
                project_bias: floats(project_bias, BRANCH)?,
                gain: floats(gain, BRANCH)?,
                shift: floats(shift, BRANCH)?,
                first: matrix(first, size * BRANCH, BRANCH)?,
                first_bias: floats(first_bias, BRANCH)?,
                second: matrix(second, size * BRANCH, BRANCH)?,
                second_bias: floats(second_bias, BRANCH)?,
            })
        };
        Ok(Layers {
            branches: [
                branch(
                    [
                        "proj2", "projb2", "gain2", "shift2", "conv1_2", "bias1_2", "conv2_2",
                        "bias2_2",
                    ],
                    WINDOWS[0],
                )?,
                branch(
                    [
                        "proj3", "projb3", "gain3", "shift3", "conv1_3", "bias1_3", "conv2_3",
                        "bias2_3",
                    ],
                    WINDOWS[1],
                )?,
                branch(
                    [
                        "proj5", "projb5", "gain5", "shift5", "conv1_5", "bias1_5", "conv2_5",
                        "bias2_5",
                    ],
                    WINDOWS[2],
                )?,
            ],
            gain: floats("gain", FEATURES)?,
            shift: floats("shift", FEATURES)?,
            pool: matrix("pool", FEATURES, DIMENSIONS)?,
            pool_bias: floats("poolb", DIMENSIONS)?,
            narrow: matrix("d0", DIMENSIONS, NARROW)?,
            narrow_again: matrix("d1", NARROW, NARROW)?,
            wide: matrix("d2", NARROW, DIMENSIONS)?,
            wide_again: matrix("d3", DIMENSIONS, DIMENSIONS)?,
            skip_narrow: matrix("p1", DIMENSIONS, NARROW)?,
            skip_wide: matrix("p3", NARROW, DIMENSIONS)?,
            epsilon: floats("epsilon", 1)?,
        })
    }
}
