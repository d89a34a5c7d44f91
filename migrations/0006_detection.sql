-- Events that detection found, by the version of its rules, and the version that a run was last looked at with.

ALTER TABLE events ADD COLUMN detection INTEGER;                          -- NULL: a journal's or the supervisor's own
ALTER TABLE events ADD COLUMN amount REAL;                                -- a dip's area; NULL: none, or not counted
ALTER TABLE runs ADD COLUMN detection INTEGER NOT NULL DEFAULT 0;         -- 0: never
