-- Organisations that exist keep signing in as they do. A new organisation demands the factor.
ALTER TABLE organisation ADD COLUMN second_factor text NOT NULL DEFAULT 'optional'
    CONSTRAINT ck_organisation_second_factor CHECK (second_factor IN ('demanded', 'optional'));
ALTER TABLE organisation ALTER COLUMN second_factor SET DEFAULT 'demanded';

ALTER TABLE sign_in_session ADD COLUMN amr text[] NOT NULL DEFAULT '{}';

CREATE TABLE factor (
    factor_id text CONSTRAINT pk_factor PRIMARY KEY,
    person_id text NOT NULL CONSTRAINT fk_factor_person_id REFERENCES person,
    kind text NOT NULL,
    secret bytea NOT NULL,
    last_step bigint,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT ck_factor_kind CHECK (kind IN ('totp'))
);
CREATE INDEX ix_factor_person_id ON factor (person_id);

CREATE TABLE recovery_code (
    person_id text NOT NULL CONSTRAINT fk_recovery_code_person_id REFERENCES person,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_recovery_code PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE enrolment_code (
    person_id text CONSTRAINT pk_enrolment_code PRIMARY KEY
        CONSTRAINT fk_enrolment_code_person_id REFERENCES person,
    code_hash bytea NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    failures integer NOT NULL
);

CREATE TABLE factor_reset (
    person_id text CONSTRAINT pk_factor_reset PRIMARY KEY
        CONSTRAINT fk_factor_reset_person_id REFERENCES person,
    requested_by text NOT NULL,
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE second_step (
    browser_hash bytea CONSTRAINT pk_second_step PRIMARY KEY,
    person_id text NOT NULL CONSTRAINT fk_second_step_person_id REFERENCES person,
    request_hash bytea NOT NULL,
    may_enrol boolean NOT NULL,
    secret bytea,
    failures integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_second_step_expires_at ON second_step (expires_at);
CREATE INDEX ix_second_step_person_id ON second_step (person_id);
