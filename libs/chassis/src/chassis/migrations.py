"""Migrations: Alembic, one numbered chain per service, under a lock so that several starts don't race."""

from importlib.resources import files
from pathlib import Path

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

LOCK = 0x4D49


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(str(files(package))) / "migrations"))
    return config


def upgrade(package: str, url: str) -> str:
    """Brings the database to the newest migration of the package; answers its number."""
    engine = create_engine(url, connect_args={"options": "-c lock_timeout=5000 -c timezone=UTC"})
    config = _config(package)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return str(head(package))


def head(package: str) -> str | None:
    """The number of the newest migration."""
    return ScriptDirectory.from_config(_config(package)).get_current_head()


def is_current(package: str, connection: Connection) -> bool:
    """Whether the database has what this code needs: its newest migration, or a later one, which only adds."""
    number = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return number is not None and str(number) >= str(head(package))


def run() -> None:
    """The whole of a service's `migrations/env.py`."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


# Frozen: a later change of these tables is a new function with a new number, called by a new migration of each service.
_TABLES_0001 = """
CREATE TABLE outbox (
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
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
CREATE INDEX ix_outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE TABLE outbox_parked (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    outbox_id bigint NOT NULL,
    reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (aggregate_type, aggregate_id)
);
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX ix_inbox_received_at ON inbox (received_at);
CREATE TABLE dead_letter (
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
CREATE INDEX ix_dead_letter_open ON dead_letter (consumer, topic, key) WHERE replayed_at IS NULL;
CREATE TABLE consumer_progress (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    complete_until timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);
CREATE TABLE token_revocation (
    kind text NOT NULL,
    value text NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (kind, value)
);
"""


def create_chassis_tables() -> None:
    """The chassis' own tables in their first form; called by migration 0001 of each service."""
    op.execute(_TABLES_0001)


_TABLES_0002 = """
CREATE TABLE used_proof (
    proof_hash bytea PRIMARY KEY,
    forget_after timestamptz NOT NULL
);
CREATE INDEX ix_used_proof_forget_after ON used_proof (forget_after);
CREATE TABLE revocation_view (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    complete_until timestamptz NOT NULL
);
INSERT INTO revocation_view (complete_until) VALUES (now());
"""


def create_token_tables() -> None:
    """DPoP proofs that were used, and until when the revocations are known; from the migration on, which is a grace."""
    op.execute(_TABLES_0002)
