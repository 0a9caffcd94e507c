//! tidings polls news feeds, recognises the entries that report the same story across outlets, keeps the stories that belong to a
//! topic, and republishes them as feeds.
//!
//! The modules stand in the order in which a value passes through them, which is the order to read them in; `ARCHITECTURE.md` has the map.

pub mod model;
pub mod gazetteer;
pub mod read;
pub mod normalise;
pub mod topics;
pub mod stories;
pub mod edition;
pub mod render;
pub mod health;
pub mod websub;
pub mod config;
pub mod fetch;
pub mod store;
pub mod publish;
pub mod serve;
pub mod run;
pub mod cli;
