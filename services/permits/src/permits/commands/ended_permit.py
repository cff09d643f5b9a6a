"""What becomes of an open request once the permit that it follows has ended: nobody pays for a permit that can't be
issued any more."""

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.bill import give_up_invoice
from permits.commands.followed_permit import ENDED, can_be_followed, ended_warning
from permits.commands.recording import lock_request, progress_of, record_request
from permits.domain import requests
from permits.domain.actors import SYSTEM
from permits.domain.requests import ENDS, Action, Status
from permits.models import Permit, PermitRequest
from saudi.days import legal_day

REASON = "previous-permit-ended"


def note_previous_ended(work: UnitOfWork, request_id: str) -> None:
    """Warns whoever treats the request, and withdraws its open bill. Publishes invoice.withdrawn and request.unbilled.
    Money that was paid stays with the request until an officer rejects it. Skips a request that has ended, and a
    permit that an appeal has restored."""
    work = work.acting_as(SYSTEM)
    try:
        row = lock_request(work, request_id)
    except NotFound:
        return
    if row.status in ENDS or row.previous_permit_id is None:
        return
    previous = work.session.get_one(Permit, row.previous_permit_id)
    if can_be_followed(row, previous):
        return
    _warn(row, previous)
    if row.status == Status.AWAITING_PAYMENT:
        _unbill(work, row)
    else:
        work.record_action(row, ENDED, note=previous.permit_number)


def _warn(row: PermitRequest, previous: Permit) -> None:
    warning = ended_warning(previous)
    if warning not in row.warnings:
        row.warnings = [*row.warnings, warning]


def _unbill(work: UnitOfWork, row: PermitRequest) -> None:
    after = requests.advance(progress_of(row), Action.UNBILL, today=legal_day(work.now))
    money = give_up_invoice(work, row, reason=REASON)
    record_request(
        work, row, after, Action.UNBILL, "unbilled", reason_code=REASON, details=money or None
    )
