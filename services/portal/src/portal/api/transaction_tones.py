"""The tone of a transaction's state, for a citizen's pages and the desk's."""

from chassis.core import contracts
from pages.marks import tone_of_state


def tone_of_status(status: str) -> str:
    """Returns the tone of the tag of a transaction's status."""
    return tone_of_state(contracts.read("reference/states.yaml")["transaction"][status]["tone"])
