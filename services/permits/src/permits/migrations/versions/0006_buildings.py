"""A permit names its predecessor, its successor and its building.

What was issued before gets all three here; the permits are some thousands. The version before writes none of them, so
all are nullable: a permit without a building is one of its own.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

COLUMNS = """
ALTER TABLE permit ADD COLUMN building_id uuid, ADD COLUMN predecessor jsonb, ADD COLUMN successor jsonb
"""
PREDECESSOR = """
UPDATE permit SET predecessor = jsonb_build_object('permit_id', before.permit_id, 'permit_number', before.permit_number)
FROM permit before WHERE before.permit_id = permit.previous_permit_id
"""
SUCCESSOR = """
UPDATE permit SET successor = jsonb_build_object('permit_id', later.permit_id, 'permit_number', later.permit_number)
FROM permit later WHERE later.previous_permit_id = permit.permit_id AND permit.status IN ('renewed', 'superseded')
    AND later.kind IN ('renewal', 'ownership_transfer', 'addition', 'correction')
"""
BUILDING = """
WITH RECURSIVE line AS (
    SELECT permit_id, permit_id AS building_id, successor FROM permit
    WHERE NOT EXISTS (
        SELECT 1 FROM permit before WHERE before.permit_id = permit.previous_permit_id
        AND before.successor ->> 'permit_id' = permit.permit_id::text)
    UNION ALL
    SELECT permit.permit_id, line.building_id, permit.successor FROM line
    JOIN permit ON permit.permit_id = (line.successor ->> 'permit_id')::uuid
)
UPDATE permit SET building_id = line.building_id FROM line WHERE line.permit_id = permit.permit_id
"""


def upgrade() -> None:
    for statement in (COLUMNS, PREDECESSOR, SUCCESSOR, BUILDING):
        op.execute(statement)
