"""Rules of a release of current: what it needs by days, where it stands, who may do what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chassis.core.refusals import IllegalTransition
from permits.domain import releases
from permits.domain.permits import WITHOUT_BUILDING
from permits.domain.release_course import Approval, Course, Order, Site, Status, Supplied, Supply
from permits.domain.release_rules import RELEASE_RULES, Extent, Grounds, missing
from permits.domain.releases import Action, ReleaseAlive, ReleaseRefused

DAY = date(2026, 11, 24)
GOOD = Grounds("valid", None, None)
FINAL = Grounds("completed", None, "final")
PASSED = Site("pass", DAY)
PARTIAL = Course(Extent.PARTIAL)
FULL = Course(Extent.FULL)
SEEN = replace(FULL, site=PASSED)
APPROVED = replace(SEEN, approvals=(Approval(Extent.PARTIAL, DAY),))
ON = replace(APPROVED, supply=Supply(Supplied.PARTIAL, DAY, ("1030045521",)))


@pytest.mark.parametrize(
    ("on", "needed"),
    [
        (date(2015, 1, 1), False),
        (date(2017, 1, 23), False),
        (date(2017, 1, 24), True),
        (date(2019, 9, 17), True),
        (date(2019, 9, 18), False),
        (date(2024, 10, 12), False),
        (date(2024, 10, 13), True),
        (DAY, True),
    ],
)
def test_full_current_needs_occupancy_by_the_rule_of_the_day(on: date, needed: bool) -> None:
    code = missing(Extent.FULL, Grounds("completed", None, None), on)

    assert code == ("occupancy-missing" if needed else None)


@pytest.mark.parametrize("extent", Extent)
@pytest.mark.parametrize("rule", range(len(RELEASE_RULES)))
def test_insulation_is_verified_in_every_rule(extent: Extent, rule: int) -> None:
    on = RELEASE_RULES[rule].effective_from

    assert missing(extent, Grounds("completed", "insulation-revoked", "final"), on) == (
        "insulation-revoked"
    )


def test_a_day_that_no_rule_covers_is_refused() -> None:
    assert missing(Extent.PARTIAL, FINAL, date(2009, 1, 1)) == "no-rule"


def test_the_rules_of_an_extent_follow_each_other_without_a_gap() -> None:
    for extent in Extent:
        rules = [rule for rule in RELEASE_RULES if rule.extent is extent]
        for earlier, later in zip(rules, rules[1:], strict=False):
            assert earlier.effective_until is not None
            assert later.effective_from == earlier.effective_until + timedelta(days=1)
        assert rules[-1].effective_until is None


@pytest.mark.parametrize(
    ("permit", "insulation", "occupancy", "code"),
    [
        ("valid", None, None, None),
        ("completed", None, None, None),
        ("expired", None, None, "permit-not-valid"),
        ("suspended", None, "final", "permit-not-valid"),
        ("cancelled", None, "final", "permit-not-valid"),
        ("valid", "insulation-pending", None, "insulation-pending"),
    ],
)
def test_a_partial_release_needs_permit_and_insulation(
    permit: str, insulation: str | None, occupancy: str | None, code: str | None
) -> None:
    assert missing(Extent.PARTIAL, Grounds(permit, insulation, occupancy), DAY) == code


def test_a_temporary_occupancy_opens_no_full_release() -> None:
    assert missing(Extent.FULL, Grounds("completed", None, "temporary"), DAY) == "occupancy-missing"


@pytest.mark.parametrize(
    ("course", "grounds", "status"),
    [
        (FULL, Grounds("suspended", None, None), Status.SUBMITTED),
        (FULL, Grounds("valid", "insulation-missing", None), Status.PERMIT_CHECKED),
        (FULL, GOOD, Status.INSULATION_OK),
        (SEEN, GOOD, Status.SITE_INSPECTION),
        (SEEN, Grounds("valid", "insulation-revoked", None), Status.PERMIT_CHECKED),
        (SEEN, FINAL, Status.OCCUPANCY_ISSUED),
        (replace(SEEN, wanted=Extent.PARTIAL), FINAL, Status.SITE_INSPECTION),
        (APPROVED, GOOD, Status.PARTIAL_APPROVED),
        (APPROVED, FINAL, Status.OCCUPANCY_ISSUED),
        (ON, GOOD, Status.ENERGISED),
        (ON, FINAL, Status.OCCUPANCY_ISSUED),
        (ON, Grounds("cancelled", None, None), Status.ENERGISED),
        (replace(FULL, returned=True), GOOD, Status.RETURNED),
        (replace(FULL, ended=Status.REFUSED), FINAL, Status.REFUSED),
        (replace(ON, order=Order("o-1", "خطر", DAY)), FINAL, Status.DISCONNECTION_REQUESTED),
        (replace(ON, order=Order("o-1", "خطر", DAY, executed_on=DAY)), GOOD, Status.DISCONNECTED),
        (
            replace(
                ON, order=Order("o-1", "خطر", DAY, executed_on=DAY, reconnection_allowed_on=DAY)
            ),
            GOOD,
            Status.RECONNECTION_ALLOWED,
        ),
        (replace(ON, order=Order("o-1", "خطر", DAY, withdrawn_on=DAY)), GOOD, Status.ENERGISED),
    ],
)
def test_where_it_stands_follows_from_the_decisions_and_from_what_stands_today(
    course: Course, grounds: Grounds, status: Status
) -> None:
    assert releases.status_on(course, grounds, DAY) is status


def test_full_current_is_approved_on_a_final_occupancy_certificate() -> None:
    course = releases.approve(ON, Extent.FULL, FINAL, DAY, rests_on=("i-1", "o-1"))

    assert course.approval == Approval(Extent.FULL, DAY, None, "i-1", "o-1")
    assert releases.status_on(course, FINAL, DAY) is Status.FULL_APPROVED
    given = replace(course, supply=Supply(Supplied.FULL, DAY))
    assert releases.status_on(given, FINAL, DAY) is Status.ENERGISED


@pytest.mark.parametrize(
    ("grounds", "code"),
    [
        (GOOD, "occupancy-missing"),
        (Grounds("completed", "insulation-revoked", "final"), "insulation-revoked"),
        (Grounds("suspended", None, "final"), "permit-not-valid"),
    ],
)
def test_an_approval_says_what_is_missing(grounds: Grounds, code: str) -> None:
    with pytest.raises(ReleaseRefused) as caught:
        releases.approve(SEEN, Extent.FULL, grounds, DAY, rests_on=(None, None))

    assert caught.value.code == code


@pytest.mark.parametrize("course", [FULL, replace(FULL, returned=True), APPROVED, ON])
def test_a_partial_release_is_approved_once_and_after_an_inspection(course: Course) -> None:
    with pytest.raises(IllegalTransition):
        releases.approve(course, Extent.PARTIAL, GOOD, DAY, rests_on=(None, None))


def test_full_current_that_nobody_asked_for_is_not_approved() -> None:
    course = replace(ON, wanted=Extent.PARTIAL)

    with pytest.raises(IllegalTransition):
        releases.approve(course, Extent.FULL, FINAL, DAY, rests_on=(None, None))


def test_an_approval_whose_ground_falls_before_the_current_is_withdrawn() -> None:
    fallen = Grounds("valid", "insulation-revoked", None)

    course = releases.withdraw_unfounded(APPROVED, fallen, DAY)

    assert course.approval is None
    assert course.approvals[0].withdrawn_on == DAY
    assert releases.status_on(course, fallen, DAY) is Status.PERMIT_CHECKED


def test_current_that_flows_is_flagged_and_not_taken_back() -> None:
    fallen = Grounds("valid", "insulation-revoked", None)

    course = releases.withdraw_unfounded(ON, fallen, DAY)

    assert course == ON
    assert releases.flag_of(course, fallen, DAY) == "insulation-revoked"
    assert releases.flag_of(course, GOOD, DAY) is None


def test_a_partial_approval_falls_while_only_temporary_current_was_given() -> None:
    fallen = Grounds("valid", "insulation-revoked", None)
    temporary = replace(APPROVED, supply=Supply(Supplied.TEMPORARY, DAY, ("1030045521",)))
    assert releases.withdraw_unfounded(temporary, GOOD, DAY) == temporary

    course = releases.withdraw_unfounded(temporary, fallen, DAY)

    assert course.approval is None
    assert releases.status_on(course, fallen, DAY) is Status.ENERGISED
    assert releases.flag_of(course, fallen, DAY) == "insulation-revoked"
    with pytest.raises(ReleaseRefused, match="insulation-revoked"):
        releases.approve(course, Extent.PARTIAL, fallen, DAY, rests_on=(None, None))


def test_temporary_current_is_followed_by_partial_once_the_ground_is_mended() -> None:
    temporary = replace(SEEN, supply=Supply(Supplied.TEMPORARY, DAY, ("1030045521",)))

    again = releases.approve(temporary, Extent.PARTIAL, GOOD, DAY, rests_on=("i-2", None))

    assert again.approval == Approval(Extent.PARTIAL, DAY, None, "i-2")
    with pytest.raises(IllegalTransition):
        releases.approve(ON, Extent.PARTIAL, GOOD, DAY, rests_on=(None, None))


def test_full_approval_falls_with_occupancy_and_the_partial_one_stays() -> None:
    course = releases.approve(ON, Extent.FULL, FINAL, DAY, rests_on=(None, "o-1"))

    course = releases.withdraw_unfounded(course, Grounds("completed", None, None), DAY)

    assert course.approval == Approval(Extent.PARTIAL, DAY)
    assert releases.status_on(course, GOOD, DAY) is Status.ENERGISED
    assert releases.flag_of(course, Grounds("completed", None, None), DAY) is None


@pytest.mark.parametrize(
    ("grounds", "code"),
    [
        (Grounds("completed", None, None), "occupancy-missing"),
        (Grounds("cancelled", None, "final"), "permit-cancelled"),
        (Grounds("suspended", None, "final"), None),
    ],
)
def test_full_current_is_flagged_when_occupancy_or_the_permit_ends(
    grounds: Grounds, code: str | None
) -> None:
    course = replace(ON, supply=Supply(Supplied.FULL, DAY))

    assert releases.flag_of(course, grounds, DAY) == code


def test_current_that_was_cut_is_not_flagged() -> None:
    course = replace(ON, order=Order("o-1", "خطر", DAY, executed_on=DAY))

    assert releases.flag_of(course, Grounds("cancelled", None, None), DAY) is None


def test_a_failed_inspection_returns_the_release() -> None:
    course = releases.inspected(FULL, Site("fail", DAY, ("مكان العداد",)), GOOD, DAY)

    assert releases.status_on(course, GOOD, DAY) is Status.RETURNED
    assert Action.RESUBMIT in releases.possible(course, GOOD, DAY)


def test_refusing_full_current_leaves_the_partial_one() -> None:
    course = releases.refuse(ON, FINAL, DAY)

    assert (course.ended, course.wanted) == (None, Extent.PARTIAL)
    assert releases.refuse(SEEN, FINAL, DAY).ended is Status.REFUSED


def test_a_cancelled_release_keeps_what_was_approved_until_then() -> None:
    course = releases.cancel(APPROVED, GOOD, DAY)

    assert course.ended is Status.CANCELLED
    assert course.approvals == (Approval(Extent.PARTIAL, DAY, DAY),)


def test_a_release_with_current_is_neither_cancelled_nor_returned() -> None:
    for action in (Action.CANCEL, Action.RETURN):
        with pytest.raises(IllegalTransition):
            releases.require(ON, action, FINAL, DAY)


def test_an_order_is_given_where_current_may_flow_and_nowhere_else() -> None:
    releases.require(ON, Action.ORDER_DISCONNECTION, GOOD, DAY)
    releases.require(APPROVED, Action.ORDER_DISCONNECTION, GOOD, DAY)
    with pytest.raises(IllegalTransition):
        releases.require(SEEN, Action.ORDER_DISCONNECTION, GOOD, DAY)


@pytest.mark.parametrize("status", ["cancelled", "renewed", "superseded"])
def test_a_permit_that_ended_gets_no_release(status: str) -> None:
    with pytest.raises(ReleaseRefused):
        releases.check_submission(Grounds(status, None, None), alive=False)


def test_a_building_has_one_release_at_a_time() -> None:
    with pytest.raises(ReleaseAlive):
        releases.check_submission(GOOD, alive=True)
    releases.check_submission(Grounds("expired", None, None), alive=False)


def test_works_that_leave_no_building_have_no_release() -> None:
    fence = Grounds("valid", WITHOUT_BUILDING, None)

    with pytest.raises(ReleaseRefused) as caught:
        releases.check_submission(fence, alive=False)

    assert caught.value.code == "works-without-building"
    assert missing(Extent.PARTIAL, fence, DAY) == "works-without-building"
