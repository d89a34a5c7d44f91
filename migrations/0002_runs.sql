-- Runs, their attempts, every change of state with its evidence, and the wishes of clients.

CREATE TABLE runs (
    num            INTEGER NOT NULL PRIMARY KEY,
    id             TEXT    NOT NULL UNIQUE,           -- UUIDv7
    sweep_num      INTEGER REFERENCES sweeps (num) ON DELETE SET NULL,
    sweep_revision INTEGER,
    point          TEXT    NOT NULL REFERENCES points (hash),
    seed           INTEGER NOT NULL,                  -- the 64 bits of a u64
    recipe         TEXT    NOT NULL,                  -- JSON, every parameter, with this run's seed and device
    axes           TEXT    NOT NULL,                  -- JSON object: what the sweep varies, at this point
    label          TEXT    NOT NULL,
    note           TEXT    NOT NULL DEFAULT '',
    state          TEXT    NOT NULL,
    evidence       TEXT    NOT NULL,
    attempt        INTEGER NOT NULL DEFAULT 0,        -- the newest; 0: none yet
    device         TEXT,
    priority       INTEGER NOT NULL DEFAULT 0,        -- higher goes first
    queue_rank     INTEGER NOT NULL DEFAULT 0,        -- then lower goes first
    steps_done     INTEGER NOT NULL DEFAULT 0,        -- in force
    total_steps    INTEGER,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    ended_at       INTEGER,
    revision       INTEGER NOT NULL
) STRICT;
-- "Fill the gaps": one run a point and seed in a sweep.
CREATE UNIQUE INDEX runs_by_sweep ON runs (sweep_num, point, seed) WHERE sweep_num IS NOT NULL;
CREATE INDEX runs_by_point ON runs (point, seed);
CREATE INDEX runs_by_revision ON runs (revision);
CREATE INDEX runs_by_state ON runs (state);
CREATE INDEX runs_in_queue ON runs (priority DESC, queue_rank, num) WHERE state = 'queued';

CREATE TABLE removed_runs (
    id       TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE attempts (
    run_num        INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    number         INTEGER NOT NULL,                  -- 1, 2, …
    first_step     INTEGER NOT NULL,
    resume_from    TEXT,                              -- checkpoint, relative to the run folder
    device         TEXT,
    -- Its journal's header is in: from now on it supersedes earlier attempts from first_step on.
    recorded       INTEGER NOT NULL DEFAULT 0,
    journal_offset INTEGER NOT NULL DEFAULT 0,        -- bytes ingested
    control_seq    INTEGER NOT NULL DEFAULT 0,        -- last acknowledged
    last_step      INTEGER,                           -- greatest recorded, in force or not
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,                           -- the journal's word
    ended_at       INTEGER,
    end_record     TEXT,                              -- JSON, the journal's last record
    exit_record    TEXT,                              -- JSON, what the guard saw
    PRIMARY KEY (run_num, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions (
    id         INTEGER NOT NULL PRIMARY KEY,
    run_num    INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    from_state TEXT,                                  -- NULL: the run's first
    to_state   TEXT    NOT NULL,
    evidence   TEXT    NOT NULL,
    data       TEXT    NOT NULL                       -- JSON
) STRICT;
CREATE INDEX transitions_by_run ON transitions (run_num, id);

-- Clients write them; the supervisor takes each exactly once.
CREATE TABLE requests (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run_num    INTEGER REFERENCES runs (num) ON DELETE CASCADE,
    command    TEXT    NOT NULL,
    arguments  TEXT    NOT NULL,                      -- JSON
    status     TEXT    NOT NULL DEFAULT 'new',        -- new, taken, done, refused
    answer     TEXT,                                  -- what was done, or why not
    created_at INTEGER NOT NULL,
    taken_at   INTEGER,
    settled_at INTEGER
) STRICT;
CREATE INDEX requests_unsettled ON requests (id) WHERE status IN ('new', 'taken');
