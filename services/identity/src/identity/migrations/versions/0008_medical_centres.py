"""Organisations are medical centres too. Like partners they belong to no municipality."""

from alembic import op

revision = "0008"
down_revision = "0007"

_KINDS = """
ALTER TABLE organisation DROP CONSTRAINT ck_organisation_kind;
ALTER TABLE organisation DROP CONSTRAINT ck_organisation_municipality;
ALTER TABLE organisation ADD CONSTRAINT ck_organisation_kind
    CHECK (kind IN ('municipality', 'affiliated_municipality', 'partner', 'medical_centre'));
ALTER TABLE organisation ADD CONSTRAINT ck_organisation_municipality
    CHECK ((kind IN ('partner', 'medical_centre')) = (municipality IS NULL));
"""


def upgrade() -> None:
    op.execute(_KINDS)
