"""What the followers are told, when, and what a later change overtakes."""

from collections.abc import Collection
from datetime import timedelta

# The types of events of the topic tenders.notice.
DEADLINE_CHANGED, AMENDED, ANSWERED = "deadline_changed", "amended", "answered"
AWARDED, CANCELLED = "awarded", "cancelled"

# Texts of two changes that follow each other at once would arrive in any order.
TOLD_AFTER = timedelta(seconds=5)

_OVERTAKE_A_DEADLINE = frozenset((DEADLINE_CHANGED, AWARDED))


def is_overtaken(happened: str, later: Collection[str]) -> bool:
    """Returns whether followers need no text of what happened, because of what happened later: a cancellation overtakes
    everything, and a newer deadline or an award overtakes a changed deadline."""
    return CANCELLED in later or (
        happened == DEADLINE_CHANGED and not _OVERTAKE_A_DEADLINE.isdisjoint(later)
    )
