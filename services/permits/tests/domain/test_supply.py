"""What the company's entries do, late, twice and in any order."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from permits.domain import supply
from permits.domain.release_course import Approval, Course, Order, Site, Status, Supplied, Supply
from permits.domain.release_rules import Extent
from permits.domain.supply import Entry, EntryKind, EntryRefused

START = date(2026, 11, 1)
TODAY = date(2027, 1, 31)


def day(number: int) -> date:
    return START + timedelta(days=number)


APPROVALS = (Approval(Extent.PARTIAL, day(3)), Approval(Extent.FULL, day(20)))
COURSE = Course(Extent.FULL, site=Site("pass", day(2)), approvals=APPROVALS)
ON = replace(COURSE, supply=Supply(Supplied.FULL, day(25), ("1030045521",)))
ORDERED = replace(ON, order=Order("o-1", "خطر", day(30)))


def energised(extent: Supplied, number: int, *meters: str) -> Entry:
    return Entry(EntryKind.ENERGISED, day(number), extent, meters or ("1030045521",))


def other(kind: EntryKind, number: int, order_id: str | None = "o-1") -> Entry:
    return Entry(kind, day(number), order_id=order_id)


def take(course: Course, entry: Entry) -> Course:
    return supply.apply_entry(course, entry, course.approvals, today=TODAY).course


def refused(course: Course, entry: Entry, today: date = TODAY) -> str:
    with pytest.raises(EntryRefused) as caught:
        supply.apply_entry(course, entry, course.approvals, today=today)
    return caught.value.code


def test_current_is_recorded_with_its_first_day_and_all_meters() -> None:
    course = take(COURSE, energised(Supplied.PARTIAL, 5))
    course = take(course, energised(Supplied.PARTIAL, 7, "1030045522"))
    course = take(course, energised(Supplied.PARTIAL, 4))

    assert course.supply == Supply(Supplied.PARTIAL, day(4), ("1030045521", "1030045522"))


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (energised(Supplied.PARTIAL, 2), "not-approved"),
        (energised(Supplied.FULL, 19), "only-partial-approved"),
        (other(EntryKind.DISCONNECTED, 5), "not-ordered"),
        (other(EntryKind.ACKNOWLEDGED, 5), "not-ordered"),
        (other(EntryKind.RECONNECTED, 5), "not-ordered"),
    ],
)
def test_what_nothing_allowed_on_that_day_is_refused(entry: Entry, code: str) -> None:
    assert refused(COURSE, entry) == code


def test_a_day_to_come_is_refused() -> None:
    assert refused(COURSE, energised(Supplied.FULL, 25), today=day(24)) == "day-to-come"


def test_the_same_current_twice_is_refused_the_second_time() -> None:
    entry = energised(Supplied.PARTIAL, 5)

    assert refused(take(COURSE, entry), entry) == "already-energised"


def test_an_approval_counts_for_the_days_on_which_it_held() -> None:
    withdrawn = replace(COURSE, approvals=(Approval(Extent.PARTIAL, day(3), day(10)),))

    assert take(withdrawn, energised(Supplied.TEMPORARY, 10)).supply.extent is Supplied.TEMPORARY
    assert refused(withdrawn, energised(Supplied.TEMPORARY, 11)) == "not-approved"


def test_current_given_before_a_release_was_cancelled_opens_it_again() -> None:
    ended = replace(COURSE, ended=Status.CANCELLED)

    effect = supply.apply_entry(ended, energised(Supplied.PARTIAL, 5), APPROVALS, today=TODAY)

    assert effect.course.ended is None
    assert effect.codes == ("energised", "release-reopened")


def test_approvals_of_a_release_that_ended_count_for_the_next_one() -> None:
    fresh = Course(Extent.PARTIAL)

    effect = supply.apply_entry(fresh, energised(Supplied.PARTIAL, 5), APPROVALS, today=TODAY)

    assert effect.course.supply.extent is Supplied.PARTIAL


def test_an_order_is_acknowledged_executed_and_undone() -> None:
    course = take(ORDERED, other(EntryKind.ACKNOWLEDGED, 30))
    course = take(course, other(EntryKind.DISCONNECTED, 31))
    assert not course.connected
    assert refused(course, other(EntryKind.RECONNECTED, 32)) == "reconnection-not-allowed"
    assert course.order is not None
    course = replace(course, order=replace(course.order, reconnection_allowed_on=day(33)))
    assert refused(course, other(EntryKind.RECONNECTED, 32)) == "reconnection-not-allowed"

    course = take(course, other(EntryKind.RECONNECTED, 33))

    assert course.connected
    assert course.order is not None
    assert not course.order.holds
    assert refused(course, other(EntryKind.RECONNECTED, 34)) == "already-reconnected"


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        (EntryKind.DISCONNECTED, 29, "not-ordered"),
        (EntryKind.RECONNECTED, 31, "not-cut"),
    ],
)
def test_an_order_is_executed_after_it_and_undone_after_that(
    kind: EntryKind, number: int, code: str
) -> None:
    assert refused(ORDERED, other(kind, number)) == code


@pytest.mark.parametrize("kind", [EntryKind.ACKNOWLEDGED, EntryKind.DISCONNECTED])
def test_an_order_is_acknowledged_and_executed_once(kind: EntryKind) -> None:
    once = take(ORDERED, other(kind, 31))

    assert refused(once, other(kind, 31)).startswith("already-")


OF_AN_ORDER = (EntryKind.ACKNOWLEDGED, EntryKind.DISCONNECTED, EntryKind.RECONNECTED)


@pytest.mark.parametrize("named", ["o-1", None])
@pytest.mark.parametrize("kind", OF_AN_ORDER)
def test_an_entry_about_an_order_that_another_one_followed_on_the_same_day_is_refused(
    kind: EntryKind, named: str | None
) -> None:
    second = Order("o-2", "خطر", day(30), executed_on=day(30), reconnection_allowed_on=day(30))
    again = replace(ON, order=second)

    assert refused(again, other(kind, 30, named)) == "other-order"
    assert take(
        replace(again, order=Order("o-2", "خطر", day(30))), other(OF_AN_ORDER[0], 30, "o-2")
    )


def test_an_order_that_was_withdrawn_too_late_allows_the_reconnection() -> None:
    withdrawn = replace(ORDERED, order=Order("o-1", "خطر", day(30), withdrawn_on=day(32)))

    course = take(withdrawn, other(EntryKind.DISCONNECTED, 31))

    assert course.order is not None
    assert course.order.reconnection_allowed_on == day(32)
    assert not course.connected
    assert take(course, other(EntryKind.RECONNECTED, 32)).connected
    assert refused(withdrawn, other(EntryKind.DISCONNECTED, 33)) == "order-withdrawn"


def test_current_between_cut_and_reconnection_is_refused() -> None:
    cut = take(ORDERED, other(EntryKind.DISCONNECTED, 31))

    assert refused(cut, energised(Supplied.FULL, 35, "1030045599")) == "supply-cut"


def test_the_order_in_which_entries_come_in_decides_nothing() -> None:
    course = replace(COURSE, order=Order("o-1", "خطر", day(30), withdrawn_on=day(33)))
    entries = [
        energised(Supplied.TEMPORARY, 4),
        energised(Supplied.PARTIAL, 9, "1030045522"),
        energised(Supplied.FULL, 25),
        other(EntryKind.ACKNOWLEDGED, 30),
        other(EntryKind.DISCONNECTED, 32),
        other(EntryKind.RECONNECTED, 34),
    ]
    ends = set()
    for order in permutations(entries):
        after = course
        for entry in order:
            after = take_or_leave(after, entry)
        ends.add(after)

    assert len(ends) == 1
    [end] = ends
    assert end.supply == Supply(Supplied.FULL, day(25), ("1030045521", "1030045522"))
    assert end.connected


def take_or_leave(course: Course, entry: Entry) -> Course:
    """An entry that says nothing new is refused, and changes nothing."""
    try:
        return take(course, entry)
    except EntryRefused:
        return course
