"""Reads rows of the record, page by page, and counts searches by civil ID for the alarm."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class AccessQuery:
    """Filters of the record's rows. Times aware; `since` belongs to the range, `until` doesn't."""

    since: datetime
    until: datetime
    organisation: str | None = None
    subject: str | None = None
    decision: str | None = None
    permit_id: str | None = None


_ACCESSES = """
SELECT at, chain::text, link, place, organisation, subject, client_id, operation, query_kinds, filters, purpose,
    case_reference, decision, reason, result_count
FROM access_log WHERE at >= :since AND at < :until {conditions}
ORDER BY at DESC, chain DESC, link DESC, place DESC LIMIT :page
"""
_ACCESS_CONDITIONS = {
    "organisation": "AND organisation = :organisation",
    "subject": "AND subject = :subject",
    "decision": "AND decision = :decision",
    "permit_id": "AND permit_ids @> ARRAY[CAST(:permit_id AS uuid)] AND decision = 'allowed'",
}
_AFTER_ACCESS = (
    "AND (at, chain, link, place) < (CAST(:at AS timestamptz), CAST(:chain AS uuid), :link, :place)"
)


def find_access_rows(
    session: Session, query: AccessQuery, *, after: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Rows of the record, newest first, and the page's end if there are more."""
    values = {name: value for name, value in vars(query).items() if value is not None}
    conditions = [_ACCESS_CONDITIONS[name] for name in values if name in _ACCESS_CONDITIONS]
    if after is not None:
        conditions.append(_AFTER_ACCESS)
        at, chain, link, place = after.split("/")
        values |= {"at": at, "chain": chain, "link": int(link), "place": int(place)}
    statement = text(_ACCESSES.format(conditions=" ".join(conditions)))
    rows = session.execute(statement, {**values, "page": limit + 1}).all()
    shown = list(rows[:limit])
    if len(rows) <= limit:
        return shown, None
    last = shown[-1]
    return shown, f"{last.at.isoformat()}/{last.chain}/{last.link}/{last.place}"


_SUSPECTS = text(
    """SELECT subject, count(DISTINCT civil_id_key) AS people FROM access_log
    WHERE civil_id_key IS NOT NULL AND at > now() - interval '1 hour'
    GROUP BY subject HAVING count(DISTINCT civil_id_key) > :most"""
)


def searchers_of_many(session: Session, most: int) -> list[tuple[str, int]]:
    """Returns the people who searched for more than `most` different owners within the last hour, and for how many."""
    return [(row.subject, row.people) for row in session.execute(_SUSPECTS, {"most": most})]
