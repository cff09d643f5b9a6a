"""The life of a version of the rules: proposed by one person, replayed, approved by another, in force from its first
day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine

ENOUGH_DECISIONS = 500  # for an approval, or all where fewer applications are decided
UPCOMING, IN_FORCE, PAST = "upcoming", "in_force", "past"


class RuleStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class RuleAction(StrEnum):
    REPLAY = "replay"
    APPROVE = "approve"
    WITHDRAW = "withdraw"


# What is done to a version, as a refusal and a history name it.
TITLES: Mapping[str, Mapping[str, str]] = {
    RuleAction.REPLAY: {"ar": "التجربة", "en": "Replay"},
    RuleAction.APPROVE: {"ar": "الاعتماد", "en": "Approval"},
    RuleAction.WITHDRAW: {"ar": "السحب", "en": "Withdrawal"},
    "propose": {"ar": "الاقتراح", "en": "Proposal"},
    "replayed": {"ar": "انتهاء التجربة", "en": "End of the replay"},
    "load": {"ar": "التحميل", "en": "Loading"},
}
MACHINE = StateMachine[RuleStatus, RuleAction](
    steps={
        RuleAction.REPLAY: {RuleStatus.PROPOSED: RuleStatus.PROPOSED},
        RuleAction.APPROVE: {RuleStatus.PROPOSED: RuleStatus.APPROVED},
        RuleAction.WITHDRAW: {
            RuleStatus.PROPOSED: RuleStatus.WITHDRAWN,
            RuleStatus.APPROVED: RuleStatus.WITHDRAWN,
        },
    },
    titles={action: TITLES[action] for action in RuleAction},
    prefix="rules_",
)


class RulesKnown(Conflict):
    """There is a version of this name, which isn't a proposal that was withdrawn."""

    problem = "rules-known"


class OwnRules(Conflict):
    """The person who proposed a version doesn't approve it."""

    problem = "rules-own"


class NotReplayed(Conflict):
    """No replay of this content over enough decisions has finished."""

    problem = "rules-not-replayed"


class RulesChanged(Conflict):
    """The version isn't as the person has read it."""

    problem = "rules-changed"


class RulesDayPast(Conflict):
    """The first day isn't after today: applications of today were decided by another version."""

    problem = "rules-day-past"


class RulesDayTaken(Conflict):
    """Another approved version has the first day: one of the two would never hold. `name`: of that version."""

    problem = "rules-day-taken"


class RulesSuccessor(Conflict):
    """A later version was approved beside another version before it, and would take back what is changed or keep what
    is withdrawn. `name`: of the later version."""

    problem = "rules-successor"


class RulesInForce(Conflict):
    """The first day has come: applications were decided by the version."""

    problem = "rules-in-force"


@dataclass(frozen=True, kw_only=True)
class RuleStanding:
    """A version as the rules of its life know it. `replayed`: as `replayed_digest` returns it."""

    status: str
    effective_from: date
    digest: str
    proposed_by: str | None
    replayed: str | None


def require_approvable(version: RuleStanding, *, subject: str, digest: str, today: date) -> None:
    """Raises IllegalTransition, OwnRules, RulesChanged, NotReplayed or RulesDayPast."""
    MACHINE.after(RuleAction.APPROVE, version.status)
    if version.proposed_by == subject:
        raise OwnRules
    if version.digest != digest:
        raise RulesChanged
    if version.replayed != digest:
        raise NotReplayed
    if version.effective_from <= today:
        raise RulesDayPast


def require_withdrawable(version: RuleStanding, *, today: date) -> None:
    """Raises IllegalTransition, or RulesInForce for a version whose first day has come."""
    MACHINE.after(RuleAction.WITHDRAW, version.status)
    if version.status == RuleStatus.APPROVED and version.effective_from <= today:
        raise RulesInForce


def possible_actions(version: RuleStanding, *, subject: str, today: date) -> list[RuleAction]:
    """Returns what the person may do with the version now: what wouldn't be refused."""
    checks = {
        RuleAction.APPROVE: partial(
            require_approvable, version, subject=subject, digest=version.digest, today=today
        ),
        RuleAction.WITHDRAW: partial(require_withdrawable, version, today=today),
    }
    return [
        one
        for one in MACHINE.possible(version.status)
        if one not in checks or not _refuses(checks[one])
    ]


def _refuses(check: Callable[[], None]) -> bool:
    try:
        check()
    except Conflict:
        return True
    return False


def standing(status: str, effective_from: date, today: date, *, is_in_force: bool) -> str:
    """Returns the status as people read it. `is_in_force`: the version holds today."""
    if status != RuleStatus.APPROVED:
        return status
    if effective_from > today:
        return UPCOMING
    return IN_FORCE if is_in_force else PAST


def replayed_digest(replay: Mapping[str, Any] | None) -> str | None:
    """Returns the digest of the content whose replay over enough decisions has finished; None for no replay, while it
    runs, for a smaller one, and for one that an earlier release ran on the first day alone. A replay that met fewer
    decisions than it was asked for has met all."""
    if not replay or not replay["finished_at"] or not replay.get("days"):
        return None
    decisions = replay["decisions"]
    is_enough = decisions >= ENOUGH_DECISIONS or decisions < replay["applications"]
    return str(replay["digest"]) if is_enough else None
