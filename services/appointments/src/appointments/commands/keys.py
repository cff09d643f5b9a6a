"""Keys to an appointment for a person who lost the link of the text: given for a one-time code."""

from datetime import timedelta
from typing import Any

from appointments.commands.recording import issue_token
from appointments.lookups import find_by_number
from chassis.core.refusals import NotFound
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork


def issue_key(work: UnitOfWork, number: str, mobile: str, *, lifetime: timedelta) -> dict[str, Any]:
    """Returns a key to the appointment, and when it ends. Raises NotFound."""
    row = find_by_number(work.session, number, mobile)
    if row is None:
        raise NotFound
    expires_at = work.now + lifetime
    return {"key": issue_token(work.session, row, expires_at), "expires_at": rfc3339(expires_at)}
