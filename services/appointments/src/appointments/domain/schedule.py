"""When a department serves whom: its plan, and the slots that follow from the plan.

A plan holds from a day on until the next plan's first day, or on some days in the place of such a plan. Its times are
those of Riyadh; a slot is a span of moments. A closure shuts a department or a whole branch for a span, whatever the
plan says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from chassis.core.refusals import Fault, Findings, says_something
from saudi.bilingual import Bilingual
from saudi.days import RIYADH, HijriDay, legal_day
from saudi.working_time import Hours

RAMADAN = 9
# As date.weekday() counts.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The terms of a service, by their names in the contract.
TERMS = ("minutes", "lead_minutes", "horizon_days", "cancel_minutes", "needs_confirmation")


class Span(NamedTuple):
    """From a moment to a moment, the second excluded."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: "Span") -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


class Place(NamedTuple):
    """A place at a counter: a counter with two places serves two people in one slot."""

    counter: int
    place: int


class WantedSlot(NamedTuple):
    """A slot that a person asks for, or that came free."""

    department_id: str
    service: str
    starts_at: datetime


@dataclass(frozen=True)
class Opening:
    """The hours of some weekdays."""

    weekdays: frozenset[int]
    hours: Hours


@dataclass(frozen=True)
class Counter:
    """A counter: how many people it serves in one slot, and which services."""

    number: int
    places: int
    services: frozenset[str]


@dataclass(frozen=True)
class PlannedService:
    """A service of a department's plan. `lead_minutes`: how long before its beginning a slot is booked at the latest.
    `horizon_days`: how many days ahead. `cancel_minutes`: until how long before its beginning the person changes or
    cancels an appointment. `needs_confirmation`: an officer telephones and confirms."""

    code: str
    title: Bilingual
    minutes: int
    lead_minutes: int
    horizon_days: int
    cancel_minutes: int
    needs_confirmation: bool


@dataclass(frozen=True)
class Plan:
    """How a department serves, from a day on."""

    openings: tuple[Opening, ...]
    ramadan_openings: tuple[Opening, ...]
    breaks: tuple[Hours, ...]
    counters: tuple[Counter, ...]
    services: Mapping[str, PlannedService]

    def places_for(self, service: str) -> list[Place]:
        """Returns the places that serve the service."""
        return [
            Place(counter.number, place)
            for counter in self.counters
            if service in counter.services
            for place in range(1, counter.places + 1)
        ]

    def working_spans(self, day: date) -> list[Span]:
        """Returns the spans in which the department works, in order: its hours without its breaks."""
        openings = self.ramadan_openings if is_ramadan(day) else self.openings
        hours = [one.hours for one in openings if day.weekday() in one.weekdays]
        return sorted(span for one in hours for span in _without_breaks(one, self.breaks, day))

    def slots_on(self, day: date, service: PlannedService, closed: Sequence[Span]) -> list[Span]:
        """Returns the service's slots of a day in order. A closure takes slots away and moves none."""
        return [
            slot
            for span in self.working_spans(day)
            for slot in _cut(span, timedelta(minutes=service.minutes))
            if not any(slot.overlaps(one) for one in closed)
        ]

    def can_serve(self, service: str, slot: Span, place: Place, closed: Sequence[Span]) -> bool:
        """Returns whether a booked slot can still be kept: its place serves the service, the department works through
        the slot, and nothing is closed. Another length of the slots does no harm to a booking."""
        works = any(one.contains(slot) for one in self.working_spans(legal_day(slot.starts_at)))
        is_closed = any(slot.overlaps(one) for one in closed)
        return works and not is_closed and place in self.places_for(service)


def is_ramadan(day: date) -> bool:
    return HijriDay.of(day).month == RAMADAN


def _without_breaks(hours: Hours, breaks: Iterable[Hours], day: date) -> Iterator[Span]:
    opens = hours.opens
    for one in sorted(breaks, key=lambda pause: pause.opens):
        if one.closes <= opens or one.opens >= hours.closes:
            continue
        if opens < one.opens:
            yield _span(day, opens, one.opens)
        opens = one.closes
    if opens < hours.closes:
        yield _span(day, opens, hours.closes)


def _span(day: date, opens: time, closes: time) -> Span:
    return Span(datetime.combine(day, opens, RIYADH), datetime.combine(day, closes, RIYADH))


def _cut(span: Span, length: timedelta) -> Iterator[Span]:
    starts_at = span.starts_at
    while starts_at + length <= span.ends_at:
        yield Span(starts_at, starts_at + length)
        starts_at += length


