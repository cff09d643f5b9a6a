"""A release of electric current (إطلاق التيار): what the municipality decides about it, and where it stands.

What people decided, and what the company did, is its course. Where it stands is computed from the course and from what
it rests on today, so that nobody has to move it when a permit is renewed or insulation is revoked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from permits.domain.actions import words
from permits.domain.permits import WITHOUT_BUILDING, status_words
from permits.domain.release_course import (
    Approval,
    Course,
    Order,
    Site,
    Status,
    Supplied,
    needed_extent,
    rank,
    used_up,
)
from permits.domain.release_rules import (
    Extent,
    Grounds,
    missing,
    missing_of_supply,
    needs_occupancy,
)


class Action(StrEnum):
    INSPECT = "inspect_site"
    APPROVE_PARTIAL = "approve_partial"
    APPROVE_FULL = "approve_full"
    RETURN = "return"
    RESUBMIT = "resubmit"
    ASK_FULL = "ask_full"
    REFUSE = "refuse"
    CANCEL = "cancel"
    ORDER_DISCONNECTION = "order_disconnection"
    WITHDRAW_DISCONNECTION = "withdraw_disconnection"
    ALLOW_RECONNECTION = "allow_reconnection"
    WITHDRAW_APPROVAL = "withdraw_approval"


class ReleaseRefused(Conflict):
    """A ground of a release is missing; `code` says which. `status`: of the permit, as of today."""

    problem = "release-refused"

    def __init__(self, code: str, status: str | None = None) -> None:
        self.code = code
        super().__init__(reason=code, status=status_words(status))


class ReleaseAlive(Conflict):
    """The building has a release that hasn't ended."""

    problem = "release-alive"


def status_on(course: Course, grounds: Grounds, on: date) -> Status:
    """Returns where a release stands on a day."""
    if course.ended is not None:
        return course.ended
    if course.order is not None and course.order.holds:
        return _status_of_order(course.order)
    if course.returned:
        return Status.RETURNED
    if _waits_for_full(course, grounds, on):
        return Status.OCCUPANCY_ISSUED
    if course.approval is not None and not course.given:
        full = course.approval.extent is Extent.FULL
        return Status.FULL_APPROVED if full else Status.PARTIAL_APPROVED
    if course.supply.extent is not Supplied.NONE:
        return Status.ENERGISED
    return _checked(course, grounds)


def _status_of_order(order: Order) -> Status:
    if order.executed_on is None:
        return Status.DISCONNECTION_REQUESTED
    allowed = order.reconnection_allowed_on is not None
    return Status.RECONNECTION_ALLOWED if allowed else Status.DISCONNECTED


def _waits_for_full(course: Course, grounds: Grounds, on: date) -> bool:
    """Returns whether an inspected release waits for full current that could be approved, on a day whose rule
    concerns occupancy."""
    approval = course.approval
    approved = approval is not None and approval.extent is Extent.FULL
    asked = course.wanted is Extent.FULL and _passed(course) and not approved
    full = course.supply.extent is Supplied.FULL
    can_be = missing(Extent.FULL, grounds, on) is None and needs_occupancy(Extent.FULL, on)
    return asked and not full and can_be


def _passed(course: Course) -> bool:
    return course.site is not None and course.site.result == "pass"


_APPROVED = frozenset({Status.PARTIAL_APPROVED, Status.FULL_APPROVED})


def _checked(course: Course, grounds: Grounds) -> Status:
    if not grounds.permit_stands:
        return Status.SUBMITTED
    if grounds.insulation is not None:
        return Status.PERMIT_CHECKED
    return Status.SITE_INSPECTION if _passed(course) else Status.INSULATION_OK


def withdraw_unfounded(
    course: Course, grounds: Grounds, on: date, *, last_day: date | None = None
) -> Course:
    """Returns the course with each unfounded approval withdrawn, unless all its current was given. No more current
    is given then; flowing temporary current is flagged. `last_day`: of an expired permit, with which its approvals
    end, however late somebody looks."""
    ended_on = on if last_day is None else min(on, last_day)
    approvals = tuple(
        replace(one, withdrawn_on=max(ended_on, one.approved_on))
        if _is_unused(course, one) and missing(one.extent, grounds, on) is not None
        else one
        for one in course.approvals
    )
    return replace(course, approvals=approvals)


