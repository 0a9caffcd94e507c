//! The wiring: the only folder that knows the order.

pub mod measure;
