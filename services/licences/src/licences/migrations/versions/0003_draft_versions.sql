ALTER TABLE draft ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE draft ADD COLUMN changed_by text;
