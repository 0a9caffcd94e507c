//! `Normalised` and the open stories → `StoryChange`.

mod assign;

pub use assign::{Candidate, OpenStories, distinct_urls};
