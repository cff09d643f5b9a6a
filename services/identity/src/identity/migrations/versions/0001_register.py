"""The register: organisations, people, clients, grants, keys, sessions, codes, revocations."""

from alembic import op

revision = "0001"
down_revision = None

_REGISTER = """
CREATE TABLE organisation (
    code text CONSTRAINT pk_organisation PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_organisation_kind
        CHECK (kind IN ('municipality', 'affiliated_municipality', 'partner')),
    name_ar text NOT NULL,
    name_en text NOT NULL,
    municipality text,
    status text NOT NULL CONSTRAINT ck_organisation_status CHECK (status IN ('active', 'suspended')),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT ck_organisation_municipality CHECK ((kind = 'partner') = (municipality IS NULL))
);
CREATE TABLE person (
    person_id text CONSTRAINT pk_person PRIMARY KEY,
    username text NOT NULL CONSTRAINT uq_person_username UNIQUE,
    display_name text NOT NULL,
    organisation text NOT NULL CONSTRAINT fk_person_organisation REFERENCES organisation (code),
    role text NOT NULL,
    scopes text[] NOT NULL,
    password_hash text NOT NULL,
    status text NOT NULL CONSTRAINT ck_person_status CHECK (status IN ('active', 'suspended')),
    last_sign_in_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
CREATE INDEX ix_person_organisation ON person (organisation);
CREATE TABLE client (
    client_id text CONSTRAINT pk_client PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_client_kind CHECK (kind IN ('staff', 'machine')),
    organisation text NOT NULL CONSTRAINT fk_client_organisation REFERENCES organisation (code),
    name_ar text NOT NULL,
    name_en text NOT NULL,
    jwks jsonb NOT NULL,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    introspects text[] NOT NULL,
    status text NOT NULL CONSTRAINT ck_client_status CHECK (status IN ('active', 'suspended')),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
CREATE TABLE access_grant (
    grant_id text CONSTRAINT pk_access_grant PRIMARY KEY,
    organisation text NOT NULL CONSTRAINT fk_access_grant_organisation REFERENCES organisation (code),
    audience text NOT NULL,
    purposes text[] NOT NULL,
    query_kinds text[] NOT NULL,
    widest_span_days integer,
    fields text[] NOT NULL,
    rows_per_day integer NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    status text NOT NULL CONSTRAINT ck_access_grant_status CHECK (status IN ('active', 'withdrawn')),
    withdrawal_reason text,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
CREATE UNIQUE INDEX uq_access_grant_active ON access_grant (organisation, audience) WHERE status = 'active';
"""

_OAUTH = """
CREATE TABLE signing_key (
    kid text CONSTRAINT pk_signing_key PRIMARY KEY,
    status text NOT NULL CONSTRAINT ck_signing_key_status CHECK (status IN ('next', 'active', 'retired')),
    public_jwk jsonb NOT NULL,
    private_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    published_until timestamptz
);
CREATE UNIQUE INDEX uq_signing_key_status ON signing_key (status) WHERE status <> 'retired';
CREATE TABLE sign_in_session (
    sid text CONSTRAINT pk_sign_in_session PRIMARY KEY,
    cookie_hash bytea NOT NULL CONSTRAINT uq_sign_in_session_cookie_hash UNIQUE,
    person_id text NOT NULL CONSTRAINT fk_sign_in_session_person_id REFERENCES person (person_id),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    confirmed jsonb NOT NULL
);
CREATE INDEX ix_sign_in_session_person_id ON sign_in_session (person_id) WHERE ended_at IS NULL;
CREATE INDEX ix_sign_in_session_expires_at ON sign_in_session (expires_at);
CREATE TABLE authorization_code (
    code_hash bytea CONSTRAINT pk_authorization_code PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_authorization_code_client_id REFERENCES client (client_id),
    person_id text NOT NULL CONSTRAINT fk_authorization_code_person_id REFERENCES person (person_id),
    sid text NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    audience text NOT NULL,
    code_challenge text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    redeemed_at timestamptz
);
CREATE INDEX ix_authorization_code_expires_at ON authorization_code (expires_at);
CREATE TABLE used_assertion (
    client_id text NOT NULL,
    jti_hash bytea NOT NULL,
    forget_after timestamptz NOT NULL,
    CONSTRAINT pk_used_assertion PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX ix_used_assertion_forget_after ON used_assertion (forget_after);
CREATE TABLE failed_sign_in (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_failed_sign_in PRIMARY KEY,
    username_hash bytea NOT NULL,
    source text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX ix_failed_sign_in_source_failed_at ON failed_sign_in (source, failed_at);
CREATE INDEX ix_failed_sign_in_failed_at ON failed_sign_in (failed_at);
CREATE TABLE revocation (
    revocation_id text CONSTRAINT pk_revocation PRIMARY KEY,
    kind text NOT NULL,
    value text NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX ix_revocation_kind_value ON revocation (kind, value);
"""


def upgrade() -> None:
    op.execute(_REGISTER)
    op.execute(_OAUTH)
