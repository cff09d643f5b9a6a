"""Who may enter an inspection of insulation: the company everywhere, an officer where a rule of his branch says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from chassis.core.refusals import Conflict


class CompanyInspects(Conflict):
    """No rule of the branch lets its officer enter inspections on that day."""

    problem = "insulation-by-the-company"


@dataclass(frozen=True)
class OfficerRule:
    """Some branches, within dates: `until` is the last day."""

    branches: frozenset[str]
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """One of contracts/reference/insulation-inspectors.yaml."""
        until = written["until"]
        return cls(
            frozenset(written["branches"]),
            date.fromisoformat(written["from"]),
            date.fromisoformat(until) if until else None,
        )


def require_officer_rule(rules: Iterable[OfficerRule], branch: str, *, on: date) -> None:
    """Raises CompanyInspects. It fails closed: what no rule covers is the company's."""
    for rule in rules:
        if branch in rule.branches and rule.since <= on <= (rule.until or date.max):
            return
    raise CompanyInspects
