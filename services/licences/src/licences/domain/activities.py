"""An activity as it's published: what may be asked for before the facts of the day decide."""

from decimal import Decimal
from typing import Any

from licences.domain.rules import Activity, Rules, Terms


def state_of(activity: Activity, rules: Rules) -> dict[str, Any]:
    """events/licences/activity.v1.schema.json."""
    until = activity.in_force_until
    return {
        "code": activity.code,
        **activity.words.pair(),
        "kinds": sorted(activity.kinds),
        "in_force_from": activity.in_force_from.isoformat(),
        "in_force_until": until.isoformat() if until else None,
        "rules": rules.version,
        "needs": sorted(activity.needs),
        "inspected_afterwards": activity.inspected_afterwards,
        "municipalities": {name: _terms(one) for name, one in sorted(activity.terms.items())},
    }


def happened(before: dict[str, Any] | None, after: dict[str, Any]) -> str | None:
    """The participle of the event that tells of the difference; None when there's none. The version of the rules alone
    is no difference."""
    if before is None:
        return "published"
    if {**before, "rules": ""} == {**after, "rules": ""}:
        return None
    ends = after["in_force_until"]
    return "ended" if ends is not None and ends != before["in_force_until"] else "changed"


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "immediate": terms.immediate,
        "immediate_up_to_m2": _number(terms.immediate_up_to_m2),
        "max_area_m2": _number(terms.max_area_m2),
        "years_max": terms.years_max,
    }


def _number(value: Decimal | None) -> float | None:
    return float(value) if value is not None else None
