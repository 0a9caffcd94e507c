//! What is remembered of hubs and subscribers, in rows and back.

use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::rows::damaged;
use super::sql_error;
use crate::model::source::{Secret, SourceKey};
use crate::model::time::Timestamp;
use crate::model::websub::{Announced, Change, Remembered, Standing, Subscriber, Subscription};
use crate::store::StoreError;

/// The cell `state` of a subscription.
#[derive(Serialize, Deserialize)]
struct SubscriptionRow {
    hub: String,
    topic: String,
    base: String,
    secret: String,
    standing: StandingRow,
    #[serde(default)]
    asked: Option<i64>,
    next: i64,
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    pushes: u64,
    #[serde(default)]
    last_push: Option<i64>,
    #[serde(default)]
    forged: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StandingRow {
    Unconfirmed,
    Live { until: i64 },
    Denied { at: i64, reason: String },
    Failed { since: i64, reason: String },
    Leaving,
}

/// The cell `state` of a subscriber.
#[derive(Serialize, Deserialize)]
struct SubscriberRow {
    #[serde(default)]
    secret: Option<String>,
    until: i64,
    delivered: String,
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    not_before: i64,
}

/// Everything there is.
pub(super) fn read(connection: &Connection) -> Result<Remembered, StoreError> {
    Ok(Remembered {
        subscriptions: all(
            connection,
            "SELECT id, source, state FROM websub_subscription ORDER BY id",
            subscription,
        )?,
        subscribers: all(
            connection,
            "SELECT callback, topic, state FROM websub_subscriber ORDER BY callback, topic",
            subscriber,
        )?,
        announced: all(
            connection,
            "SELECT hub, topic, version FROM websub_announced ORDER BY hub, topic",
            |[hub, topic, version]| Ok(Announced { hub, topic, version }),
        )?,
    })
}

/// The rows of a question for three texts.
fn all<T>(
    connection: &Connection,
    sql: &str,
    make: impl Fn([String; 3]) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    const ACTION: &str = "read what is remembered of hubs";
    let texts = |row: &Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?]);
    let mut statement = connection.prepare_cached(sql).map_err(sql_error(ACTION))?;
    let rows = statement.query_map([], texts).map_err(sql_error(ACTION))?;
    rows.map(|row| make(row.map_err(sql_error(ACTION))?)).collect()
}

fn subscription([id, source, state]: [String; 3]) -> Result<Subscription, StoreError> {
    const WHAT: &str = "subscription";
    // The text may hold the secret: it is not shown.
    let row: SubscriptionRow = serde_json::from_str(&state)
        .map_err(|error| damaged(WHAT, format!("column {}", error.column())))?;
    let at = Timestamp::from_unix;
    Ok(Subscription {
        id: Secret::new(id),
        source: SourceKey::parse(&source).ok_or_else(|| damaged(WHAT, "no source"))?,
        hub: row.hub,
        topic: row.topic,
        base: row.base,
        secret: Secret::new(row.secret),
        standing: match row.standing {
            StandingRow::Unconfirmed => Standing::Unconfirmed,
            StandingRow::Live { until } => Standing::Live { until: at(until) },
            StandingRow::Denied { at: when, reason } => Standing::Denied { at: at(when), reason },
            StandingRow::Failed { since, reason } => Standing::Failed { since: at(since), reason },
            StandingRow::Leaving => Standing::Leaving,
        },
        asked: row.asked.map(at),
        next: at(row.next),
        failures: row.failures,
        pushes: row.pushes,
        last_push: row.last_push.map(at),
        forged: row.forged,
    })
}

fn subscription_cell(subscription: &Subscription) -> Result<String, StoreError> {
    let Subscription {
        id: _,
        source: _,
        hub,
        topic,
        base,
        secret,
        standing,
        asked,
        next,
        failures,
        pushes,
        last_push,
        forged,
    } = subscription;
    to_json(&SubscriptionRow {
        hub: hub.clone(),
        topic: topic.clone(),
        base: base.clone(),
        secret: secret.reveal().to_owned(),
        standing: match standing {
            Standing::Unconfirmed => StandingRow::Unconfirmed,
            Standing::Live { until } => StandingRow::Live { until: until.unix() },
            Standing::Denied { at, reason } => {
                StandingRow::Denied { at: at.unix(), reason: reason.clone() }
            }
            Standing::Failed { since, reason } => {
                StandingRow::Failed { since: since.unix(), reason: reason.clone() }
            }
            Standing::Leaving => StandingRow::Leaving,
        },
        asked: asked.map(Timestamp::unix),
        next: next.unix(),
        failures: *failures,
        pushes: *pushes,
        last_push: last_push.map(Timestamp::unix),
        forged: *forged,
    })
}

fn subscriber([callback, topic, state]: [String; 3]) -> Result<Subscriber, StoreError> {
    let row: SubscriberRow = serde_json::from_str(&state)
        .map_err(|error| damaged("subscriber", format!("column {}", error.column())))?;
    Ok(Subscriber {
        callback: Secret::new(callback),
        topic,
        secret: row.secret.map(Secret::new),
        until: Timestamp::from_unix(row.until),
        delivered: row.delivered,
        failures: row.failures,
        not_before: Timestamp::from_unix(row.not_before),
    })
}

fn subscriber_cell(subscriber: &Subscriber) -> Result<String, StoreError> {
    let Subscriber { callback: _, topic: _, secret, until, delivered, failures, not_before } =
        subscriber;
    to_json(&SubscriberRow {
        secret: secret.as_ref().map(|secret| secret.reveal().to_owned()),
        until: until.unix(),
        delivered: delivered.clone(),
        failures: *failures,
        not_before: not_before.unix(),
    })
}

fn to_json(row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row)
        .map_err(|error| StoreError::Database { action: ACTION, source: error.into() })
}

const ACTION: &str = "keep what is remembered of hubs";

/// Keeps changes in order, all or none.
pub(super) fn keep(connection: &mut Connection, changes: &[Change]) -> Result<(), StoreError> {
    let transaction = connection.transaction().map_err(sql_error(ACTION))?;
    for change in changes {
        let run = |sql: &str, texts: &[&str]| {
            let mut statement = transaction.prepare_cached(sql)?;
            statement.execute(rusqlite::params_from_iter(texts))
        };
        match change {
            Change::Subscription(one) => run(
                "INSERT OR REPLACE INTO websub_subscription (id, source, state) VALUES (?1, ?2, ?3)",
                &[one.id.reveal(), one.source.as_str(), &subscription_cell(one)?],
            ),
            Change::Unsubscribed { id } => {
                run("DELETE FROM websub_subscription WHERE id = ?1", &[id.reveal()])
            }
            Change::Subscriber(one) => run(
                "INSERT OR REPLACE INTO websub_subscriber (callback, topic, state) VALUES (?1, ?2, ?3)",
                &[one.callback.reveal(), &one.topic, &subscriber_cell(one)?],
            ),
            Change::SubscriberGone { callback, topic } => run(
                "DELETE FROM websub_subscriber WHERE callback = ?1 AND topic = ?2",
                &[callback.reveal(), topic],
            ),
            Change::Announced(Announced { hub, topic, version }) => run(
                "INSERT OR REPLACE INTO websub_announced (hub, topic, version) VALUES (?1, ?2, ?3)",
                &[hub, topic, version],
            ),
            Change::Forgotten { hub, topic } => run(
                "DELETE FROM websub_announced WHERE hub = ?1 AND topic = ?2",
                &[hub, topic],
            ),
        }
        .map_err(sql_error(ACTION))?;
    }
    transaction.commit().map_err(sql_error(ACTION))
}
