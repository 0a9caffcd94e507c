//! `Normalised` and the open stories → `StoryChange`: the ladder from the same page to the same event in another language.

mod page;
mod exact;
mod words;
mod numbers;
mod sound;
mod readings;
pub mod traits;
mod index;
pub mod similarity;
pub mod weights;
mod explain;
mod cluster;
pub mod encoder;
mod assign;
mod decided;

pub use assign::{Assigned, Candidate, OpenStories, Ruling, Sensitivity, StoryOptions};
pub use decided::rulings;
pub use page::distinct_urls;
pub use traits::Traits;
