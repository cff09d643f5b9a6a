-- The tables of identity: organisations, people, citizens, clients, grants, keys, sessions, revocations.

CREATE TABLE organisation (
    code text CONSTRAINT pk_organisation PRIMARY KEY,
    kind text NOT NULL,
    name_ar text NOT NULL,
    name_en text NOT NULL,
    municipality text,
    status text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_organisation_kind
        CHECK (kind IN ('municipality', 'affiliated_municipality', 'partner', 'medical_centre')),
    CONSTRAINT ck_organisation_municipality
        CHECK ((kind IN ('partner', 'medical_centre')) = (municipality IS NULL)),
    CONSTRAINT ck_organisation_status
        CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE person (
    person_id text CONSTRAINT pk_person PRIMARY KEY,
    username text NOT NULL CONSTRAINT uq_person_username UNIQUE,
    display_name text NOT NULL,
    organisation text NOT NULL CONSTRAINT fk_person_organisation REFERENCES organisation,
    role text NOT NULL,
    scopes text[] NOT NULL,
    password_hash text NOT NULL,
    status text NOT NULL,
    last_sign_in_at timestamptz,
    version integer NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}'::jsonb,
    CONSTRAINT ck_person_status CHECK (status IN ('active', 'suspended'))
);
CREATE INDEX ix_person_organisation ON person (organisation);

CREATE TABLE client (
    client_id text CONSTRAINT pk_client PRIMARY KEY,
    kind text NOT NULL,
    organisation text NOT NULL CONSTRAINT fk_client_organisation REFERENCES organisation,
    name_ar text NOT NULL,
    name_en text NOT NULL,
    jwks jsonb NOT NULL,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    introspects text[] NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    dpop_bound boolean NOT NULL DEFAULT false,
    attributes jsonb NOT NULL DEFAULT '{}'::jsonb,
    CONSTRAINT ck_client_kind
        CHECK (kind IN ('staff', 'machine', 'citizen')),
    CONSTRAINT ck_client_status CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE access_grant (
    grant_id text CONSTRAINT pk_access_grant PRIMARY KEY,
    organisation text NOT NULL
        CONSTRAINT fk_access_grant_organisation REFERENCES organisation,
    audience text NOT NULL,
    purposes text[] NOT NULL,
    query_kinds text[] NOT NULL,
    widest_span_days integer,
    fields text[] NOT NULL,
    rows_per_day integer NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    status text NOT NULL,
    withdrawal_reason text,
    version integer NOT NULL,
    entry_kinds text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT ck_access_grant_status
        CHECK (status IN ('active', 'withdrawn'))
);
CREATE UNIQUE INDEX uq_access_grant_active
    ON access_grant (organisation, audience) WHERE status = 'active';

CREATE TABLE signing_key (
    kid text CONSTRAINT pk_signing_key PRIMARY KEY,
    status text NOT NULL,
    public_jwk jsonb NOT NULL,
    private_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    published_until timestamptz,
    CONSTRAINT ck_signing_key_status
        CHECK (status IN ('next', 'active', 'retired'))
);
CREATE UNIQUE INDEX uq_signing_key_status ON signing_key (status) WHERE status <> 'retired';

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
CREATE INDEX ix_failed_sign_in_failed_at ON failed_sign_in (failed_at);
CREATE INDEX ix_failed_sign_in_source_failed_at ON failed_sign_in (source, failed_at);

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

CREATE TABLE pushed_request (
    request_hash bytea CONSTRAINT pk_pushed_request PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_pushed_request_client_id REFERENCES client,
    parameters jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    browser_hash bytea,
    answered_at timestamptz
);
CREATE INDEX ix_pushed_request_expires_at ON pushed_request (expires_at);

CREATE TABLE citizen (
    citizen_id text CONSTRAINT pk_citizen PRIMARY KEY,
    id_number bytea NOT NULL,
    number_key text NOT NULL CONSTRAINT uq_citizen_number_key UNIQUE,
    name bytea,
    mobile bytea,
    status text NOT NULL,
    last_sign_in_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT ck_citizen_status CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE sign_in_session (
    sid text CONSTRAINT pk_sign_in_session PRIMARY KEY,
    cookie_hash bytea NOT NULL CONSTRAINT uq_sign_in_session_cookie_hash UNIQUE,
    person_id text CONSTRAINT fk_sign_in_session_person_id REFERENCES person,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    confirmed jsonb NOT NULL,
    citizen_id text CONSTRAINT fk_sign_in_session_citizen_id REFERENCES citizen,
    evidence jsonb,
    CONSTRAINT ck_sign_in_session_subject CHECK (num_nonnulls(person_id, citizen_id) = 1)
);
CREATE INDEX ix_sign_in_session_citizen_id ON sign_in_session (citizen_id) WHERE ended_at IS NULL;
CREATE INDEX ix_sign_in_session_expires_at ON sign_in_session (expires_at);
CREATE INDEX ix_sign_in_session_person_id ON sign_in_session (person_id) WHERE ended_at IS NULL;

CREATE TABLE authorization_code (
    code_hash bytea CONSTRAINT pk_authorization_code PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_authorization_code_client_id REFERENCES client,
    person_id text CONSTRAINT fk_authorization_code_person_id REFERENCES person,
    sid text NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    audience text NOT NULL,
    code_challenge text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    redeemed_at timestamptz,
    dpop_jkt text,
    citizen_id text CONSTRAINT fk_authorization_code_citizen_id REFERENCES citizen,
    CONSTRAINT ck_authorization_code_subject CHECK (num_nonnulls(person_id, citizen_id) = 1)
);
CREATE INDEX ix_authorization_code_expires_at ON authorization_code (expires_at);

CREATE TABLE delegation (
    delegation_id text CONSTRAINT pk_delegation PRIMARY KEY,
    citizen_id text NOT NULL CONSTRAINT fk_delegation_citizen_id REFERENCES citizen,
    unified_number text NOT NULL,
    basis text NOT NULL,
    made_by text NOT NULL,
    proof text,
    valid_until timestamptz NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_delegation_basis
        CHECK (basis IN ('officer', 'owner', 'register')),
    CONSTRAINT ck_delegation_made_by CHECK ((basis = 'register') = (made_by = citizen_id)),
    CONSTRAINT ck_delegation_proof CHECK ((basis = 'officer') = (proof IS NOT NULL)),
    CONSTRAINT ck_delegation_status CHECK (status IN ('active', 'ended'))
);
CREATE INDEX ix_delegation_citizen_id ON delegation (citizen_id);
CREATE INDEX ix_delegation_made_by ON delegation (made_by);
CREATE INDEX ix_delegation_unified_number ON delegation (unified_number);
CREATE UNIQUE INDEX uq_delegation_active
    ON delegation (citizen_id, unified_number) WHERE status = 'active';

CREATE TABLE national_sign_in (
    state_hash bytea CONSTRAINT pk_national_sign_in PRIMARY KEY,
    request_hash bytea NOT NULL
        CONSTRAINT fk_national_sign_in_request_hash REFERENCES pushed_request ON DELETE CASCADE,
    reference bytea NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_national_sign_in_expires_at ON national_sign_in (expires_at);
CREATE INDEX ix_national_sign_in_request_hash ON national_sign_in (request_hash);
