"""Makes stored decisions again by other rules, on each day on which the rules change, and says what differs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from licences.domain.decision import decide
from licences.domain.declarations import Declaration
from licences.domain.facts import Fact
from licences.domain.rules import Rules, fee_total


@dataclass(frozen=True)
class Change:
    """A decision that would change: its outcome, the conditions that differ, the fee in halalas."""

    before: str
    after: str
    conditions: tuple[str, ...]
    fee_before: int
    fee_after: int


def replay_decision(
    decision: Mapping[str, Any], days: Sequence[date], rules_on: Callable[[date], Rules]
) -> list[Change | None]:
    """Returns for each day what the rules of that day would make of a stored decision; None for no change. The facts
    are those of the decision's own day, and no rules from before that day count. `rules_on`: as `Rules.as_on`."""
    decided_on = date.fromisoformat(decision["decided_on"])
    declaration = Declaration.read(decision["asked"])
    facts = {name: Fact.read(one) for name, one in decision["facts"].items()}
    was = {one["code"]: one["satisfied"] for one in decision["findings"]}
    fee_before = sum(one["amount_halalas"] for one in decision["fee"])
    changes: list[Change | None] = []
    for day in days:
        after = decide(declaration, rules_on(max(decided_on, day)), facts, on=decided_on)
        now = {one.code: one.satisfied for one in after.findings}
        codes = sorted(code for code in was.keys() | now.keys() if was.get(code) != now.get(code))
        change = Change(
            decision["outcome"], after.outcome, tuple(codes), fee_before, fee_total(after.fee)
        )
        is_same = change.before == change.after and not codes and fee_before == change.fee_after
        changes.append(None if is_same else change)
    return changes


@dataclass
class Tally:
    """Counts replayed decisions. `unchanged`: on every day. `outcomes` counts each changed decision once, by its
    outcomes on the first day on which the decision differs."""

    days: Sequence[date]
    decisions: int = 0
    unchanged: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._by_day = [Counter[tuple[str, str]]() for _ in self.days]

    def count(self, changes: Sequence[Change | None]) -> list[tuple[date, Change]]:
        """Counts a decision. Returns its changes, each with the day from which the decision comes out so."""
        self.decisions += 1
        found: list[tuple[date, Change]] = []
        before: Change | None = None
        for day, counted, change in zip(self.days, self._by_day, changes, strict=True):
            if change is not None:
                counted[change.before, change.after] += 1
                if change != before:
                    found.append((day, change))
            before = change
        if found:
            first = found[0][1]
            self.outcomes[first.before, first.after] += 1
        else:
            self.unchanged += 1
        return found

    def record(self) -> dict[str, Any]:
        """Returns the counts as a version keeps them; of each day how many decisions don't differ on the day."""
        return {
            "decisions": self.decisions,
            "unchanged": self.unchanged,
            "outcomes": _most_first(self.outcomes),
            "days": [
                {
                    "day": day.isoformat(),
                    "unchanged": self.decisions - counted.total(),
                    "outcomes": _most_first(counted),
                }
                for day, counted in zip(self.days, self._by_day, strict=True)
            ],
        }


def _most_first(counted: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"before": before, "after": after, "count": count}
        for (before, after), count in counted.most_common()
    ]
