"""The calendar file of an appointment (RFC 5545): one event in UTC, with a reminder an hour before."""

from datetime import timedelta

from appointments.catalogue import municipalities
from appointments.domain.appointments import Status
from appointments.models import Appointment
from chassis.core.states import state
from documents.issuing.answers import FileAnswer
from saudi.bilingual import Bilingual

_MAKER = "-//Qatif Municipality//Appointments//AR"


def calendar_file(row: Appointment) -> FileAnswer:
    """Returns the file that a telephone's calendar takes, in the language of the booking. A newer file replaces an
    older one, and that of a cancelled appointment takes it out of the calendar."""
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{row.appointment_number}.ics"',
        "Cache-Control": "private, no-store",
    }
    return _calendar_of(row), 200, headers


def _calendar_of(row: Appointment) -> bytes:
    # The import takes a third of a second, and few people ask for the file.
    from icalendar import STATUS, Alarm, Calendar, Event

    uid, is_cancelled = f"{row.appointment_id}@qatif.gov.sa", row.status == Status.CANCELLED
    service = Bilingual(row.service_ar, row.service_en).in_language(row.language)
    department = Bilingual(row.department_ar, row.department_en).in_language(row.language)
    branch = municipalities()[row.municipality].in_language(row.language)
    title = f"{service} · {row.appointment_number}"
    alarm = Alarm.new(description=title)
    alarm.add("action", "DISPLAY")
    alarm.TRIGGER = timedelta(hours=-1)
    event = Event.new(
        uid=uid,
        sequence=row.version,
        stamp=row.confirmed_at or row.booked_at,
        start=row.starts_at,
        end=row.ends_at,
        summary=title,
        location=f"{branch}, {department}",
        description=state(Appointment.aggregate_type, row.status).next.in_language(row.language),
        status=STATUS.CANCELLED if is_cancelled else STATUS.CONFIRMED,
        subcomponents=[alarm],
    )
    method = "CANCEL" if is_cancelled else "PUBLISH"
    calendar = Calendar.new(prodid=_MAKER, uid=uid, method=method, subcomponents=[event])
    return bytes(calendar.to_ical())
