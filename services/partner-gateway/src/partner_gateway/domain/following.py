"""Rules of following: what a partner's machine is told of permits, certificates and releases, and on which day. Pure.

It's told codes, numbers and days: no owner, and no word that somebody typed. That's the least that the purpose needs
(PDPL art. 11)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chassis.core.refusals import Refusal
from partner_gateway.domain.permit_documents import (
    COMPLETION,
    INSULATION,
    OCCUPANCY,
    disconnection,
    of_before,
)
from saudi.days import legal_day
from saudi.land import says_no_plan

State = Mapping[str, Any]
# Fields that every follower gets, whatever the grant says.
ALWAYS = ("permit_id", "permit_number", "correction", "origin", "verified")
SOURCE = "/permits"
_OF_PERMIT = (
    *("permit_id", "permit_number", "municipality", "building_id", "kind", "status"),
    *("issued_on", "expires_on", "request_number", "predecessor", "successor"),
)
_OF_LAND = ("block", "plots", "town", "district")
_OF_PART = ("permit_id", "permit_number", "municipality", "building_id")
_COMPLETION = (
    "certificate_id",
    "certificate_number",
    "issued_on",
    "flagged",
    "flag_reason",
    "flagged_on",
)
_CERTIFICATE = (
    *("certificate_id", "certificate_number", "status", "issued_on", "valid_until", "ended_on"),
    *("flagged", "flag_reason", "flagged_on"),
)
_STAGE = ("stage", "result", "inspected_on", "u_value", "by")
_OCCUPANCY = ("kind", "requested_on", "decide_by", "overdue")
_IN_PERMIT = (
    *("certificate_id", "certificate_number", "kind", "issued_on", "valid_until", "flagged"),
    *("flag_reason", "flagged_on"),
)
_RELEASE = (
    "release_id",
    "release_number",
    "extent",
    "status",
    "submitted_on",
    "flagged",
    "flag_reason",
)
_APPROVAL = ("extent", "approved_on")
_SUPPLY = ("extent", "energised_on", "connected", "meter_numbers")
_DISCONNECTION = (
    *(
        "order_id",
        "ordered_on",
        "acknowledged_on",
        "executed_on",
        "withdrawn_on",
        "reconnection_allowed_on",
    ),
    "reconnected_on",
)
_COORDINATION = ("certificate_number", "certified_on", "load_kva", "units")
# The fields of a grant that a change may have.
FIELDS = frozenset(
    (
        *_OF_PERMIT,
        *_OF_LAND,
        *("plan_number", "suspension", "cancellation"),
        *(INSULATION, COMPLETION, OCCUPANCY, "release"),
    )
) - set(ALWAYS)


class GrantRefused(Refusal):
    """The organisation's grant doesn't allow the request. `code` says why."""

    problem = "grant-refused"

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(**params)
        self.code = code


class RowsExhausted(Refusal):
    """The organisation hasn't as many rows left today."""

    problem = code = "rows-exhausted"

    def __init__(self, limit: int, resets_in: int) -> None:
        super().__init__(limit=limit)
        self.retry_after = resets_in


@dataclass(frozen=True)
class Following:
    """A page of the feed, a file or a delivery, as the record keeps what was asked."""

    asked: Mapping[str, str]
    kinds: Sequence[str] = ("follow",)

    def filters(self) -> dict[str, str]:
        return dict(self.asked)


def of_permit(state: State) -> dict[str, Any]:
    """Returns a permit's change, out of its public state."""
    land, plan = state["land"], state["land"]["plan_number"]
    return {
        **_select_fields(state, _OF_PERMIT),
        **of_before(state),
        **_select_fields(land, _OF_LAND),
        "plan_number": None if plan is None or says_no_plan(plan) else plan,
        "suspension": _part(state["suspension"], ("since",)),
        "cancellation": _part(state["cancellation"], ("at",)),
        "completion": _part(state["completion"], _COMPLETION),
        "occupancy": _part(state.get("occupancy"), _IN_PERMIT),
    }


