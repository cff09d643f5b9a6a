"""What the chassis' token check remembers: used DPoP proofs, and until when revocations are known."""

from chassis.migrations import create_token_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_token_tables()
