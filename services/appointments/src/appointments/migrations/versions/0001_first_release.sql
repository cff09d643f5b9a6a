-- The tables of appointments: departments with plans and closures, seats, appointments with their offers, notes, keys
-- and tickets.

CREATE SEQUENCE appointment_number;

CREATE TABLE department (
    department_id uuid NOT NULL,
    serial integer GENERATED ALWAYS AS IDENTITY NOT NULL,
    municipality text NOT NULL,
    code text NOT NULL,
    added_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT pk_department PRIMARY KEY (department_id),
    CONSTRAINT uq_department_municipality_code UNIQUE (municipality, code)
);
CREATE INDEX ix_department_municipality_department_id ON department (municipality, department_id);

CREATE TABLE document_key (
    key_id text NOT NULL,
    public bytea NOT NULL,
    first_used_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    reason text,
    CONSTRAINT pk_document_key PRIMARY KEY (key_id),
    CONSTRAINT uq_document_key_public UNIQUE (public)
);

CREATE TABLE appointment (
    appointment_id uuid NOT NULL,
    appointment_number text NOT NULL,
    municipality text NOT NULL,
    department_id uuid NOT NULL,
    department_ar text NOT NULL,
    department_en text NOT NULL,
    service text NOT NULL,
    service_ar text NOT NULL,
    service_en text NOT NULL,
    needs_confirmation boolean NOT NULL,
    counter smallint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    change_until timestamptz NOT NULL,
    status text NOT NULL,
    language text NOT NULL,
    person bytea,
    mobile_key text,
    booked_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    affected_since timestamptz,
    waits_since timestamptz,
    offered_starts_at timestamptz,
    offer_until timestamptz,
    queue_number integer,
    checked_in_at timestamptz,
    called_at timestamptz,
    called_to smallint,
    ended_at timestamptz,
    cancelled_by text,
    reason text,
    emptied_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT pk_appointment PRIMARY KEY (appointment_id),
    CONSTRAINT uq_appointment_appointment_number UNIQUE (appointment_number),
    CONSTRAINT fk_appointment_department_id FOREIGN KEY (department_id) REFERENCES department (department_id)
);
CREATE INDEX ix_appointment_department_id_starts_at_appointment_id ON appointment (department_id, starts_at, appointment_id);
CREATE INDEX ix_appointment_full ON appointment (starts_at) WHERE emptied_at IS NULL;
CREATE INDEX ix_appointment_mobile_key ON appointment (mobile_key) WHERE mobile_key IS NOT NULL;
CREATE INDEX ix_appointment_municipality_starts_at_appointment_id ON appointment (municipality, starts_at, appointment_id);
CREATE INDEX ix_appointment_starts_at_appointment_id ON appointment (starts_at, appointment_id);
CREATE INDEX ix_appointment_waiting
    ON appointment (department_id, service, waits_since) WHERE waits_since IS NOT NULL;

CREATE TABLE closure (
    closure_id uuid NOT NULL,
    municipality text NOT NULL,
    department_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason_ar text NOT NULL,
    reason_en text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    lifted_at timestamptz,
    CONSTRAINT pk_closure PRIMARY KEY (closure_id),
    CONSTRAINT fk_closure_department_id FOREIGN KEY (department_id) REFERENCES department (department_id)
);
CREATE INDEX ix_closure_municipality_ends_at ON closure (municipality, ends_at) WHERE lifted_at IS NULL;

CREATE TABLE department_plan (
    plan_id uuid NOT NULL,
    department_id uuid NOT NULL,
    valid_from date NOT NULL,
    plan jsonb NOT NULL,
    set_at timestamptz NOT NULL,
    set_by text NOT NULL,
    CONSTRAINT pk_department_plan PRIMARY KEY (plan_id),
    CONSTRAINT fk_department_plan_department_id FOREIGN KEY (department_id) REFERENCES department (department_id)
);
CREATE INDEX ix_department_plan_department_id_valid_from_set_at ON department_plan (department_id, valid_from, set_at);

