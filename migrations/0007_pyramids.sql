-- Compacted series: row groups become chunks of one column each, and nodes that summarise them for drawing. The blobs are
-- described in crates/store/src/codec.rs and crates/store/src/nodes.rs.

DROP TABLE chunks;                                    -- nothing ever wrote it

-- About a thousand values of one column in order of step; column -1 holds their steps and elapsed times.
CREATE TABLE chunks (
    num          INTEGER NOT NULL PRIMARY KEY,
    run_num      INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt      INTEGER NOT NULL,
    shape_num    INTEGER NOT NULL REFERENCES shapes (num),
    column_index INTEGER NOT NULL,
    chunk        INTEGER NOT NULL,                    -- 0, 1, … of the attempt and shape
    first_step   INTEGER NOT NULL,
    last_step    INTEGER NOT NULL,
    row_count    INTEGER NOT NULL,
    data         BLOB    NOT NULL
) STRICT;
CREATE INDEX chunks_by_series
    ON chunks (run_num, shape_num, attempt, column_index, chunk, first_step, last_step);

-- 256 neighbouring nodes of one column and level; node k of level l holds the steps from k · 32 · 4^l.
CREATE TABLE nodes (
    num          INTEGER NOT NULL PRIMARY KEY,
    run_num      INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt      INTEGER NOT NULL,
    shape_num    INTEGER NOT NULL REFERENCES shapes (num),
    level        INTEGER NOT NULL,
    column_index INTEGER NOT NULL,
    block        INTEGER NOT NULL,
    data         BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX nodes_by_series ON nodes (run_num, shape_num, attempt, level, column_index, block);

-- How far an attempt's rows of a shape are compacted.
CREATE TABLE compactions (
    run_num   INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt   INTEGER NOT NULL,
    shape_num INTEGER NOT NULL REFERENCES shapes (num),
    chunks    INTEGER NOT NULL,                       -- how many there are
    last_step INTEGER NOT NULL,                       -- of the last row in them
    closed_to INTEGER NOT NULL,                       -- levels above 0 hold the steps before
    PRIMARY KEY (run_num, attempt, shape_num)
) STRICT, WITHOUT ROWID;
