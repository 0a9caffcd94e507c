//! Pieces → direction: the layers of the multilingual universal sentence encoder, version 3 (Yang et al., ACL 2020 demonstrations).
//!
//! Each piece is embedded; three branches look at windows of two, three and five pieces with two layers each; embedding and branches are normalised, added
//! over the sentence, and a small residual network makes the direction of it.
//!
//! What a branch's first layer makes of a piece does not depend on its neighbours, only the sum over a window does. So it is computed once for each
//! distinct piece of a batch, two of three in a batch of headlines.

use std::ops::Range;

use super::Precision;
use super::dense::{Block, Dense, Kernels, Scratch};
use super::layers::{BRANCH, FEATURES, Layers, WINDOWS};
use super::sections::Section;
use super::table::{self, Table};
use crate::model::vector::DIMENSIONS;

/// Pieces that pass the second layers together: what they make fits the second-level cache.
const GROUP_PIECES: usize = 192;

/// The layers, packed for this processor.
pub(super) struct Network {
    project: Dense,
    project_bias: Vec<f32>,
    project_norm: Norm,
    branches: Vec<Branch>,
    norm: Norm,
    pool: Dense,
    pool_bias: Vec<f32>,
    /// `d0`, `d1`, `d2`, `d3`, `p1`, `p3` of the residual network.
    narrow: Dense,
    narrow_again: Dense,
    wide: Dense,
    wide_again: Dense,
    skip_narrow: Dense,
    skip_wide: Dense,
    epsilon: f32,
}

/// One branch: windows of `size` pieces, `before` of them before their own.
struct Branch {
    size: usize,
    before: usize,
    layers: [(Dense, Vec<f32>); 2],
}

/// Scales rows to mean 0 and variance 1, then by a gain and a shift for each column.
struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

impl Network {
    /// Packs the layers: some 10 ms, and 10 MB of memory.
    pub(super) fn new(kernels: &Kernels, layers: &Layers, precision: Precision) -> Network {
        let dense = |section: &Section| {
            Dense::new(kernels, Precision::Float, section.rows, &[block(section, section.bytes)])
        };
        let joined = |of: fn(&super::layers::BranchLayers) -> &Section| {
            layers.branches.iter().flat_map(|branch| of(branch).floats()).collect()
        };
        let projections: Vec<Block<'_>> = layers
            .branches
            .iter()
            .map(|branch| block(&branch.project, branch.project.bytes))
            .collect();
        // One block of columns for each place in the window: what the piece there adds to the window's sum.
        let places = |section: &Section, bias: &Section| {
            let places: Vec<Block<'_>> = section
                .bytes
                .chunks_exact(BRANCH * BRANCH)
                .map(|bytes| block(section, bytes))
                .collect();
            (Dense::new(kernels, precision, BRANCH, &places), bias.floats())
        };
        let branches = layers.branches.iter().zip(WINDOWS).map(|(branch, (size, before))| Branch {
            size,
            before,
            layers: [
                places(&branch.first, &branch.first_bias),
                places(&branch.second, &branch.second_bias),
            ],
        });
        Network {
            project: Dense::new(kernels, precision, table::WIDTH, &projections),
            project_bias: joined(|branch| &branch.project_bias),
            project_norm: Norm {
                gain: joined(|branch| &branch.gain),
                shift: joined(|branch| &branch.shift),
            },
            branches: branches.collect(),
            norm: Norm { gain: layers.gain.floats(), shift: layers.shift.floats() },
            pool: dense(&layers.pool),
            pool_bias: layers.pool_bias.floats(),
            narrow: dense(&layers.narrow),
            narrow_again: dense(&layers.narrow_again),
            wide: dense(&layers.wide),
            wide_again: dense(&layers.wide_again),
            skip_narrow: dense(&layers.skip_narrow),
            skip_wide: dense(&layers.skip_wide),
            epsilon: layers.epsilon.float(0),
        }
    }

