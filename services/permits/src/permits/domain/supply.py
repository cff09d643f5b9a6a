"""What the electricity company's entries do to a release: current given, an order acknowledged and executed, current
given again.

An entry counts for the day on which it happened, and entries come late, twice and in any order: what's recorded is the
most that was given and the first day of it, so that the order in which they come in decides nothing. What nothing
allowed on that day is refused, with a code of contracts/reference/entry-reasons.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from permits.domain.release_course import (
    Approval,
    Course,
    Order,
    Status,
    Supplied,
    Supply,
    needed_extent,
    rank,
)
from permits.domain.release_rules import Extent


class EntryKind(StrEnum):
    COORDINATION = "coordination"
    ENERGISED = "energised"
    DISCONNECTED = "disconnected"
    RECONNECTED = "reconnected"
    ACKNOWLEDGED = "disconnection_acknowledged"


class EntryRefused(Exception):
    """The entry changes nothing; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Entry:
    """An entry of the company. `extent` and `meter_numbers`: of given current; meters may come with any other kind.
    `order_id`: of an entry that follows an order to disconnect."""

    kind: EntryKind
    happened_on: date
    extent: Supplied = Supplied.NONE
    meter_numbers: tuple[str, ...] = ()
    order_id: str | None = None


@dataclass(frozen=True)
class Effect:
    """The course after an entry, and the codes of what followed, in order."""

    course: Course
    codes: tuple[str, ...]


def apply_entry(
    course: Course, entry: Entry, approvals: Iterable[Approval], *, today: date
) -> Effect:
    """Applies the entry to the course. `approvals`: all approvals that the building ever had, also of ended
    releases. Raises EntryRefused."""
    if entry.happened_on > today:
        raise EntryRefused("day-to-come")
    match entry.kind:
        case EntryKind.ENERGISED:
            return _energised(course, entry, approvals)
        case EntryKind.ACKNOWLEDGED:
            return _acknowledged(course, entry)
        case EntryKind.DISCONNECTED:
            return _disconnected(course, entry)
        case EntryKind.RECONNECTED:
            return _reconnected(course, entry)
    raise ValueError(entry.kind)


def _energised(course: Course, entry: Entry, approvals: Iterable[Approval]) -> Effect:
    day, supply = entry.happened_on, course.supply
    _check_covered(entry, list(approvals))
    if course.order is not None and _cut_on(course.order, day):
        raise EntryRefused("supply-cut")
    more = rank(entry.extent) > rank(supply.extent)
    earlier = entry.extent is supply.extent and day < (supply.energised_on or day)
    meters = tuple(sorted({*supply.meter_numbers, *entry.meter_numbers}))
    if not more and not earlier and meters == supply.meter_numbers:
        raise EntryRefused("already-energised")
    new = Supply(
        extent=entry.extent if more else supply.extent,
        energised_on=day if more or earlier else supply.energised_on,
        meter_numbers=meters,
    )
    codes = ["energised" if more else "recorded-as-earlier-supply"]
    if course.ended is Status.CANCELLED:
        codes.append("release-reopened")
    return Effect(replace(course, supply=new, ended=None, returned=False), tuple(codes))


def _check_covered(entry: Entry, approvals: list[Approval]) -> None:
    covering = [one for one in approvals if _covers(one, entry.happened_on)]
    if not covering:
        raise EntryRefused("not-approved")
    full = any(one.extent is Extent.FULL for one in covering)
    if needed_extent(entry.extent) is Extent.FULL and not full:
        raise EntryRefused("only-partial-approved")


def _covers(approval: Approval, day: date) -> bool:
    """Returns whether an approval covers the day. Current may have been given on the day of the withdrawal."""
    return approval.approved_on <= day <= (approval.withdrawn_on or date.max)


def _cut_on(order: Order, day: date) -> bool:
    """Returns whether the current was cut on that day. On the days of cut and reconnection both are possible."""
    if order.executed_on is None:
        return False
    return order.executed_on < day < (order.reconnected_on or date.max)


def _acknowledged(course: Course, entry: Entry) -> Effect:
    order, day = _order_of(course, entry), entry.happened_on
    if order.acknowledged_on is not None and order.acknowledged_on <= day:
        raise EntryRefused("already-acknowledged")
    return _ordered(course, replace(order, acknowledged_on=day), "order-acknowledged")


def _disconnected(course: Course, entry: Entry) -> Effect:
    order, day = _order_of(course, entry), entry.happened_on
    if order.executed_on is not None and order.executed_on <= day:
        raise EntryRefused("already-disconnected")
    if order.withdrawn_on is not None and day > order.withdrawn_on:
        raise EntryRefused("order-withdrawn")
    # The order was withdrawn while the company was at it: what was cut may be given again.
    allowed = order.reconnection_allowed_on or order.withdrawn_on
    new = replace(order, executed_on=day, reconnection_allowed_on=allowed)
    return _ordered(course, new, "current-cut")


def _reconnected(course: Course, entry: Entry) -> Effect:
    order, day = _order_of(course, entry), entry.happened_on
    allowed = order.reconnection_allowed_on or order.withdrawn_on
    if allowed is None:
        raise EntryRefused("not-cut" if order.executed_on is None else "reconnection-not-allowed")
    if day < allowed:
        raise EntryRefused("reconnection-not-allowed")
    if order.reconnected_on is not None and order.reconnected_on <= day:
        raise EntryRefused("already-reconnected")
    return _ordered(course, replace(order, reconnected_on=day), "current-restored")


def _order_of(course: Course, entry: Entry) -> Order:
    """Returns the order that the entry names. A later order is about another danger, also on the same day."""
    order = course.order
    if order is None:
        raise EntryRefused("not-ordered")
    if entry.order_id != order.order_id:
        raise EntryRefused("other-order")
    if entry.happened_on < order.ordered_on:
        raise EntryRefused("not-ordered")
    return order


def _ordered(course: Course, order: Order, code: str) -> Effect:
    return Effect(replace(course, order=order), (code,))
