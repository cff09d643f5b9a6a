-- The tables of reports: reports, their photos and remarks, duty officers, Open311 keys.

CREATE TABLE report (
    report_id uuid CONSTRAINT pk_report PRIMARY KEY,
    report_number text NOT NULL CONSTRAINT uq_report_report_number UNIQUE,
    channel text NOT NULL,
    category text NOT NULL,
    department text,
    municipality text NOT NULL,
    branch_guessed boolean NOT NULL,
    town text,
    district text,
    landmark text,
    latitude double precision,
    longitude double precision,
    description text,
    extra jsonb NOT NULL,
    language text NOT NULL,
    reporter bytea,
    mobile_key text,
    status text NOT NULL,
    is_open boolean GENERATED ALWAYS AS (status NOT IN ('closed', 'rejected', 'duplicate')) STORED NOT NULL,
    asked_in text,
    priority text NOT NULL,
    public boolean NOT NULL,
    filed_at timestamptz NOT NULL,
    filed_by text NOT NULL,
    submission text,
    submission_digest bytea,
    clock_kind text NOT NULL,
    due_at timestamptz,
    own_due_at timestamptz,
    hurried_by timestamptz,
    paused_since timestamptz,
    paused_seconds integer NOT NULL,
    paused_working_seconds integer NOT NULL,
    escalation_level smallint NOT NULL,
    assignee text,
    contractor text,
    work_order text,
    external_body text,
    external_reference text,
    question text,
    resolution text,
    reason text,
    resolved_at timestamptz,
    working_minutes integer,
    in_time boolean,
    closed_at timestamptz,
    reopenable_until timestamptz,
    reopen_count smallint NOT NULL,
    reopened_at timestamptz,
    satisfaction smallint,
    duplicate_of uuid CONSTRAINT fk_report_duplicate_of REFERENCES report,
    main_number text,
    duplicate_count integer NOT NULL,
    updated_at timestamptz NOT NULL,
    emptied_at timestamptz,
    version integer NOT NULL,
    duty_officer_told boolean,
    text_withheld boolean NOT NULL DEFAULT false
) WITH (fillfactor=70);
CREATE INDEX ix_report_assignee_filed_at_report_id
    ON report (assignee, filed_at, report_id) WHERE assignee IS NOT NULL;
CREATE INDEX ix_report_category_filed_at_report_id ON report (category, filed_at, report_id);
CREATE INDEX ix_report_contractor_filed_at_report_id
    ON report (contractor, filed_at, report_id) WHERE contractor IS NOT NULL;
CREATE INDEX ix_report_department_filed_at_report_id ON report (department, filed_at, report_id);
CREATE INDEX ix_report_duplicate_of ON report (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX ix_report_filed_at_report_id ON report (filed_at, report_id);
CREATE INDEX ix_report_filed_by_filed_at_report_id ON report (filed_by, filed_at, report_id);
CREATE INDEX ix_report_full
    ON report (closed_at) WHERE ((closed_at IS NOT NULL) AND (emptied_at IS NULL));
CREATE INDEX ix_report_mobile_key ON report (mobile_key) WHERE mobile_key IS NOT NULL;
CREATE INDEX ix_report_municipality_filed_at_report_id
    ON report (municipality, filed_at, report_id);
CREATE INDEX ix_report_near ON report (category, latitude, longitude) WHERE is_open;
CREATE INDEX ix_report_open ON report (filed_at, report_id) WHERE is_open;
CREATE UNIQUE INDEX uq_report_submission ON report (submission) WHERE submission IS NOT NULL;

CREATE TABLE remark (
    remark_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_remark PRIMARY KEY,
    report_id uuid NOT NULL CONSTRAINT fk_remark_report_id REFERENCES report,
    kind text NOT NULL,
    body text NOT NULL,
    public boolean NOT NULL,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    name text,
    source text,
    source_id text,
    CONSTRAINT uq_remark_source_source_id UNIQUE (source, source_id)
);
CREATE INDEX ix_remark_report_id_remark_id ON remark (report_id, remark_id);
CREATE INDEX ix_remark_told ON remark (at, remark_id) WHERE ((kind = 'update') AND public);

CREATE TABLE report_photo (
    report_id uuid NOT NULL CONSTRAINT fk_report_photo_report_id REFERENCES report,
    position integer NOT NULL,
    attachment_id uuid NOT NULL CONSTRAINT uq_report_photo_attachment_id UNIQUE,
    kind text NOT NULL,
    added_at timestamptz NOT NULL,
    released_at timestamptz,
    released_by text,
    CONSTRAINT pk_report_photo PRIMARY KEY (report_id, "position")
);

CREATE TABLE not_solved_token (
    token_hash bytea CONSTRAINT pk_not_solved_token PRIMARY KEY,
    report_id uuid NOT NULL CONSTRAINT fk_not_solved_token_report_id REFERENCES report,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_not_solved_token_report_id ON not_solved_token (report_id);

CREATE TABLE duty_officer (
    department text CONSTRAINT pk_duty_officer PRIMARY KEY,
    mobile bytea NOT NULL,
    language text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);

CREATE TABLE open311_key (
    key_id uuid CONSTRAINT pk_open311_key PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL CONSTRAINT uq_open311_key_key_hash UNIQUE,
    may_close boolean NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text
);

-- Open311's updates: the journal, which the chassis' chain makes, in the order of time.
CREATE INDEX ix_journal_told ON journal (at, entry_id)
    WHERE aggregate_type = 'report' AND action IN (
        'refer', 'return', 'start', 'link_external', 'resolve', 'close', 'follow', 'reopen', 'reject',
        'follow_rejection', 'mark_duplicate', 'split'
    );
