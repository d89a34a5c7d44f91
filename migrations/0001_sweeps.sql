-- Sweeps with every revision of their text, and the points they expand to.

-- One counter for the whole workspace. Every change takes the next number and writes it beside what changed, so that
-- a client asks "what is newer than N" with one indexed read.
CREATE TABLE clock (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO clock (id, revision) VALUES (1, 0);

CREATE TABLE sweeps (
    num        INTEGER NOT NULL PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,   -- UUIDv7
    source     TEXT    UNIQUE,            -- the file that it comes from; NULL: none
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,          -- Unix milliseconds, as every time here
    revision   INTEGER NOT NULL
) STRICT;

CREATE TABLE sweep_revisions (
    sweep_num  INTEGER NOT NULL REFERENCES sweeps (num) ON DELETE CASCADE,
    number     INTEGER NOT NULL,          -- 1, 2, …
    hash       TEXT    NOT NULL,          -- of the text
    name       TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (sweep_num, number)
) STRICT;
CREATE INDEX sweep_revisions_by_hash ON sweep_revisions (hash);

-- A point is a recipe without what does not change its outcome (seed, device, threads, …).
CREATE TABLE points (
    hash   TEXT NOT NULL PRIMARY KEY,
    recipe TEXT NOT NULL                  -- JSON, every parameter
) STRICT;
