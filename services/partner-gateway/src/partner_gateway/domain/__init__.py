"""Rules of the partner gateway: valid queries, what a grant allows, what a partner sees. Pure.

Those of municipalities and their applications are in `domain.applications`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chassis.core.refusals import InvalidFields
from partner_gateway.domain import purposes
from partner_gateway.domain.buildings import completion, of_before
from partner_gateway.domain.purposes import BORDER_NUMBER, CIVIL_ID, UNIFIED_NUMBER
from partner_gateway.domain.words import KINDS
from saudi import Malformed
from saudi.finding import asked_key, found_plan_key
from saudi.ids import IdType, mask_id, parse_civil_id, parse_id
from saudi.land import plan_key, says_no_plan
from saudi.text import number_key, place_key

ISSUE_DATE_RANGE, PLAN_NUMBER = "issue-date-range", "plan-number"
PERMIT_NUMBER, FOLLOW = "permit-number", "follow"

_KIND_TITLES = {
    ISSUE_DATE_RANGE: {"ar": "تاريخ الإصدار", "en": "issue date"},
    PLAN_NUMBER: {"ar": "رقم المخطط", "en": "plan number"},
    CIVIL_ID: {"ar": "رقم الهوية", "en": "civil ID"},
    PERMIT_NUMBER: {"ar": "رقم الرخصة", "en": "permit number"},
    UNIFIED_NUMBER: {"ar": "الرقم الموحد", "en": "unified number"},
    BORDER_NUMBER: {"ar": "رقم الحدود", "en": "border number"},
    FOLLOW: {"ar": "متابعة التغييرات", "en": "following changes"},
}
# The field of a search → the kind of query that it is.
OWNER_NUMBERS = {
    "civil_id": CIVIL_ID,
    "unified_number": UNIFIED_NUMBER,
    "border_number": BORDER_NUMBER,
}
# Under which permits without a plan are found.

# Fields that every partner gets, whatever the grant says: without them a page can't be walked or compared.
ALWAYS = (
    *("permit_id", "version", "permit_number", "origin", "verified", "status", "status_title"),
    "issued_on",
)


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
        """Whether it counts at `now`; it ends with the first moment of `valid_until`."""
        return self.active and self.valid_from <= now < self.valid_until


@dataclass(frozen=True, kw_only=True)
class Query:
    """One query for building permits; at least one filter that selects is set. `issued_to` is not in the range.

    `civil_id_keys`: the keys of an owner's number of whichever kind, `owner_kind`.
    """

    issued_from: date | None = None
    issued_to: date | None = None
    plan_key: str | None = None
    town_key: str | None = None
    district_key: str | None = None
    permit_number: str | None = None
    permit_id: str | None = None
    request_key: str | None = None
    municipality: str | None = None
    plot_key: str | None = None
    civil_id_keys: tuple[str, ...] | None = None
    owner_kind: str = CIVIL_ID
    kind: str | None = None
    status: str | None = None

    @property
    def kinds(self) -> list[str]:
        """The query kinds that it uses; a grant has to allow each."""
        used = {
            self.owner_kind: self.civil_id_keys,
            PERMIT_NUMBER: self.permit_number or self.permit_id or self.request_key,
            PLAN_NUMBER: self.plan_key,
            ISSUE_DATE_RANGE: self.issued_from,
        }
        return [kind for kind, value in used.items() if value is not None]

    def filters(self) -> dict[str, str]:
        """The filters, for the record and the cursor; the civil ID only as its (newest) key, `civil_id_key`."""
        asked = {name: str(value) for name, value in vars(self).items() if value is not None}
        del asked["owner_kind"]  # the kinds of the query say it
        if self.civil_id_keys is not None:
            del asked["civil_id_keys"]
            asked["civil_id_key"] = self.civil_id_keys[0]
        return asked


def check_range(name: str, begin: date | None, end: date | None) -> None:
    """Raises InvalidFields on `<name>_to` for a range without a day, as of a swapped pair."""
    if begin is not None and end is not None and begin >= end:
        raise InvalidFields.of(f"{name}_to", "empty-range")


def build_query(
    *,
    today: date,
    issued_from: date | None = None,
    issued_to: date | None = None,
    plan_number: str | None = None,
    town: str | None = None,
    district: str | None = None,
    permit_number: str | None = None,
    request_number: str | None = None,
    municipality: str | None = None,
    plot: str | None = None,
    civil_id_keys: tuple[str, ...] | None = None,
    owner_kind: str = CIVIL_ID,
    kind: str | None = None,
    status: str | None = None,
) -> Query:
    """Checks the filters together. Raises InvalidFields that names the field at fault.

    A bound alone is never ignored: without an end the range ends with today; an end alone is refused.
    """
    if issued_to is not None and issued_from is None:
        raise InvalidFields.of("issued_from", "needs-issued-from")
    if issued_from is not None:
        issued_to = issued_to or _day_after(max(today, issued_from))
        check_range("issued", issued_from, issued_to)
    query = Query(
        issued_from=issued_from,
        issued_to=issued_to,
        plan_key=asked_key(found_plan_key, plan_number),
        town_key=asked_key(place_key, town),
        district_key=asked_key(place_key, district),
        permit_number=asked_key(number_key, permit_number),
        request_key=asked_key(number_key, request_number),
        municipality=municipality,
        plot_key=asked_key(plan_key, plot),
        civil_id_keys=civil_id_keys,
        owner_kind=owner_kind,
        kind=kind,
        status=status,
    )
    if not query.kinds:
        raise InvalidFields.of("issued_from", "selecting-filter")
    return query


def _day_after(day: date) -> date | None:
    """The end of a range whose last day is `day`. The calendar's last day has none behind it."""
    return day + timedelta(days=1) if day < date.max else None


