//! A layer: rows times a matrix of whole steps.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::Precision;

/// The widest step of an input as a whole number. One bit less than a byte, because the instruction of processors without VNNI adds two products in 16
/// bits: with 7 bits every processor gets the same sums.
const LARGEST: f32 = 127.0;

/// The kernels for this processor. They cost nothing to make and are not to be sent between threads, so each batch has its own.
#[derive(Default)]
pub(super) struct Kernels {
    float: GemmExecutor<f32, f32, f32>,
    whole: GemmExecutor<u8, i8, i32>,
}

/// Columns that stand side by side in one layer.
pub(super) struct Block<'a> {
    /// Signed bytes, row after row.
    pub(super) steps: &'a [u8],
    pub(super) columns: usize,
    /// What a step is worth.
    pub(super) step: f32,
}

/// A layer of `depth` × `columns` numbers, packed for the kernels of this processor.
pub(super) struct Dense {
    depth: usize,
    columns: usize,
    packed: Packed,
}

enum Packed {
    Float(PackedBMatrix<f32>),
    Whole {
        steps: PackedBMatrix<i8>,
        /// What a step is worth in each column.
        worth: Vec<f32>,
        /// The sum of each column: what an input of ones gives.
        sums: Vec<f32>,
    },
}

/// What the layers of a batch share: kernels, and memory.
#[derive(Default)]
pub(super) struct Scratch {
    kernels: Kernels,
    floats: Vec<f32>,
    bytes: Vec<u8>,
    sums: Vec<i32>,
    scales: Vec<(f32, f32)>,
}

