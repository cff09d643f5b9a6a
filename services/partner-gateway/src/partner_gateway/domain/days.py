"""The days of the reconciliation file: to which one a change belongs, when one is closed, and what differs from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from saudi.days import legal_day

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
    """The day that a change joins: its own in Riyadh, or the first that isn't closed."""
    day = legal_day(time)
    if last_closed is None or day > last_closed:
        return day
    return last_closed + timedelta(days=1)


def may_close(day: date, as_of: datetime | None) -> bool:
    """Whether all that was published of the day is known: `as_of` lies behind its end in Riyadh and the grace."""
    return as_of is not None and legal_day(as_of - GRACE) > day


def differences(held: Mapping[str, Held], listed: Iterable[tuple[str, int]]) -> list[Difference]:
    """What differs between a day and a follower's list of (thing, sequence), by thing; of a thing that is listed more
    than once the highest sequence counts."""
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
