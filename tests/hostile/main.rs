//! What broken and malicious publishers send (`../shared/hostile`), through the real binary: polled, merged and published beside healthy sources.
//!
//! Where the corpus is not there the tests say that they skip.

#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod large;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod published;
#[cfg(test)]
mod refetched;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod third_party;
#[cfg(test)]
mod truncated;
