"""Makes a stored decision again by other rules, and says what differs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


def replay_decision(decision: Mapping[str, Any], rules: Rules) -> Change | None:
    """Returns what the rules would make of a stored decision; None for no change. The facts are those of its day. Of
    rules that begin later, what holds on their first day counts."""
    decided_on = date.fromisoformat(decision["decided_on"])
    facts = {name: Fact.read(one) for name, one in decision["facts"].items()}
    holding = rules.as_on(max(decided_on, rules.effective_from))
    after = decide(Declaration.read(decision["asked"]), holding, facts, on=decided_on)
    was = {one["code"]: one["satisfied"] for one in decision["findings"]}
    now = {one.code: one.satisfied for one in after.findings}
    codes = tuple(
        sorted(code for code in was.keys() | now.keys() if was.get(code) != now.get(code))
    )
    fees = sum(one["amount_halalas"] for one in decision["fee"]), fee_total(after.fee)
    if decision["outcome"] == after.outcome and not codes and fees[0] == fees[1]:
        return None
    return Change(decision["outcome"], after.outcome, codes, *fees)


def count_outcomes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Returns how many decisions would differ, by their outcomes before and after, the most first."""
    counted = Counter((one.before, one.after) for one in changes)
    return [
        {"before": before, "after": after, "count": count}
        for (before, after), count in counted.most_common()
    ]
