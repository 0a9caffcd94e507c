//! Judging with the sentence encoder: where some topic has an `about`, headlines that its terms leave open are encoded, and only those.

use std::sync::Arc;

use crate::model::text::Headline;
use crate::model::verdict::TopicVerdict;
use crate::run::error::with_causes;
use crate::stories::encoder::{Encoder, WEIGHTS};
use crate::topics::{Subject, TopicExplanation, Topics};

/// Topics and the encoder that some of them need.
pub struct Judge {
    topics: Topics,
    meaning: Meaning,
}

impl Judge {
    /// Judges by these topics; `encodes` says whether by their examples, too.
    pub fn new(mut topics: Topics, encodes: bool) -> Judge {
        let meaning = if encodes { Meaning::of(&mut topics) } else { Meaning::default() };
        Judge { meaning, topics }
    }

    /// As [`Meaning::judge`].
    pub fn judge(&self, subject: &Subject<'_>) -> Vec<TopicVerdict> {
        self.meaning.judge(&self.topics, subject)
    }

    /// As [`Meaning::explain`].
    pub fn explain(&self, subject: &Subject<'_>) -> Vec<TopicExplanation> {
        self.meaning.explain(&self.topics, subject)
    }
}

/// The encoder of topics some of which have an `about`; it is nobody's who has none.
#[derive(Clone, Default)]
pub struct Meaning(Option<Arc<Encoder>>);

impl Meaning {
    /// The encoder, if the topics have examples, which it encodes. Takes about a millisecond an example. If the weights of this program are
    /// damaged, topics do with their terms.
    pub fn of(topics: &mut Topics) -> Meaning {
        if topics.examples().is_empty() {
            return Meaning(None);
        }
        match Encoder::new(WEIGHTS) {
            Ok(encoder) => {
                topics.encode_examples(|examples| encoder.encode(examples));
                Meaning(Some(Arc::new(encoder)))
            }
            Err(error) => {
                tracing::error!("`about` has no effect: {}", with_causes(&error));
                Meaning(None)
            }
        }
    }

    /// What the topics say of an entry. If it hangs on what its headline means, that takes about a millisecond.
    pub fn judge(&self, topics: &Topics, subject: &Subject<'_>) -> Vec<TopicVerdict> {
        self.with_vector(topics, subject, |subject| topics.judge(subject))
    }

    /// What the topics say of an entry and why, also the silent ones.
    pub fn explain(&self, topics: &Topics, subject: &Subject<'_>) -> Vec<TopicExplanation> {
        self.with_vector(topics, subject, |subject| topics.explain(subject))
    }

    fn with_vector<T>(
        &self,
        topics: &Topics,
        subject: &Subject<'_>,
        ask: impl FnOnce(&Subject<'_>) -> T,
    ) -> T {
        let headline = subject.entry.title.as_ref();
        let (Some(encoder), Some(headline)) = (&self.0, headline) else { return ask(subject) };
        if !topics.wants_vector(subject) {
            return ask(subject);
        }
        let vectors = encoder.encode(&[Headline::as_str(headline)]);
        ask(&Subject { vector: vectors.first(), ..*subject })
    }
}
