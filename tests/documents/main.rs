//! What is published, as documents: golden files, the rules of each format, and what readers find in them.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod page;
#[cfg(test)]
mod python;
#[cfg(test)]
mod reads_back;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sample;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
