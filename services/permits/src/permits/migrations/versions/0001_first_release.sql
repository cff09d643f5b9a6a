-- The tables of permits: requests, permits, certificates, releases of current, appeals, imports of older permits.

CREATE TABLE partner_entry (
    entry_id uuid CONSTRAINT pk_partner_entry PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL,
    partner text NOT NULL,
    permit_id uuid,
    outcome text NOT NULL,
    reason text,
    effects jsonb NOT NULL,
    entered_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX ix_partner_entry_permit_id_entered_at ON partner_entry (permit_id, entered_at);

CREATE TABLE document_key (
    key_id text CONSTRAINT pk_document_key PRIMARY KEY,
    public bytea NOT NULL CONSTRAINT uq_document_key_public UNIQUE,
    first_used_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    reason text
);

CREATE TABLE person_search (
    search_id uuid CONSTRAINT pk_person_search PRIMARY KEY,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    name text,
    client_id text NOT NULL,
    municipality text,
    kind text NOT NULL,
    searched_key text,
    reason text NOT NULL,
    found integer NOT NULL
);
CREATE INDEX ix_person_search_at_search_id ON person_search (at, search_id);
CREATE INDEX ix_person_search_subject_at ON person_search (subject, at);

CREATE TABLE person_sought (
    owner_key text NOT NULL,
    search_id uuid NOT NULL
        CONSTRAINT fk_person_sought_search_id_person_search REFERENCES person_search,
    CONSTRAINT pk_person_sought PRIMARY KEY (owner_key, search_id)
);
CREATE INDEX ix_person_sought_search_id ON person_sought (search_id);

CREATE TABLE permit_import (
    import_id uuid CONSTRAINT pk_permit_import PRIMARY KEY,
    version integer NOT NULL,
    municipality text NOT NULL,
    origin text NOT NULL,
    status text NOT NULL,
    rows integer NOT NULL,
    sendings integer NOT NULL,
    sample_size integer,
    wrong_allowed integer,
    created_at timestamptz NOT NULL,
    created_by text,
    released_by jsonb,
    not_before timestamptz,
    tries integer NOT NULL DEFAULT 0
);
CREATE INDEX ix_permit_import_at_work
    ON permit_import (created_at) WHERE status IN ('reading', 'releasing');
CREATE INDEX ix_permit_import_created_at_import_id ON permit_import (created_at, import_id);

CREATE TABLE permit_import_file (
    import_id uuid NOT NULL
        CONSTRAINT fk_permit_import_file_import_id REFERENCES permit_import,
    sending integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    rows integer NOT NULL,
    CONSTRAINT pk_permit_import_file PRIMARY KEY (import_id, sending),
    CONSTRAINT uq_permit_import_file_import_id_digest UNIQUE (import_id, digest)
);

CREATE TABLE permit_import_piece (
    import_id uuid NOT NULL
        CONSTRAINT fk_permit_import_piece_import_id REFERENCES permit_import,
    place integer NOT NULL,
    sending integer NOT NULL,
    heading text[] NOT NULL,
    content bytea,
    sent_by jsonb NOT NULL,
    CONSTRAINT pk_permit_import_piece PRIMARY KEY (import_id, place)
);
CREATE INDEX ix_permit_import_piece_import_id_place
    ON permit_import_piece (import_id, place) WHERE content IS NOT NULL;

CREATE TABLE permit_import_row (
    import_id uuid NOT NULL
        CONSTRAINT fk_permit_import_row_import_id REFERENCES permit_import,
    row_number integer NOT NULL,
    sending integer NOT NULL,
    line integer NOT NULL,
    status text NOT NULL,
    permit_number text,
    number_key text,
    plots text[] NOT NULL,
    data bytea,
    faults jsonb NOT NULL,
    warnings jsonb NOT NULL,
    sent_by jsonb NOT NULL,
    sampled boolean NOT NULL,
    verdict text,
    note text,
    judged_by text,
    judged_at timestamptz,
    permit_id text,
    CONSTRAINT pk_permit_import_row PRIMARY KEY (import_id, row_number)
);
CREATE INDEX ix_permit_import_row_import_id_number_key ON permit_import_row (import_id, number_key);
CREATE INDEX ix_permit_import_row_import_id_status_row_number
    ON permit_import_row (import_id, status, row_number);
CREATE INDEX ix_permit_import_row_plots ON permit_import_row USING gin (plots);
CREATE INDEX ix_permit_import_row_unprocessed
    ON permit_import_row (import_id, row_number) WHERE status = 'unprocessed';

CREATE TABLE attached_file (
    attachment_id uuid CONSTRAINT pk_attached_file PRIMARY KEY,
    thing_type text NOT NULL,
    thing_id uuid NOT NULL,
    code text,
    added_at timestamptz NOT NULL,
    added_by jsonb NOT NULL,
    verified_at timestamptz
);
CREATE INDEX ix_attached_file_thing_type_thing_id ON attached_file (thing_type, thing_id);

CREATE TABLE permit_request (
    request_id uuid CONSTRAINT pk_permit_request PRIMARY KEY,
    request_number text NOT NULL,
    transaction_number text,
    kind text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    use_class text NOT NULL,
    previous_permit_id uuid,
    representative bytea,
    land jsonb NOT NULL,
    building jsonb NOT NULL,
    engineering_office jsonb NOT NULL,
    insulation_pledge boolean NOT NULL,
    warnings jsonb NOT NULL,
    submitted_at timestamptz NOT NULL,
    notes text,
    reason text,
    version integer NOT NULL,
    reason_code text,
    invoice_id uuid,
    due_on date,
    decided_on date,
    ended_on date,
    construction_state text,
    plan_key text,
    district_key text,
    plot_keys text[],
    deed_key text,
    contractor jsonb,
    supervising_office jsonb,
    site jsonb,
    clearances jsonb,
    remarks text
);
CREATE INDEX ix_permit_request_deed_key ON permit_request (deed_key);
CREATE INDEX ix_permit_request_lower_request_number ON permit_request (lower(request_number));
CREATE INDEX ix_permit_request_municipality_status_submitted_at_request_id
    ON permit_request (municipality, status, submitted_at, request_id);
CREATE INDEX ix_permit_request_plan_key ON permit_request (plan_key);
CREATE INDEX ix_permit_request_plot_keys ON permit_request USING gin (plot_keys);
CREATE INDEX ix_permit_request_status_submitted_at_request_id
    ON permit_request (status, submitted_at, request_id);
CREATE INDEX ix_permit_request_submitted_at_request_id ON permit_request (submitted_at, request_id);
CREATE UNIQUE INDEX uq_permit_request_municipality_request_number
    ON permit_request (municipality, request_number)
    WHERE status NOT IN ('rejected', 'cancelled_by_applicant', 'expired_unpaid');

CREATE TABLE permit_request_owner (
    request_id uuid NOT NULL
        CONSTRAINT fk_permit_request_owner_request_id REFERENCES permit_request,
    position integer NOT NULL,
    name bytea NOT NULL,
    owner_type text NOT NULL,
    id_type text NOT NULL,
    id_number bytea,
    id_key text,
    share text,
    mobile bytea,
    CONSTRAINT pk_permit_request_owner PRIMARY KEY (request_id, "position")
);
CREATE INDEX ix_permit_request_owner_id_key ON permit_request_owner (id_key);

CREATE TABLE permit (
    permit_id uuid CONSTRAINT pk_permit PRIMARY KEY,
    permit_number text NOT NULL,
    year_hijri integer NOT NULL,
    municipality text NOT NULL,
    kind text NOT NULL,
    works text NOT NULL,
    use_class text NOT NULL,
    status text NOT NULL,
    issued_on date NOT NULL,
    expires_on date NOT NULL,
    previous_permit_id uuid CONSTRAINT fk_permit_previous_permit_id REFERENCES permit,
    request_id uuid
        CONSTRAINT uq_permit_request_id UNIQUE
        CONSTRAINT fk_permit_request_id REFERENCES permit_request,
    request_number text,
    transaction_number text,
    plan_key text,
    land jsonb NOT NULL,
    building jsonb NOT NULL,
    engineering_office jsonb NOT NULL,
    insulation_pledge boolean NOT NULL,
    suspension jsonb,
    cancellation jsonb,
    completion jsonb,
    version integer NOT NULL,
    district_key text,
    building_id uuid,
    predecessor jsonb,
    successor jsonb,
    occupancy jsonb,
    coordination jsonb,
    works_since date,
    plot_keys text[],
    deed_key text,
    representative bytea,
    contractor jsonb,
    supervising_office jsonb,
    origin text NOT NULL DEFAULT 'system',
    verified boolean NOT NULL DEFAULT true,
    source jsonb,
    site jsonb,
    clearances jsonb,
    remarks text,
    CONSTRAINT uq_permit_municipality_origin_permit_number
        UNIQUE (municipality, origin, permit_number),
    CONSTRAINT ck_permit_request CHECK ((origin <> 'system') OR (request_id IS NOT NULL))
);
CREATE INDEX ix_permit_deed_key ON permit (deed_key);
CREATE INDEX ix_permit_issued_on_permit_id ON permit (issued_on, permit_id);
CREATE INDEX ix_permit_lower_permit_number ON permit (lower(permit_number));
CREATE INDEX ix_permit_lower_request_number ON permit (lower(request_number));
CREATE INDEX ix_permit_municipality_issued_on_permit_id
    ON permit (municipality, issued_on, permit_id);
CREATE INDEX ix_permit_plan_key_issued_on_permit_id ON permit (plan_key, issued_on, permit_id);
CREATE INDEX ix_permit_plot_keys ON permit USING gin (plot_keys);
CREATE INDEX ix_permit_previous_permit_id ON permit (previous_permit_id);
CREATE INDEX ix_permit_town_district_key_issued_on_permit_id
    ON permit (((land ->> 'town')), district_key, issued_on, permit_id);

CREATE TABLE permit_owner (
    permit_id uuid NOT NULL CONSTRAINT fk_permit_owner_permit_id REFERENCES permit,
    position integer NOT NULL,
    name bytea NOT NULL,
    owner_type text NOT NULL,
    id_type text NOT NULL,
    id_number bytea,
    id_key text,
    share text,
    mobile bytea,
    CONSTRAINT pk_permit_owner PRIMARY KEY (permit_id, "position")
);
CREATE INDEX ix_permit_owner_id_key ON permit_owner (id_key);

CREATE TABLE certificate (
    certificate_id uuid CONSTRAINT pk_certificate PRIMARY KEY,
    kind text NOT NULL,
    permit_id uuid NOT NULL CONSTRAINT fk_certificate_permit_id REFERENCES permit,
    permit_number text NOT NULL,
    municipality text NOT NULL,
    status text NOT NULL,
    certificate_number text,
    issued_on date,
    valid_until date,
    insulation_certificate_id uuid
        CONSTRAINT fk_certificate_insulation_certificate_id REFERENCES certificate,
    inspected_on date,
    inspector text,
    reason text,
    flagged boolean NOT NULL,
    flag_reason text,
    opened_at timestamptz NOT NULL,
    version integer NOT NULL,
    occupancy jsonb,
    owner_address bytea,
    flagged_on date,
    ended_on date,
    partner_certificate_number text,
    numbered_at timestamptz,
    counts_from timestamptz,
    counts_visits_from date,
    stages jsonb,
    defects jsonb,
    refusals jsonb,
    partner text,
    CONSTRAINT uq_certificate_kind_municipality_certificate_number
        UNIQUE (kind, municipality, certificate_number)
);
CREATE INDEX ix_certificate_insulation_certificate_id ON certificate (insulation_certificate_id);
CREATE INDEX ix_certificate_occupancy_pending
    ON certificate (municipality, opened_at, certificate_id)
    WHERE ((kind = 'occupancy') AND (status = 'pending'));
CREATE INDEX ix_certificate_partner_certificate_number ON certificate (partner_certificate_number);
CREATE INDEX ix_certificate_permit_id_opened_at_certificate_id
    ON certificate (permit_id, opened_at, certificate_id);
CREATE UNIQUE INDEX uq_certificate_partner_number
    ON certificate (partner, upper(partner_certificate_number))
    WHERE ((status = 'pending') OR (issued_on IS NOT NULL));

CREATE TABLE inspection (
    inspection_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_inspection PRIMARY KEY,
    certificate_id uuid NOT NULL
        CONSTRAINT fk_inspection_certificate_id REFERENCES certificate,
    stage text NOT NULL,
    result text NOT NULL,
    inspected_on date NOT NULL,
    inspector text NOT NULL,
    materials text,
    u_value double precision,
    defects jsonb,
    entry_id uuid CONSTRAINT uq_inspection_entry_id UNIQUE,
    entered_at timestamptz
);
CREATE INDEX ix_inspection_certificate_id ON inspection (certificate_id);
CREATE INDEX ix_inspection_with_name
    ON inspection (inspected_on) WHERE ((entry_id IS NOT NULL) AND (inspector <> ''));

CREATE TABLE invoice (
    invoice_id uuid CONSTRAINT pk_invoice PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT fk_invoice_request_id REFERENCES permit_request,
    municipality text NOT NULL,
    status text NOT NULL,
    amount_halalas bigint NOT NULL,
    lines jsonb NOT NULL,
    due_on date NOT NULL,
    payer bytea,
    requested_at timestamptz NOT NULL,
    biller_code text,
    bill_number text,
    payment_id uuid,
    receipt_number text,
    paid_at timestamptz,
    reason text,
    version integer NOT NULL
);
CREATE INDEX ix_invoice_request_id ON invoice (request_id);

CREATE TABLE release (
    release_id uuid CONSTRAINT pk_release PRIMARY KEY,
    release_number text NOT NULL,
    permit_id uuid NOT NULL CONSTRAINT fk_release_permit_id REFERENCES permit,
    permit_number text NOT NULL,
    building_id uuid NOT NULL,
    municipality text NOT NULL,
    extent text NOT NULL,
    status text NOT NULL,
    submitted_at timestamptz NOT NULL,
    site_inspection jsonb,
    approvals jsonb NOT NULL,
    supply jsonb NOT NULL,
    disconnection jsonb,
    coordination jsonb,
    reason text,
    flagged boolean NOT NULL,
    flag_reason text,
    version integer NOT NULL,
    CONSTRAINT uq_release_municipality_release_number UNIQUE (municipality, release_number)
);
CREATE INDEX ix_release_building_id_submitted_at ON release (building_id, submitted_at);
CREATE INDEX ix_release_municipality_status_submitted_at_release_id
    ON release (municipality, status, submitted_at, release_id);
CREATE INDEX ix_release_permit_id ON release (permit_id);
CREATE INDEX ix_release_status_submitted_at_release_id
    ON release (status, submitted_at, release_id);
CREATE INDEX ix_release_submitted_at_release_id ON release (submitted_at, release_id);
CREATE UNIQUE INDEX uq_release_permit_id_alive
    ON release (permit_id) WHERE status NOT IN ('refused', 'cancelled');

CREATE TABLE signed_document (
    document_id uuid CONSTRAINT pk_signed_document PRIMARY KEY,
    certificate_id uuid NOT NULL
        CONSTRAINT fk_signed_document_certificate_id REFERENCES certificate,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_signed_document_certificate_id_made_at ON signed_document (certificate_id, made_at);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);

CREATE TABLE amount_proposal (
    proposal_id uuid CONSTRAINT pk_amount_proposal PRIMARY KEY,
    request_id uuid NOT NULL
        CONSTRAINT fk_amount_proposal_request_id REFERENCES permit_request,
    amount_halalas bigint NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    proposed_by jsonb NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by jsonb,
    decided_at timestamptz
);
CREATE UNIQUE INDEX uq_amount_proposal_request_id_standing
    ON amount_proposal (request_id) WHERE status IN ('proposed', 'agreed');

CREATE TABLE permit_request_name_part (
    request_id uuid NOT NULL,
    position integer NOT NULL,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_request_name_part PRIMARY KEY ("position", place, request_id),
    CONSTRAINT fk_permit_request_name_part_owner
        FOREIGN KEY (request_id, "position") REFERENCES permit_request_owner(request_id, "position")
);
CREATE INDEX ix_permit_request_name_part_part_key ON permit_request_name_part (part_key);
CREATE INDEX ix_permit_request_name_part_request_id_position
    ON permit_request_name_part (request_id, "position");

CREATE TABLE permit_name_part (
    permit_id uuid NOT NULL,
    position integer NOT NULL,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_name_part PRIMARY KEY ("position", place, permit_id),
    CONSTRAINT fk_permit_name_part_owner
        FOREIGN KEY (permit_id, "position") REFERENCES permit_owner(permit_id, "position")
);
CREATE INDEX ix_permit_name_part_part_key ON permit_name_part (part_key);
CREATE INDEX ix_permit_name_part_permit_id_position ON permit_name_part (permit_id, "position");

CREATE TABLE appeal (
    appeal_id uuid CONSTRAINT pk_appeal PRIMARY KEY,
    appeal_number text NOT NULL,
    municipality text NOT NULL,
    against text NOT NULL,
    target_id uuid NOT NULL,
    permit_id uuid CONSTRAINT fk_appeal_permit_id REFERENCES permit,
    permit_number text,
    request_id uuid CONSTRAINT fk_appeal_request_id REFERENCES permit_request,
    request_number text,
    certificate_id uuid CONSTRAINT fk_appeal_certificate_id REFERENCES certificate,
    appealed_at timestamptz NOT NULL,
    appealed_by jsonb,
    appellant bytea NOT NULL,
    grounds bytea NOT NULL,
    documents jsonb NOT NULL,
    noticed_on date NOT NULL,
    filed_on date NOT NULL,
    decide_by date NOT NULL,
    status text NOT NULL,
    reason text,
    ended_on date,
    ended_by jsonb,
    version integer NOT NULL,
    CONSTRAINT uq_appeal_municipality_appeal_number UNIQUE (municipality, appeal_number)
);
CREATE INDEX ix_appeal_decide_by_appeal_id ON appeal (decide_by, appeal_id);
CREATE INDEX ix_appeal_municipality_status_decide_by_appeal_id
    ON appeal (municipality, status, decide_by, appeal_id);
CREATE INDEX ix_appeal_permit_id ON appeal (permit_id);
CREATE INDEX ix_appeal_request_id ON appeal (request_id);
CREATE INDEX ix_appeal_status_decide_by_appeal_id ON appeal (status, decide_by, appeal_id);
CREATE UNIQUE INDEX uq_appeal_decision
    ON appeal (target_id, against, appealed_at) WHERE status <> 'withdrawn';

CREATE TABLE permit_document (
    document_id uuid CONSTRAINT pk_permit_document PRIMARY KEY,
    permit_id uuid NOT NULL CONSTRAINT fk_permit_document_permit_id REFERENCES permit,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    expires_on date,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX ix_permit_document_expires_on ON permit_document (expires_on);
CREATE INDEX ix_permit_document_permit_id_made_at ON permit_document (permit_id, made_at);

CREATE TABLE permit_request_paper (
    request_id uuid NOT NULL
        CONSTRAINT fk_permit_request_paper_request_id REFERENCES permit_request,
    code text NOT NULL,
    reference text NOT NULL,
    handed_in_on date NOT NULL,
    recorded_by jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT pk_permit_request_paper PRIMARY KEY (request_id, code)
);

ALTER TABLE permit_request ADD CONSTRAINT fk_permit_request_previous_permit_id
    FOREIGN KEY (previous_permit_id) REFERENCES permit;