def _is_unused(course: Course, approval: Approval) -> bool:
    """Returns whether the approval stands, and more current may be given on it."""
    return approval.withdrawn_on is None and not used_up(course.supply, approval)


def _without_unused(course: Course, on: date) -> Course:
    """Returns the course with each approval revoked on which more current may be given."""
    approvals = tuple(
        replace(one, withdrawn_on=on, revoked=True) if _is_unused(course, one) else one
        for one in course.approvals
    )
    return replace(course, approvals=approvals)


def flag_of(course: Course, grounds: Grounds, on: date) -> str | None:
    """Returns why somebody has to look at flowing current that lost its ground; None while the ground stands."""
    if not course.connected:
        return None
    return missing_of_supply(needed_extent(course.supply.extent), grounds, on)


_UNAPPROVED = frozenset(
    {Status.SUBMITTED, Status.PERMIT_CHECKED, Status.INSULATION_OK, Status.SITE_INSPECTION}
)
_STEPS: dict[Action, frozenset[Status]] = {
    # Also after an approval, and before more current: what an inspector finds then is recorded.
    Action.INSPECT: _APPROVED
    | {
        *(Status.INSULATION_OK, Status.SITE_INSPECTION),
        *(Status.OCCUPANCY_ISSUED, Status.ENERGISED),
    },
    Action.APPROVE_PARTIAL: frozenset(
        {Status.SITE_INSPECTION, Status.OCCUPANCY_ISSUED, Status.ENERGISED}
    ),
    Action.APPROVE_FULL: frozenset(
        {Status.SITE_INSPECTION, Status.OCCUPANCY_ISSUED, Status.PARTIAL_APPROVED, Status.ENERGISED}
    ),
    Action.RETURN: _UNAPPROVED | {Status.OCCUPANCY_ISSUED},
    Action.RESUBMIT: frozenset({Status.RETURNED}),
    Action.ASK_FULL: frozenset({Status.PARTIAL_APPROVED, Status.ENERGISED}),
    Action.REFUSE: _UNAPPROVED | {Status.RETURNED, Status.OCCUPANCY_ISSUED},
    Action.CANCEL: _UNAPPROVED
    | {
        *(Status.RETURNED, Status.OCCUPANCY_ISSUED),
        *(Status.PARTIAL_APPROVED, Status.FULL_APPROVED),
    },
}


def possible(course: Course, grounds: Grounds, on: date) -> list[Action]:
    """Returns the actions that lead somewhere from here."""
    return possible_from(course, status_on(course, grounds, on))


def possible_from(course: Course, status: Status) -> list[Action]:
    """Returns the actions that lead somewhere from a status that the course has."""
    return [action for action in Action if _is_possible(course, action, status)]


def _is_possible(course: Course, action: Action, status: Status) -> bool:
    order = course.order if course.order is not None and course.order.holds else None
    match action:
        case Action.ORDER_DISCONNECTION:
            # The company's word that it gave current, or gave it again, may be late: that it may is enough for danger.
            free = order is None or status is Status.RECONNECTION_ALLOWED
            return free and _may_flow(course)
        case Action.WITHDRAW_DISCONNECTION:
            return order is not None and order.executed_on is None
        case Action.ALLOW_RECONNECTION:
            return status is Status.DISCONNECTED
        case Action.ASK_FULL:
            return status in _STEPS[action] and course.wanted is Extent.PARTIAL
        case Action.APPROVE_FULL:
            approved = course.approval is not None and course.approval.extent is Extent.FULL
            asked = course.wanted is Extent.FULL and not approved and _passed(course)
            return status in _STEPS[action] and asked and course.supply.extent is not Supplied.FULL
        case Action.APPROVE_PARTIAL:
            less = rank(course.supply.extent) < rank(Supplied.PARTIAL) and _passed(course)
            return status in _STEPS[action] and course.approval is None and less
        case Action.WITHDRAW_APPROVAL:
            unused = any(_is_unused(course, one) for one in course.approvals)
            return unused and course.ended is None and order is None
        case Action.RETURN | Action.CANCEL:
            return status in _STEPS[action] and course.supply.extent is Supplied.NONE
        case _:
            return status in _STEPS[action]


