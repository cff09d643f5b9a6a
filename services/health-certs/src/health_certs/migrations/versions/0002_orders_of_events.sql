ALTER TABLE examination ADD COLUMN worker_key text;
UPDATE examination SET worker_key = request.worker_key
FROM request
WHERE request.request_id = examination.request_id AND request.revision = examination.revision
    AND examination.status = 'accepted' AND examination.entry IS NOT NULL;
CREATE INDEX ix_examination_worker_key ON examination (worker_key) WHERE worker_key IS NOT NULL;

ALTER TABLE certificate ADD COLUMN cleared_at timestamptz;
ALTER TABLE certificate ADD COLUMN clearance text;

ALTER TABLE education ADD COLUMN voided_at timestamptz;
ALTER TABLE education ADD COLUMN voided_by text;
ALTER TABLE education ADD COLUMN void_reason text;
