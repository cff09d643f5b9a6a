-- `version` counts the changes of a row, as in every aggregate; the version of the rules has a name.
ALTER TABLE rule_version RENAME COLUMN version TO name;
ALTER TABLE rule_version ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE rule_version ALTER COLUMN version DROP DEFAULT;
ALTER TABLE rule_version ADD COLUMN status text NOT NULL DEFAULT 'approved';
ALTER TABLE rule_version ALTER COLUMN status DROP DEFAULT;
ALTER TABLE rule_version ADD COLUMN source text;
UPDATE rule_version SET source = document::text; -- JSON is YAML
ALTER TABLE rule_version ALTER COLUMN source SET NOT NULL;
ALTER TABLE rule_version ADD COLUMN proposed_at timestamptz;
ALTER TABLE rule_version ADD COLUMN proposed_by text;
ALTER TABLE rule_version ALTER COLUMN loaded_at DROP NOT NULL;
ALTER TABLE rule_version ALTER COLUMN loaded_by DROP NOT NULL;
ALTER TABLE rule_version ADD COLUMN replay jsonb;
