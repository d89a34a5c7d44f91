-- What people and the supervisor keep in a workspace besides runs.

CREATE TABLE tags (
    run_num INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    tag     TEXT    NOT NULL,
    PRIMARY KEY (run_num, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);

CREATE TABLE datasets (
    name        TEXT    NOT NULL PRIMARY KEY,
    path        TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    facts       TEXT    NOT NULL,                     -- JSON
    builtin     INTEGER NOT NULL,
    problem     TEXT,
    checked_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL                               -- JSON
) STRICT, WITHOUT ROWID;

-- The one supervisor, as it last wrote of itself.
CREATE TABLE supervisor (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    pid     INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    status  TEXT    NOT NULL                          -- JSON
) STRICT;
