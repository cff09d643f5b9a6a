"""The first tables."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE web_session (
    session_id text CONSTRAINT pk_web_session PRIMARY KEY,
    area text NOT NULL,
    subject text NOT NULL,
    content bytea NOT NULL,
    signed_in_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX ix_web_session_seen_at ON web_session (seen_at);

CREATE TABLE pending_sign_in (
    state_hash text CONSTRAINT pk_pending_sign_in PRIMARY KEY,
    browser_hash text NOT NULL,
    area text NOT NULL,
    content bytea NOT NULL,
    started_at timestamptz NOT NULL
);
CREATE INDEX ix_pending_sign_in_started_at ON pending_sign_in (started_at);

CREATE TABLE saved_form (
    form_id text CONSTRAINT pk_saved_form PRIMARY KEY,
    session_id text NOT NULL
        CONSTRAINT fk_saved_form_session_id_web_session REFERENCES web_session ON DELETE CASCADE,
    purpose text NOT NULL,
    content bytea NOT NULL,
    saved_at timestamptz NOT NULL
);
CREATE INDEX ix_saved_form_session_id ON saved_form (session_id);

CREATE TABLE report_draft (
    browser_hash text CONSTRAINT pk_report_draft PRIMARY KEY,
    content bytea NOT NULL,
    saved_at timestamptz NOT NULL
);
CREATE INDEX ix_report_draft_saved_at ON report_draft (saved_at);

CREATE TABLE public_form (
    form_hash text CONSTRAINT pk_public_form PRIMARY KEY,
    content bytea NOT NULL,
    saved_at timestamptz NOT NULL
);
CREATE INDEX ix_public_form_saved_at ON public_form (saved_at);

CREATE TABLE inquiry_thing (
    thing_id text CONSTRAINT pk_inquiry_thing PRIMARY KEY,
    version integer NOT NULL,
    kind text,
    municipality text,
    number_digits text,
    match_keys text[] NOT NULL,
    state jsonb,
    steps jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    read_at timestamptz NOT NULL
);
CREATE INDEX ix_inquiry_thing_match_keys ON inquiry_thing USING gin (match_keys);
CREATE INDEX ix_inquiry_thing_number ON inquiry_thing (number_digits, kind);
"""


def upgrade() -> None:
    op.execute(TABLES)
