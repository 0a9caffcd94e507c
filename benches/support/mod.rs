//! The parts of the poll's bench: what is polled, who serves it, what it is measured against and how.

pub mod corpus;
pub mod floor;
pub mod measure;
pub mod origin;
pub mod peers;