NO_GRANT = Refusal(problem="grant-refused", code="no-grant", params={})


def refusal(
    grant: Grant | None, query: Query, *, purpose: str | None, now: datetime
) -> Refusal | None:
    """Why the grant doesn't allow the query, or None when it does. Fails closed: no grant, no answer."""
    if grant is None or not grant.in_force(now):
        return NO_GRANT
    for kind in query.kinds:
        if kind not in grant.query_kinds:
            return _not_granted(kind)
    if query.civil_id_keys:
        allowed = purposes.allowed(grant.purposes, query.owner_kind)
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
    """Why the grant doesn't allow to follow changes, or None when it does."""
    if grant is None or not grant.in_force(now):
        return NO_GRANT
    if FOLLOW not in grant.query_kinds:
        return _not_granted(FOLLOW)
    return None


def _not_granted(kind: str) -> Refusal:
    params = {"query_kind": _KIND_TITLES[kind]}
    return Refusal(problem="grant-refused", code="query-kind-not-granted", params=params)


def _purpose_words(code: str) -> dict[str, str]:
    titles = purposes.TITLES.get(code)
    return {
        language: f"{titles[language]} ({code})" if titles else code for language in ("ar", "en")
    }


def too_many(name: str, limit: int, window: int, resets_in: int) -> Refusal:
    """The limit `name` has nothing left of its `limit` queries in `window` seconds, for `resets_in` seconds more."""
    params = {"limit": limit, "window": window, "seconds": resets_in}
    return Refusal(problem="quota-exceeded", code=name, params=params, retry_after=resets_in)


def rows_exhausted(grant: Grant, resets_in: int) -> Refusal:
    """The organisation has read its rows of the day (Riyadh), which ends in `resets_in` seconds."""
    limit = {"limit": grant.rows_per_day}
    return Refusal(
        problem="rows-exhausted", code="rows-exhausted", params=limit, retry_after=resets_in
    )


def _span(query: Query) -> int:
    if query.issued_from is None or query.issued_to is None:
        return 0
    return (query.issued_to - query.issued_from).days


def owner_number(asked: Mapping[str, str]) -> tuple[str, str]:
    """The kind of query and the number in ASCII digits, of a search that names one number of an owner. Raises
    InvalidFields on its field, or on `civil_id` unless exactly one is named."""
    named = [(name, asked[name]) for name in OWNER_NUMBERS if name in asked]
    if len(named) != 1:
        raise InvalidFields.of("civil_id", "one-owner-number")
    ((field, raw),) = named
    try:
        number = parse_civil_id(raw) if field == "civil_id" else parse_id(IdType(field), raw)
    except Malformed as error:
        raise InvalidFields.of(field, error.code, **error.params) from None
    return OWNER_NUMBERS[field], number


def partner_document(state: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The most that a partner may see of a permit's public state; ID numbers are masked.

    The status is left out: whether a valid permit has expired depends on the day of reading.
    """
    land = state["land"]
    plan = land["plan_number"]
    flat = (
        "block",
        "plots",
        "town",
        "district",
        "street",
        "latitude",
        "longitude",
        "deed",
    )
    same = (
        "permit_id", "permit_number", "issued_on", "issued_on_hijri", "expires_on", "expires_on_hijri",
        "municipality", "kind", "use_class", "request_number", "transaction_number", "previous_permit_id",
        "building", "engineering_office", "insulation_pledge", "suspension", "cancellation",
    )  # fmt: skip
    return {
        **{name: state[name] for name in same},
        "version": version,
        **of_before(state),
        "kind_title": KINDS[state["kind"]],
        "building_id": building_of(state),
        **{name: state.get(name) for name in ("predecessor", "successor")},
        "completion": completion(state["completion"]),
        "plan_number": None if plan is None or says_no_plan(plan) else plan,
        **{name: land[name] for name in flat},
        "land_area_m2": land["area_m2"],
        "owners": [_partner_owner(owner) for owner in state["owners"]],
    }


def building_of(state: Mapping[str, Any]) -> str:
    """The building of a permit, a certificate or a release; of an event of before there were any, the permit's own."""
    return str(state.get("building_id") or state["permit_id"])


def document_context(permit_id: str) -> str:
    """The context of a sealed document: in another row it doesn't open."""
    return f"partner-gateway.building_permit.document/{permit_id}"


def _partner_owner(owner: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: owner[name] for name in ("name", "owner_type", "id_type", "share")}
    return {**shown, "id_masked": mask_id(owner["id_number"]) if owner["id_number"] else None}


def granted_fields(document: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """The document with the grant's fields and the fields that every partner gets."""
    return {name: value for name, value in document.items() if name in fields or name in ALWAYS}


def owner_numbers(state: Mapping[str, Any]) -> Sequence[str]:
    """The owners' ID numbers, for the blind index."""
    return [owner["id_number"] for owner in state["owners"] if owner["id_number"]]
