"""Requests and permits are found by plan, plot, district and deed, in the spelling of saudi.finding."""

from alembic import op
from sqlalchemy import text

from saudi.finding import place_keys

revision = "0014"
down_revision = "0013"

CHANGES = """
ALTER TABLE permit_request ADD COLUMN plan_key text, ADD COLUMN district_key text,
    ADD COLUMN plot_keys text[], ADD COLUMN deed_key text;
ALTER TABLE permit ADD COLUMN plot_keys text[], ADD COLUMN deed_key text;
DROP INDEX ix_permit_request_request_number;
DROP INDEX ix_permit_request_number;
CREATE INDEX ix_permit_request_lower_request_number ON permit_request (lower(request_number));
CREATE INDEX ix_permit_lower_request_number ON permit (lower(request_number));
CREATE INDEX ix_permit_request_plan_key ON permit_request (plan_key);
CREATE INDEX ix_permit_request_deed_key ON permit_request (deed_key);
CREATE INDEX ix_permit_request_plot_keys ON permit_request USING gin (plot_keys);
CREATE INDEX ix_permit_deed_key ON permit (deed_key);
CREATE INDEX ix_permit_plot_keys ON permit USING gin (plot_keys);
"""
WHOLE = "land ?& ARRAY['plan_number', 'plots', 'town', 'district']"
SET = (
    "UPDATE {table} SET plan_key = :plan, district_key = :district, plot_keys = :plots,"
    " deed_key = :deed WHERE {key} = :key"
)


def upgrade() -> None:
    op.execute(CHANGES)
    for table, key in (("permit_request", "request_id"), ("permit", "permit_id")):
        _fill(table, key)


def _fill(table: str, key: str) -> None:
    connection = op.get_bind()
    update = text(SET.format(table=table, key=key))
    for row_key, land in connection.exec_driver_sql(
        f"SELECT {key}, land FROM {table} WHERE {WHOLE}"  # noqa: S608
    ).all():
        keys = place_keys(land)
        values = {"district": keys.district, "plots": keys.plots, "deed": keys.deed}
        plan = keys.plan if land["plan_number"] else None
        connection.execute(update, {**values, "plan": plan, "key": row_key})