def _may_flow(course: Course) -> bool:
    return course.supply.extent is not Supplied.NONE or bool(course.approvals)


def require(course: Course, action: Action, grounds: Grounds, on: date) -> None:
    """Raises IllegalTransition when the action leads nowhere from here."""
    status = status_on(course, grounds, on)
    if not _is_possible(course, action, status):
        raise IllegalTransition(action, status, words(possible(course, grounds, on)))


def check_submission(grounds: Grounds, alive: bool) -> None:
    """Refuses a release on an ended permit and of works that leave no building. A release waits for an expired or
    suspended permit. Raises ReleaseAlive, ReleaseRefused."""
    if alive:
        raise ReleaseAlive
    if grounds.permit in ("cancelled", "renewed", "superseded"):
        raise ReleaseRefused("permit-not-valid", grounds.permit)
    if grounds.insulation == WITHOUT_BUILDING:
        raise ReleaseRefused(WITHOUT_BUILDING)


def approve(
    course: Course, extent: Extent, grounds: Grounds, on: date, *, rests_on: Sequence[str | None]
) -> Course:
    """Approves an extent. `rests_on`: the insulation and the occupancy certificate. Raises ReleaseRefused for what
    is missing, and IllegalTransition."""
    code = missing(extent, grounds, on)
    if code is not None and course.ended is None and not course.returned:
        raise ReleaseRefused(code, grounds.permit)
    full = extent is Extent.FULL
    require(course, Action.APPROVE_FULL if full else Action.APPROVE_PARTIAL, grounds, on)
    insulation, occupancy = rests_on
    new = Approval(extent, on, None, insulation, occupancy if full else None)
    return replace(course, approvals=(*course.approvals, new))


def check_reconnection(course: Course, grounds: Grounds, on: date) -> None:
    """Refuses to reconnect current without the ground that allowed it. Raises ReleaseRefused."""
    if course.supply.extent is not Supplied.NONE:
        code = missing_of_supply(needed_extent(course.supply.extent), grounds, on)
        if code is not None:
            raise ReleaseRefused(code, grounds.permit)


def inspected(course: Course, site: Site, grounds: Grounds, on: date) -> Course:
    """Returns the course after an inspection of the place. A failed inspection withdraws what was approved and isn't
    used, and returns the release unless current flows. Raises IllegalTransition."""
    require(course, Action.INSPECT, grounds, on)
    if site.result == "pass":
        return replace(course, site=site)
    return _sent_back(replace(course, site=site), on)


def withdraw_approval(course: Course, grounds: Grounds, on: date) -> Course:
    """Returns the course without the approval that the company hasn't used, and without the inspection on which the
    approval rested: the place is inspected again. Raises IllegalTransition."""
    require(course, Action.WITHDRAW_APPROVAL, grounds, on)
    return _sent_back(replace(course, site=None), on)


def _sent_back(course: Course, on: date) -> Course:
    course = _without_unused(course, on)
    return replace(course, returned=course.supply.extent is Supplied.NONE)


def refuse(course: Course, grounds: Grounds, on: date) -> Course:
    """Ends the release. If something was given or approved, refuses only the rest."""
    require(course, Action.REFUSE, grounds, on)
    if course.approval is not None or course.supply.extent is not Supplied.NONE:
        return replace(course, wanted=Extent.PARTIAL)
    return replace(course, ended=Status.REFUSED)


def cancel(course: Course, grounds: Grounds, on: date) -> Course:
    """Ends the release, because the owner wants no current. Raises IllegalTransition."""
    require(course, Action.CANCEL, grounds, on)
    approvals = tuple(
        one if one.withdrawn_on else replace(one, withdrawn_on=on) for one in course.approvals
    )
    return replace(course, ended=Status.CANCELLED, approvals=approvals)
