"""Any order of decisions, grounds and entries: what must hold of a release whatever happens.

The company's entries arrive late, twice and out of order. A ledger of its own, that knows nothing of statuses, says
what stood on each day: no current is recorded without insulation that was real on the day of its approval, none in full
without a final occupancy certificate, and from every state a few steps lead to current or to an end.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.core.refusals import Conflict
from chassis.testing_walks import walk_settings
from permits.domain import releases, supply
from permits.domain.release_course import ENDS, Approval, Course, Order, Site, Status, Supplied
from permits.domain.release_rules import Extent, Grounds
from permits.domain.releases import Action
from permits.domain.supply import Entry, EntryKind, EntryRefused

GOOD = Grounds("completed", None, "final")
DANGER = "خطر"
KINDS = [kind for kind in EntryKind if kind is not EntryKind.COORDINATION]
GIVEN = [Supplied.TEMPORARY, Supplied.PARTIAL, Supplied.FULL]
# The company acts next where the municipality doesn't.
COMPANYS = {
    *(Status.PARTIAL_APPROVED, Status.FULL_APPROVED, Status.RECONNECTION_ALLOWED),
    Status.DISCONNECTION_REQUESTED,
}


class ReleaseLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.today = date(2026, 11, 24)
        self.grounds = GOOD
        self.course = Course(Extent.FULL)
        self.stood: dict[date, list[Grounds]] = {self.today: [self.grounds]}
        self.waiting: list[Entry] = []

    @property
    def status(self) -> Status:
        return releases.status_on(self.course, self.grounds, self.today)

    def attempt(self, step: Callable[[], Course]) -> None:
        try:
            self.course = step()
        except Conflict:
            return
        self.settle()

    def settle(self) -> None:
        self.course = releases.withdraw_unfounded(self.course, self.grounds, self.today)

    def require(self, action: Action, course: Course) -> Course:
        releases.require(self.course, action, self.grounds, self.today)
        return course

    @rule(days=st.integers(0, 20))
    def let_time_pass(self, days: int) -> None:
        self._pass(days)

    def _pass(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.stood.setdefault(self.today, []).append(self.grounds)
        self.settle()

    @rule(
        permit=st.sampled_from(
            ["completed", "completed", "completed", "valid", "suspended", "cancelled"]
        ),
        insulation=st.sampled_from([None, None, "insulation-revoked"]),
        occupancy=st.sampled_from([None, "temporary", "final", "final"]),
    )
    def the_ground_changes(
        self, permit: str, insulation: str | None, occupancy: str | None
    ) -> None:
        self.grounds = Grounds(permit, insulation, occupancy)
        self.stood.setdefault(self.today, []).append(self.grounds)
        self.settle()

    @rule(result=st.sampled_from(["pass", "pass", "fail"]))
    def inspect(self, result: str) -> None:
        site = Site(result, self.today)
        self.attempt(lambda: releases.inspected(self.course, site, self.grounds, self.today))

    @rule(extent=st.sampled_from(Extent))
    def approve(self, extent: Extent) -> None:
        self.attempt(lambda: self._approved(extent))

    def _approved(self, extent: Extent) -> Course:
        return releases.approve(
            self.course, extent, self.grounds, self.today, rests_on=(None, None)
        )

    @rule(extent=st.sampled_from(Extent))
    def inspect_and_approve(self, extent: Extent) -> None:
        """What usually happens, so that walks get far."""
        seen = Site("pass", self.today)
        self.attempt(lambda: releases.inspected(self.course, seen, self.grounds, self.today))
        self.attempt(lambda: self._approved(extent))

    @rule(extent=st.sampled_from(GIVEN), ago=st.sampled_from([0, 0, 3, 30]))
    def the_company_gives_current_at_once(self, extent: Supplied, ago: int) -> None:
        day = self.today - timedelta(days=ago)
        self.arrive(Entry(EntryKind.ENERGISED, day, extent, ("1030045521",)))

    @precondition(lambda self: self.course.order is not None and self.course.order.holds)
    @rule()
    def the_company_follows_the_order_at_once(self) -> None:
        order = self.course.order
        cut = order is not None and order.executed_on is not None
        kind = EntryKind.RECONNECTED if cut else EntryKind.DISCONNECTED
        self.arrive(Entry(kind, self.today, order_id=order.order_id if order else None))

    @rule()
    def give_back(self) -> None:
        self.attempt(lambda: self.require(Action.RETURN, replace(self.course, returned=True)))

    @rule()
    def resubmit(self) -> None:
        again = replace(self.course, returned=False, site=None)
        self.attempt(lambda: self.require(Action.RESUBMIT, again))

    @rule()
    def ask_full(self) -> None:
        self.attempt(
            lambda: self.require(Action.ASK_FULL, replace(self.course, wanted=Extent.FULL))
        )

    @rule(how=st.sampled_from([None, None, releases.cancel, releases.refuse]), stays=st.booleans())
    def end(self, how: Callable[..., Course] | None, stays: bool) -> None:
        if how is not None:
            self.attempt(lambda: how(self.course, self.grounds, self.today))
        if not stays:
            self.ask_again()

    @rule()
    def ask_anew(self) -> None:
        self.ask_again()

    def ask_again(self) -> None:
        """After an end the owner asks again; what was approved before still counts for its days."""
        if self.course.ended is not None and self.course.supply.extent is Supplied.NONE:
            self.course = Course(Extent.FULL, approvals=self.course.approvals)

    @rule()
    def order_disconnection(self) -> None:
        before = int(self.course.order.order_id) if self.course.order else 0
        ordered = replace(self.course, order=Order(str(before + 1), DANGER, self.today))
        self.attempt(lambda: self.require(Action.ORDER_DISCONNECTION, ordered))

    @rule()
    def withdraw_disconnection(self) -> None:
        if self.course.order is not None:
            order = replace(self.course.order, withdrawn_on=self.today)
            withdrawn = replace(self.course, order=order)
            self.attempt(lambda: self.require(Action.WITHDRAW_DISCONNECTION, withdrawn))

    @rule()
    def allow_reconnection(self) -> None:
        if self.course.order is not None:
            order = replace(self.course.order, reconnection_allowed_on=self.today)
            allowed = replace(self.course, order=order)
            self.attempt(lambda: self.require(Action.ALLOW_RECONNECTION, allowed))

    @rule(kind=st.sampled_from(KINDS), extent=st.sampled_from(GIVEN), ago=st.integers(0, 30))
    def the_company_does_something(self, kind: EntryKind, extent: Supplied, ago: int) -> None:
        energised = kind is EntryKind.ENERGISED
        meters = ("1030045521",) if energised else ()
        given = extent if energised else Supplied.NONE
        day = self.today - timedelta(days=ago)
        named = self.course.order.order_id if self.course.order else None
        self.waiting.append(Entry(kind, day, given, meters, named))

    @precondition(lambda self: self.waiting)
    @rule(place=st.integers(0, 9), again=st.booleans())
    def an_entry_arrives(self, place: int, again: bool) -> None:
        entry = self.waiting[place % len(self.waiting)]
        if not again:
            self.waiting.remove(entry)
        self.arrive(entry)

    def arrive(self, entry: Entry) -> None:
        before = self.course
        try:
            effect = supply.apply_entry(before, entry, before.approvals, today=self.today)
        except EntryRefused:
            return
        self.course = effect.course
        if entry.kind is EntryKind.ENERGISED:
            self.it_was_real(entry)
        self.it_takes_effect_once(entry)
        self.settle()

    def it_was_real(self, entry: Entry) -> None:
        """On the day of an approval that covers it there was insulation, and occupancy for full current."""
        covering = [
            one
            for one in self.course.approvals
            if one.approved_on <= entry.happened_on <= (one.withdrawn_on or date.max)
        ]
        assert any(self.had_ground(one, entry) for one in covering)

    def had_ground(self, approval: Approval, entry: Entry) -> bool:
        full = entry.extent is Supplied.FULL
        return any(
            ground.insulation is None
            and ground.permit in ("valid", "completed")
            and (not full or (approval.extent is Extent.FULL and ground.occupancy == "final"))
            for ground in self.known_on(approval.approved_on)
        )

    def known_on(self, day: date) -> list[Grounds]:
        earlier = max((one for one in self.stood if one < day), default=None)
        before = [self.stood[earlier][-1]] if earlier else []
        return [*before, *self.stood.get(day, [])]

    def it_takes_effect_once(self, entry: Entry) -> None:
        with pytest.raises(EntryRefused):
            supply.apply_entry(self.course, entry, self.course.approvals, today=self.today)

    @invariant()
    def an_approval_that_was_not_used_stands_on_its_ground(self) -> None:
        approval = self.course.approval
        if approval is not None and not releases.used_up(self.course.supply, approval):
            assert self.grounds.insulation is None
            assert approval.extent is Extent.PARTIAL or self.grounds.occupancy == "final"

    @invariant()
    def current_without_ground_is_flagged(self) -> None:
        if self.course.connected and self.grounds.insulation is not None:
            assert releases.flag_of(self.course, self.grounds, self.today) is not None

    @invariant()
    def there_is_a_way_out(self) -> None:
        if self.status in ENDS:
            return
        assert self.status in COMPANYS or releases.possible(self.course, self.grounds, self.today)
        assert self.leads_to_current_or_an_end()

    def leads_to_current_or_an_end(self) -> bool:
        """The municipality and the company do what's next, once all grounds stand."""
        course, today = self.course, self.today + timedelta(days=1)
        for _ in range(8):
            status = releases.status_on(course, GOOD, today)
            if status is Status.ENERGISED or status in ENDS:
                return True
            course = _next(course, status, today)
        return False


