"""The function by which limits are counted, many at once (chassis.access.quotas)."""

from alembic import op

revision = "0004"
down_revision = "0003"

# Each statement of the function sees what was committed before it began, so the count behind the locks is a true one.
# Every call locks in one order, so that two with the same limits don't wait for each other.
FUNCTION = """
CREATE OR REPLACE FUNCTION take_quotas(
    policies text[], subjects text[], steps bigint[], first_steps bigint[], limits bigint[], amounts bigint[],
    returned_steps bigint[], returned_amounts bigint[]
) RETURNS TABLE (counted bigint, granted bigint, oldest bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(0x5151, keys.key) FROM (
        SELECT DISTINCT hashtext(asked.policy || '/' || asked.subject) AS key
        FROM unnest(policies, subjects) AS asked (policy, subject) ORDER BY key
    ) AS keys;
    UPDATE quota_used AS quota SET used = quota.used - asked.amount
    FROM unnest(policies, subjects, returned_steps, returned_amounts) AS asked (policy, subject, step, amount)
    WHERE (quota.policy, quota.subject, quota.starts_at) = (asked.policy, asked.subject, asked.step)
        AND asked.amount > 0;
    DELETE FROM quota_used AS quota
    USING unnest(policies, subjects, first_steps) AS asked (policy, subject, first_step)
    WHERE (quota.policy, quota.subject) = (asked.policy, asked.subject) AND quota.starts_at < asked.first_step;
    RETURN QUERY
    WITH asked AS (
        SELECT * FROM unnest(policies, subjects, steps, first_steps, limits, amounts) WITH ORDINALITY
            AS one (policy, subject, step, first_step, most, amount, place)
    ), taken AS (
        SELECT asked.*, before.used, before.oldest,
            greatest(0, least(asked.amount, asked.most - before.used)) AS amount_taken
        FROM asked CROSS JOIN LATERAL (
            SELECT coalesce(sum(quota.used), 0)::bigint AS used,
                min(quota.starts_at) FILTER (WHERE quota.used > 0) AS oldest
            FROM quota_used AS quota
            WHERE (quota.policy, quota.subject) = (asked.policy, asked.subject) AND quota.starts_at >= asked.first_step
        ) AS before
    ), kept AS (
        INSERT INTO quota_used AS quota (policy, subject, starts_at, used)
        SELECT taken.policy, taken.subject, taken.step, taken.amount_taken FROM taken WHERE taken.amount_taken > 0
        ON CONFLICT ON CONSTRAINT pk_quota_used DO UPDATE SET used = quota.used + EXCLUDED.used
    )
    SELECT taken.used + taken.amount_taken, taken.amount_taken, coalesce(taken.oldest, taken.step)
    FROM taken ORDER BY taken.place;
END $$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
