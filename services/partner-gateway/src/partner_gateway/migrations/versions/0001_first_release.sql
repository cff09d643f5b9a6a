-- The tables of partner-gateway: read models for partners and municipalities, submissions, the record of queries, feed, webhooks.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TABLE building_permit (
    permit_id uuid CONSTRAINT pk_building_permit PRIMARY KEY,
    version integer NOT NULL,
    permit_number text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    status text NOT NULL,
    kind text NOT NULL,
    plan_key text,
    town_key text NOT NULL,
    district_key text NOT NULL,
    owner_keys text[] NOT NULL,
    document bytea NOT NULL,
    changed_at timestamptz NOT NULL,
    projected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    building_id uuid,
    municipality text,
    request_key text,
    plot_keys text[],
    owners_mark text
);
CREATE INDEX ix_building_permit_issued ON building_permit (issued_on DESC, permit_id DESC);
CREATE INDEX ix_building_permit_number ON building_permit (permit_number);
CREATE INDEX ix_building_permit_owner ON building_permit USING gin (owner_keys);
CREATE INDEX ix_building_permit_plan ON building_permit (plan_key, issued_on DESC, permit_id DESC);
CREATE INDEX ix_building_permit_request ON building_permit (request_key);

CREATE TABLE partner_grant (
    grant_id uuid CONSTRAINT pk_partner_grant PRIMARY KEY,
    version integer NOT NULL,
    organisation text NOT NULL,
    purposes text[] NOT NULL,
    query_kinds text[] NOT NULL,
    widest_span_days integer,
    fields text[] NOT NULL,
    rows_per_day integer NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    status text NOT NULL,
    entry_kinds text[] NOT NULL DEFAULT '{}'::text[]
);
CREATE INDEX ix_partner_grant_organisation ON partner_grant (organisation);

CREATE TABLE access_log (
    chain uuid NOT NULL,
    link bigint NOT NULL,
    place smallint NOT NULL,
    at timestamptz NOT NULL,
    organisation text NOT NULL,
    client_id text NOT NULL,
    subject text NOT NULL,
    sid text,
    jti text NOT NULL,
    operation text NOT NULL,
    query_kinds text[] NOT NULL,
    filters jsonb NOT NULL,
    civil_id_key text,
    purpose text,
    case_reference text,
    decision text NOT NULL,
    reason text,
    result_count integer NOT NULL,
    permit_ids uuid[] NOT NULL,
    CONSTRAINT pk_access_log PRIMARY KEY (chain, link, place)
);
CREATE INDEX ix_access_log_at ON access_log USING brin (at);
CREATE INDEX ix_access_log_civil_id
    ON access_log (at, subject, civil_id_key) WHERE civil_id_key IS NOT NULL;
CREATE INDEX ix_access_log_organisation ON access_log (organisation, at);
CREATE TRIGGER access_log_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE access_chain (
    chain uuid CONSTRAINT pk_access_chain PRIMARY KEY,
    rooted_link bigint NOT NULL DEFAULT 0
);

CREATE TABLE access_link (
    chain uuid NOT NULL,
    link bigint NOT NULL,
    rows smallint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_access_link PRIMARY KEY (chain, link)
);
CREATE TRIGGER access_link_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON access_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE access_root (
    number bigint CONSTRAINT pk_access_root PRIMARY KEY,
    at timestamptz NOT NULL,
    root jsonb NOT NULL
);
CREATE TRIGGER access_root_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON access_root
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE feed_event (
    event bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_feed_event PRIMARY KEY,
    event_id text NOT NULL CONSTRAINT uq_feed_event_event_id UNIQUE,
    audiences text[] NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    number text,
    path text NOT NULL,
    at timestamptz NOT NULL,
    document bytea NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    placed_at timestamptz,
    about text
);
CREATE INDEX ix_feed_event_placed_at ON feed_event USING brin (placed_at);
CREATE INDEX ix_feed_event_waiting ON feed_event (event) WHERE placed_at IS NULL;

CREATE TABLE feed_place (
    audience text NOT NULL,
    place bigint NOT NULL,
    event bigint NOT NULL CONSTRAINT fk_feed_place_event REFERENCES feed_event,
    CONSTRAINT pk_feed_place PRIMARY KEY (audience, place)
);
CREATE INDEX ix_feed_place_event ON feed_place (event);

CREATE TABLE feed_head (
    audience text CONSTRAINT pk_feed_head PRIMARY KEY,
    first bigint NOT NULL DEFAULT 1,
    last bigint NOT NULL
);

CREATE TABLE webhook (
    webhook_id uuid CONSTRAINT pk_webhook PRIMARY KEY,
    version integer NOT NULL,
    organisation text NOT NULL,
    audience text NOT NULL,
    url bytea NOT NULL,
    secret bytea,
    older_secret bytea,
    older_secret_until timestamptz,
    secret_rotated_at timestamptz,
    state text NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    challenge_asked_at timestamptz,
    challenge_due_at timestamptz,
    challenge_tries smallint NOT NULL DEFAULT 0,
    challenge_outcome text,
    place bigint,
    failing_since timestamptz,
    failures integer NOT NULL DEFAULT 0,
    resting_until timestamptz,
    delivered_at timestamptz
);
CREATE INDEX ix_webhook_organisation ON webhook (organisation);

