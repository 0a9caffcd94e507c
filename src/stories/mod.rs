//! `Normalised` and the open stories → `StoryChange`: the ladder from the same page to the same event in another language.

mod page;
mod exact;
pub mod traits;
mod index;
mod similarity;
mod weights;
mod cluster;
pub mod encoder;
mod assign;
mod decided;

pub use assign::{Assigned, Candidate, OpenStories, Ruling, Sensitivity, StoryOptions};
pub use decided::rulings;
pub use page::distinct_urls;
pub use traits::Traits;
