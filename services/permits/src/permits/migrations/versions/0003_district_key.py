"""Districts and plans are compared in the spelling that the partner gateway compares them in.

The key of a district is new and nullable, because the version before writes none; its rows are
found by district once they're written again. A later release fills the rest and sets NOT NULL.
"""

from collections.abc import Callable

from alembic import op
from sqlalchemy import text

from saudi.land import plan_key
from saudi.text import place_key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE permit ADD COLUMN district_key text")
    _spell("district_key", "land ->> 'district'", place_key)
    _spell("plan_key", "plan_key", plan_key)
    op.execute("DROP INDEX ix_permit_town_district_issued_on_permit_id")
    op.execute(
        "CREATE INDEX ix_permit_town_district_key_issued_on_permit_id"
        " ON permit ((land ->> 'town'), district_key, issued_on, permit_id)"
    )


def _spell(column: str, written: str, key: Callable[[str], str]) -> None:
    """Sets the key of every spelling that occurs; there are some hundreds."""
    connection = op.get_bind()
    for (spelling,) in connection.execute(text(f"SELECT DISTINCT {written} FROM permit")):  # noqa: S608
        if spelling is not None and not (column == written and key(spelling) == spelling):
            connection.execute(
                text(f"UPDATE permit SET {column} = :key WHERE {written} = :spelling"),  # noqa: S608
                {"key": key(spelling), "spelling": spelling},
            )
