"""What a person may do with an appointment by the link of a text."""

from datetime import datetime
from enum import StrEnum

from appointments.domain.appointments import (
    AHEAD,
    PRESENT,
    Action,
    AppointmentFacts,
    Status,
    find_refusal,
)


class Choice(StrEnum):
    """A button of the page behind the link, in the order of the page."""

    ACCEPT = "accept"
    LEAVE = "leave"
    WAIT = "wait"
    MOVE = "move"
    TICKET = "ticket"
    CALENDAR = "calendar"
    CANCEL = "cancel"


def choices_of(row: AppointmentFacts, now: datetime) -> list[Choice]:
    """Returns the person's choices in the order of the page: none once the appointment is over, and the papers alone
    while the person is at the branch. A paper of an appointment that an officer has yet to confirm, or that the
    municipality can't keep, would look like a time that is sure."""
    if row.status not in AHEAD:
        return [Choice.TICKET, Choice.CALENDAR] if row.status in PRESENT else []
    is_sure = row.status != Status.REQUESTED and not row.is_affected
    is_open = {
        Choice.ACCEPT: row.offer_until is not None and row.offer_until > now,
        Choice.LEAVE: row.waits_since is not None,
        Choice.WAIT: row.waits_since is None and find_refusal(Action.WAIT, row, now) is None,
        # An affected appointment may be moved at any time.
        Choice.MOVE: row.is_affected or now <= row.change_until,
        Choice.TICKET: is_sure,
        Choice.CALENDAR: is_sure,
        Choice.CANCEL: now <= row.cancel_until,
    }
    return [choice for choice in Choice if is_open[choice]]
