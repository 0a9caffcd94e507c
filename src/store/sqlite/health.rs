//! The health of a source as part of its cell `state`: lists of numbers, for there is a row a poll. What cannot be read is left out; it will be learned
//! anew, and a source must not be lost for it.

use serde::{Deserialize, Serialize};

use crate::model::health::{
    ActiveDay, DayCount, Finding, FindingKind, Habits, Health, Suspicion, TitleShape,
};
use crate::model::time::Timestamp;

/// What of a state is its health.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(super) struct HealthRow {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingRow>,
    /// Day, polls, errors, unchanged, items, bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    days: Vec<(i32, u32, u32, u32, u32, u64)>,
    /// Day and hours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    active: Vec<(i32, u32)>,
    entries: u32,
    fewest: u32,
    renamed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    titles: Option<TitlesRow>,
}

#[derive(Serialize, Deserialize)]
struct FindingRow {
    kind: String,
    first: i64,
    last: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<i64>,
    #[serde(default)]
    times: u32,
    #[serde(default)]
    words: String,
    /// Since when, and polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspicion: Option<(i64, u32)>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct TitlesRow {
    empty: u8,
    distinct: u8,
    cut: u8,
    length: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    prefix: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    suffix: String,
}

/// As it is stored; `None` of a source never polled.
pub(super) fn row(health: &Health) -> Option<HealthRow> {
    let Health { findings, days, habits } = health;
    if findings.is_empty() && days.is_empty() && *habits == Habits::default() {
        return None;
    }
    let Habits { active, entries, fewest, titles, renamed } = habits;
    Some(HealthRow {
        findings: findings.iter().map(finding_row).collect(),
        days: days
            .iter()
            .map(|DayCount { day, polls, errors, unchanged, items, bytes }| {
                (*day, *polls, *errors, *unchanged, *items, *bytes)
            })
            .collect(),
        active: active.iter().map(|ActiveDay { day, hours }| (*day, *hours)).collect(),
        entries: *entries,
        fewest: *fewest,
        renamed: *renamed,
        titles: titles.as_ref().map(|shape| {
            let TitleShape { empty, distinct, cut, length, prefix, suffix } = shape.clone();
            TitlesRow { empty, distinct, cut, length, prefix, suffix }
        }),
    })
}

fn finding_row(finding: &Finding) -> FindingRow {
    let Finding { kind, first, last, opened, closed, times, words, suspicion } = finding;
    FindingRow {
        kind: kind.name().to_owned(),
        first: first.unix(),
        last: last.unix(),
        opened: opened.map(Timestamp::unix),
        closed: closed.map(Timestamp::unix),
        times: *times,
        words: words.clone(),
        suspicion: suspicion.map(|Suspicion { since, polls }| (since.unix(), polls)),
    }
}

/// As it was stored.
pub(super) fn health(row: HealthRow) -> Health {
    let finding = |row: FindingRow| {
        Some(Finding {
            // A later version may know kinds that this one does not.
            kind: FindingKind::parse(&row.kind)?,
            first: Timestamp::from_unix(row.first),
            last: Timestamp::from_unix(row.last),
            opened: row.opened.map(Timestamp::from_unix),
            closed: row.closed.map(Timestamp::from_unix),
            times: row.times,
            words: row.words,
            suspicion: row
                .suspicion
                .map(|(since, polls)| Suspicion { since: Timestamp::from_unix(since), polls }),
        })
    };
    Health {
        findings: row.findings.into_iter().filter_map(finding).collect(),
        days: row
            .days
            .into_iter()
            .map(|(day, polls, errors, unchanged, items, bytes)| DayCount {
                day,
                polls,
                errors,
                unchanged,
                items,
                bytes,
            })
            .collect(),
        habits: Habits {
            active: row.active.into_iter().map(|(day, hours)| ActiveDay { day, hours }).collect(),
            entries: row.entries,
            fewest: row.fewest,
            titles: row.titles.map(|TitlesRow { empty, distinct, cut, length, prefix, suffix }| {
                TitleShape { empty, distinct, cut, length, prefix, suffix }
            }),
            renamed: row.renamed,
        },
    }
}
