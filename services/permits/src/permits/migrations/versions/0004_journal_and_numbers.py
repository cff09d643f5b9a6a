"""The record of actions and the serials move into the chassis' journal and number series.

`permits` must be stopped for it, `serve` and `work`: an older process writes tables that aren't there afterwards. The
locks come first, so that a row of one that wasn't stopped is moved, or never written.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

MOVE = """
LOCK TABLE action, serial IN ACCESS EXCLUSIVE MODE;
INSERT INTO journal
    (aggregate_type, aggregate_id, version, action, note, details, at, subject, client_id, organisation)
SELECT aggregate, aggregate_id::text, version, action, note, details, at, subject, client_id, organisation
FROM action ORDER BY action_id;
INSERT INTO number_series (series, branch, year, last)
SELECT document, municipality, year_hijri, last FROM serial;
DROP TABLE action;
DROP FUNCTION refuse_change();
DROP TABLE serial;
"""


def upgrade() -> None:
    op.execute(MOVE)
