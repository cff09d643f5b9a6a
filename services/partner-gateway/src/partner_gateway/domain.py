"""Rules of the partner gateway: what a query may ask, what a grant allows, what a partner sees. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

RIYADH = timezone(timedelta(hours=3))

ISSUE_DATE_RANGE, PLAN_NUMBER = "issue-date-range", "plan-number"
CIVIL_ID, PERMIT_NUMBER = "civil-id", "permit-number"

# Fields that every partner gets, whatever the grant says: without them a page can't be walked or compared.
ALWAYS = ("permit_id", "version", "permit_number", "status", "issued_on")

_FOLD = {
    ord(digit): str(value)
    for zero in ("٠", "۰")
    for value, digit in enumerate(chr(ord(zero) + n) for n in range(10))
}
_INVISIBLE = re.compile("[\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u064b-\u0652]")
_LETTERS = str.maketrans("أإآٱىةؤئکی", "ااااي" + "هويكي")


class InvalidQuery(Exception):
    """A field breaks a rule of the query."""

    problem = "invalid-request"

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code, self.params = field, code, params


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a query isn't answered. `problem` is a slug of the contract; `code` the reason in the record."""

    problem: str
    code: str
    params: Mapping[str, Any]
    field: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What an organisation may ask of the gateway (design section 6). Spans in days; times aware."""

    organisation: str
    purposes: frozenset[str]
    query_kinds: frozenset[str]
    widest_span_days: int | None
    fields: frozenset[str]
    rows_per_day: int
    valid_from: datetime
    valid_until: datetime
    active: bool

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at `now`; it ends with the first moment of `valid_until`."""
        return self.active and self.valid_from <= now < self.valid_until


@dataclass(frozen=True, kw_only=True)
class Query:
    """One query for building permits; at least one filter that selects is set. `issued_to` is not in the range."""

    issued_from: date | None = None
    issued_to: date | None = None
    plan_key: str | None = None
    town_key: str | None = None
    district_key: str | None = None
    permit_number: str | None = None
    permit_id: str | None = None
    civil_id_keys: tuple[str, ...] | None = None
    kind: str | None = None
    status: str | None = None

    @property
    def kinds(self) -> list[str]:
        """The query kinds that it makes use of; a grant has to hold each."""
        used = {
            CIVIL_ID: self.civil_id_keys,
            PERMIT_NUMBER: self.permit_number or self.permit_id,
            PLAN_NUMBER: self.plan_key,
            ISSUE_DATE_RANGE: self.issued_from,
        }
        return [kind for kind, value in used.items() if value is not None]

    def filters(self) -> dict[str, str]:
        """What was asked, for the record and the cursor; the civil ID only as its (newest) key, `civil_id_key`."""
        asked = {name: str(value) for name, value in vars(self).items() if value is not None}
        if self.civil_id_keys is not None:
            del asked["civil_id_keys"]
            asked["civil_id_key"] = self.civil_id_keys[0]
        return asked


def build_query(
    *,
    today: date,
    issued_from: date | None = None,
    issued_to: date | None = None,
    plan_number: str | None = None,
    town: str | None = None,
    district: str | None = None,
    permit_number: str | None = None,
    civil_id_keys: tuple[str, ...] | None = None,
    kind: str | None = None,
    status: str | None = None,
) -> Query:
    """Checks the filters together. Raises InvalidQuery that names the field at fault.

    A bound alone is never ignored: without an end the range ends with today; an end alone is refused.
    """
    if issued_to is not None and issued_from is None:
        raise InvalidQuery("issued_from", "needs-issued-from")
    if issued_from is not None:
        issued_to = issued_to or max(today, issued_from) + timedelta(days=1)
        if issued_from >= issued_to:
            raise InvalidQuery("issued_to", "empty-range")
    query = Query(
        issued_from=issued_from,
        issued_to=issued_to,
        plan_key=plan_key(plan_number) if plan_number else None,
        town_key=name_key(town) if town else None,
        district_key=name_key(district) if district else None,
        permit_number=number_key(permit_number) if permit_number else None,
        civil_id_keys=civil_id_keys,
        kind=kind,
        status=status,
    )
    if not query.kinds:
        raise InvalidQuery("issued_from", "selecting-filter")
    return query


