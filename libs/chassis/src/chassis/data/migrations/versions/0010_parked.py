"""One parking lot (chassis.data.parking) in place of four, and the rows that workers postpone.

What was parked stays parked. A parked deadline leaves the table of live deadlines.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLE = """
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_parked PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_parked_kind CHECK (kind IN ('event', 'publication', 'deadline', 'call')),
    worker text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    partition integer,
    "offset" bigint,
    value bytea,
    traceparent text,
    outbox_id bigint,
    due_at timestamptz,
    reason text NOT NULL,
    tries integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    settlement text CONSTRAINT ck_parked_settlement CHECK (settlement IN ('retried', 'given-up', 'replaced')),
    settled_by text,
    settled_why text,
    CONSTRAINT ck_parked_settled CHECK (num_nulls(settled_at, settlement, settled_by, settled_why) IN (0, 4))
);
CREATE INDEX ix_parked_open ON parked (kind, worker, subject_type, subject_id) WHERE settled_at IS NULL;
CREATE UNIQUE INDEX uq_parked_subject ON parked (kind, worker, subject_type, subject_id)
    WHERE settled_at IS NULL AND kind <> 'event';
CREATE UNIQUE INDEX uq_parked_record ON parked (worker, subject_type, partition, "offset", sha256(value))
    WHERE kind = 'event';
"""
MOVE = """
INSERT INTO parked (kind, worker, subject_type, subject_id, partition, "offset", value, traceparent, reason, tries,
    parked_at, settled_at, settlement, settled_by, settled_why)
SELECT 'event', consumer, topic, key, partition, "offset", value, traceparent, reason, attempts, parked_at, replayed_at,
    CASE WHEN replayed_at IS NULL THEN NULL WHEN reason LIKE 'discarded: %' THEN 'given-up' ELSE 'retried' END,
    CASE WHEN replayed_at IS NOT NULL THEN 'before' END, CASE WHEN replayed_at IS NOT NULL THEN reason END
FROM dead_letter WHERE consumer NOT LIKE '%/outbox' ORDER BY id;
INSERT INTO parked (kind, worker, subject_type, subject_id, outbox_id, value, traceparent, reason, tries,
    parked_at, settled_at, settlement, settled_by, settled_why)
SELECT 'publication', 'relay', topic, key, "offset", value, traceparent, reason, 1, parked_at, replayed_at, 'given-up',
    'before', reason
FROM dead_letter WHERE consumer LIKE '%/outbox' ORDER BY id;
INSERT INTO parked (kind, worker, subject_type, subject_id, outbox_id, reason, tries, parked_at)
SELECT 'publication', 'relay', aggregate_type, aggregate_id, outbox_id, reason, 1, parked_at
FROM outbox_parked ORDER BY parked_at;
INSERT INTO parked (kind, worker, subject_type, subject_id, due_at, reason, tries)
SELECT 'deadline', kind, aggregate_type, aggregate_id, due_at, coalesce(reason, ''), attempts
FROM deadline WHERE try_at IS NULL ORDER BY due_at;
INSERT INTO parked (kind, worker, subject_type, subject_id, reason, tries, parked_at)
SELECT 'call', worker, '', key, '', tries, parked_at FROM put_off WHERE parked_at IS NOT NULL ORDER BY parked_at;
"""
DROP = """
DROP TABLE dead_letter, outbox_parked;
DELETE FROM deadline WHERE try_at IS NULL;
ALTER TABLE deadline ALTER COLUMN try_at SET NOT NULL;
DELETE FROM put_off WHERE parked_at IS NOT NULL;
ALTER TABLE put_off DROP COLUMN parked_at, DROP COLUMN since;
ALTER TABLE put_off RENAME TO postponed_row;
ALTER TABLE postponed_row RENAME CONSTRAINT pk_put_off TO pk_postponed_row;
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(MOVE)
    op.execute(DROP)
