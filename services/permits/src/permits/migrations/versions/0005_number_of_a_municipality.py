"""Balady's request number is unique within a municipality: an affiliated one neither learns of nor blocks another's."""

from alembic import op

revision = "0005"
down_revision = "0004"

CONSTRAINT = """
ALTER TABLE permit_request
    ADD CONSTRAINT uq_permit_request_municipality_request_number UNIQUE (municipality, request_number),
    DROP CONSTRAINT uq_permit_request_request_number
"""


def upgrade() -> None:
    op.execute(CONSTRAINT)
