-- Recorded values. Blobs are described and versioned in crates/store/src/codec.rs.

-- What a stream's rows look like: its name and columns. Shared by all runs that record the same.
CREATE TABLE shapes (
    num     INTEGER NOT NULL PRIMARY KEY,
    hash    TEXT    NOT NULL UNIQUE,
    name    TEXT    NOT NULL,
    columns TEXT    NOT NULL                          -- JSON: [{name, unit, kind}]
) STRICT;

-- A journal's stream declarations, by the number that its rows bear.
CREATE TABLE streams (
    run_num   INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    stream    INTEGER NOT NULL,
    shape_num INTEGER NOT NULL REFERENCES shapes (num),
    PRIMARY KEY (run_num, attempt, stream),
    FOREIGN KEY (run_num, attempt) REFERENCES attempts (run_num, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Rows as they came, a few at a time, all columns of a stream together; larger levels are merged smaller ones.
CREATE TABLE row_groups (
    num        INTEGER NOT NULL PRIMARY KEY,
    run_num    INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    shape_num  INTEGER NOT NULL REFERENCES shapes (num),
    level      INTEGER NOT NULL,
    first_step INTEGER NOT NULL,                      -- least and greatest step inside
    last_step  INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    data       BLOB    NOT NULL
) STRICT;
CREATE INDEX row_groups_by_series ON row_groups (run_num, shape_num, attempt, level, num);

-- Compacted values of one column (level 0, the same blob with one column) and its pyramid (levels above).
CREATE TABLE chunks (
    num        INTEGER NOT NULL PRIMARY KEY,
    run_num    INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    shape_num  INTEGER NOT NULL REFERENCES shapes (num),
    column_index INTEGER NOT NULL,
    level      INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    last_step  INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    data       BLOB    NOT NULL
) STRICT;
CREATE INDEX chunks_by_series ON chunks (run_num, shape_num, column_index, level, attempt, num);

-- Last, least and greatest of the values in force, all columns of a shape in one blob.
CREATE TABLE summaries (
    run_num   INTEGER NOT NULL REFERENCES runs (num) ON DELETE CASCADE,
    shape_num INTEGER NOT NULL REFERENCES shapes (num),
    data      BLOB    NOT NULL,
    PRIMARY KEY (run_num, shape_num)
) STRICT;
