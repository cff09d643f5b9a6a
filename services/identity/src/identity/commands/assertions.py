"""Remembers client assertions, so that each counts once over all workers."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity.domain.assertions import Assertion
from identity.sealing import fingerprint

# For so long an expired assertion is still remembered: a request may have waited for a lock after its clock was read,
# or its host's clock may be behind. Each use deletes a few older rows.
SPARED = timedelta(minutes=5)
_REMEMBER = text(
    """WITH forgotten AS (DELETE FROM used_assertion WHERE ctid IN (SELECT ctid FROM used_assertion
        WHERE forget_after < :forgotten_before LIMIT 20 FOR UPDATE SKIP LOCKED))
    INSERT INTO used_assertion (client_id, jti_hash, forget_after)
    VALUES (:client_id, :jti_hash, :forget_after) ON CONFLICT DO NOTHING RETURNING 1"""
)


def use_assertion(session: Session, assertion: Assertion, now: datetime) -> bool:
    """True the first time. A second transaction with the same `jti` waits for the first one and gets False."""
    values = {
        "forgotten_before": now - SPARED,
        "client_id": assertion.client_id,
        "jti_hash": fingerprint(assertion.jti),
        "forget_after": datetime.fromtimestamp(assertion.forget_after, UTC),
    }
    return session.scalar(_REMEMBER, values) is not None
