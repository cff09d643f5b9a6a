"""Workers who are to be examined, and what medical centres entered about them."""

from alembic import op

revision = "0011"
down_revision = "0010"

EXAMINATIONS = """
CREATE TABLE examinee (
    request_id uuid NOT NULL,
    version integer NOT NULL,
    number text NOT NULL,
    centre text,
    worker bytea,
    worker_key text,
    revision integer,
    until timestamptz,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_examinee PRIMARY KEY (request_id),
    CONSTRAINT uq_examinee_number UNIQUE (number)
);
CREATE TABLE health_examination (
    examination_id uuid NOT NULL,
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
    recorded_at timestamptz,
    CONSTRAINT pk_health_examination PRIMARY KEY (examination_id)
);
CREATE INDEX ix_health_examination_own ON health_examination (centre, entered_at, examination_id);
CREATE INDEX ix_health_examination_request ON health_examination (request_id, centre, entered_at);
CREATE INDEX ix_health_examination_number ON health_examination (number, centre, entered_at);
CREATE INDEX ix_health_examination_due ON health_examination (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_health_examination_entered_at ON health_examination (entered_at);
"""


def upgrade() -> None:
    op.execute(EXAMINATIONS)
