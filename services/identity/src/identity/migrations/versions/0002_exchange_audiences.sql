ALTER TABLE client ADD COLUMN exchange_audiences text[] NOT NULL DEFAULT '{}';
