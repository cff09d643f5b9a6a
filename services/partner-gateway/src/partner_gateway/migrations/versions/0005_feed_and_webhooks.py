"""The change feed, and the addresses that its changes are told to."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE feed_event (
    event bigint GENERATED ALWAYS AS IDENTITY,
    event_id text NOT NULL,
    audiences text[] NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    number text,
    path text NOT NULL,
    at timestamptz NOT NULL,
    document bytea NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    placed_at timestamptz,
    CONSTRAINT pk_feed_event PRIMARY KEY (event),
    CONSTRAINT uq_feed_event_event_id UNIQUE (event_id)
);
CREATE INDEX ix_feed_event_waiting ON feed_event (event) WHERE placed_at IS NULL;
CREATE INDEX ix_feed_event_placed_at ON feed_event USING brin (placed_at);
CREATE TABLE feed_place (
    audience text NOT NULL,
    place bigint NOT NULL,
    event bigint NOT NULL,
    CONSTRAINT pk_feed_place PRIMARY KEY (audience, place),
    CONSTRAINT fk_feed_place_event FOREIGN KEY (event) REFERENCES feed_event (event)
);
CREATE INDEX ix_feed_place_event ON feed_place (event);
CREATE TABLE feed_head (
    audience text NOT NULL,
    first bigint NOT NULL DEFAULT 1,
    last bigint NOT NULL,
    CONSTRAINT pk_feed_head PRIMARY KEY (audience)
);
CREATE TABLE webhook (
    webhook_id uuid NOT NULL,
    version integer NOT NULL,
    organisation text NOT NULL,
    audience text NOT NULL,
    url bytea NOT NULL,
    secret bytea,
    older_secret bytea,
    older_secret_until timestamptz,
    secret_rotated_at timestamptz,
    state text NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    challenge_asked_at timestamptz,
    challenge_due_at timestamptz,
    challenge_tries smallint NOT NULL DEFAULT 0,
    challenge_outcome text,
    place bigint,
    failing_since timestamptz,
    failures integer NOT NULL DEFAULT 0,
    resting_until timestamptz,
    delivered_at timestamptz,
    CONSTRAINT pk_webhook PRIMARY KEY (webhook_id)
);
CREATE INDEX ix_webhook_organisation ON webhook (organisation);
CREATE TABLE webhook_delivery (
    webhook_id uuid NOT NULL,
    place bigint NOT NULL,
    event bigint NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    outcome text,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (webhook_id, place),
    CONSTRAINT fk_webhook_delivery_webhook_id FOREIGN KEY (webhook_id) REFERENCES webhook (webhook_id),
    CONSTRAINT fk_webhook_delivery_event FOREIGN KEY (event) REFERENCES feed_event (event)
);
CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_webhook_delivery_event ON webhook_delivery (event);
CREATE INDEX ix_webhook_delivery_ended_at ON webhook_delivery USING brin (ended_at);
"""


def upgrade() -> None:
    op.execute(TABLES)
