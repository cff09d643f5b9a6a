-- The tables of notify: templates and their wordings, messages, attempts, callbacks.

CREATE TABLE template (
    template_id uuid CONSTRAINT pk_template PRIMARY KEY,
    name text NOT NULL,
    title_ar text NOT NULL,
    title_en text NOT NULL,
    api_service_id uuid,
    kind text NOT NULL,
    when_unsure text NOT NULL,
    expires_seconds integer NOT NULL,
    current integer NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE UNIQUE INDEX uq_template_name ON template (api_service_id, name) NULLS NOT DISTINCT;

CREATE TABLE template_version (
    template_id uuid NOT NULL
        CONSTRAINT fk_template_version_template_id REFERENCES template,
    number integer NOT NULL,
    body_ar text NOT NULL,
    body_en text NOT NULL,
    parameters text[] NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    further jsonb NOT NULL DEFAULT '{}'::jsonb,
    CONSTRAINT pk_template_version PRIMARY KEY (template_id, number)
);

CREATE TABLE message (
    message_id uuid CONSTRAINT pk_message PRIMARY KEY,
    origin text NOT NULL,
    source text NOT NULL,
    template_id uuid NOT NULL CONSTRAINT fk_message_template_id REFERENCES template,
    template text NOT NULL,
    template_version integer NOT NULL,
    kind text NOT NULL,
    when_unsure text NOT NULL,
    language text NOT NULL,
    role text NOT NULL,
    about_type text,
    about_id text,
    about_number text,
    municipality text,
    recipient bytea,
    recipient_key text,
    text_public bytea,
    text_secret bytea,
    parts integer NOT NULL,
    state text NOT NULL,
    reason text,
    provider text,
    pinned boolean NOT NULL DEFAULT false,
    possible_duplicate boolean NOT NULL DEFAULT false,
    rounds integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    event_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    ended_at timestamptz,
    emptied_at timestamptz,
    api_service_id uuid,
    api_key_id uuid,
    api_reference text,
    version integer NOT NULL
);
CREATE INDEX ix_message_about_number_created_at_message_id
    ON message (about_number, created_at, message_id);
CREATE INDEX ix_message_api_reference
    ON message (api_service_id, api_reference, created_at, message_id)
    WHERE api_reference IS NOT NULL;
CREATE INDEX ix_message_api_service_id_created_at_message_id
    ON message (api_service_id, created_at, message_id) WHERE api_service_id IS NOT NULL;
CREATE INDEX ix_message_created_at_message_id ON message (created_at, message_id);
CREATE INDEX ix_message_due_at ON message (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_message_expires_at ON message (expires_at) WHERE state = 'held';
CREATE INDEX ix_message_kind_ended_at ON message (kind, ended_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_message_recipient_key_created_at ON message (recipient_key, created_at);
CREATE INDEX ix_message_state_created_at_message_id ON message (state, created_at, message_id);
CREATE UNIQUE INDEX uq_message_source_template_recipient
    ON message (source, template_id, recipient_key) NULLS NOT DISTINCT WHERE emptied_at IS NULL;

CREATE TABLE attempt (
    message_id uuid NOT NULL CONSTRAINT fk_attempt_message_id REFERENCES message,
    number integer NOT NULL,
    round integer NOT NULL,
    provider text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    detail text,
    provider_reference text,
    CONSTRAINT pk_attempt PRIMARY KEY (message_id, number)
);

CREATE TABLE receipt (
    receipt_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_receipt PRIMARY KEY,
    provider text NOT NULL,
    reference text NOT NULL,
    status text NOT NULL,
    message_id uuid,
    said_at timestamptz,
    received_at timestamptz NOT NULL,
    provider_reference text
);
CREATE INDEX ix_receipt_message_id ON receipt (message_id);
CREATE INDEX ix_receipt_received_at ON receipt (received_at);
CREATE UNIQUE INDEX uq_receipt_provider_reference_status
    ON receipt (provider, reference, status, provider_reference) NULLS NOT DISTINCT;

CREATE TABLE provider_state (
    provider text CONSTRAINT pk_provider_state PRIMARY KEY,
    failures timestamptz[] NOT NULL,
    opened_at timestamptz,
    probe_at timestamptz,
    half_open boolean NOT NULL
);

CREATE TABLE confirmed_mobile (
    mobile_key text CONSTRAINT pk_confirmed_mobile PRIMARY KEY,
    mobile bytea NOT NULL,
    confirmed_at timestamptz NOT NULL,
    by text NOT NULL
);

CREATE TABLE daily_count (
    day date NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    count integer NOT NULL,
    first text,
    CONSTRAINT pk_daily_count PRIMARY KEY (day, kind, key)
);

CREATE TABLE api_service (
    api_service_id uuid CONSTRAINT pk_api_service PRIMARY KEY,
    name text NOT NULL,
    rate_per_minute integer NOT NULL,
    messages_per_day integer NOT NULL,
    callback_url text,
    callback_token bytea,
    callback_secret bytea,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE UNIQUE INDEX uq_api_service_name ON api_service (name);

CREATE TABLE api_key (
    key_id uuid CONSTRAINT pk_api_key PRIMARY KEY,
    api_service_id uuid NOT NULL
        CONSTRAINT fk_api_key_api_service_id REFERENCES api_service,
    name text NOT NULL,
    kind text NOT NULL,
    secret bytea NOT NULL,
    made_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE INDEX ix_api_key_api_service_id ON api_key (api_service_id);

CREATE TABLE callback (
    callback_id uuid CONSTRAINT pk_callback PRIMARY KEY,
    api_service_id uuid NOT NULL
        CONSTRAINT fk_callback_api_service_id REFERENCES api_service,
    message_id uuid NOT NULL CONSTRAINT fk_callback_message_id REFERENCES message,
    state text NOT NULL,
    body bytea,
    attempts integer NOT NULL,
    status integer,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX ix_callback_api_service_id_created_at ON callback (api_service_id, created_at);
CREATE INDEX ix_callback_due_at ON callback (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_callback_ended_at ON callback (ended_at);

CREATE TABLE code (
    code_id uuid CONSTRAINT pk_code PRIMARY KEY,
    client_id text NOT NULL,
    purpose text NOT NULL,
    mobile bytea NOT NULL,
    mobile_key text NOT NULL,
    digits_key text NOT NULL,
    tries integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_code_expires_at ON code (expires_at);
CREATE INDEX ix_code_mobile_key_client_id_purpose_created_at
    ON code (mobile_key, client_id, purpose, created_at);

CREATE TABLE ending (
    about_type text NOT NULL,
    about_id text NOT NULL,
    version integer NOT NULL,
    ends_on date NOT NULL,
    about_number text,
    municipality text,
    texts jsonb NOT NULL,
    contacts bytea NOT NULL,
    gathered_by text,
    CONSTRAINT pk_ending PRIMARY KEY (about_type, about_id)
);
CREATE INDEX ix_ending_about_type_gathered_by_ends_on
    ON ending (about_type, gathered_by, ends_on) WHERE gathered_by IS NOT NULL;
