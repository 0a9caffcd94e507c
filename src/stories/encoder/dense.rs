//! A layer: rows times a matrix of whole steps.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::Precision;

/// The widest step of an input as a whole number. One bit less than a byte, because the instruction of processors without VNNI adds two products in 16
/// bits: with 7 bits every processor gets the same sums.
const LARGEST: f32 = 127.0;

/// 2 to the 23rd: floats from here on to twice as much are whole numbers.
const WHOLE: f32 = 8_388_608.0;

/// The kernels for this processor. They cost nothing to make and are not to be sent between threads, so each call has its own.
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

/// Memory that layers share.
#[derive(Default)]
pub(super) struct Scratch {
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
    pub(super) fn multiply(
        &self,
        kernels: &Kernels,
        input: &[f32],
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) {
        let rows = input.len() / self.depth;
        out.resize(rows * self.columns, 0.0);
        match &self.packed {
            Packed::Float(layer) => {
                multiply_float(kernels, input, self.depth, layer, out);
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
                self.multiply_rounded(kernels, scratch, out);
            }
        }
    }

    /// [`Dense::multiply`] of rows that are whole steps already; `scales` has the worth of a step and the value of step 0 of each row.
    pub(super) fn multiply_steps(
        &self,
        kernels: &Kernels,
        input: &[u8],
        scales: &[(f32, f32)],
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) {
        out.resize(scales.len() * self.columns, 0.0);
        match &self.packed {
            Packed::Float(layer) => {
                let Scratch { floats, .. } = scratch;
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
                self.multiply_rounded(kernels, scratch, out);
            }
        }
    }

    /// Multiplies the bytes of `scratch` and gives the sums their worth.
    fn multiply_rounded(&self, kernels: &Kernels, scratch: &mut Scratch, out: &mut [f32]) {
        let Packed::Whole { steps, worth, sums } = &self.packed else { return };
        let Scratch { bytes, scales, sums: products, .. } = scratch;
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
    let (low, high) = range(row);
    let step = (high - low) / LARGEST;
    if !(step.is_finite() && step.recip().is_finite()) {
        out.fill(0);
        return (0.0, 0.0);
    }
    let zero = (-low / step).round();
    let scale = step.recip();
    for (out, number) in out.iter_mut().zip(row) {
        // In so large a float the lowest bits are those of the nearest whole number. A conversion that minds every float is several times as slow.
        let steps = (number * scale + zero).clamp(0.0, LARGEST) + WHOLE;
        *out = steps.to_bits().to_le_bytes()[0];
    }
    (step, -zero * step)
}

/// The smallest and the largest number of a row and zero, in eight lanes, so that the compiler may use wide registers.
fn range(row: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([0.0_f32; 8], [0.0_f32; 8]);
    let (chunks, rest) = row.as_chunks::<8>();
    for chunk in chunks {
        for ((low, high), number) in low.iter_mut().zip(&mut high).zip(chunk) {
            *low = if number < low { *number } else { *low };
            *high = if number > high { *number } else { *high };
        }
    }
    let least = low.iter().chain(rest).fold(0.0_f32, |least, number| least.min(*number));
    (least, high.iter().chain(rest).fold(0.0_f32, |largest, number| largest.max(*number)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A layer of 64 × 32 steps from a simple sequence, in both precisions, times these rows.
    fn check(rows: &[[f32; 64]], most: f32) {
        let steps: Vec<u8> =
            (0..64 * 32_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let kernels = Kernels::default();
        let [floats, whole] = [Precision::Float, Precision::Whole].map(|precision| {
            let layer = Dense::new(
                &kernels,
                precision,
                64,
                &[Block { steps: &steps, columns: 32, step: 0.01 }],
            );
            let mut out = Vec::new();
            layer.multiply(&kernels, rows.as_flattened(), &mut Scratch::default(), &mut out);
            out
        });
        for (row, numbers) in rows.iter().enumerate() {
            for (column, float) in floats[row * 32..][..32].iter().enumerate() {
                let expected: f32 = (0..64)
                    .map(|at| numbers[at] * f32::from(steps[at * 32 + column].cast_signed()) * 0.01)
                    .sum();
                let whole = whole[row * 32 + column];
                assert!((float - expected).abs() <= most / 100.0, "{float} is not {expected}");
                assert!((whole - expected).abs() <= most, "{whole} is not {expected}");
            }
        }
    }

    #[test]
    fn whole_numbers_come_near_floats() {
        let wave = |from: usize| std::array::from_fn(|at| ((at * 7 + from) as f32).sin());
        check(&[wave(0), wave(1), wave(2)], 0.2);
        // A row is rounded by itself: its neighbour's size does not matter.
        check(&[wave(0), wave(0).map(|number: f32| number * 1e-3)], 0.2);
        check(&[[0.0; 64], [1.0; 64], [-1.0; 64]], 0.01);
    }

    #[test]
    fn rounding_keeps_zero_and_both_ends() {
        let check = |row: &[f32], expected: &[u8]| {
            let mut out = vec![255; row.len()];
            let (step, low) = round(row, &mut out);
            assert_eq!(out, expected, "{row:?}");
            for (number, steps) in row.iter().zip(&out) {
                assert!((f32::from(*steps) * step + low - number).abs() <= step * 0.51, "{number}");
            }
        };
        check(&[0.0, 127.0, 63.5], &[0, 127, 64]);
        check(&[-1.0, 0.0, 1.0], &[0, 64, 127]);
        check(&[-127.0, -1.0], &[0, 126]);
        check(&[0.0; 9], &[0; 9]);
        check(&[], &[]);
    }

    #[test]
    fn what_is_no_number_becomes_nothing() {
        for odd in [f32::INFINITY, f32::NEG_INFINITY, 1e-44] {
            let mut out = [255; 3];
            assert_eq!(round(&[odd, 0.0, 1e-44], &mut out), (0.0, 0.0));
            assert_eq!(out, [0; 3]);
        }
    }
}