def of_certificate(state: State) -> dict[str, Any]:
    """Returns a certificate's change: which permit it's of, and the certificate under the name of its kind."""
    shown = _select_fields(state, _CERTIFICATE)
    if state["kind"] == INSULATION:
        shown["partner_certificate_number"] = state.get("partner_certificate_number")
        shown["stages"] = [_stage(one) for one in state["stages"]]
    if state["kind"] == OCCUPANCY:
        shown |= _select_fields(state["occupancy"], _OCCUPANCY)
    if state["kind"] == COMPLETION:
        shown["refusals"] = [one["code"] for one in state.get("refusals") or ()]
    return {**_select_fields(state, _OF_PART), state["kind"]: shown}


def of_release(state: State) -> dict[str, Any]:
    """Returns a release's change."""
    shown = {
        **_select_fields(state, _RELEASE),
        "approval": _part(state["approval"], _APPROVAL),
        "supply": _part(state["supply"], _SUPPLY),
        "disconnection": _part(disconnection(state), _DISCONNECTION),
        "coordination": _part(state["coordination"], _COORDINATION),
    }
    return {**_select_fields(state, _OF_PART), "release": shown}


def granted(data: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Returns a change within the grant's fields."""
    return {name: value for name, value in data.items() if name in fields or name in ALWAYS}


def _stage(state: State) -> dict[str, Any]:
    return {**_select_fields(state, _STAGE), "warnings": list(state.get("warnings") or ())}


def _part(state: State | None, names: Iterable[str]) -> dict[str, Any] | None:
    return None if state is None else _select_fields(state, names)


def _select_fields(state: State, names: Iterable[str]) -> dict[str, Any]:
    return {name: state.get(name) for name in names}


# A change is published at most so long after its time, as a rule; one that comes later joins the day that's open.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Held:
    """A thing as the day held it."""

    sequence: int
    type: str
    permit_id: str
    permit_number: str


@dataclass(frozen=True)
class Difference:
    """`missing`: the day has it, the list doesn't; `unknown`: the other way round; `older` and `newer`: the list has
    another state than the day's last."""

    thing_id: str
    difference: str
    yours: int | None
    held: Held | None


def day_of(time: datetime, last_closed: date | None) -> date:
    """Returns the day that a change joins: its own in Riyadh, or the first that isn't closed."""
    day = legal_day(time)
    if last_closed is None or day > last_closed:
        return day
    return last_closed + timedelta(days=1)


def may_close(day: date, as_of: datetime | None) -> bool:
    """Returns whether all that was published of the day is known: `as_of` lies behind its end in Riyadh and the
    grace."""
    return as_of is not None and legal_day(as_of - GRACE) > day


MOST_SEQUENCE = 2_147_483_647
_WHOLE_NUMBER = {"ar": "عدد صحيح", "en": "a whole number"}


def thing_faults(thing: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yields field, code and parameters of what a schema can't say about a line of a follower's list."""
    named = {thing[name].lower() for name in ("thing_id", "subject") if name in thing}
    if not named:
        yield "thing_id", "required", {}
    elif len(named) > 1:
        yield "subject", "invalid", {}
    sequence = str(thing["sequence"])
    if not (sequence.isascii() and sequence.isdigit()):
        yield "sequence", "type", {"kind": _WHOLE_NUMBER}
    elif not 0 < int(sequence) <= MOST_SEQUENCE:
        yield "sequence", "maximum", {"limit": MOST_SEQUENCE}


def heard_thing(thing: Mapping[str, Any]) -> tuple[str, int]:
    """Returns the thing and its sequence, out of a change as it was heard or out of a line of the day's file."""
    return (thing.get("thing_id") or thing["subject"]).lower(), int(thing["sequence"])


def differences(held: Mapping[str, Held], listed: Iterable[tuple[str, int]]) -> list[Difference]:
    """Returns the differences between a day and a follower's list of (thing, sequence), by thing. The highest
    sequence of a thing counts when the list names the thing several times."""
    yours: dict[str, int] = {}
    for thing_id, sequence in listed:
        yours[thing_id] = max(sequence, yours.get(thing_id, 0))
    found = []
    for thing_id in sorted(held.keys() | yours.keys()):
        ours, own = held.get(thing_id), yours.get(thing_id)
        if ours is None:
            found.append(Difference(thing_id, "unknown", own, None))
        elif own is None:
            found.append(Difference(thing_id, "missing", None, ours))
        elif own != ours.sequence:
            which = "older" if own < ours.sequence else "newer"
            found.append(Difference(thing_id, which, own, ours))
    return found
