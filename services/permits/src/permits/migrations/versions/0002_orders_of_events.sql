ALTER TABLE permit_request ADD COLUMN previous_version integer;
CREATE INDEX ix_permit_request_previous_permit_id ON permit_request (previous_permit_id);
ALTER TABLE permit ADD COLUMN suspensions jsonb NOT NULL DEFAULT '[]';

CREATE TABLE permit_request_agent_part (
    request_id uuid NOT NULL CONSTRAINT fk_permit_request_agent_part_request_id REFERENCES permit_request,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_request_agent_part PRIMARY KEY (place, request_id)
);
CREATE INDEX ix_permit_request_agent_part_part_key ON permit_request_agent_part (part_key);
CREATE INDEX ix_permit_request_agent_part_request_id ON permit_request_agent_part (request_id);

CREATE TABLE permit_agent_part (
    permit_id uuid NOT NULL CONSTRAINT fk_permit_agent_part_permit_id REFERENCES permit,
    place integer NOT NULL,
    part bytea NOT NULL,
    part_key text NOT NULL,
    CONSTRAINT pk_permit_agent_part PRIMARY KEY (place, permit_id)
);
CREATE INDEX ix_permit_agent_part_part_key ON permit_agent_part (part_key);
CREATE INDEX ix_permit_agent_part_permit_id ON permit_agent_part (permit_id);

-- The representative's identity number, and the keyed hash by which the representative's things are found.
ALTER TABLE permit_request ADD COLUMN agent_number bytea, ADD COLUMN agent_key text;
ALTER TABLE permit ADD COLUMN agent_number bytea, ADD COLUMN agent_key text;
CREATE INDEX ix_permit_request_agent_key ON permit_request (agent_key);
CREATE INDEX ix_permit_agent_key ON permit (agent_key);

-- A building has one living release, whichever of its permits the release stands on.
DROP INDEX uq_release_permit_id_alive;
CREATE UNIQUE INDEX uq_release_building_id_alive
    ON release (building_id) WHERE status NOT IN ('refused', 'cancelled');
