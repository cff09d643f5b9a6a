"""Outbox, inbox, dead letters, progress, revocations, used proofs, counts of limits.

Databases from before this chain have these tables already, made by the service's own migrations, and keep them.
`revocation_view` begins at the migration's time, which is a grace until the first heartbeat comes.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE IF NOT EXISTS outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    shard smallint NOT NULL,
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    version integer NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    data bytea NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    PRIMARY KEY (id, created_on),
    UNIQUE (aggregate_type, aggregate_id, version, created_on)
) PARTITION BY RANGE (created_on);
CREATE TABLE IF NOT EXISTS outbox_default PARTITION OF outbox DEFAULT;
CREATE INDEX IF NOT EXISTS ix_outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE TABLE IF NOT EXISTS outbox_parked (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    outbox_id bigint NOT NULL,
    reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (aggregate_type, aggregate_id)
);
CREATE TABLE IF NOT EXISTS inbox (
    consumer text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX IF NOT EXISTS ix_inbox_received_at ON inbox (received_at);
CREATE TABLE IF NOT EXISTS dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    traceparent text,
    reason text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz,
    UNIQUE (consumer, topic, partition, "offset")
);
CREATE INDEX IF NOT EXISTS ix_dead_letter_open ON dead_letter (consumer, topic, key) WHERE replayed_at IS NULL;
CREATE TABLE IF NOT EXISTS consumer_progress (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    complete_until timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);
CREATE TABLE IF NOT EXISTS token_revocation (
    kind text NOT NULL,
    value text NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE TABLE IF NOT EXISTS used_proof (
    proof_hash bytea PRIMARY KEY,
    forget_after timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_used_proof_forget_after ON used_proof (forget_after);
CREATE TABLE IF NOT EXISTS revocation_view (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    complete_until timestamptz NOT NULL
);
INSERT INTO revocation_view (complete_until) VALUES (now()) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS quota_used (
    policy text NOT NULL,
    subject text NOT NULL,
    starts_at bigint NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT pk_quota_used PRIMARY KEY (policy, subject, starts_at)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
