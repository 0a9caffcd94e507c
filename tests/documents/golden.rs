//! Documents as they are, byte for byte: a change of any shows here.

use tidings::model::edition::Edition;
use tidings::render::{Format, render};

use crate::sample;

fn check(name: &str, edition: &Edition) {
    for format in Format::ALL {
        let document = render(edition, format, &sample::options());
        let document = String::from_utf8(document).unwrap();
        insta::assert_snapshot!(format!("{name}.{}", format.name()), document);
    }
}

#[test]
fn a_full_edition() {
    check("full", &sample::full());
}

#[test]
fn an_empty_edition() {
    check("empty", &sample::empty());
}
