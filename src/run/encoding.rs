//! The thread that works out what headlines mean, beside polling and publishing.
//!
//! The curator asks it for one batch at a time, the newest entries first, and learns the answer like anything else it is told. So a backlog of any
//! size keeps nobody waiting; what is not answered when the program ends is asked again when it starts.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::model::story::MemberKey;
use crate::model::vector::Vector;
use crate::run::curator::Order;
use crate::run::error::{RunError, with_causes};
use crate::stories::encoder::{Encoder, EncoderError, WEIGHTS};

/// The version of the encoder: vectors of another one are not compared with its own, but made anew. It changes with the weights, the arithmetic, and
/// what of a headline is encoded.
pub const VERSION: u32 = 1;
/// So many headlines are encoded at a time: some 60 ms, after which what they decide is committed.
pub const BATCH: usize = 64;

/// An entry, and what of it is to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The entry.
    pub key: MemberKey,
    /// Its headline.
    pub text: String,
}

/// When what headlines mean is worked out.
pub enum Encoding {
    /// Beside all else, by a thread of its own: in a service.
    Beside(Worker),
    /// When all is polled, before anything is published: in a round. It ends early if it is stopped.
    AtTheEnd(CancellationToken),
    /// Not at all: by a command that has something else to do.
    Never,
}

impl Encoding {
    /// For a service: answers go to the curator, as long as it has an inbox.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub fn beside(curator: mpsc::WeakSender<Order>) -> Result<Encoding, RunError> {
        let (questions, asked) = sync_channel(1);
        thread::Builder::new()
            .name("encoder".to_owned())
            .spawn(move || answer_all(&asked, &curator))
            .map_err(|source| RunError::System { action: "start a thread", source })?;
        Ok(Encoding::Beside(Worker { questions: Some(questions), is_busy: false }))
    }
}

/// The encoder with the weights in the program; costs nothing before the first headline.
///
/// # Errors
/// If the weights are damaged.
pub fn encoder() -> Result<Encoder, EncoderError> {
    Encoder::new(WEIGHTS)
}

/// A thread that encodes.
pub struct Worker {
    /// `None` once it has ended, which it does only if it cannot work.
    questions: Option<SyncSender<Vec<Question>>>,
    is_busy: bool,
}

impl Worker {
    /// Whether it may be asked.
    pub fn is_free(&self) -> bool {
        self.questions.is_some() && !self.is_busy
    }

    /// Asks for vectors; [`Order::Encoded`] is the answer.
    pub fn ask(&mut self, questions: Vec<Question>) {
        let Some(worker) = &self.questions else { return };
        self.is_busy = worker.try_send(questions).is_ok();
        if !self.is_busy {
            // What is published rests on words alone from now on.
            self.questions = None;
        }
    }

    /// An answer has come.
    pub fn answered(&mut self) {
        self.is_busy = false;
    }
}

/// Encodes what is asked; a text that is asked for several times once.
pub fn answer(encoder: &Encoder, questions: Vec<Question>) -> Vec<(MemberKey, Vector)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<&str> = Vec::new();
    let mut place_of = Vec::with_capacity(questions.len());
    for question in &questions {
        let place = *places.entry(question.text.as_str()).or_insert_with(|| {
            texts.push(&question.text);
            texts.len() - 1
        });
        place_of.push(place);
    }
    let vectors = encoder.encode(&texts);
    let answers = questions.into_iter().zip(place_of);
    answers.filter_map(|(question, at)| Some((question.key, vectors.get(at)?.clone()))).collect()
}

/// The work of the thread. The encoder never leaves it.
fn answer_all(asked: &Receiver<Vec<Question>>, curator: &mpsc::WeakSender<Order>) {
    let encoder = match encoder() {
        Ok(encoder) => encoder,
        Err(error) => return tracing::error!("{}", with_causes(&error)),
    };
    while let Ok(questions) = asked.recv() {
        let vectors = answer(&encoder, questions);
        // Held for a moment only: as long as anyone holds one, the curator does not end.
        let Some(orders) = curator.upgrade() else { return };
        if orders.blocking_send(Order::Encoded(vectors)).is_err() {
            return;
        }
    }
}
