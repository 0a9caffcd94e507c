//! Checks by programs of Python, where this machine has them: no text becomes markup, and JSON Feed keeps its schema.

use std::path::Path;

use tidings::render::{Format, render};

use crate::sample;
use crate::support::python::Python;
use crate::support::shared;

/// What readers that take every text for HTML would find: no script, no handler, no foreign element.
#[test]
fn no_text_becomes_markup() {
    let Some(script) = shared().map(|shared| shared.join("hostile/outcheck.py")) else { return };
    let Some(python) = Python::with(&["html5lib"]) else { return };
    check(&[Format::Rss, Format::Atom, Format::Json], |document| {
        python.check(&script, &[document]);
    });
}

#[test]
fn json_feed_keeps_its_schema() {
    let Some(python) = Python::with(&["jsonschema"]) else { return };
    check(&[Format::Json], |document| python.check_json_feed(document));
}

/// Looks at each document of each sample.
fn check(formats: &[Format], look: impl Fn(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    for edition in [sample::full(), sample::hostile(), sample::empty()] {
        for format in formats {
            let path = dir.path().join(format.file_name(&edition.feed));
            std::fs::write(&path, render(&edition, *format, &sample::options())).unwrap();
            look(&path);
        }
    }
}
