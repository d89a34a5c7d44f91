-- Runs that Vitals did not train: where they came from, and a configuration that is theirs. Such a run has no parameters.

CREATE TABLE imports (
    run_num     INTEGER NOT NULL PRIMARY KEY REFERENCES runs (num) ON DELETE CASCADE,
    source      TEXT    NOT NULL,                     -- JSON: kind, tool, version, path
    original_id TEXT,                                 -- what the other tool calls it; NULL: not known
    config      TEXT    NOT NULL                      -- JSON object: flat keys; numbers, truth values, texts
) STRICT;

-- The point of every imported run: none of them has a parameter.
INSERT INTO points (hash, recipe) VALUES ('imported', '{}');

-- Versions before this one gave an imported run the parameters of a preset. They are known by the evidence of their first
-- state, or, where they came back from their folder, by the words of their end.
INSERT INTO imports (run_num, source, original_id, config)
SELECT r.num,
       CASE
           WHEN t.evidence LIKE 'imported from %'
               THEN json_object('kind', 'csv', 'tool', NULL, 'version', NULL, 'path', substr(t.evidence, 15))
           ELSE json_object('kind', 'csv', 'tool', NULL, 'version', NULL, 'path', NULL)
       END,
       NULL,
       '{}'
FROM runs r
JOIN transitions t ON t.run_num = r.num AND t.from_state IS NULL
WHERE r.sweep_num IS NULL
  AND r.probed_run IS NULL
  AND (t.evidence LIKE 'imported from %'
       OR (t.evidence = 'read from its folder'
           AND EXISTS (SELECT 1 FROM attempts a
                       WHERE a.run_num = r.num AND json_extract(a.end_record, '$.message') = 'imported')));

UPDATE clock SET revision = revision + 1 WHERE EXISTS (SELECT 1 FROM imports);
UPDATE runs SET point = 'imported', seed = 0, recipe = '{}', axes = '{}', revision = (SELECT revision FROM clock WHERE id = 1)
WHERE num IN (SELECT run_num FROM imports);
