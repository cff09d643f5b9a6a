ALTER TABLE report
    ADD COLUMN words_waiting boolean NOT NULL DEFAULT true,
    ADD COLUMN words_released_at timestamptz,
    ADD COLUMN released_remark_id bigint,
    ADD COLUMN work_given_at timestamptz;

UPDATE report SET words_waiting = false WHERE text_withheld OR NOT public;

CREATE INDEX ix_report_waiting ON report (filed_at, report_id) WHERE words_waiting;
CREATE INDEX ix_report_alike ON report (category, town) WHERE is_open;
CREATE INDEX ix_report_due ON report (due_at, report_id) WHERE is_open;
