-- What a probe judges: the run and the steps done at its checkpoint. No reference: a probe outlives the run that it judged.

ALTER TABLE runs ADD COLUMN probed_run TEXT;                              -- UUID; NULL: the run pre-trains
ALTER TABLE runs ADD COLUMN probed_step INTEGER;                          -- NULL: untrained, at the start of its seed
CREATE INDEX runs_by_probed_run ON runs (probed_run) WHERE probed_run IS NOT NULL;
