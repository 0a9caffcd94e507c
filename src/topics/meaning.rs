//! `about`: examples of headlines, and how like one of them in meaning another must be. The sentence encoder is elsewhere; here are its vectors.

use crate::model::vector::Vector;
use crate::model::verdict::RuleId;

/// How like an example a headline must be where the topic does not say it: the cosine of their vectors.
pub const THRESHOLD: f32 = 0.60;
/// How many examples one topic may have: each is compared with every headline that is in doubt.
pub(super) const EXAMPLES: usize = 200;
/// The longest example, in bytes: about as long as a headline that the encoder reads whole.
pub(super) const EXAMPLE_BYTES: usize = 400;

/// The examples of one topic or pack.
#[derive(Debug)]
pub(super) struct Meaning {
    /// What it is called in evidence.
    pub rule: RuleId,
    /// How like one of the examples a headline must be.
    pub threshold: f32,
    examples: Vec<Box<str>>,
    /// One for each example; none until they are told.
    vectors: Vec<Vector>,
}

/// The example that is most like a headline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest<'a> {
    /// As written.
    pub example: &'a str,
    /// How like it is.
    pub cosine: f32,
}

impl Meaning {
    pub(super) fn new(
        rule: RuleId,
        examples: impl IntoIterator<Item = Box<str>>,
        threshold: f32,
    ) -> Meaning {
        Meaning { rule, threshold, examples: examples.into_iter().collect(), vectors: Vec::new() }
    }

    /// The examples, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().map(|example| &**example)
    }

    /// Takes a vector for each example; nothing if there are not enough.
    pub(super) fn take_vectors(&mut self, vectors: &mut impl Iterator<Item = Vector>) {
        self.vectors = vectors.take(self.examples.len()).collect();
        if self.vectors.len() < self.examples.len() {
            self.vectors.clear();
        }
    }

    /// Whether it is known what the examples mean.
    pub(super) fn is_known(&self) -> bool {
        !self.vectors.is_empty()
    }

    /// The example that is most like the headline of this vector, of equals the first; `None` as long as nothing is known of the examples.
    pub(super) fn nearest(&self, vector: &Vector) -> Option<Nearest<'_>> {
        let likes = self
            .examples
            .iter()
            .zip(&self.vectors)
            .map(|(example, known)| Nearest { example, cosine: known.cosine(vector) });
        likes.reduce(|best, next| if next.cosine > best.cosine { next } else { best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vector::DIMENSIONS;

    /// A vector that points between the first two directions of space.
    fn towards(one: f32, other: f32) -> Vector {
        let mut numbers = [0.0; DIMENSIONS];
        (numbers[0], numbers[1]) = (one, other);
        Vector::new(&numbers)
    }

    fn about(examples: &[&str]) -> Meaning {
        Meaning::new(RuleId::new("topic.t.about"), examples.iter().map(|text| (*text).into()), 0.6)
    }

    #[test]
    fn the_nearest_example_is_named() {
        let mut meaning = about(&["talks", "weather"]);
        assert_eq!(meaning.nearest(&towards(1.0, 0.0)), None);
        meaning.take_vectors(&mut vec![towards(1.0, 0.0), towards(0.0, 1.0)].into_iter());
        let check = |vector: Vector, example: &str, cosine: f32| {
            let nearest = meaning.nearest(&vector).unwrap();
            assert_eq!(nearest.example, example);
            assert!((nearest.cosine - cosine).abs() < 0.01, "{nearest:?}");
        };
        check(towards(1.0, 0.2), "talks", 0.98);
        check(towards(0.5, 1.0), "weather", 0.894);
        check(towards(1.0, 1.0), "talks", 0.707);
    }

    #[test]
    fn too_few_vectors_are_none() {
        let mut meaning = about(&["talks", "weather"]);
        meaning.take_vectors(&mut vec![towards(1.0, 0.0)].into_iter());
        assert!(!meaning.is_known());
    }
}