def parse_plan(document: Mapping[str, Any]) -> Plan:
    """Reads a plan in the shape of the contract's `Plan`. Raises InvalidFields with every field at fault."""
    findings = Findings()
    plan = Plan(
        openings=tuple(_openings(document["hours"], "plan.hours", findings)),
        ramadan_openings=tuple(
            _openings(document["ramadan_hours"], "plan.ramadan_hours", findings)
        ),
        breaks=tuple(_hours(document["breaks"], "plan.breaks", findings)),
        counters=tuple(
            Counter(row["counter"], row["places"], frozenset(row["services"]))
            for row in document["counters"]
        ),
        services={one["service"]: _service(one) for one in document["services"]},
    )
    _check_repetitions(document, findings)
    for place, counter in enumerate(plan.counters):
        unknown = counter.services - plan.services.keys()
        findings.fault(f"plan.counters.{place}.services", "service-unknown" if unknown else None)
    findings.settle()
    return plan


def _openings(rows: Any, path: str, findings: Findings) -> Iterator[Opening]:
    known: list[Opening] = []
    for place, (row, hours) in enumerate(zip(rows, _hours(rows, path, findings), strict=True)):
        opening = Opening(frozenset(WEEKDAYS.index(one) for one in row["weekdays"]), hours)
        clash = any(_clash(opening, one) for one in known)
        findings.fault(f"{path}.{place}", "hours-overlap" if clash else None)
        known.append(opening)
        yield opening


def _clash(one: Opening, other: Opening) -> bool:
    is_at_once = one.hours.opens < other.hours.closes and other.hours.opens < one.hours.closes
    return bool(one.weekdays & other.weekdays) and is_at_once


def _hours(rows: Any, path: str, findings: Findings) -> list[Hours]:
    found = [Hours.read(row) for row in rows]
    for place, hours in enumerate(found):
        is_reversed = hours.closes <= hours.opens
        findings.fault(f"{path}.{place}", "end-before-start" if is_reversed else None)
    return found


def _service(row: Mapping[str, Any]) -> PlannedService:
    terms = {name: row[name] for name in TERMS}
    return PlannedService(row["service"], Bilingual.read(row["title"]), **terms)


def _check_repetitions(document: Mapping[str, Any], findings: Findings) -> None:
    for name, key in (("counters", "counter"), ("services", "service")):
        seen: set[Any] = set()
        for place, row in enumerate(document[name]):
            code = "repeated-in-plan" if row[key] in seen else None
            findings.fault(f"plan.{name}.{place}.{key}", code)
            seen.add(row[key])


def faults_of_reason(closure: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields a fault for each language in which the reason of a closure says nothing. The schema may have taken a
    language out."""
    reason = closure.get("reason")
    for language in ("ar", "en"):
        words = reason.get(language) if isinstance(reason, Mapping) else None
        if words is not None and not says_something(words):
            yield Fault(f"reason.{language}", "required")


class PlannedDays(NamedTuple):
    """The days of a plan. `last`: None for a plan that holds until further notice."""

    first: date
    last: date | None
    plan: Plan

    def has(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, eq=False)
class Timetable:
    """The plans of a department, newest decision last; its closures; and the public holidays."""

    plans: Sequence[PlannedDays]
    closed: Sequence[Span]
    holidays: frozenset[date]

    @cached_property
    def _plans_by_rank(self) -> Sequence[PlannedDays]:
        """The plans in the order in which a day looks for its own: one with a last day before one without, a later
        first day before an earlier one. Of two with the same first day the newer decision is in the place of the older,
        also where it ends sooner."""
        newest = {(one.last is not None, one.first): one for one in self.plans}
        return [newest[rank] for rank in sorted(newest, reverse=True)]

    def plan_on(self, day: date) -> Plan | None:
        """Returns the plan of a day, None for a day without one."""
        return next((one.plan for one in self._plans_by_rank if one.has(day)), None)

    def service_on(self, day: date, service: str) -> PlannedService | None:
        """Returns the service by the plan of a day."""
        plan = self.plan_on(day)
        return plan.services.get(service) if plan else None

    def slots_on(self, day: date, service: str) -> list[Span]:
        """Returns the service's slots of a day in order."""
        plan = self.plan_on(day)
        if plan is None or service not in plan.services or day in self.holidays:
            return []
        return plan.slots_on(day, plan.services[service], self.closed)

    def places_on(self, day: date, service: str) -> list[Place]:
        """Returns the places that serve the service on a day."""
        plan = self.plan_on(day)
        return plan.places_for(service) if plan else []

    def counters_on(self, day: date) -> list[int]:
        """Returns the numbers of the counters of a day."""
        plan = self.plan_on(day)
        return [one.number for one in plan.counters] if plan else []

    def places_in(self, service: str, slot: Span) -> list[Place]:
        """Returns the places at which a booked slot can still be kept."""
        places = self.places_on(legal_day(slot.starts_at), service)
        return [one for one in places if self.can_serve(service, slot, one)]

    def can_serve(self, service: str, slot: Span, place: Place) -> bool:
        """Returns whether a booked slot can still be kept at its place."""
        day = legal_day(slot.starts_at)
        plan = self.plan_on(day)
        if plan is None or day in self.holidays:
            return False
        return plan.can_serve(service, slot, place, self.closed)
