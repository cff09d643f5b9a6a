"""Balady's number of a request that ended without a permit may be taken up again."""

from alembic import op

revision = "0012"
down_revision = "0011"

INDEX = """
ALTER TABLE permit_request DROP CONSTRAINT uq_permit_request_municipality_request_number;
CREATE UNIQUE INDEX uq_permit_request_municipality_request_number
    ON permit_request (municipality, request_number)
    WHERE status NOT IN ('rejected', 'cancelled_by_applicant', 'expired_unpaid');
CREATE INDEX ix_permit_request_request_number ON permit_request (request_number);
"""


def upgrade() -> None:
    op.execute(INDEX)