    /// The directions of sentences, 512 numbers each, not yet of length 1.
    pub(super) fn directions<'a>(
        &self,
        kernels: &Kernels,
        table: &Table,
        sentences: &[Vec<u32>],
        memory: &'a mut Memory,
    ) -> &'a [f32] {
        self.first_layers(kernels, table, sentences, memory);
        memory.sums.clear();
        memory.sums.resize(sentences.len() * FEATURES, 0.0);
        let mut begin = 0;
        while begin < sentences.len() {
            let mut pieces = 0;
            let more = sentences[begin..].iter().take_while(|sentence| {
                pieces += sentence.len();
                pieces <= GROUP_PIECES
            });
            let end = begin + more.count().max(1);
            let group = Group::new(&sentences[begin..end], &memory.distinct);
            self.features(kernels, &group, memory);
            let sums = memory.sums[begin * FEATURES..].chunks_exact_mut(FEATURES);
            for (sentence, sums) in group.sentences.iter().zip(sums) {
                let rows = &memory.features[sentence.start * FEATURES..sentence.end * FEATURES];
                for row in rows.chunks_exact(FEATURES) {
                    add(sums, row);
                }
            }
            begin = end;
        }
        self.last_layers(kernels, sentences, memory);
        &memory.last[0]
    }

    /// Embeds each distinct piece and computes what does not depend on its neighbours.
    fn first_layers(
        &self,
        kernels: &Kernels,
        table: &Table,
        sentences: &[Vec<u32>],
        memory: &mut Memory,
    ) {
        let Memory { scratch, distinct, rows, scales, projected, firsts, .. } = memory;
        distinct.clear();
        distinct.extend(sentences.iter().flatten());
        distinct.sort_unstable();
        distinct.dedup();
        rows.resize(distinct.len() * table::WIDTH, 0);
        for (piece, row) in distinct.iter().zip(rows.as_chunks_mut().0) {
            table.read(*piece, row);
        }
        scales.clear();
        scales.extend(distinct.iter().map(|piece| table.scale(*piece)));
        self.project.multiply_steps(kernels, rows, scales, scratch, projected);
        for row in projected.chunks_exact_mut(WINDOWS.len() * BRANCH) {
            add(row, &self.project_bias);
            self.project_norm.apply(row, self.epsilon);
        }
        for (number, (branch, First { input, products })) in
            self.branches.iter().zip(firsts).enumerate()
        {
            input.clear();
            for row in projected.chunks_exact(WINDOWS.len() * BRANCH) {
                input.extend_from_slice(&row[number * BRANCH..][..BRANCH]);
            }
            branch.layers[0].0.multiply(kernels, input, scratch, products);
        }
    }

    /// What each piece of a group contributes to its sentence: embedding and branches, normalised.
    fn features(&self, kernels: &Kernels, group: &Group, memory: &mut Memory) {
        let Memory { scratch, rows, scales, firsts, hidden, products, features, .. } = memory;
        features.resize(group.pieces.len() * FEATURES, 0.0);
        for (row, at) in features.chunks_exact_mut(FEATURES).zip(&group.pieces) {
            let (step, low) = scales[*at];
            for (number, value) in row.iter_mut().zip(&rows[at * table::WIDTH..][..table::WIDTH]) {
                *number = f32::from(*value) * step + low;
            }
        }
        hidden.resize(group.pieces.len() * BRANCH, 0.0);
        for (number, (branch, first)) in self.branches.iter().zip(firsts).enumerate() {
            let [(_, first_bias), (second, second_bias)] = &branch.layers;
            for (place, hidden) in hidden.chunks_exact_mut(BRANCH).enumerate() {
                let row = |place: usize| group.pieces[place];
                branch.window(&first.products, row, group.within(place), place, first_bias, hidden);
                add(hidden, &first.input[row(place) * BRANCH..][..BRANCH]);
            }
            second.multiply(kernels, hidden, scratch, products);
            for (place, row) in features.chunks_exact_mut(FEATURES).enumerate() {
                let out = &mut row[table::WIDTH + number * BRANCH..][..BRANCH];
                branch.window(
                    products,
                    |place| place,
                    group.within(place),
                    place,
                    second_bias,
                    out,
                );
                add(out, &hidden[place * BRANCH..][..BRANCH]);
            }
        }
        for row in features.chunks_exact_mut(FEATURES) {
            self.norm.apply(row, self.epsilon);
        }
    }

    /// Sums over sentences → directions, in the first of `memory.last`.
    fn last_layers(&self, kernels: &Kernels, sentences: &[Vec<u32>], memory: &mut Memory) {
        let Memory { scratch, sums, last: [mean, first, second, more], .. } = memory;
        self.pool.multiply(kernels, sums, scratch, mean);
        for (row, sentence) in mean.chunks_exact_mut(DIMENSIONS).zip(sentences) {
            let length = sentence.len() as f32;
            for (number, bias) in row.iter_mut().zip(&self.pool_bias) {
                *number = (*number + length * bias) / length.sqrt();
            }
        }
        self.narrow.multiply(kernels, mean, scratch, first);
        rectify(first);
        self.narrow_again.multiply(kernels, first, scratch, more);
        self.skip_narrow.multiply(kernels, mean, scratch, second);
        add(second, more);
        rectify(second);
        self.wide.multiply(kernels, second, scratch, first);
        rectify(first);
        self.wide_again.multiply(kernels, first, scratch, more);
        self.skip_wide.multiply(kernels, second, scratch, mean);
        add(mean, more);
        for number in mean {
            *number = number.tanh();
        }
    }
}

