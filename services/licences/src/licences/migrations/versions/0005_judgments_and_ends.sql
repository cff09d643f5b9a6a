ALTER TABLE violation ADD COLUMN judgment_reasons bytea;
-- A cancellation left the objection open, and an end left the day from which an inspector looks again.
UPDATE violation SET seen_again_from = NULL WHERE ended_at IS NOT NULL AND seen_again_from IS NOT NULL;
UPDATE objection SET outcome = 'cancel', decided_at = violation.ended_at FROM violation
    WHERE violation.violation_id = objection.violation_id AND violation.status = 'cancelled' AND objection.decided_at IS NULL;
