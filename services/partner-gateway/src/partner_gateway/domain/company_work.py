"""What the municipality waits for the company to do about a release of current, and since when. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

State = Mapping[str, Any]
# The names stand in the order of urgency: danger to people first, an owner who may have current again, then new supply.
# A list sorts by them.
DISCONNECTION, RECONNECTION, SUPPLY = "disconnection", "reconnection", "supply"
# Extent of an approval → the supplies with which the company has used it. A temporary supply uses a partial approval.
_USED_BY = {"partial": ("temporary", "partial", "full"), "full": ("full",)}
_WORK_OF_STATUS = {
    "disconnection_requested": (DISCONNECTION, "ordered_on"),
    "reconnection_allowed": (RECONNECTION, "reconnection_allowed_on"),
}
# The next step is an officer's or the owner's.
_NOTHING_TO_DO = frozenset(("disconnected", "returned", "refused", "cancelled"))


def waiting_work(release: State) -> tuple[str, date] | None:
    """Returns the company's next work and the day since which it waits, or None. An order comes before an approval."""
    status, order = release["status"], release["disconnection"]
    if status in _WORK_OF_STATUS and order is not None:
        work, since = _WORK_OF_STATUS[status]
        return work, date.fromisoformat(order[since])
    approval = release["approval"]
    if status in _NOTHING_TO_DO or approval is None:
        return None
    if release["supply"]["extent"] in _USED_BY[approval["extent"]]:
        return None
    return SUPPLY, date.fromisoformat(approval["approved_on"])
