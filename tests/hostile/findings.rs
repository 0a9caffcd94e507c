//! What the tests found, by row, and the table of what holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::corpus::Row;

/// What was found, by row; rows are named by their paths.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    of_rows: BTreeMap<String, BTreeSet<String>>,
    of_all: BTreeSet<String>,
}

impl Findings {
    /// Something is wrong with what came of a row.
    pub(crate) fn row(&mut self, row: &Row, what: impl Into<String>) {
        self.of_rows.entry(row.path.clone()).or_default().insert(what.into());
    }

    /// Something is wrong beside the rows.
    pub(crate) fn all(&mut self, what: impl Into<String>) {
        self.of_all.insert(what.into());
    }

    /// Prints how many rows of each class hold and what the others do not hold; fails the test if there are any but the known ones, or if a known
    /// one holds.
    #[track_caller]
    pub(crate) fn conclude(self, title: &str, rows: &[Row], known: &[(&str, &str)]) {
        let mut classes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for row in rows {
            let (held, total) = classes.entry(&row.class).or_default();
            *held += usize::from(!self.of_rows.contains_key(&row.path));
            *total += 1;
        }
        println!("{title}: rows that hold");
        for (class, (held, total)) in &classes {
            println!("{class:16}{held:5} of {total}");
        }
        let held: usize = classes.values().map(|(held, _)| held).sum();
        println!("{:16}{held:5} of {}", "all", rows.len());
        let mut faults = String::new();
        for (path, what) in &self.of_rows {
            let reason =
                known.iter().find(|(known, _)| known == path).map_or("", |(_, reason)| reason);
            for what in what {
                faults.push_str(&format!(
                    "{path}: {what}{}{reason}\n",
                    if reason.is_empty() { "" } else { " (known: " }
                ));
            }
        }
        for what in &self.of_all {
            faults.push_str(&format!("all: {what}\n"));
        }
        print!("{faults}");
        let fresh = self
            .of_rows
            .keys()
            .filter(|path| !known.iter().any(|(known, _)| known == path))
            .count();
        assert!(fresh == 0 && self.of_all.is_empty(), "{fresh} rows do not hold\n{faults}");
        let mended: Vec<_> =
            known.iter().filter(|(known, _)| !self.of_rows.contains_key(*known)).collect();
        assert!(mended.is_empty(), "these hold now: {mended:?}");
    }
}
