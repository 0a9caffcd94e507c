-- WebSub. A few rows each; what is in `state` is JSON, so that it may grow without a migration.

-- Subscriptions of ours, by the last part of their callbacks.
CREATE TABLE websub_subscription (
    id     TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    state  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Those who subscribed with us.
CREATE TABLE websub_subscriber (
    callback TEXT NOT NULL,
    topic    TEXT NOT NULL,
    state    TEXT NOT NULL,
    PRIMARY KEY (callback, topic)
) STRICT, WITHOUT ROWID;

-- Which version of a document each hub was last told of.
CREATE TABLE websub_announced (
    hub     TEXT NOT NULL,
    topic   TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (hub, topic)
) STRICT, WITHOUT ROWID;
