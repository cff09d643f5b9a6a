ALTER TABLE factor
    ALTER COLUMN secret DROP NOT NULL,
    ADD COLUMN name text,
    ADD COLUMN credential_id bytea CONSTRAINT uq_factor_credential_id UNIQUE,
    ADD COLUMN credential bytea,
    ADD COLUMN counter bigint,
    ADD COLUMN is_synced boolean,
    ADD COLUMN enrolled_by text,
    DROP CONSTRAINT ck_factor_kind,
    ADD CONSTRAINT ck_factor_kind CHECK (
        (kind = 'totp' AND secret IS NOT NULL AND credential_id IS NULL)
        OR (kind = 'passkey' AND secret IS NULL AND num_nulls(name, credential_id, credential, counter, is_synced) = 0)
    );

ALTER TABLE second_step ADD COLUMN challenge bytea;
