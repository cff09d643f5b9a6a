"""The issuer's public keys, kept for a start while the issuer is away."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = """
CREATE TABLE issuer_keys (
    jwks_url text PRIMARY KEY,
    keys jsonb NOT NULL,
    fetched_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(TABLE)
