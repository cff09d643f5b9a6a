"""The FAPI 2.0 profile: pushed authorization requests, and tokens and codes that are bound to a key."""

from alembic import op

revision = "0003"
down_revision = "0002"

_FAPI = """
ALTER TABLE client ADD COLUMN dpop_bound boolean NOT NULL DEFAULT false;
ALTER TABLE authorization_code ADD COLUMN dpop_jkt text;
CREATE TABLE pushed_request (
    request_hash bytea CONSTRAINT pk_pushed_request PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_pushed_request_client_id REFERENCES client (client_id),
    parameters jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    browser_hash bytea,
    answered_at timestamptz
);
CREATE INDEX ix_pushed_request_expires_at ON pushed_request (expires_at);
"""


def upgrade() -> None:
    op.execute(_FAPI)
