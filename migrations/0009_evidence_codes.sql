-- The kind and fields of a state's evidence, as JSON beside its English text; NULL: a version without kinds wrote it.

ALTER TABLE runs ADD COLUMN evidence_code TEXT;
ALTER TABLE transitions ADD COLUMN evidence_code TEXT;
