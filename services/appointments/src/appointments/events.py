"""What is published: the whole public state of an appointment, built from its record. No name, no mobile, no number of
a person, no word that a person wrote."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from appointments.domain.appointments import AFFECTED, AHEAD, PRESENT, Status, shown_status_of
from chassis.core.cloudevents import Event
from chassis.events.inquiry import Inquiry, Known
from saudi.days import legal_day

TOPIC = "appointments.appointment"


def appointment_event(
    happened: str,
    record: Mapping[str, Any],
    *,
    version: int,
    inquiry: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Event:
    """`happened` is the past participle of a type of the topic appointments.appointment."""
    return Event(
        type=f"sa.gov.qatif.appointments.appointment.{happened}.v1",
        topic=TOPIC,
        aggregate_type="appointment",
        aggregate_id=record["appointment_id"],
        version=version,
        data={**record, "inquiry": dict(inquiry), "contacts": list(contacts)},
        time=now,
    )


def inquiry_of(
    record: Mapping[str, Any], person: Mapping[str, Any] | None, *, is_identified: bool
) -> Inquiry:
    """Returns the inquiry block's facts. `person`: as sealed; None once the appointment is emptied. `is_identified`: an
    officer has seen the ID. Before that the number is only a claim, and another person's number would put the
    appointment among that person's things."""
    status = shown_status_of(record["status"], is_affected=record["affected"])
    known = [Known(by="mobile", value=person["mobile"])] if person else []
    numbers = [person["id_number"]] if is_identified and person and person["id_number"] else []
    return Inquiry(
        kind="appointment",
        number=record["appointment_number"],
        status=status,
        opened_on=legal_day(datetime.fromisoformat(record["booked_at"])),
        due_on=date.fromisoformat(record["day"]),
        municipality=record["municipality"],
        next_step=_next_step(status),
        known=known,
        persons=numbers,
    )


def _next_step(status: str) -> str:
    if status == Status.REQUESTED or status in PRESENT:
        return "municipality"
    return "applicant" if status in (*AHEAD, AFFECTED) else "none"
