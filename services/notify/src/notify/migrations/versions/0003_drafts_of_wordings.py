"""A wording of the municipality's own texts waits as a draft until a second person approves it."""

from alembic import op

revision = "0003"
down_revision = "0002"

DRAFTS = """
ALTER TABLE template_version ADD COLUMN approved_by text;

CREATE TABLE template_draft (
    template_id uuid CONSTRAINT pk_template_draft PRIMARY KEY
        CONSTRAINT fk_template_draft_template_id REFERENCES template,
    draft_id uuid NOT NULL,
    body_ar text NOT NULL,
    body_en text NOT NULL,
    further jsonb NOT NULL,
    kind text NOT NULL,
    when_unsure text NOT NULL,
    expires_seconds integer NOT NULL,
    based_on integer NOT NULL,
    is_shipped boolean NOT NULL,
    proposed_at timestamptz NOT NULL,
    proposed_by text NOT NULL
);
"""


def upgrade() -> None:
    op.execute(DRAFTS)