def _next(course: Course, status: Status, today: date) -> Course:
    order = course.order
    match status:
        case Status.RETURNED:
            releases.require(course, Action.RESUBMIT, GOOD, today)
            return replace(course, returned=False, site=None)
        case Status.INSULATION_OK:
            return releases.inspected(course, Site("pass", today), GOOD, today)
        case Status.SITE_INSPECTION | Status.OCCUPANCY_ISSUED:
            return releases.approve(course, course.wanted, GOOD, today, rests_on=(None, None))
        case Status.PARTIAL_APPROVED | Status.FULL_APPROVED:
            full = status is Status.FULL_APPROVED
            extent = Supplied.FULL if full else Supplied.PARTIAL
            entry = Entry(EntryKind.ENERGISED, today, extent, ("1030045521",))
            return supply.apply_entry(course, entry, course.approvals, today=today).course
        case Status.DISCONNECTED:
            releases.require(course, Action.ALLOW_RECONNECTION, GOOD, today)
            assert order is not None
            return replace(course, order=replace(order, reconnection_allowed_on=today))
    kind = (
        EntryKind.DISCONNECTED
        if status is Status.DISCONNECTION_REQUESTED
        else EntryKind.RECONNECTED
    )
    named = order.order_id if order else None
    entry = Entry(kind, today, order_id=named)
    return supply.apply_entry(course, entry, course.approvals, today=today).course


ReleaseLife.TestCase.settings = walk_settings(150)
TestReleaseLife = ReleaseLife.TestCase
