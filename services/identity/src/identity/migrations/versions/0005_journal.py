"""Who changed a row of the register last moves into the chassis' journal.

`serve` of `identity` must be stopped for it: an older process writes columns that aren't there afterwards. The other
services go on verifying tokens meanwhile.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

MOVE = """
LOCK TABLE organisation, person, client, access_grant IN ACCESS EXCLUSIVE MODE;
INSERT INTO journal (aggregate_type, aggregate_id, version, action, at, subject, client_id)
SELECT aggregate, id, version, CASE version WHEN 1 THEN 'register' ELSE 'amend' END, changed_at, changed_by, 'unknown'
FROM (
    SELECT 'organisation', code, version, changed_at, changed_by FROM organisation
    UNION ALL SELECT 'person', person_id, version, changed_at, changed_by FROM person
    UNION ALL SELECT 'client', client_id, version, changed_at, changed_by FROM client
    UNION ALL SELECT 'grant', grant_id, version, changed_at, changed_by FROM access_grant
) AS row (aggregate, id, version, changed_at, changed_by) ORDER BY changed_at;
"""
COLUMNS = """
ALTER TABLE {table} DROP COLUMN created_at, DROP COLUMN changed_at, DROP COLUMN changed_by;
"""


def upgrade() -> None:
    op.execute(MOVE)
    for table in ("organisation", "person", "client", "access_grant"):
        op.execute(COLUMNS.format(table=table))
