"""The decision: a pure function of an application, a version of the rules, the facts, and the day.

It names every condition with what it was decided from. Made again with the same arguments it's the same; made by other
rules it shows what they would change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from licences.domain import fees
from licences.domain.asked import CANCEL, CORRECT, ISSUE, Asked
from licences.domain.conditions import CONDITIONS, Case
from licences.domain.facts import INSPECTION, Facts, Source
from licences.domain.fees import Line
from licences.domain.rules import Rules

ISSUED, REFUSED, WAITING, NEEDS_OFFICER = "issued", "refused", "waiting", "needs_officer"
REVIEW, VISIT = "municipal-review", "inspection"
# Of these nothing is known until somebody of the municipality acts.
_BY_OFFICER = frozenset((REVIEW, VISIT, "cleaning-contract"))


@dataclass(frozen=True)
class Finding:
    """A condition of the decision. `satisfied` None: nothing is known; `on_false`: refuse, wait or officer."""

    code: str
    satisfied: bool | None
    inputs: Mapping[str, Any]
    source: Source | None
    on_false: str

    def record(self) -> dict[str, Any]:
        """As it's stored."""
        return {
            "code": self.code,
            "satisfied": self.satisfied,
            "inputs": dict(self.inputs),
            "source": self.source.record() if self.source else None,
            "on_false": self.on_false,
        }


@dataclass(frozen=True)
class Decision:
    """`outcome`: issued, refused, waiting or needs_officer. `fee` is due before anything is issued."""

    rules: str
    outcome: str
    decided_on: date
    findings: Sequence[Finding]
    fee: Sequence[Line]

    @property
    def waits_for(self) -> list[str]:
        """The conditions that the outcome hangs on, while it waits."""
        return [one.code for one in self.findings if _waits(one)]

    @property
    def broken(self) -> list[str]:
        """The conditions because of which it's refused."""
        return [one.code for one in self.findings if _refuses(one)]

    def record(self) -> dict[str, Any]:
        """As it's stored: all but the facts."""
        return {
            "rules": self.rules,
            "outcome": self.outcome,
            "decided_on": self.decided_on.isoformat(),
            "findings": [one.record() for one in self.findings],
            "fee": [line.record() for line in self.fee],
        }


def decide(asked: Asked, rules: Rules, facts: Facts, *, on: date) -> Decision:
    """Decides on the day."""
    case = Case(asked, rules, facts, on)
    codes = _codes(asked, rules)
    if _needs_review(asked, rules) or REVIEW in facts:
        codes.append(REVIEW)
    if INSPECTION in facts:
        codes.append(VISIT)
    findings = [_find(code, case) for code in codes]
    if _needs_officer_by_falsehood(findings) and REVIEW not in codes:
        findings.append(_find(REVIEW, case))
    lines = fees.fee_lines(asked, rules, on=on)
    return Decision(rules.version, _outcome(findings), on, findings, lines)


def _codes(asked: Asked, rules: Rules) -> list[str]:
    """The conditions in a fixed order: the rules' own of each group, then those of the activities."""
    named = set(rules.conditions.get(asked.request, ()))
    if asked.request not in (CANCEL, CORRECT):
        named |= rules.conditions["always"] | rules.conditions.get(asked.kind, frozenset())
        if asked.request == ISSUE and asked.term is not None:
            named |= rules.conditions.get("move", frozenset())
        if asked.establishment is not None:
            named |= rules.conditions["establishment"]
        for code in asked.activities:
            if (activity := rules.activities.get(code)) is not None:
                named |= activity.needs
    return [code for code in CONDITIONS if code in named]


def _needs_review(asked: Asked, rules: Rules) -> bool:
    """Whether some activity isn't immediate here, for this area. What isn't offered is refused without a review."""
    if asked.request in (CANCEL, CORRECT):
        return False
    for code in asked.activities:
        activity = rules.activities.get(code)
        terms = activity.terms.get(asked.municipality) if activity else None
        if terms is None:
            continue
        bound = terms.immediate_up_to_m2
        if not terms.immediate or (bound is not None and asked.area_m2 > bound):
            return True
    return False


def _find(code: str, case: Case) -> Finding:
    found = CONDITIONS[code](case)
    on_false = case.rules.on_false.get(code, "refuse")
    return Finding(code, found.satisfied, found.inputs, found.source, on_false)


def _outcome(findings: Sequence[Finding]) -> str:
    if any(_refuses(one) for one in findings):
        return REFUSED
    if any(_waits(one) for one in findings):
        return WAITING
    if any(one.satisfied is None for one in findings):
        return NEEDS_OFFICER
    return ISSUED


def _refuses(finding: Finding) -> bool:
    return finding.satisfied is False and finding.on_false == "refuse"


def _waits(finding: Finding) -> bool:
    if finding.code in _BY_OFFICER:
        return False
    unknown = finding.satisfied is None
    return unknown or (finding.satisfied is False and finding.on_false == "wait")


def _needs_officer_by_falsehood(findings: Sequence[Finding]) -> bool:
    return any(one.satisfied is False and one.on_false == "officer" for one in findings)
