//! What is remembered of a source as cells of a row, and back.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::health;
use super::rows::{Cells, damaged, json, to_json, web_url};
use crate::model::due::{Due, Push, ServerWishes, Skip, Wait, Why, Wishes};
use crate::model::lang::Lang;
use crate::model::moving::{MoveEvent, MoveKind, Moves, Moving};
use crate::model::rhythm::Rhythm;
use crate::model::source::{PollError, SourceState, Validators};
use crate::model::time::Timestamp;
use crate::model::websub::Advert;
use crate::store::StoreError;

/// The cell `state`: all of a source's state but the bytes, which have columns of their own.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StateRow<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    home: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    not_before_why: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    next_due_why: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wishes: Option<WishesRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fresh_for: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<WaitRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push: Option<PushRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rhythm: Option<RhythmRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moving: Option<MovingRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moves: Vec<MoveRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_millis: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_polled: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error: Option<ErrorRow<'a>>,
    failures: u32,
    gone: bool,
    polls: u64,
    not_modified: u64,
    bytes: u64,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advert: Option<AdvertRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<health::HealthRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_to: Option<i64>,
}

/// What a source says of being told about its changes.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct AdvertRow {
    hubs: Vec<String>,
    topic: Option<String>,
    base: Option<String>,
}

/// Times are in seconds.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct WishesRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_period: Option<u64>,
    skip_hours: u32,
    skip_days: u8,
}

