//! Headline → direction in space, in sixteen languages at once: two headlines on the same event point nearly the same way, whatever their language.
//!
//! This is the inference of Google's multilingual universal sentence encoder, version 3, with weights that come as an argument and stay where they are:
//! rows of the table are read one by one, layers are packed for the processor on first use. The same text gives the same vector, alone or among others.

mod dense;
mod layers;
mod network;
mod sections;
mod table;
mod token;
mod weights;

use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::vector::{DIMENSIONS, Vector};
use dense::Kernels;
use layers::Layers;
use network::{Memory, Network};
use sections::Sections;
use table::Table;
use token::Tokeniser;

pub use weights::WEIGHTS;

/// Bytes of a text that are looked at. Six times a long headline; what follows changes what it is about by little, and hostile text costs no more.
const MAX_BYTES: usize = 2_048;
/// Pieces of a text that are encoded, marks of begin and end included.
const MAX_PIECES: usize = 256;
/// Marks of begin and end, around every sentence.
const BEGIN: u32 = 1;
const END: u32 = 2;
/// Pieces that are encoded together. More find more pieces twice, and need more memory: some 15 kB a piece.
const BATCH_PIECES: usize = 768;

/// Why weights cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    /// The bytes do not begin as `encoder.bin` does.
    #[error("these bytes are no weights of the sentence encoder")]
    NotWeights,
    /// A part is missing or of another shape.
    #[error("the weights of the sentence encoder are damaged: `{section}`")]
    Damaged {
        /// The name of the part.
        section: &'static str,
    },
}

/// How the layers compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// In 32-bit floats, as the published code does.
    Float,
    /// In whole numbers of one byte, several times as fast.
    Whole,
}

/// A piece of a text, and how usual it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its number in the vocabulary, the more usual pieces first; 0 for a character that is not in it.
    pub id: u32,
    /// As the tokeniser cut it; U+2581 stands before a word.
    pub text: Box<str>,
    /// The natural logarithm of its probability: about -3 for a comma, below -15 for a rare name.
    pub score: f32,
}

/// The sentence encoder.
pub struct Encoder {
    tokeniser: Tokeniser,
    table: Table,
    layers: Layers,
    precision: Precision,
    network: OnceLock<Network>,
    memory: Mutex<Memory>,
    /// The kernels share their work among the threads of the pool they run in, the processor's all unless told otherwise. One thread leaves the others to
    /// fetching and publishing. `None` if the system gives no thread.
    thread: Option<ThreadPool>,
}

impl Encoder {
    /// An encoder with these weights, usually [`WEIGHTS`]. Costs nothing: layers are packed when the first text is encoded.
    ///
    /// # Errors
    /// If the bytes are not those of `encoder.bin`.
    pub fn new(weights: &'static [u8]) -> Result<Encoder, EncoderError> {
        Encoder::with_precision(weights, Precision::Whole)
    }

    /// [`Encoder::new`] with a choice of arithmetic, to compare them.
    ///
    /// # Errors
    /// If the bytes are not those of `encoder.bin`.
    pub fn with_precision(
        weights: &'static [u8],
        precision: Precision,
    ) -> Result<Encoder, EncoderError> {
        let sections = Sections::new(weights)?;
        let tokeniser = Tokeniser::new(&sections)?;
        let table = Table::new(&sections, tokeniser.vocabulary())?;
        let layers = Layers::new(&sections)?;
        Ok(Encoder {
            tokeniser,
            table,
            layers,
            precision,
            network: OnceLock::new(),
            memory: Mutex::default(),
            thread: ThreadPoolBuilder::new().num_threads(1).build().ok(),
        })
    }

    /// What these texts mean, in their order. An empty text has a vector too, that of nothing said.
    ///
    /// Only the first 2,048 bytes and 254 pieces of a text count. Takes half a millisecond a headline. One call is served at a time.
    pub fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        match &self.thread {
            Some(thread) => thread.install(|| self.encode_here(texts)),
            None => self.encode_here(texts),
        }
    }

    fn encode_here(&self, texts: &[&str]) -> Vec<Vector> {
        let kernels = Kernels::default();
        let network =
            self.network.get_or_init(|| Network::new(&kernels, &self.layers, self.precision));
        // Whatever is in it is written anew by each batch, so that one that was left half done spoils nothing.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut vectors = Vec::with_capacity(texts.len());
        let mut encode_batch = |sentences: &[Vec<u32>]| {
            let directions = network.directions(&kernels, &self.table, sentences, &mut memory);
            vectors.extend(directions.as_chunks::<DIMENSIONS>().0.iter().map(Vector::new));
        };
        let mut batch: Vec<Vec<u32>> = Vec::new();
        let mut pieces = 0;
        for text in texts {
            let sentence = self.sentence(text);
            if pieces + sentence.len() > BATCH_PIECES {
                encode_batch(&batch);
                batch.clear();
                pieces = 0;
            }
            pieces += sentence.len();
            batch.push(sentence);
        }
        encode_batch(&batch);
        vectors
    }

    /// The pieces of a text and how usual they are: what is rare says more about a text than what is usual.
    pub fn pieces(&self, text: &str) -> Vec<Piece> {
        let normalised = self.tokeniser.normalise(bounded(text));
        if normalised.is_empty() {
            return Vec::new();
        }
        let cut = self.tokeniser.cut(&normalised).into_iter();
        cut.map(|(place, id)| Piece {
            id,
            text: normalised[place].into(),
            score: self.tokeniser.score(id),
        })
        .collect()
    }

    /// The numbers of the pieces of a text, between the marks of begin and end.
    fn sentence(&self, text: &str) -> Vec<u32> {
        let cut = self.tokeniser.cut(&self.tokeniser.normalise(bounded(text)));
        let mut sentence = Vec::with_capacity(cut.len() + 2);
        sentence.push(BEGIN);
        sentence.extend(cut.into_iter().map(|(_, piece)| piece).take(MAX_PIECES - 2));
        sentence.push(END);
        sentence
    }
}

/// Every thread may encode with the same encoder.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Encoder>();
};

/// The part of a text that is looked at.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}