CREATE TABLE queue_day (
    department_id uuid NOT NULL,
    day date NOT NULL,
    last integer NOT NULL,
    CONSTRAINT pk_queue_day PRIMARY KEY (department_id, day),
    CONSTRAINT fk_queue_day_department_id FOREIGN KEY (department_id) REFERENCES department (department_id)
);

CREATE TABLE slot_offer (
    appointment_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    offered_at timestamptz NOT NULL,
    CONSTRAINT pk_slot_offer PRIMARY KEY (appointment_id, starts_at),
    CONSTRAINT fk_slot_offer_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment (appointment_id)
);

CREATE TABLE officer_note (
    note_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    action text NOT NULL,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    text bytea NOT NULL,
    CONSTRAINT pk_officer_note PRIMARY KEY (note_id),
    CONSTRAINT fk_officer_note_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment (appointment_id)
);
CREATE INDEX ix_officer_note_appointment_id ON officer_note (appointment_id);

CREATE TABLE appointment_key (
    token_hash bytea NOT NULL,
    appointment_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_appointment_key PRIMARY KEY (token_hash),
    CONSTRAINT fk_appointment_key_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment (appointment_id)
);
CREATE INDEX ix_appointment_key_appointment_id ON appointment_key (appointment_id);

-- Two seats of one lane, a place at a counter, never overlap: this constraint refuses every double booking.
CREATE TABLE seat (
    seat_id uuid NOT NULL,
    department_id uuid NOT NULL,
    counter smallint NOT NULL,
    place smallint NOT NULL,
    lane bigint NOT NULL,
    service text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    held_until timestamptz,
    device_key text,
    offered_to uuid,
    appointment_id uuid,
    CONSTRAINT pk_seat PRIMARY KEY (seat_id),
    CONSTRAINT ex_seat_lane EXCLUDE USING gist (
        int8range(
            lane * 134217728 + (extract(epoch FROM starts_at - '2020-01-01 00:00:00+00'::timestamptz) / 60)::bigint,
            lane * 134217728 + (extract(epoch FROM ends_at - '2020-01-01 00:00:00+00'::timestamptz) / 60)::bigint
        ) WITH &&),
    CONSTRAINT ck_seat_lane CHECK (lane % 10000 = counter * 100 + place),
    CONSTRAINT ck_seat_span CHECK (starts_at < ends_at),
    CONSTRAINT ck_seat_holder CHECK ((held_until IS NULL) = (appointment_id IS NOT NULL)),
    CONSTRAINT uq_seat_appointment_id UNIQUE (appointment_id),
    CONSTRAINT fk_seat_department_id FOREIGN KEY (department_id) REFERENCES department (department_id),
    CONSTRAINT fk_seat_offered_to FOREIGN KEY (offered_to) REFERENCES appointment (appointment_id),
    CONSTRAINT fk_seat_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment (appointment_id)
);
CREATE INDEX ix_seat_department_id_starts_at ON seat (department_id, starts_at);
CREATE INDEX ix_seat_held ON seat (held_until) WHERE held_until IS NOT NULL;
CREATE UNIQUE INDEX uq_seat_device ON seat (device_key) WHERE device_key IS NOT NULL;
CREATE UNIQUE INDEX uq_seat_offer ON seat (offered_to) WHERE offered_to IS NOT NULL;

CREATE TABLE signed_document (
    appointment_id uuid NOT NULL,
    expires_on date NOT NULL,
    document_id uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    place text,
    state text NOT NULL,
    issued_on date NOT NULL,
    key_id text NOT NULL,
    fingerprint text NOT NULL,
    content bytea,
    code bytea,
    initials bytea,
    made_at timestamptz NOT NULL,
    replaced_at timestamptz,
    CONSTRAINT pk_signed_document PRIMARY KEY (document_id),
    CONSTRAINT fk_signed_document_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment (appointment_id)
);
CREATE INDEX ix_signed_document_appointment_id_made_at ON signed_document (appointment_id, made_at);
CREATE INDEX ix_signed_document_expires_on ON signed_document (expires_on);
