"""Searches by civil ID, counted for the alarm."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_SUSPECTS = text(
    """SELECT subject, count(DISTINCT civil_id_key) AS people FROM access_log
    WHERE civil_id_key IS NOT NULL AND at > now() - interval '1 hour'
    GROUP BY subject HAVING count(DISTINCT civil_id_key) > :most"""
)


def suspects(session: Session, most: int) -> list[tuple[str, int]]:
    """The people who searched for more than `most` different owners within the last hour, and for how many."""
    return [(row.subject, row.people) for row in session.execute(_SUSPECTS, {"most": most})]
