"""The decision about a request: a pure function of the request, the facts and the day. The facts may arrive in any
order, and each arrival decides anew.

Missing conditions are named in a fixed order, the examination last. The first missing condition is the request's public
state. A request that a revocation keeps back has the state of a request whose worker wasn't examined: so the state
tells an establishment neither a result nor what happened elsewhere. Each fact has a source (officer, payments,
medical_centre) and a time; a declaration is no fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.core.sources import Source
from health_certs.domain.requests import EndReason, Status

EDUCATION, PAYMENT, EXAMINATION = "education", "payment", "examination"
CLEARANCE = "clearance"
ORDER: Mapping[str, Status] = {
    EDUCATION: Status.AWAITING_EDUCATION,
    PAYMENT: Status.AWAITING_PAYMENT,
    EXAMINATION: Status.AWAITING_EXAMINATION,
    CLEARANCE: Status.AWAITING_EXAMINATION,
}


@dataclass(frozen=True)
class Pass:
    """A passed course of health education, good until `valid_until`, the last day."""

    course: str
    valid_until: date
    source: Source


@dataclass(frozen=True)
class Result:
    """The result that counts (`domain.examinations.counting_entry`)."""

    fit: bool
    source: Source


@dataclass(frozen=True)
class Facts:
    """What is known of a request; None is unknown. `payment` is the source of the payment; `own_examination`: the
    result of the request's own examinations, on which its certificate rests; `revocation`: the revoked certificate of
    the worker for which no officer has cleared the worker."""

    education: Pass | None = None
    payment: Source | None = None
    examination: Result | None = None
    own_examination: Result | None = None
    revocation: Source | None = None


@dataclass(frozen=True)
class Needs:
    """What the decision needs to know of a request. `course`: the health education that is required, if any;
    `season_ends_on`: the last day of the season, for a seasonal profession."""

    course: str | None
    season_ends_on: date | None = None


@dataclass(frozen=True)
class Condition:
    """A condition, whether it's satisfied, and the source of that knowledge."""

    code: str
    satisfied: bool
    source: Source | None


@dataclass(frozen=True)
class Decision:
    """`conditions` stand in the fixed order. `season_over`: nothing is issued any more."""

    conditions: Sequence[Condition]
    season_over: bool

    @property
    def missing(self) -> list[str]:
        """The codes of the conditions that aren't satisfied."""
        return [one.code for one in self.conditions if not one.satisfied]

    @property
    def is_unfit(self) -> bool:
        """Whether an unfit result counts."""
        return any(
            one.code == EXAMINATION and not one.satisfied and one.source is not None
            for one in self.conditions
        )

    @property
    def issues(self) -> bool:
        """Whether the certificate is issued now."""
        return not self.missing and not self.season_over

    @property
    def status(self) -> Status:
        """The public state of an open request."""
        return ORDER[self.missing[0]] if self.missing else Status.AWAITING_EXAMINATION


def decide(needs: Needs, facts: Facts, *, on: date) -> Decision:
    """Decides on the day."""
    conditions = [_education(needs.course, facts, on)] if needs.course else []
    conditions += [_payment(facts), _examination(facts)]
    if facts.revocation is not None:
        conditions.append(Condition(CLEARANCE, False, facts.revocation))
    return Decision(conditions, needs.season_ends_on is not None and on > needs.season_ends_on)


def _education(course: str, facts: Facts, on: date) -> Condition:
    known = facts.education
    if known is None or known.course != course or on > known.valid_until:
        return Condition(EDUCATION, False, None)
    return Condition(EDUCATION, True, known.source)


def _payment(facts: Facts) -> Condition:
    return Condition(PAYMENT, facts.payment is not None, facts.payment)


def _examination(facts: Facts) -> Condition:
    known = facts.examination
    return Condition(EXAMINATION, known is not None and known.fit, known.source if known else None)


def end_reason(facts: Facts, decision: Decision) -> EndReason:
    """Returns why a request ends without a certificate when its time is over. Only those readers see the reason who may
    read a result."""
    if decision.season_over:
        return EndReason.SEASON_OVER
    known = facts.examination
    if known is None:
        return EndReason.NOT_EXAMINED
    return EndReason.NOT_COMPLETED if known.fit else EndReason.UNFIT


def visible_conditions(
    decision: Decision, *, knows_result: bool, ended: bool, knows_revocation: bool = True
) -> list[dict[str, Any]]:
    """Returns the conditions as a reader may see them. A reader who may not know the result sees nothing of the
    examination before a certificate is issued, and nothing at all of a request that ended without a certificate. An
    establishment sees no revocation: the certificate may have been another establishment's."""
    if ended and not knows_result:
        return []
    shown = []
    for one in decision.conditions:
        if one.code == CLEARANCE and not knows_revocation:
            continue
        hidden = one.code == EXAMINATION and not knows_result
        source = None if hidden or one.source is None else one.source.record()
        satisfied = None if hidden else one.satisfied
        shown.append({"code": one.code, "satisfied": satisfied, "source": source})
    return shown
