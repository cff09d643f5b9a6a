"""Reveals and disclosures stand beside searches for people, each with the owners it was about, for whom may ask."""

from alembic import op

revision = "0018"
down_revision = "0017"

TABLES = """
ALTER TABLE person_search ALTER COLUMN searched_key DROP NOT NULL;
DROP INDEX ix_person_search_searched_key;
CREATE INDEX ix_person_search_at_search_id ON person_search (at, search_id);

CREATE TABLE person_sought (
    owner_key text NOT NULL,
    search_id uuid NOT NULL,
    CONSTRAINT pk_person_sought PRIMARY KEY (owner_key, search_id),
    CONSTRAINT fk_person_sought_search_id_person_search FOREIGN KEY (search_id)
        REFERENCES person_search (search_id)
);
CREATE INDEX ix_person_sought_search_id ON person_sought (search_id);

INSERT INTO person_sought (owner_key, search_id)
    SELECT searched_key, search_id FROM person_search WHERE kind = 'id';
"""


def upgrade() -> None:
    op.execute(TABLES)