CREATE TABLE webhook_delivery (
    webhook_id uuid NOT NULL
        CONSTRAINT fk_webhook_delivery_webhook_id REFERENCES webhook,
    place bigint NOT NULL,
    event bigint NOT NULL CONSTRAINT fk_webhook_delivery_event REFERENCES feed_event,
    state text NOT NULL,
    attempts integer NOT NULL,
    outcome text,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (webhook_id, place)
);
CREATE INDEX ix_webhook_delivery_due
    ON webhook_delivery (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_webhook_delivery_ended_at ON webhook_delivery USING brin (ended_at);
CREATE INDEX ix_webhook_delivery_event ON webhook_delivery (event);

CREATE TABLE licence_application (
    application_id uuid CONSTRAINT pk_licence_application PRIMARY KEY,
    version integer NOT NULL,
    sent integer NOT NULL DEFAULT 0,
    municipality text NOT NULL,
    request text NOT NULL,
    status text NOT NULL,
    submitted_at timestamptz NOT NULL,
    kind text,
    licence_no text,
    application_no text,
    corrected_version integer,
    reference_key text CONSTRAINT uq_licence_application_reference_key UNIQUE,
    reference_body text,
    state jsonb,
    changed_at timestamptz,
    review_until date
);
CREATE INDEX ix_licence_application_all ON licence_application (submitted_at, application_id);
CREATE INDEX ix_licence_application_licence ON licence_application (licence_no);
CREATE INDEX ix_licence_application_number ON licence_application (application_no);
CREATE INDEX ix_licence_application_own
    ON licence_application (municipality, submitted_at, application_id);
CREATE INDEX ix_licence_application_review
    ON licence_application (municipality, review_until) WHERE review_until IS NOT NULL;

CREATE TABLE licence (
    licence_id uuid CONSTRAINT pk_licence PRIMARY KEY,
    version integer NOT NULL,
    licence_no text NOT NULL,
    municipality text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    activities text[] NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_licence_all ON licence (issued_on, licence_id);
CREATE INDEX ix_licence_number ON licence (licence_no);
CREATE INDEX ix_licence_own ON licence (municipality, issued_on, licence_id);

CREATE TABLE licence_activity (
    code text CONSTRAINT pk_licence_activity PRIMARY KEY,
    version integer NOT NULL,
    state jsonb NOT NULL
);

CREATE TABLE building_certificate (
    certificate_id uuid CONSTRAINT pk_building_certificate PRIMARY KEY,
    version integer NOT NULL,
    building_id uuid NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_building_certificate_building_id ON building_certificate (building_id);

CREATE TABLE building_release (
    release_id uuid CONSTRAINT pk_building_release PRIMARY KEY,
    version integer NOT NULL,
    building_id uuid NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_building_release_building_id ON building_release (building_id);

CREATE TABLE building_facts (
    building_id uuid CONSTRAINT pk_building_facts PRIMARY KEY,
    document text NOT NULL,
    fresh_until date
);

CREATE TABLE permit_request (
    request_id uuid CONSTRAINT pk_permit_request PRIMARY KEY,
    version integer NOT NULL,
    request_key text NOT NULL,
    state jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_permit_request_request_key ON permit_request (request_key);

CREATE TABLE followed_thing (
    day date NOT NULL,
    thing_id uuid NOT NULL,
    version integer NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    permit_id uuid NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT pk_followed_thing PRIMARY KEY (day, thing_id)
);
CREATE INDEX ix_followed_thing_version ON followed_thing (thing_id, version);

CREATE TABLE followed_day (
    day date CONSTRAINT pk_followed_day PRIMARY KEY,
    things integer NOT NULL,
    closed_at timestamptz NOT NULL
);

CREATE TABLE partner_entry (
    entry_id uuid CONSTRAINT pk_partner_entry PRIMARY KEY,
    version integer NOT NULL DEFAULT 0,
    area text NOT NULL,
    kind text NOT NULL,
    organisation text NOT NULL,
    permit_id uuid NOT NULL,
    permit_number text NOT NULL,
    municipality text NOT NULL,
    entered_at timestamptz NOT NULL,
    entered_by text NOT NULL,
    content bytea NOT NULL,
    outcome text NOT NULL,
    answer jsonb,
    answered_at timestamptz,
    emptied_at timestamptz
);
CREATE INDEX ix_partner_entry_full ON partner_entry (answered_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_partner_entry_own ON partner_entry (organisation, area, entered_at, entry_id);
CREATE INDEX ix_partner_entry_permit ON partner_entry (permit_id);
CREATE INDEX ix_partner_entry_waiting ON partner_entry (entered_at) WHERE version = 0;

CREATE TABLE examinee (
    request_id uuid CONSTRAINT pk_examinee PRIMARY KEY,
    version integer NOT NULL,
    number text NOT NULL CONSTRAINT uq_examinee_number UNIQUE,
    centre text,
    worker bytea,
    worker_key text,
    revision integer,
    until timestamptz,
    changed_at timestamptz NOT NULL,
    found_revision integer
);

CREATE TABLE health_examination (
    examination_id uuid CONSTRAINT pk_health_examination PRIMARY KEY,
    request_id uuid NOT NULL,
    number text NOT NULL,
    centre text NOT NULL,
    revision integer NOT NULL,
    corrects uuid,
    first_at timestamptz NOT NULL,
    entered_at timestamptz NOT NULL,
    sealed text,
    published integer NOT NULL,
    due_at timestamptz,
    status text NOT NULL,
    reason text,
    recorded_at timestamptz
);
CREATE INDEX ix_health_examination_due ON health_examination (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_health_examination_entered_at ON health_examination (entered_at);
CREATE INDEX ix_health_examination_number ON health_examination (number, centre, entered_at);
CREATE INDEX ix_health_examination_own ON health_examination (centre, entered_at, examination_id);
CREATE INDEX ix_health_examination_request ON health_examination (request_id, centre, entered_at);
