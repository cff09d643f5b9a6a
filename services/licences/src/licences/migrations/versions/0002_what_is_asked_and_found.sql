ALTER TABLE application ADD COLUMN ends_on date;
ALTER TABLE application ADD COLUMN inspection jsonb;
ALTER TABLE application ADD COLUMN follows_id uuid;
ALTER TABLE violation ADD COLUMN findings bytea;
ALTER TABLE licence ADD COLUMN visit_due_on date;
