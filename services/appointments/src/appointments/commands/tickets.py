"""The ticket of an appointment: a signed document that names no person, made when it's first asked for."""

from collections.abc import Mapping
from typing import Any

from appointments.commands.recording import lock_appointment
from appointments.domain.appointments import LIFE, Action, require_now
from appointments.models import REGISTER, Appointment, SignedDocument
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import DocumentContent, issue
from documents.issuing.signing import Signing
from saudi.days import legal_day

KIND = "appointment"


def content_of(row: Appointment) -> Mapping[str, Any]:
    """Returns what the ticket says."""
    record = row.record()
    names = (
        *("appointment_number", "municipality", "department", "department_en"),
        *("service_name", "service_name_en", "day", "time"),
    )
    return {name: record[name] for name in names}


def make_ticket(work: UnitOfWork, appointment_id: str, signing: Signing) -> SignedDocument:
    """Returns the ticket of an appointment that is confirmed, can be kept and isn't over. Raises NotFound,
    IllegalTransition, NotPossibleNow, KeyIsRevoked."""
    row = lock_appointment(work, appointment_id)
    LIFE.after(Action.PRINT, row.status)
    require_now(Action.PRINT, row, work.now)
    said = DocumentContent(
        kind=KIND,
        number=row.appointment_number,
        issued_on=legal_day(work.now),
        expires_on=legal_day(row.starts_at),
        content=content_of(row),
    )
    issued = issue(work.session, REGISTER, row.appointment_id, said, signing, now=work.now)
    if issued.made:
        work.record_action(row, Action.PRINT, details={"document": issued.made})
    work.session.flush()
    return issued.document
