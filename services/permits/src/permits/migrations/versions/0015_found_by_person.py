"""Owners are found by the parts of their names, by keyed hashes; who looks for a person is recorded."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE permit_request_name_part (
    request_id uuid NOT NULL,
    position integer NOT NULL,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_request_name_part PRIMARY KEY (position, place, request_id),
    CONSTRAINT fk_permit_request_name_part_owner FOREIGN KEY (request_id, position)
        REFERENCES permit_request_owner (request_id, position)
);
CREATE INDEX ix_permit_request_name_part_part_key ON permit_request_name_part (part_key);
CREATE INDEX ix_permit_request_name_part_request_id_position
    ON permit_request_name_part (request_id, position);

CREATE TABLE permit_name_part (
    permit_id uuid NOT NULL,
    position integer NOT NULL,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_name_part PRIMARY KEY (position, place, permit_id),
    CONSTRAINT fk_permit_name_part_owner FOREIGN KEY (permit_id, position)
        REFERENCES permit_owner (permit_id, position)
);
CREATE INDEX ix_permit_name_part_part_key ON permit_name_part (part_key);
CREATE INDEX ix_permit_name_part_permit_id_position ON permit_name_part (permit_id, position);

CREATE INDEX ix_permit_request_owner_id_key ON permit_request_owner (id_key);

CREATE TABLE person_search (
    search_id uuid CONSTRAINT pk_person_search PRIMARY KEY,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    name text,
    client_id text NOT NULL,
    municipality text,
    kind text NOT NULL,
    searched_key text NOT NULL,
    reason text NOT NULL,
    found integer NOT NULL
);
CREATE INDEX ix_person_search_subject_at ON person_search (subject, at);
CREATE INDEX ix_person_search_searched_key ON person_search (searched_key);
"""


def upgrade() -> None:
    op.execute(TABLES)
