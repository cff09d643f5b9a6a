"""Receipts of several attempts at one provider are told apart; messages are found by state, and by a reference."""

from alembic import op

revision = "0004"
down_revision = "0003"

CHANGES = """
ALTER TABLE receipt ADD COLUMN provider_reference text;
DROP INDEX uq_receipt_provider_reference_status;
CREATE UNIQUE INDEX uq_receipt_provider_reference_status
    ON receipt (provider, reference, status, provider_reference) NULLS NOT DISTINCT;
-- Nobody asked by it: what somebody was told of a thing is found by the mobile.
DROP INDEX ix_message_about_type_about_id_created_at;
CREATE INDEX ix_message_state_created_at_message_id ON message (state, created_at, message_id);
CREATE INDEX ix_message_api_reference ON message (api_service_id, api_reference, created_at, message_id)
    WHERE api_reference IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(CHANGES)
