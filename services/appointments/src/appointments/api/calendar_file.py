"""The calendar file of an appointment (RFC 5545, RFC 5546): one event in UTC, with a reminder an hour before."""

from datetime import UTC, timedelta

from appointments.catalogue import municipalities
from appointments.context import Call
from appointments.domain.appointments import AFFECTED, Status
from appointments.models import Appointment
from chassis.core.states import state
from documents.issuing.answers import FileAnswer
from saudi.bilingual import Bilingual

_MAKER = "-//Qatif Municipality//Appointments//AR"


def calendar_file(call: Call, row: Appointment) -> FileAnswer:
    """Returns the file that a telephone's calendar takes, in the language of the booking. A newer file replaces an
    older one, and that of a cancelled appointment asks the calendar to drop it."""
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{row.appointment_number}.ics"',
        "Cache-Control": "private, no-store",
    }
    return _calendar_of(call, row), 200, headers


def _calendar_of(call: Call, row: Appointment) -> bytes:
    # The import takes a third of a second, and most commands need no file.
    from icalendar import STATUS, Alarm, Calendar, Event, vCalAddress

    uid, is_cancelled = f"{row.appointment_id}@qatif.gov.sa", row.status == Status.CANCELLED
    tentative = dict.fromkeys((Status.REQUESTED.value, AFFECTED), STATUS.TENTATIVE)
    statuses = {**tentative, Status.CANCELLED.value: STATUS.CANCELLED}
    language = row.language
    service = Bilingual(row.service_ar, row.service_en).in_language(language)
    department = Bilingual(row.department_ar, row.department_en).in_language(language)
    branch = municipalities()[row.municipality].in_language(language)
    title = f"{service} · {row.appointment_number}"
    alarm = Alarm.new(description=title)
    alarm.add("action", "DISPLAY")
    alarm.TRIGGER = timedelta(hours=-1)
    organizer = vCalAddress(call.settings.public_url)
    organizer.params["CN"] = branch
    event = Event.new(
        uid=uid,
        sequence=row.version,
        stamp=call.now,
        start=row.starts_at.astimezone(UTC),
        end=row.ends_at.astimezone(UTC),
        summary=title,
        location=f"{branch}, {department}",
        description=state(Appointment.aggregate_type, row.shown_status).next.in_language(language),
        organizer=organizer,
        status=statuses.get(row.shown_status, STATUS.CONFIRMED),
        subcomponents=[] if is_cancelled else [alarm],
    )
    # The library would give the calendar a random UID.
    method = "CANCEL" if is_cancelled else "PUBLISH"
    calendar = Calendar.new(prodid=_MAKER, uid=uid, method=method, subcomponents=[event])
    return bytes(calendar.to_ical())
