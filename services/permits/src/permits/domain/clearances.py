"""What others gave for the works: the policy of the insurance, Civil Defence's approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from permits.domain.reading import Findings, required, text_or_none
from permits.domain.site import day_text


@dataclass(frozen=True)
class Approval:
    """`approved_on` is ISO 8601."""

    number: str
    approved_on: str | None


@dataclass(frozen=True)
class Clearances:
    insurance_policy_number: str | None
    civil_defence: Approval | None


def parse_clearances(data: Mapping[str, Any] | None, findings: Findings) -> Clearances | None:
    """In the shape of the contract's ClearancesInput, days as days or as they're kept. None where nothing is given."""
    if data is None:
        return None
    approval = data.get("civil_defence")
    given = Clearances(
        text_or_none(data.get("insurance_policy_number")),
        Approval(
            required(approval["number"], "clearances.civil_defence.number", findings),
            day_text(approval.get("approved_on")),
        )
        if approval
        else None,
    )
    return given if given != Clearances(None, None) else None
