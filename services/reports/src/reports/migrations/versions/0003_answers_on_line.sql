ALTER TABLE not_solved_token ADD COLUMN is_question boolean NOT NULL DEFAULT false;
