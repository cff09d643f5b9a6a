"""Rules of grants: which queries an organisation may make, and for which purposes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from partner_gateway.domain.permit_queries import (
    BORDER_NUMBER,
    CIVIL_ID,
    FOLLOW,
    ISSUE_DATE_RANGE,
    PERMIT_NUMBER,
    PLAN_NUMBER,
    UNIFIED_NUMBER,
    Query,
)
from saudi.waits import word_wait

_KIND_TITLES = {
    ISSUE_DATE_RANGE: {"ar": "تاريخ الإصدار", "en": "issue date"},
    PLAN_NUMBER: {"ar": "رقم المخطط", "en": "plan number"},
    CIVIL_ID: {"ar": "رقم الهوية", "en": "civil ID"},
    PERMIT_NUMBER: {"ar": "رقم الرخصة", "en": "permit number"},
    UNIFIED_NUMBER: {"ar": "الرقم الموحد", "en": "unified number"},
    BORDER_NUMBER: {"ar": "رقم الحدود", "en": "border number"},
    FOLLOW: {"ar": "متابعة التغييرات", "en": "following changes"},
}
RELEASE_FIELD = "release"
OF_PERSONS = (CIVIL_ID, BORDER_NUMBER)
# The purposes that exist so far, in words that the company's staff choose from. Any other code that a grant names is a
# purpose for persons, and is shown as it is.
PURPOSE_TITLES: Mapping[str, Mapping[str, str]] = {
    "meter-connection": {"ar": "إيصال عداد", "en": "Connecting a meter"},
    "energisation": {"ar": "إطلاق التيار", "en": "Energising a building"},
    "insulation-follow-up": {"ar": "متابعة العزل الحراري", "en": "Following up insulation"},
    "establishment-connection": {"ar": "إيصال الخدمة لمنشأة", "en": "Connecting an establishment"},
}
_OF_ESTABLISHMENTS = frozenset(("establishment-connection",))


def searches_for(purpose: str) -> tuple[str, ...]:
    """Returns the kinds of number that may be searched for the purpose."""
    return (UNIFIED_NUMBER,) if purpose in _OF_ESTABLISHMENTS else OF_PERSONS


def purposes_for(granted: Iterable[str], search: str) -> list[str]:
    """Returns the granted purposes that a kind of number may be searched for."""
    return sorted(one for one in granted if search in searches_for(one))


def show_purposes(granted: Iterable[str], kinds: Iterable[str]) -> list[dict[str, Any]]:
    """Returns the granted purposes with their words, and the granted searches that each is for."""
    return [
        {
            "purpose": one,
            "title": PURPOSE_TITLES.get(one, {"ar": one, "en": one}),
            "searches": [kind for kind in searches_for(one) if kind in set(kinds)],
        }
        for one in sorted(granted)
    ]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A query that isn't answered. `problem` is a slug of the contract; `code` the reason in the record."""

    problem: str
    code: str
    params: Mapping[str, Any]
    field: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Which queries an organisation may make of the gateway, and what its staff may enter. Spans in days; times
    aware."""

    organisation: str
    purposes: frozenset[str]
    query_kinds: frozenset[str]
    widest_span_days: int | None
    fields: frozenset[str]
    rows_per_day: int
    valid_from: datetime
    valid_until: datetime
    active: bool
    entry_kinds: frozenset[str] = frozenset()

    def in_force(self, now: datetime) -> bool:
        """Returns whether the grant is in force at `now`. The grant ends with the first moment of `valid_until`."""
        return self.active and self.valid_from <= now < self.valid_until


NO_GRANT = Refusal(problem="grant-refused", code="no-grant", params={})


def refusal(
    grant: Grant | None, query: Query, *, purpose: str | None, now: datetime
) -> Refusal | None:
    """Returns why the grant doesn't allow the query, or None when the grant allows it. Without a grant nothing is
    allowed."""
    if grant is None or not grant.in_force(now):
        return NO_GRANT
    for kind in query.kinds:
        if kind not in grant.query_kinds:
            return _not_granted(kind)
    if query.civil_id_keys:
        allowed = purposes_for(grant.purposes, query.owner_kind)
        if purpose not in allowed:
            params = {"purposes": [_purpose_words(one) for one in allowed]}
            return Refusal(problem="grant-refused", code="purpose-not-granted", params=params)
    if query.kinds == [ISSUE_DATE_RANGE] and _span(query) > (grant.widest_span_days or 0):
        limit = {"limit": grant.widest_span_days or 0}
        return Refusal(
            problem="date-range-too-wide", code="range-too-wide", params=limit, field="issued_to"
        )
    return None


def follow_refusal(grant: Grant | None, now: datetime) -> Refusal | None:
    """Returns why the grant doesn't allow to follow changes, or None when it does."""
    if grant is None or not grant.in_force(now):
        return NO_GRANT
    if FOLLOW not in grant.query_kinds:
        return _not_granted(FOLLOW)
    return None


def release_refusal(grant: Grant | None, now: datetime) -> Refusal | None:
    """Returns why the grant doesn't show the releases that wait, or None when it does. A grant whose permits show the
    release shows the list too."""
    if grant is None or not grant.in_force(now):
        return NO_GRANT
    if RELEASE_FIELD not in grant.fields:
        return Refusal(problem="grant-refused", code="releases-not-granted", params={})
    return None


def _not_granted(kind: str) -> Refusal:
    params = {"query_kind": _KIND_TITLES[kind]}
    return Refusal(problem="grant-refused", code="query-kind-not-granted", params=params)


def _purpose_words(code: str) -> dict[str, str]:
    titles = PURPOSE_TITLES.get(code)
    return {
        language: f"{titles[language]} ({code})" if titles else code for language in ("ar", "en")
    }


def too_many(name: str, limit: int, window: int, resets_in: int) -> Refusal:
    """Returns the refusal of a query over the limit `name`: `limit` queries in `window` seconds, none left for
    `resets_in` seconds."""
    params = {"limit": limit, "window": window, "wait": word_wait(resets_in).pair()}
    return Refusal(problem="quota-exceeded", code=name, params=params, retry_after=resets_in)


def rows_exhausted(grant: Grant, resets_in: int) -> Refusal:
    """Returns the refusal of an organisation that has read its rows of the day (Riyadh), which ends in `resets_in`
    seconds."""
    limit = {"limit": grant.rows_per_day}
    return Refusal(
        problem="rows-exhausted", code="rows-exhausted", params=limit, retry_after=resets_in
    )


def _span(query: Query) -> int:
    if query.issued_from is None or query.issued_to is None:
        return 0
    return (query.issued_to - query.issued_from).days
