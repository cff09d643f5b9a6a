"""What the portal keeps of a thing that people ask about, and what an answer shows of it. Pure.

An event carries the thing's whole state, so the newest version is enough for the answer. The steps of the timeline are
collected from all versions that come, in whatever order they come. A thing about which nobody may ask keeps what the
public figures count, so that a month's figure stays when its things are emptied of personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

# A thing that goes to and fro keeps its newest steps.
MOST_STEPS = 100
# Parts of the block `inquiry` that an answer shows.
_SHOWN_PARTS = ("number", "status", "opened_on", "due_on", "decided_on", "expires_on", "next_step")
# Kind → the parts of its event, beside the block, that an answer shows. `answer_until` and `ends_on` are the last day
# for the applicant; `bids_until` is the moment at which bids end. None of them is personal data.
DETAILS: Mapping[str, Sequence[str]] = {
    "appointment": ("time", "department", "department_en", "service_name", "service_name_en"),
    "transaction": ("answer_until",),
    "licence_application": ("ends_on",),
    "tender": ("bids_until",),
    "auction": ("bids_until",),
}
# Parts of the block that the public figures count. Neither a person nor a number is among them.
_COUNTED_PARTS = ("kind", "municipality", "opened_on", "due_on", "decided_on")
# A status that ends by itself on the last valid day. No event says so.
_ENDS_BY_ITSELF = {"valid", "issued"}
EXPIRED = "expired"


@dataclass(frozen=True)
class Step:
    """A status that a thing had from a day on."""

    version: int
    status: str
    day: date


@dataclass(frozen=True)
class ThingRecord:
    """A row of the read model. `match_keys` are the keyed hashes that open the answer. A thing about which nobody may
    ask has neither keys nor `kind`, and its `state` has only what the figures count; `state` is None for an event from
    before the block. `read_at` is when the newest event was read."""

    thing_id: str
    version: int
    kind: str | None
    municipality: str | None
    number_digits: str | None
    match_keys: tuple[str, ...]
    state: Mapping[str, Any] | None
    steps: tuple[Step, ...]
    changed_at: datetime
    read_at: datetime


@dataclass(frozen=True)
class ThingEvent:
    """What an event says of a thing. `block` is None for an event from before the block `inquiry`. `day` is the event's
    day in Riyadh; `read_at` is when the event was read. `category`: the type of a report. `details`: what DETAILS names
    for the kind."""

    thing_id: str
    version: int
    block: Mapping[str, Any] | None
    day: date
    at: datetime
    read_at: datetime
    category: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def apply_event(record: ThingRecord | None, event: ThingEvent) -> ThingRecord:
    """Returns the record after an event. An older version changes nothing but the timeline; the same version writes the
    same row anew, so that a second reading of a topic mends a damaged row."""
    block = event.block
    if record is not None and event.version < record.version:
        if record.kind is None or block is None:
            return record
        return replace(record, steps=_add_step(record, event, block))
    read_at = max(record.read_at, event.read_at) if record else event.read_at
    if block is None or not (block["public"] or block["match"]):
        return _close_record(event, read_at)
    return ThingRecord(
        thing_id=event.thing_id,
        version=event.version,
        kind=block["kind"],
        municipality=block["municipality"],
        number_digits=block["number_digits"] if block["public"] else None,
        match_keys=tuple(sorted({one["key"] for one in block["match"]})),
        state={
            **{name: block[name] for name in _SHOWN_PARTS},
            **_counted_facts(event, block),
            "details": dict(event.details),
        },
        steps=_add_step(record, event, block),
        changed_at=event.at,
        read_at=read_at,
    )


def _close_record(event: ThingEvent, read_at: datetime) -> ThingRecord:
    """Returns the row of a thing about which nobody may ask: its version, so that no older event opens it again, and
    what the figures count. A confidential transaction and a thing that was emptied of personal data have no key."""
    return ThingRecord(
        thing_id=event.thing_id,
        version=event.version,
        kind=None,
        municipality=None,
        number_digits=None,
        match_keys=(),
        state=None if event.block is None else _counted_facts(event, event.block),
        steps=(),
        changed_at=event.at,
        read_at=read_at,
    )


def _counted_facts(event: ThingEvent, block: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the figures count of a thing."""
    return {name: block[name] for name in _COUNTED_PARTS} | {"category": event.category}


def _add_step(
    record: ThingRecord | None, event: ThingEvent, block: Mapping[str, Any]
) -> tuple[Step, ...]:
    """Returns the timeline with the status of this event."""
    step = Step(event.version, block["status"], event.day)
    by_version = {one.version: one for one in (*(record.steps if record else ()), step)}
    return tuple(by_version[version] for version in sorted(by_version))[-MOST_STEPS:]


@dataclass(frozen=True)
class Answer:
    """What a page shows of a thing. `due_on` is None once nothing is due any more, and while the clock stands still for
    an applicant, who has until `answer_until`. `is_late`: the municipality's own day has passed, and nothing is
    decided."""

    thing_id: str
    kind: str
    number: str
    municipality: str
    status: str
    next_step: str
    opened_on: date
    due_on: date | None
    answer_until: date | None
    is_late: bool
    decided_on: date | None
    expires_on: date | None
    steps: tuple[Step, ...]
    changed_at: datetime
    details: Mapping[str, Any]


def answer_of(record: ThingRecord, today: date) -> Answer:
    """Returns the answer of a day. Raises ValueError for a thing about which nobody may ask."""
    if record.state is None or record.kind is None or record.municipality is None:
        raise ValueError("nobody may ask about this thing")
    state = record.state
    due_on, expires_on = _day(state["due_on"]), _day(state["expires_on"])
    decided_on = _day(state["decided_on"])
    is_over = decided_on is not None and state["next_step"] == "none"
    # A row from before the details has none until the thing's next event.
    details = state.get("details", {})
    is_asked = state["next_step"] in ("applicant", "payment")
    last_day = details.get("answer_until") or details.get("ends_on")
    answer_until = _day(last_day) if is_asked else None
    return Answer(
        thing_id=record.thing_id,
        kind=record.kind,
        number=state["number"],
        municipality=record.municipality,
        status=_status_on(state["status"], expires_on, today),
        next_step=state["next_step"],
        opened_on=date.fromisoformat(state["opened_on"]),
        due_on=None if is_over or answer_until else due_on,
        answer_until=answer_until,
        is_late=bool(
            due_on
            and due_on < today
            and decided_on is None
            and state["next_step"] == "municipality"
        ),
        decided_on=decided_on,
        expires_on=expires_on,
        steps=_without_repetitions(record.steps),
        changed_at=record.changed_at,
        details=details,
    )


def _status_on(status: str, expires_on: date | None, today: date) -> str:
    """Returns the status of a day: what is valid expires after its last valid day."""
    has_ended = expires_on is not None and expires_on < today
    return EXPIRED if has_ended and status in _ENDS_BY_ITSELF else status


def _without_repetitions(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Returns the steps at which the status changed: an event may change something else."""
    return tuple(
        step
        for before, step in zip((None, *steps), steps, strict=False)
        if before is None or before.status != step.status
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