def refusal(
    grant: Grant | None, query: Query, *, purpose: str | None, now: datetime
) -> Refusal | None:
    """Why the grant doesn't allow the query, or None when it does. Fails closed: no grant, no answer."""
    if grant is None or not grant.in_force(now):
        return Refusal(problem="grant-refused", code="no-grant", params={})
    for kind in query.kinds:
        if kind not in grant.query_kinds:
            return Refusal(
                problem="grant-refused", code="query-kind-not-granted", params={"query_kind": kind}
            )
    if query.civil_id_keys and purpose not in grant.purposes:
        return Refusal(problem="grant-refused", code="purpose-not-granted", params={})
    if query.kinds == [ISSUE_DATE_RANGE] and _span(query) > (grant.widest_span_days or 0):
        limit = {"limit": grant.widest_span_days or 0}
        return Refusal(
            problem="date-range-too-wide", code="range-too-wide", params=limit, field="issued_to"
        )
    return None


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


def riyadh_date(now: datetime) -> date:
    """The date in Riyadh (UTC+3, no summer time), by which documents are issued and expire."""
    return now.astimezone(RIYADH).date()


def fold(text: str) -> str:
    """Arabic-Indic and Persian digits as ASCII, without tatweel, marks and direction signs."""
    return _INVISIBLE.sub("", text.translate(_FOLD)).strip()


@lru_cache(maxsize=4096)
def plan_key(raw: str) -> str:
    """The form under which plan numbers meet: `٤٢٢ / ٣ ج` and `422/3ج` are `422/3 ج` (domain 8.3)."""
    text = re.sub(r"\s+", " ", fold(raw))
    text = re.sub(r"\s*/\s*", "/", text)
    return re.sub(r"(?<=[0-9])(?=[^\W\d_])", " ", text).casefold()


@lru_cache(maxsize=4096)
def number_key(raw: str) -> str:
    """The form under which permit numbers meet: digits folded, no spaces."""
    return re.sub(r"\s+", "", fold(raw)).casefold()


@lru_cache(maxsize=4096)
def name_key(raw: str) -> str:
    """The form under which names of towns and districts meet: `حي الخزامى` is `الخزامي` without «حي» and «ال»."""
    text = re.sub(r"\s+", " ", fold(raw).translate(_LETTERS).replace("ء", ""))
    return text.removeprefix("حي ").removeprefix("ال").casefold()


def civil_id(raw: str) -> str:
    """A national ID or iqama in ASCII digits. Raises InvalidQuery on field `civil_id`.

    Luhn over ten digits, doubled from the left at odd places; it proves nothing about a person (domain 1.1).
    """
    digits = re.sub(r"\s", "", fold(raw))
    if not re.fullmatch(r"[12][0-9]{9}", digits):
        raise InvalidQuery("civil_id", "civil-id")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    if sum(value - 9 * (value > 9) for value in doubled) % 10:
        raise InvalidQuery("civil_id", "check-digit")
    return digits


def partner_document(state: Mapping[str, Any], version: int) -> dict[str, Any]:
    """What a partner may see at the most of a permit's public state: no ID number, but its masked form.

    The status isn't in it: whether a valid permit has expired depends on the day it's read.
    """
    land = state["land"]
    flat = (
        "plan_number",
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
        "building", "engineering_office", "insulation_pledge", "suspension", "cancellation", "completion",
    )  # fmt: skip
    return {
        **{name: state[name] for name in same},
        "version": version,
        **{name: land[name] for name in flat},
        "land_area_m2": land["area_m2"],
        "owners": [_partner_owner(owner) for owner in state["owners"]],
    }


def document_context(permit_id: str) -> str:
    """Where a sealed document belongs: put into another row it doesn't open."""
    return f"partner-gateway.building_permit.document/{permit_id}"


def _partner_owner(owner: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: owner[name] for name in ("name", "owner_type", "id_type", "share")}
    return {**shown, "id_masked": mask(owner["id_number"]) if owner["id_number"] else None}


def mask(id_number: str) -> str:
    """`1000000008` → `10******08`."""
    return id_number[:2] + "*" * max(0, len(id_number) - 4) + id_number[-2:]


def granted_fields(document: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """The document with the grant's fields and those that are always there."""
    return {name: value for name, value in document.items() if name in fields or name in ALWAYS}


def owner_numbers(state: Mapping[str, Any]) -> Sequence[str]:
    """The owners' ID numbers, for the blind index."""
    return [owner["id_number"] for owner in state["owners"] if owner["id_number"]]
