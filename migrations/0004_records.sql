-- The rare records of a journal: events, checkpoints, log lines.

CREATE TABLE events (
    id         INTEGER NOT NULL PRIMARY KEY,
    run_num    INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    step       INTEGER NOT NULL,
    end_step   INTEGER,
    layer      TEXT,
    injected   INTEGER NOT NULL,
    details    TEXT    NOT NULL,                      -- JSON
    at         INTEGER,
    superseded INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (run_num, superseded, kind, step);

CREATE TABLE checkpoints (
    run_num    INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    path       TEXT    NOT NULL,                      -- relative to the run folder
    size_bytes INTEGER,
    at         INTEGER,
    removed    INTEGER NOT NULL DEFAULT 0,            -- the files are gone
    superseded INTEGER NOT NULL,
    PRIMARY KEY (run_num, attempt, step)
) STRICT, WITHOUT ROWID;

-- The tail only; the whole log is in the run folder.
CREATE TABLE logs (
    id      INTEGER NOT NULL PRIMARY KEY,
    run_num INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    at      INTEGER,
    level   TEXT    NOT NULL,
    step    INTEGER,
    text    TEXT    NOT NULL
) STRICT;
CREATE INDEX logs_by_run ON logs (run_num, id);
