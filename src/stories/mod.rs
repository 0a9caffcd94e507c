//! `Normalised` and the open stories → `StoryChange`.
