-- Version 1. Times are seconds since 1970-01-01T00:00:00Z; ids and digests are 16 bytes.
-- Sources, topics, entries and stories have small numbers of their own: rows point to each other by them, never by text.

PRAGMA application_id = 0x7469646e; -- "tidn"

CREATE TABLE source (
    source        INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,
    etag          BLOB,
    last_modified BLOB,
    body_digest   BLOB,
    state         TEXT NOT NULL,              -- all else that is remembered of it: JSON, so that it may grow without a migration
    entries       INTEGER NOT NULL DEFAULT 0, -- how many it has in `entry`
    kept          INTEGER NOT NULL DEFAULT 0  -- how many of them some topic keeps
) STRICT;

-- The identities in the last document of a source. Apart from `source`, which each poll rewrites.
CREATE TABLE listing (
    source     INTEGER PRIMARY KEY,
    identities BLOB NOT NULL -- 16 bytes each, in document order
) STRICT;

CREATE TABLE topic (
    topic INTEGER PRIMARY KEY, -- 1 and up: 0 stands for "every story" in `story_topic`
    name  TEXT NOT NULL UNIQUE
) STRICT;

-- A story has the number of the entry that opened it, so that stories, like entries, are only ever appended.
CREATE TABLE story (
    story     INTEGER PRIMARY KEY,
    id        BLOB NOT NULL,
    published INTEGER NOT NULL, -- the earliest member's date
    topics    TEXT              -- the topics that keep some member: numbers, ascending, with commas; NULL for none
) STRICT;

-- Ids are digests and fall anywhere in an index; four bytes of them tell stories apart and keep the index a third as large.
CREATE INDEX story_id ON story (substr(id, 1, 4));

-- Which stories a topic keeps, newest first. What `story` says, as an index: a row for each of its topics, and one for topic 0.
CREATE TABLE story_topic (
    topic     INTEGER NOT NULL,
    published INTEGER NOT NULL,
    story     INTEGER NOT NULL,
    PRIMARY KEY (topic, published DESC, story)
) STRICT, WITHOUT ROWID;

-- Small and sought columns come first: what lies behind the long ones is read only by those who want the long ones.
CREATE TABLE entry (
    entry            INTEGER PRIMARY KEY, -- never used again (`counter`)
    source           INTEGER NOT NULL,
    story            INTEGER NOT NULL,
    first_seen       INTEGER NOT NULL,
    changed          INTEGER,             -- when its source last changed it
    published        INTEGER NOT NULL,    -- when it counts as published
    origin           INTEGER NOT NULL,    -- of that date: 0 stated, 1 clamped, 2 first seen
    joined           INTEGER NOT NULL,    -- its story: 0 founded, 1 same URL, 2 same headline
    identity         BLOB NOT NULL,
    fingerprint      BLOB NOT NULL,
    topics           TEXT,                -- the topics that keep it: as in `story`
    language         TEXT,                -- as settled
    guid             TEXT,
    link             TEXT,
    title            TEXT,
    joined_by        TEXT,                -- the URL or folded headline that `joined` is about
    stated_published INTEGER,
    stated_updated   INTEGER,
    stated_language  TEXT,
    more             TEXT,                -- authors, categories, enclosures, image, outlet: JSON, NULL if there are none
    verdicts         TEXT,                -- of every topic that spoke, with its evidence: JSON, NULL if none did
    summary_text     TEXT,                -- '' if it is the same as `summary`
    summary          TEXT,
    content          TEXT
) STRICT;

CREATE UNIQUE INDEX entry_identity ON entry (source, identity);
CREATE INDEX entry_first_seen ON entry (first_seen);
-- Most entries are alone in the story they opened and need no row here.
CREATE INDEX entry_joined ON entry (story) WHERE entry <> story;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('next entry', 1);

CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
