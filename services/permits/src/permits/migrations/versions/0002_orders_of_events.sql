ALTER TABLE permit_request ADD COLUMN previous_version integer;
CREATE INDEX ix_permit_request_previous_permit_id ON permit_request (previous_permit_id);
ALTER TABLE permit ADD COLUMN suspensions jsonb NOT NULL DEFAULT '[]';
