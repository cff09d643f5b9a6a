"""Citizens, who sign in with the national login, and for which establishments they act."""

from alembic import op

revision = "0006"
down_revision = "0005"

_CITIZENS = """
ALTER TABLE client DROP CONSTRAINT ck_client_kind,
    ADD CONSTRAINT ck_client_kind CHECK (kind IN ('staff', 'machine', 'citizen'));
CREATE TABLE citizen (
    citizen_id text CONSTRAINT pk_citizen PRIMARY KEY,
    id_number bytea NOT NULL,
    number_key text NOT NULL CONSTRAINT uq_citizen_number_key UNIQUE,
    name bytea,
    mobile bytea,
    status text NOT NULL CONSTRAINT ck_citizen_status CHECK (status IN ('active', 'suspended')),
    last_sign_in_at timestamptz,
    version integer NOT NULL
);
CREATE TABLE delegation (
    delegation_id text CONSTRAINT pk_delegation PRIMARY KEY,
    citizen_id text NOT NULL CONSTRAINT fk_delegation_citizen_id REFERENCES citizen (citizen_id),
    unified_number text NOT NULL,
    basis text NOT NULL CONSTRAINT ck_delegation_basis CHECK (basis IN ('officer', 'owner', 'register')),
    made_by text NOT NULL,
    proof text,
    valid_until timestamptz NOT NULL,
    status text NOT NULL CONSTRAINT ck_delegation_status CHECK (status IN ('active', 'ended')),
    version integer NOT NULL,
    CONSTRAINT ck_delegation_proof CHECK ((basis = 'officer') = (proof IS NOT NULL)),
    CONSTRAINT ck_delegation_made_by CHECK ((basis = 'register') = (made_by = citizen_id))
);
CREATE UNIQUE INDEX uq_delegation_active ON delegation (citizen_id, unified_number) WHERE status = 'active';
CREATE INDEX ix_delegation_citizen_id ON delegation (citizen_id);
CREATE INDEX ix_delegation_unified_number ON delegation (unified_number);
CREATE INDEX ix_delegation_made_by ON delegation (made_by);
CREATE TABLE national_sign_in (
    state_hash bytea CONSTRAINT pk_national_sign_in PRIMARY KEY,
    request_hash bytea NOT NULL CONSTRAINT fk_national_sign_in_request_hash
        REFERENCES pushed_request (request_hash) ON DELETE CASCADE,
    reference bytea NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_national_sign_in_request_hash ON national_sign_in (request_hash);
CREATE INDEX ix_national_sign_in_expires_at ON national_sign_in (expires_at);
"""
_SESSIONS = """
ALTER TABLE sign_in_session ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN citizen_id text CONSTRAINT fk_sign_in_session_citizen_id REFERENCES citizen (citizen_id),
    ADD COLUMN evidence jsonb,
    ADD CONSTRAINT ck_sign_in_session_subject CHECK (num_nonnulls(person_id, citizen_id) = 1);
CREATE INDEX ix_sign_in_session_citizen_id ON sign_in_session (citizen_id) WHERE ended_at IS NULL;
ALTER TABLE authorization_code ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN citizen_id text CONSTRAINT fk_authorization_code_citizen_id REFERENCES citizen (citizen_id),
    ADD CONSTRAINT ck_authorization_code_subject CHECK (num_nonnulls(person_id, citizen_id) = 1);
"""


def upgrade() -> None:
    op.execute(_CITIZENS)
    op.execute(_SESSIONS)