/// What a batch needs, kept for the next one: the system takes as long to give so much memory as half of the layers take.
#[derive(Default)]
pub(super) struct Memory {
    scratch: Scratch,
    /// The distinct pieces of a batch in order; below, a row for each.
    distinct: Vec<u32>,
    rows: Vec<u8>,
    scales: Vec<(f32, f32)>,
    projected: Vec<f32>,
    firsts: [First; WINDOWS.len()],
    /// A row for each piece of a group.
    hidden: Vec<f32>,
    products: Vec<f32>,
    features: Vec<f32>,
    /// A row for each sentence of a batch.
    sums: Vec<f32>,
    last: [Vec<f32>; 4],
}

/// What the first layer of a branch needs and makes, for each distinct piece of a batch.
#[derive(Default)]
struct First {
    input: Vec<f32>,
    /// One block of [`BRANCH`] numbers for each place in the window.
    products: Vec<f32>,
}

/// Some sentences of a batch.
struct Group {
    /// For each piece, its place among the distinct pieces of the batch.
    pieces: Vec<usize>,
    /// For each sentence, its pieces.
    sentences: Vec<Range<usize>>,
    /// For each piece, its sentence.
    sentence_of: Vec<usize>,
}

impl Group {
    fn new(sentences: &[Vec<u32>], distinct: &[u32]) -> Group {
        let mut group =
            Group { pieces: Vec::new(), sentences: Vec::new(), sentence_of: Vec::new() };
        for (number, sentence) in sentences.iter().enumerate() {
            let begin = group.pieces.len();
            // Every piece is among the distinct ones; whatever the search says is a place in them.
            group.pieces.extend(
                sentence.iter().map(|piece| distinct.partition_point(|other| other < piece)),
            );
            group.sentences.push(begin..group.pieces.len());
            group.sentence_of.extend(std::iter::repeat_n(number, sentence.len()));
        }
        group
    }

    /// The sentence around a piece.
    fn within(&self, place: usize) -> Range<usize> {
        self.sentences[self.sentence_of[place]].clone()
    }
}

impl Branch {
    /// The sum over the window around `place`, which ends where its sentence does; `row` finds the products of a piece.
    fn window(
        &self,
        products: &[f32],
        row: impl Fn(usize) -> usize,
        sentence: Range<usize>,
        place: usize,
        bias: &[f32],
        out: &mut [f32],
    ) {
        out.copy_from_slice(bias);
        for number in 0..self.size {
            let at = place + number;
            if at >= sentence.start + self.before && at < sentence.end + self.before {
                add(
                    out,
                    &products[(row(at - self.before) * self.size + number) * BRANCH..][..BRANCH],
                );
            }
        }
        rectify(out);
    }
}

impl Norm {
    fn apply(&self, row: &mut [f32], epsilon: f32) {
        let mean = sum(row, |number| number) / row.len() as f32;
        let variance = sum(row, |number| (number - mean) * (number - mean)) / row.len() as f32;
        let scale = (variance + epsilon).sqrt().recip();
        for ((number, gain), shift) in row.iter_mut().zip(&self.gain).zip(&self.shift) {
            *number = (*number - mean) * scale * gain + shift;
        }
    }
}

/// The columns of a section.
fn block<'a>(section: &Section, steps: &'a [u8]) -> Block<'a> {
    Block { steps, columns: section.columns, step: section.step }
}

fn add(to: &mut [f32], other: &[f32]) {
    for (to, other) in to.iter_mut().zip(other) {
        *to += other;
    }
}

fn rectify(row: &mut [f32]) {
    for number in row {
        *number = number.max(0.0);
    }
}

/// The sum of `of` over a row, in eight lanes, so that the compiler may use wide registers; the same on every processor.
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; 8];
    let (chunks, rest) = row.as_chunks::<8>();
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += of(*number);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|number| of(*number)).sum::<f32>()
}
