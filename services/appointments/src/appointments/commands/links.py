"""What a person does by a button of the page behind a text's link."""

from datetime import datetime

from appointments.commands import changing, waiting
from appointments.domain.choices import Choice
from appointments.models import Appointment
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork


def carry_out(
    work: UnitOfWork, appointment_id: str, choice: Choice, starts_at: datetime | None
) -> Appointment:
    """Carries out a choice that changes the appointment. `starts_at`: the slot of a move. Raises what the choice's
    command raises, and InvalidFields for a move without a slot."""
    match choice:
        case Choice.MOVE:
            if starts_at is None:
                raise InvalidFields.of("starts_at", "required")
            return changing.move(work, appointment_id, starts_at, by_person=True)
        case Choice.ACCEPT:
            return waiting.accept_offer(work, appointment_id)
        case Choice.WAIT:
            return waiting.wait_for_earlier_day(work, appointment_id)
        case Choice.LEAVE:
            return waiting.stop_waiting(work, appointment_id)
        case Choice.CANCEL:
            return changing.cancel(work, appointment_id)
        case _:
            raise ValueError(f"{choice} changes nothing")
