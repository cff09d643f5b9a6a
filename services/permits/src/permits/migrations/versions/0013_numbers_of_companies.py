"""A company's number is that of one certificate, pending or ever issued.

`partner` is missing where the number was given before: such a number is looked for in the index of before.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

NUMBERS = """
ALTER TABLE certificate ADD COLUMN partner text;
CREATE UNIQUE INDEX uq_certificate_partner_number ON certificate (partner, upper(partner_certificate_number))
    WHERE status = 'pending' OR issued_on IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(NUMBERS)
