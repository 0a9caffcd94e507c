//! What is published keeps the rules of its format.

use tidings::model::edition::Edition;
use tidings::render::{Format, render};

use crate::sample;
use crate::support::rules;

fn editions() -> [Edition; 3] {
    [sample::full(), sample::hostile(), sample::empty()]
}

/// The RSS Advisory Board's RSS 2.0 specification and Best Practices Profile.
#[test]
fn rss_keeps_the_specification_and_the_profile() {
    editions().iter().for_each(|edition| {
        rules::rss(&render(edition, Format::Rss, &sample::options()));
    });
}

/// RFC 4287.
#[test]
fn atom_keeps_the_rfc() {
    editions().iter().for_each(|edition| {
        rules::atom(&render(edition, Format::Atom, &sample::options()));
    });
}

/// <https://www.jsonfeed.org/version/1.1/>
#[test]
fn json_feed_keeps_the_specification() {
    editions().iter().for_each(|edition| {
        rules::json_feed(&render(edition, Format::Json, &sample::options()));
    });
}
