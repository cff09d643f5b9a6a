"""The decision: a pure function of a declaration, a version of the rules, the facts, and the day.

A decision names every condition with what it was decided from. The same arguments give the same decision; other rules
show what they would change. `explanations` has the words.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict
from chassis.core.sources import Source
from licences.domain.conditions import CONDITIONS, Case
from licences.domain.declarations import CANCEL, CORRECT, ISSUE, Declaration
from licences.domain.explanations import condition_title
from licences.domain.facts import INSPECTION, REVIEW, Facts
from licences.domain.rules import FeeLine, Rules, fee_lines, needs_officer

ISSUED, REFUSED, WAITING, NEEDS_OFFICER = "issued", "refused", "waiting", "needs_officer"
REVIEW_CONDITION, VISIT_CONDITION = "municipal-review", "inspection"
# Conditions of which nothing is known until an officer or inspector acts.
_BY_OFFICER = frozenset((REVIEW_CONDITION, VISIT_CONDITION, "cleaning-contract"))


@dataclass(frozen=True)
class Finding:
    """A condition of the decision. `satisfied` None: nothing is known; `on_false`: refuse, wait or officer."""

    code: str
    satisfied: bool | None
    inputs: Mapping[str, Any]
    source: Source | None
    on_false: str

    def record(self) -> dict[str, Any]:
        """Returns the finding as it's stored."""
        return {
            "code": self.code,
            "satisfied": self.satisfied,
            "inputs": dict(self.inputs),
            "source": self.source.record() if self.source else None,
            "on_false": self.on_false,
        }


@dataclass(frozen=True)
class Decision:
    """`outcome`: issued, refused, waiting or needs_officer. `fee`: to be paid before anything is issued."""

    rules: str
    outcome: str
    decided_on: date
    findings: Sequence[Finding]
    fee: Sequence[FeeLine]

    @property
    def waits_for(self) -> list[str]:
        """Returns the conditions on which the outcome hangs while it waits."""
        return [one.code for one in self.findings if _waits(one)]

    @property
    def broken(self) -> list[str]:
        """Returns the conditions that refuse it."""
        return [one.code for one in self.findings if _refuses(one)]

    def record(self) -> dict[str, Any]:
        """Returns the decision as it's stored: all but the facts."""
        return {
            "rules": self.rules,
            "outcome": self.outcome,
            "decided_on": self.decided_on.isoformat(),
            "findings": [one.record() for one in self.findings],
            "fee": [line.record() for line in self.fee],
        }


def decide(declaration: Declaration, rules: Rules, facts: Facts, *, on: date) -> Decision:
    """Decides on the day."""
    case = Case(declaration, rules, facts, on)
    codes = _condition_codes(declaration, rules)
    if needs_officer(declaration, rules) or REVIEW in facts:
        codes.append(REVIEW_CONDITION)
    if INSPECTION in facts:
        codes.append(VISIT_CONDITION)
    findings = [_check_condition(code, case) for code in codes]
    if _needs_officer_by_falsehood(findings) and REVIEW_CONDITION not in codes:
        findings.append(_check_condition(REVIEW_CONDITION, case))
    lines = fee_lines(declaration, rules, on=on)
    return Decision(rules.version, _outcome(findings), on, findings, lines)


def _condition_codes(declaration: Declaration, rules: Rules) -> list[str]:
    """Returns the conditions in a fixed order: the conditions of the rules' groups and of the activities."""
    named = set(rules.conditions.get(declaration.request, ()))
    if declaration.request not in (CANCEL, CORRECT):
        named |= rules.conditions["always"] | rules.conditions.get(declaration.kind, frozenset())
        if declaration.request == ISSUE and declaration.term is not None:
            named |= rules.conditions.get("move", frozenset())
        if declaration.establishment is not None:
            named |= rules.conditions["establishment"]
        for code in declaration.activities:
            if (activity := rules.activities.get(code)) is not None:
                named |= activity.needs
    return [code for code in CONDITIONS if code in named]


def unsettled_conditions(
    declaration: Declaration, rules: Rules, facts: Facts, among: Collection[str], *, on: date
) -> list[str]:
    """Returns the conditions of the declaration, among some, that aren't satisfied on the day."""
    case = Case(declaration, rules, facts, on)
    codes = [code for code in _condition_codes(declaration, rules) if code in among]
    return [code for code in codes if not CONDITIONS[code](case).satisfied]


class ApprovalIncomplete(Conflict):
    """Officers still have to establish another condition: the contract is to be seen, the place to be inspected."""

    problem = "approval-incomplete"


def require_officers_findings(decision: Decision) -> None:
    """Raises ApprovalIncomplete, which names the conditions that officers haven't established. What other bodies attest
    may come later: then the application waits, and the approval stands."""
    missing = [
        condition_title(one.code).pair()
        for one in decision.findings
        if one.code in _BY_OFFICER - {REVIEW_CONDITION} and one.satisfied is None
    ]
    if missing:
        raise ApprovalIncomplete(missing=missing)


def _check_condition(code: str, case: Case) -> Finding:
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
    """Returns whether the application waits for the condition. An officer looks at a cleaning contract whose number is
    declared; without a number the applicant has to act first."""
    if finding.code in _BY_OFFICER:
        return finding.inputs.get("declared") is False
    unknown = finding.satisfied is None
    return unknown or (finding.satisfied is False and finding.on_false == "wait")


def _needs_officer_by_falsehood(findings: Sequence[Finding]) -> bool:
    return any(one.satisfied is False and one.on_false == "officer" for one in findings)
