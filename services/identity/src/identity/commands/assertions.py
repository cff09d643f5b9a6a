"""Remembers client assertions, so that each counts once, in whichever worker."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity.domain.assertions import Assertion
from identity.sealing import fingerprint

# Each one forgets a few of those that have expired by themselves.
_REMEMBER = text(
    """WITH forgotten AS (DELETE FROM used_assertion WHERE ctid IN (SELECT ctid FROM used_assertion
        WHERE forget_after < :now LIMIT 20 FOR UPDATE SKIP LOCKED))
    INSERT INTO used_assertion (client_id, jti_hash, forget_after)
    VALUES (:client_id, :jti_hash, :forget_after) ON CONFLICT DO NOTHING RETURNING 1"""
)


def use_assertion(session: Session, assertion: Assertion, now: datetime) -> bool:
    """True the first time. A second transaction with the same `jti` waits for the first one and gets False."""
    values = {
        "now": now,
        "client_id": assertion.client_id,
        "jti_hash": fingerprint(assertion.jti),
        "forget_after": datetime.fromtimestamp(assertion.forget_after, UTC),
    }
    return session.scalar(_REMEMBER, values) is not None