impl Dense {
    pub(super) fn new(
        kernels: &Kernels,
        precision: Precision,
        depth: usize,
        blocks: &[Block<'_>],
    ) -> Dense {
        let columns = blocks.iter().map(|block| block.columns).sum();
        let mut steps: Vec<i8> = Vec::with_capacity(depth * columns);
        for row in 0..depth {
            for block in blocks {
                steps.extend(
                    block.steps[row * block.columns..][..block.columns]
                        .iter()
                        .map(|byte| byte.cast_signed()),
                );
            }
        }
        let worth: Vec<f32> = blocks
            .iter()
            .flat_map(|block| std::iter::repeat_n(block.step, block.columns))
            .collect();
        let packed = match precision {
            Precision::Float => {
                let floats: Vec<f32> = steps
                    .chunks(columns)
                    .flat_map(|row| {
                        row.iter().zip(&worth).map(|(step, worth)| f32::from(*step) * worth)
                    })
                    .collect();
                Packed::Float(
                    kernels
                        .float
                        .prepack_b(NdTensorView::from_data([depth, columns], floats.as_slice())),
                )
            }
            Precision::Whole => {
                let steps = kernels
                    .whole
                    .prepack_b(NdTensorView::from_data([depth, columns], steps.as_slice()));
                let mut sums = vec![0; columns];
                multiply_whole(kernels, &vec![1; depth], &steps, &mut sums);
                let sums =
                    sums.iter().zip(&worth).map(|(sum, worth)| *sum as f32 * worth).collect();
                Packed::Whole { steps, worth, sums }
            }
        };
        Dense { depth, columns, packed }
    }

    /// `out = input × layer`, row after row; in whole numbers each row of the input is rounded to 128 steps between its smallest and largest number.
    pub(super) fn multiply(&self, input: &[f32], scratch: &mut Scratch, out: &mut Vec<f32>) {
        let rows = input.len() / self.depth;
        out.resize(rows * self.columns, 0.0);
        match &self.packed {
            Packed::Float(layer) => {
                multiply_float(&scratch.kernels, input, self.depth, layer, out);
            }
            Packed::Whole { .. } => {
                let Scratch { bytes, scales, .. } = scratch;
                bytes.resize(input.len(), 0);
                scales.clear();
                for (row, bytes) in
                    input.chunks_exact(self.depth).zip(bytes.chunks_exact_mut(self.depth))
                {
                    scales.push(round(row, bytes));
                }
                self.multiply_rounded(scratch, out);
            }
        }
    }

    /// [`Dense::multiply`] of rows that are whole steps already; `scales` has the worth of a step and the value of step 0 of each row.
    pub(super) fn multiply_steps(
        &self,
        input: &[u8],
        scales: &[(f32, f32)],
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) {
        out.resize(scales.len() * self.columns, 0.0);
        match &self.packed {
            Packed::Float(layer) => {
                let Scratch { kernels, floats, .. } = scratch;
                floats.clear();
                for (row, (step, low)) in input.chunks_exact(self.depth).zip(scales) {
                    floats.extend(row.iter().map(|value| f32::from(*value) * step + low));
                }
                multiply_float(kernels, floats, self.depth, layer, out);
            }
            Packed::Whole { .. } => {
                scratch.bytes.clear();
                scratch.bytes.extend_from_slice(input);
                scratch.scales.clear();
                scratch.scales.extend_from_slice(scales);
                self.multiply_rounded(scratch, out);
            }
        }
    }

    /// Multiplies the bytes of `scratch` and gives the sums their worth.
    fn multiply_rounded(&self, scratch: &mut Scratch, out: &mut [f32]) {
        let Packed::Whole { steps, worth, sums } = &self.packed else { return };
        let Scratch { kernels, bytes, scales, sums: products, .. } = scratch;
        products.resize(scales.len() * self.columns, 0);
        multiply_whole(kernels, bytes, steps, products);
        let rows = out
            .chunks_exact_mut(self.columns)
            .zip(products.chunks_exact(self.columns))
            .zip(&*scales);
        for ((out, products), (step, low)) in rows {
            for (((out, product), worth), sum) in out.iter_mut().zip(products).zip(worth).zip(sums)
            {
                *out = *product as f32 * (step * worth) + low * sum;
            }
        }
    }
}

/// Rounds a row to whole steps from 0 to [`LARGEST`]; gives the worth of a step and the value of step 0. Zero stays exactly zero.
fn round(row: &[f32], out: &mut [u8]) -> (f32, f32) {
    let (low, high) = row
        .iter()
        .fold((0.0_f32, 0.0_f32), |(low, high), number| (low.min(*number), high.max(*number)));
    let step = (high - low) / LARGEST;
    if !(step.is_finite() && step > 0.0) {
        out.fill(0);
        return (0.0, 0.0);
    }
    let zero = (-low / step).round();
    for (out, number) in out.iter_mut().zip(row) {
        // Adding a half makes the cut of the conversion a rounding; it cuts at both ends as well.
        *out = ((number / step + zero + 0.5) as u8).min(LARGEST as u8);
    }
    (step, -zero * step)
}

// The shapes of all layers were compared with those of the network when the weights were read, so that neither product can fail. If one did, zeros
// would be the answer that harms least: they are like nothing.

fn multiply_float(
    kernels: &Kernels,
    input: &[f32],
    depth: usize,
    layer: &PackedBMatrix<f32>,
    out: &mut [f32],
) {
    let input = NdTensorView::from_data([input.len() / depth, depth], input);
    let done = kernels.float.gemm(
        out,
        GemmInputA::Unpacked(input),
        GemmInputB::Packed(layer),
        GemmOptions::default(),
    );
    if done.is_err() {
        out.fill(0.0);
    }
}

fn multiply_whole(kernels: &Kernels, input: &[u8], layer: &PackedBMatrix<i8>, out: &mut [i32]) {
    let depth = layer.rows();
    let input = NdTensorView::from_data([input.len() / depth, depth], input);
    let done = kernels.whole.gemm(
        out,
        GemmInputA::Unpacked(input),
        GemmInputB::Packed(layer),
        GemmOptions::default(),
    );
    if done.is_err() {
        out.fill(0);
    }
}
