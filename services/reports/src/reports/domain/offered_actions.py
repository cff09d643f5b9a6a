"""The actions that a page offers: the status allows them, and the scopes of the actor cover them."""

from collections.abc import Collection, Mapping

from reports.domain.reports import LIFE, UNASSIGNED, Action, Course

# Action → the scope of its operation in the contract. The other actions are the system's.
SCOPES: Mapping[Action, str] = {
    Action.REFER: "reports.refer",
    Action.RETURN: "reports.treat",
    Action.START: "reports.treat",
    Action.LINK_EXTERNAL: "reports.refer",
    Action.ASK: "reports.refer",
    Action.ANSWER: "reports.file",
    Action.RESOLVE: "reports.treat",
    Action.CLOSE: "reports.refer",
    Action.REOPEN: "reports.refer",
    Action.REJECT: "reports.refer",
    Action.MARK_DUPLICATE: "reports.refer",
    Action.SPLIT: "reports.refer",
    Action.CORRECT: "reports.refer",
    Action.RATE: "reports.file",
}


def offered_actions(course: Course, scopes: Collection[str]) -> list[Action]:
    """Returns the actions in the order of the life of a report. Left out: the start of a report whose open question
    precedes its referral, and the reopening of a report that was reopened as often as the rule allows."""
    refused = {
        Action.START: course.asked_in in UNASSIGNED,
        Action.REOPEN: course.reopenable_until is None,
    }
    return [
        action
        for action in LIFE.possible(course.status)
        if SCOPES.get(action) in scopes and not refused.get(action, False)
    ]
