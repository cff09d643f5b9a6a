-- The tables of tenders: the two aggregates, and what belongs to them by `offering_id`.

CREATE TABLE tender (
    tender_id uuid NOT NULL,
    category text NOT NULL,
    method text NOT NULL,
    estimate bytea NOT NULL,
    number text,
    ocid text,
    municipality text NOT NULL,
    status text NOT NULL,
    title_ar text NOT NULL,
    title_en text NOT NULL,
    search text NOT NULL,
    description jsonb NOT NULL,
    platform_number text,
    booklet_price bigint NOT NULL,
    guarantee_percent double precision NOT NULL,
    documents jsonb NOT NULL,
    questions_until timestamptz NOT NULL,
    bids_until timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,
    drafted_at timestamptz NOT NULL,
    published_at timestamptz,
    changed_at timestamptz,
    edition integer NOT NULL,
    opened_at timestamptz,
    opened_by text,
    opening_minutes text,
    bids_count integer,
    award jsonb,
    awarded_at timestamptz,
    contract_number text,
    signed_on date,
    cancel_code text,
    cancel_reason jsonb,
    cancelled_at timestamptz,
    settled_at timestamptz,
    forgotten_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT pk_tender PRIMARY KEY (tender_id),
    CONSTRAINT uq_tender_number UNIQUE (number)
);
CREATE INDEX ix_tender_drafted_at_tender_id ON tender (drafted_at, tender_id);
CREATE INDEX ix_tender_known ON tender (settled_at) WHERE forgotten_at IS NULL;
CREATE INDEX ix_tender_municipality_drafted_at_tender_id ON tender (municipality, drafted_at, tender_id);
CREATE INDEX ix_tender_published_at_tender_id ON tender (published_at, tender_id);

CREATE TABLE lease (
    lease_id uuid NOT NULL,
    kind text NOT NULL,
    activity jsonb NOT NULL,
    site jsonb NOT NULL,
    area_m2 double precision NOT NULL,
    term_years integer,
    term_days integer,
    grace_days integer NOT NULL,
    minimum_rent bytea NOT NULL,
    handed_over_on date,
    hand_over_report text,
    ends_on date,
    extended boolean NOT NULL,
    number text,
    ocid text,
    municipality text NOT NULL,
    status text NOT NULL,
    title_ar text NOT NULL,
    title_en text NOT NULL,
    search text NOT NULL,
    description jsonb NOT NULL,
    platform_number text,
    booklet_price bigint NOT NULL,
    guarantee_percent double precision NOT NULL,
    documents jsonb NOT NULL,
    questions_until timestamptz NOT NULL,
    bids_until timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,
    drafted_at timestamptz NOT NULL,
    published_at timestamptz,
    changed_at timestamptz,
    edition integer NOT NULL,
    opened_at timestamptz,
    opened_by text,
    opening_minutes text,
    bids_count integer,
    award jsonb,
    awarded_at timestamptz,
    contract_number text,
    signed_on date,
    cancel_code text,
    cancel_reason jsonb,
    cancelled_at timestamptz,
    settled_at timestamptz,
    forgotten_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (lease_id),
    CONSTRAINT uq_lease_number UNIQUE (number)
);
CREATE INDEX ix_lease_drafted_at_lease_id ON lease (drafted_at, lease_id);
CREATE INDEX ix_lease_known ON lease (settled_at) WHERE forgotten_at IS NULL;
CREATE INDEX ix_lease_municipality_drafted_at_lease_id ON lease (municipality, drafted_at, lease_id);
CREATE INDEX ix_lease_published_at_lease_id ON lease (published_at, lease_id);

CREATE TABLE edition (
    offering_id uuid NOT NULL,
    edition integer NOT NULL,
    reason jsonb,
    questions_until timestamptz NOT NULL,
    bids_until timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,
    documents jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT pk_edition PRIMARY KEY (offering_id, edition)
);

CREATE TABLE bid (
    bid_id uuid NOT NULL,
    offering_id uuid NOT NULL,
    receipt_number text NOT NULL,
    source text NOT NULL,
    received_at timestamptz NOT NULL,
    received_by text NOT NULL,
    contents bytea,
    accepted boolean,
    CONSTRAINT pk_bid PRIMARY KEY (bid_id),
    CONSTRAINT uq_bid_offering_id_receipt_number UNIQUE (offering_id, receipt_number)
);

CREATE TABLE question (
    question_id uuid NOT NULL,
    offering_id uuid NOT NULL,
    asked bytea,
    question text,
    answer text,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    CONSTRAINT pk_question PRIMARY KEY (question_id)
);
CREATE INDEX ix_question_offering_id_asked_at ON question (offering_id, asked_at);

CREATE TABLE follower (
    follower_id uuid NOT NULL,
    offering_id uuid NOT NULL,
    contact bytea NOT NULL,
    mobile_key text NOT NULL,
    token_hash bytea NOT NULL,
    followed_at timestamptz NOT NULL,
    CONSTRAINT pk_follower PRIMARY KEY (follower_id),
    CONSTRAINT uq_follower_offering_id_mobile_key UNIQUE (offering_id, mobile_key),
    CONSTRAINT uq_follower_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_follower_offering_id_follower_id ON follower (offering_id, follower_id);

CREATE TABLE notice (
    notice_id uuid NOT NULL,
    offering_id uuid NOT NULL,
    happened text NOT NULL,
    facts jsonb NOT NULL,
    last_follower_id uuid,
    made_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT pk_notice PRIMARY KEY (notice_id)
);
CREATE INDEX ix_notice_offering_id ON notice (offering_id);

CREATE TABLE ocds_release (
    serial bigint GENERATED ALWAYS AS IDENTITY,
    release_id text NOT NULL,
    ocid text NOT NULL,
    offering_type text NOT NULL,
    published_at timestamptz NOT NULL,
    content jsonb NOT NULL,
    CONSTRAINT pk_ocds_release PRIMARY KEY (serial),
    CONSTRAINT uq_ocds_release_release_id UNIQUE (release_id)
);
CREATE INDEX ix_ocds_release_ocid_serial ON ocds_release (ocid, serial);
CREATE INDEX ix_ocds_release_offering_type_serial ON ocds_release (offering_type, serial);
