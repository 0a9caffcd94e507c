-- When members last came to a story from others, or went to others; NULL if none ever did.
ALTER TABLE story ADD COLUMN rearranged INTEGER;

-- The ids of stories that are no more because all their members went to others: such an id leads to the story that this entry is in now. An id
-- that is in `story` too has come back, and its row here means nothing.
CREATE TABLE former_story (
    id    BLOB PRIMARY KEY,
    entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX former_story_entry ON former_story (entry);

-- What headlines mean, as far as it was worked out. Goes with the entry, and when its headline changes.
CREATE TABLE vector (
    entry   INTEGER PRIMARY KEY,
    encoder INTEGER NOT NULL, -- the version that made it; those of other versions are as good as none
    value   BLOB NOT NULL
) STRICT;

-- What the curator said of stories and entries. Kept for ever: by names that outlive rows, and by ids that cannot be used twice.
CREATE TABLE decision (
    number   INTEGER PRIMARY KEY, -- the order in which they were kept
    decision BLOB NOT NULL UNIQUE, -- 16 bytes, of the command that said it, so that it is not taken in twice
    at       INTEGER NOT NULL,
    word     TEXT NOT NULL        -- JSON
) STRICT;