#[derive(Serialize, Deserialize)]
struct WaitRow {
    status: u16,
    wait: u64,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct PushRow {
    until: i64,
    every: u64,
}

#[derive(Serialize, Deserialize)]
struct RhythmRow {
    gap: u64,
    newest: i64,
}

#[derive(Serialize, Deserialize)]
struct MovingRow {
    to: String,
    first: i64,
    last: i64,
    answers: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    adopted: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct MoveRow {
    at: i64,
    to: String,
    /// Whether it was adopted; undone if not.
    adopted: bool,
}

#[derive(Serialize, Deserialize)]
struct ErrorRow<'a> {
    #[serde(borrow)]
    class: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    since: i64,
}

/// The cell `state`.
pub(super) fn state_cell(state: &SourceState) -> Result<String, StoreError> {
    let SourceState {
        validators: _,
        body_digest: _,
        address,
        title,
        language,
        home,
        wishes,
        asked: ServerWishes { fresh_for, wait },
        not_before,
        next_due,
        rhythm,
        moves: Moves { moving, history },
        push,
        last_polled,
        last_success,
        error,
        failures,
        gone,
        polls,
        not_modified,
        bytes,
        answer_millis,
        notes,
        advert,
        health,
        read_to,
    } = state;
    to_json(&StateRow {
        address: address.into(),
        title: title.as_deref().map(Cow::from),
        language: language.as_ref().map(|lang| lang.as_str().into()),
        home: home.as_ref().map(|url| url.as_str().into()),
        not_before: not_before.map(|due| due.at.unix()),
        not_before_why: not_before.map(|due| due.why.word().into()),
        next_due: next_due.map(|due| due.at.unix()),
        next_due_why: next_due.map(|due| due.why.word().into()),
        wishes: (!wishes.is_empty()).then(|| {
            let Wishes { ttl, update_period, skip } = wishes;
            let (skip_hours, skip_days) = skip.bits();
            let seconds = |wait: &Option<Duration>| wait.map(|wait| wait.as_secs());
            WishesRow {
                ttl: seconds(ttl),
                update_period: seconds(update_period),
                skip_hours,
                skip_days,
            }
        }),
        fresh_for: fresh_for.map(|wait| wait.as_secs()),
        wait: wait.map(|Wait { status, wait, until }| WaitRow {
            status,
            wait: wait.as_secs(),
            until: until.unix(),
        }),
        rhythm: rhythm
            .map(|Rhythm { gap, newest }| RhythmRow { gap: gap.as_secs(), newest: newest.unix() }),
        moving: moving.as_ref().map(|Moving { to, first, last, answers, adopted }| MovingRow {
            to: to.clone(),
            first: first.unix(),
            last: last.unix(),
            answers: *answers,
            adopted: adopted.map(Timestamp::unix),
        }),
        moves: history
            .iter()
            .map(|MoveEvent { at, what, to }| MoveRow {
                at: at.unix(),
                to: to.clone(),
                adopted: *what == MoveKind::Adopted,
            })
            .collect(),
        answer_millis: *answer_millis,
        push: push
            .map(|Push { until, every }| PushRow { until: until.unix(), every: every.as_secs() }),
        last_polled: last_polled.map(Timestamp::unix),
        last_success: last_success.map(Timestamp::unix),
        error: error.as_ref().map(|PollError { class, message, since }| ErrorRow {
            class: class.into(),
            message: message.into(),
            since: since.unix(),
        }),
        failures: *failures,
        gone: *gone,
        polls: *polls,
        not_modified: *not_modified,
        bytes: *bytes,
        notes: notes.iter().map(Cow::from).collect(),
        read_to: read_to.map(Timestamp::unix),
        advert: (!advert.hubs.is_empty()).then(|| AdvertRow {
            hubs: advert.hubs.clone(),
            topic: advert.topic.clone(),
            base: advert.base.clone(),
        }),
        health: health::row(health),
    })
}

/// A moment and its reason. What an older or newer version wrote without a reason we know is told as the schedule's: it is kept all the same.
fn due(at: Option<i64>, why: Option<&str>) -> Option<Due> {
    let why = why.and_then(Why::of_word).unwrap_or(Why::Schedule);
    at.map(|at| Due { at: Timestamp::from_unix(at), why })
}

/// The state in the columns `etag, last_modified, body_digest, state`, the first of them at `from`.
pub(super) fn state(cells: &Cells<'_, '_>, from: usize) -> Result<SourceState, StoreError> {
    const WHAT: &str = "state of a source";
    let bytes = |column| -> Result<Option<Vec<u8>>, StoreError> {
        Ok(cells.bytes(column, WHAT)?.map(<[u8]>::to_vec))
    };
    let row = json::<StateRow<'_>>(cells.text(from + 3, WHAT)?, WHAT)?;
    let language = |tag: &Cow<'_, str>| {
        Lang::parse(tag).ok_or_else(|| damaged("language", format!("{tag:?}")))
    };
    Ok(SourceState {
        validators: Validators { etag: bytes(from)?, last_modified: bytes(from + 1)? },
        body_digest: cells.digest_or_null(from + 2, WHAT)?,
        address: row.address.into_owned(),
        title: row.title.map(Cow::into_owned),
        language: row.language.as_ref().map(language).transpose()?,
        home: row.home.as_deref().map(web_url).transpose()?,
        wishes: row.wishes.map_or_else(Wishes::default, |row| Wishes {
            ttl: row.ttl.map(Duration::from_secs),
            update_period: row.update_period.map(Duration::from_secs),
            skip: Skip::of_bits(row.skip_hours, row.skip_days),
        }),
        asked: ServerWishes {
            fresh_for: row.fresh_for.map(Duration::from_secs),
            wait: row.wait.map(|row| Wait {
                status: row.status,
                wait: Duration::from_secs(row.wait),
                until: Timestamp::from_unix(row.until),
            }),
        },
        not_before: due(row.not_before, row.not_before_why.as_deref()),
        next_due: due(row.next_due, row.next_due_why.as_deref()),
        rhythm: row.rhythm.map(|row| Rhythm {
            gap: Duration::from_secs(row.gap),
            newest: Timestamp::from_unix(row.newest),
        }),
        moves: Moves {
            moving: row.moving.map(|row| Moving {
                to: row.to,
                first: Timestamp::from_unix(row.first),
                last: Timestamp::from_unix(row.last),
                answers: row.answers,
                adopted: row.adopted.map(Timestamp::from_unix),
            }),
            history: row
                .moves
                .into_iter()
                .map(|row| MoveEvent {
                    at: Timestamp::from_unix(row.at),
                    what: if row.adopted { MoveKind::Adopted } else { MoveKind::Undone },
                    to: row.to,
                })
                .collect(),
        },
        answer_millis: row.answer_millis,
        push: row.push.map(|row| Push {
            until: Timestamp::from_unix(row.until),
            every: Duration::from_secs(row.every),
        }),
        last_polled: row.last_polled.map(Timestamp::from_unix),
        last_success: row.last_success.map(Timestamp::from_unix),
        error: row.error.map(|error| PollError {
            class: error.class.into_owned(),
            message: error.message.into_owned(),
            since: Timestamp::from_unix(error.since),
        }),
        failures: row.failures,
        gone: row.gone,
        polls: row.polls,
        not_modified: row.not_modified,
        bytes: row.bytes,
        notes: row.notes.into_iter().map(Cow::into_owned).collect(),
        read_to: row.read_to.map(Timestamp::from_unix),
        advert: row.advert.map_or_else(Advert::default, |AdvertRow { hubs, topic, base }| Advert {
            hubs,
            topic,
            base,
        }),
        health: row.health.map(health::health).unwrap_or_default(),
    })
}
