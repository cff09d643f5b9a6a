"""The decision: a pure function of what is asked, the facts, and the day. It can be made as often as a fact arrives,
in whatever order they do.

What is missing is named in a fixed order, the examination last; what's first is the request's public state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from health_certs.domain.facts import EDUCATION, EXAMINATION, PAYMENT, Facts, Source
from health_certs.domain.requests import Reason, Status

ORDER: Mapping[str, Status] = {
    EDUCATION: Status.AWAITING_EDUCATION,
    PAYMENT: Status.AWAITING_PAYMENT,
    EXAMINATION: Status.AWAITING_EXAMINATION,
}


@dataclass(frozen=True)
class Asked:
    """What the decision hangs on. `course`: of health education that is asked for, if any; `ends_on`: of the
    season."""

    course: str | None
    ends_on: date | None = None


@dataclass(frozen=True)
class Finding:
    """A condition, whether it's satisfied, and by what that is known."""

    code: str
    satisfied: bool
    source: Source | None


@dataclass(frozen=True)
class Decision:
    """`findings` in the fixed order; `over`: the season is, and nothing is issued any more."""

    findings: Sequence[Finding]
    over: bool

    @property
    def missing(self) -> list[str]:
        """Codes of conditions that aren't satisfied."""
        return [one.code for one in self.findings if not one.satisfied]

    @property
    def issues(self) -> bool:
        """Whether the certificate is issued now."""
        return not self.missing and not self.over

    @property
    def status(self) -> Status:
        """What everybody may see of an open request."""
        return ORDER[self.missing[0]] if self.missing else Status.AWAITING_EXAMINATION


def decide(asked: Asked, facts: Facts, *, on: date) -> Decision:
    """Decides on the day."""
    findings = [_education(asked.course, facts, on)] if asked.course else []
    findings += [_payment(facts), _examination(facts)]
    return Decision(findings, asked.ends_on is not None and on > asked.ends_on)


def _education(course: str, facts: Facts, on: date) -> Finding:
    found = facts.education
    if found is None or found.course != course or on > found.valid_until:
        return Finding(EDUCATION, False, None)
    return Finding(EDUCATION, True, found.source)


def _payment(facts: Facts) -> Finding:
    return Finding(PAYMENT, facts.payment is not None, facts.payment)


def _examination(facts: Facts) -> Finding:
    found = facts.examination
    return Finding(EXAMINATION, found is not None and found.fit, found.source if found else None)


def end_reason(facts: Facts, decision: Decision) -> Reason:
    """Why a request whose time is over ends without a certificate: for its worker and those of the one table."""
    if decision.over:
        return Reason.SEASON_OVER
    found = facts.examination
    if found is None:
        return Reason.NOT_EXAMINED
    return Reason.NOT_COMPLETED if found.fit else Reason.UNFIT


def told(decision: Decision, *, knows_result: bool, ended: bool) -> list[dict[str, Any]]:
    """The findings as a reader may see them. To whoever may not know the result nothing is known of the examination
    until a certificate is issued, which tells it; and nothing ever of a request that ended without one."""
    shown = []
    for one in decision.findings:
        hidden = one.code == EXAMINATION and not knows_result
        source = None if hidden or one.source is None else one.source.record()
        satisfied = None if hidden else one.satisfied
        shown.append({"code": one.code, "satisfied": satisfied, "source": source})
    return [] if ended and not knows_result else shown
