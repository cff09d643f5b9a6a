"""Reminders: the newest event of an aggregate gives its last valid day, and a deadline fires before that day.

No service publishes «expiring». A newer event moves the deadline after a renewal, and drops the deadline after an early
end. A contact with several things, such as an establishment with the certificates of its workers, also gets one text a
day that lists the things that end soon.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.deadlines import Deadline, drop_deadline, set_deadline
from notify.commands.event_messages import municipality_name, open_contacts, usable_mobile
from notify.commands.messages import About, NewMessage, create, get_current_template
from notify.context import Context
from notify.domain import reminders
from notify.domain.messages import Origin
from notify.models import Ending
from notify.routes import ENDS, Ends, Topic, look_up, matches, values_of
from saudi.days import legal_day

KIND = "reminder"


def plan_reminder(session: Session, topic: Topic, event: Received, *, now: datetime) -> None:
    """Stores the last valid day and the contacts from an event, and sets the deadline. Ignores a topic without ends."""
    ends = topic.ends
    if ends is None or "contacts" not in event.data:
        return
    row = session.get(Ending, (topic.about, event.subject), with_for_update=True)
    if row is not None and row.version >= event.sequence:
        return
    if row is not None:
        session.delete(row)
        session.flush()
    ends_on, at = _next_reminder(ends, event.data, now)
    if ends_on is None or at is None:
        drop_deadline(session, topic.about, event.subject, KIND)
        return
    roles = [ends.route.role, *([ends.gathered.role] if ends.gathered else [])]
    contacts = [one for role in roles for one in open_contacts(session, role, event)]
    session.add(
        Ending(
            about_type=topic.about,
            about_id=event.subject,
            version=event.sequence,
            ends_on=ends_on,
            about_number=look_up(event.data, topic.number),
            municipality=event.data.get("municipality"),
            texts={
                language: values_of(ends.route, event.data, language) for language in ("ar", "en")
            },
            gathered_by=look_up(event.data, ends.gathered.by) if ends.gathered else None,
            contacts=[
                {"role": one.role, "language": one.language, "mobile": one.mobile}
                for one in contacts
            ],
        )
    )
    set_deadline(session, topic.about, event.subject, KIND, at)


def _next_reminder(
    ends: Ends, state: Mapping[str, Any], now: datetime
) -> tuple[date | None, datetime | None]:
    """Returns the last valid day and the moment of the next reminder; None and None for a thing that isn't in force."""
    text = look_up(state, ends.on)
    if text is None or not matches(ends.route.when, state):
        return None, None
    day = date.fromisoformat(text)
    return day, reminders.next_moment(day, ends.days, after=now)


def remind(context: Context, deadline: Deadline) -> None:
    """Handles the deadline: sends a message to each contact and sets the next deadline. The last reminder deletes the
    row."""
    session, now = context.session, context.now
    row = session.get(
        Ending, (deadline.aggregate_type, deadline.aggregate_id), with_for_update=True
    )
    if row is None:
        return
    ends = ENDS[row.about_type]
    days = reminders.due_days(row.ends_on, ends.days, planned=deadline.due_at, now=now)
    if days is not None:
        _send_reminder(session, row, ends, days, deadline.due_at, now)
        send_gathered(session, row, ends, planned=deadline.due_at, now=now)
    after = reminders.next_moment(row.ends_on, ends.days, after=now)
    if after is None:
        key = Ending.about_type == row.about_type, Ending.about_id == row.about_id
        session.execute(delete(Ending).where(*key))
    else:
        set_deadline(session, row.about_type, row.about_id, KIND, after)


def _send_reminder(
    session: Session, row: Ending, ends: Ends, days: int, planned: datetime, now: datetime
) -> None:
    template = get_current_template(session, ends.route.template)
    about = About(
        type=row.about_type, id=row.about_id, number=row.about_number, municipality=row.municipality
    )
    own = [one for one in row.contacts if one.get("role", ends.route.role) == ends.route.role]
    for contact in own or [{"language": "ar"}]:
        language = contact["language"]
        recipient, skipped = usable_mobile(contact.get("mobile"))
        new = NewMessage(
            origin=Origin.REMINDER,
            source=reminders.source(row.about_type, row.about_id, row.ends_on, days),
            role=ends.route.role,
            language=language,
            event_at=planned,
            recipient=recipient,
            values={
                **row.texts["ar" if language == "ar" else "en"],
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create(session, template, new, skipped=skipped, now=now)


def send_gathered(
    session: Session, row: Ending, ends: Ends, *, planned: datetime, now: datetime
) -> None:
    """Sends the list of things that end soon, once a day, beside the reminder of the single thing. Without a contact of
    the role, no message is created."""
    if ends.gathered is None or row.gathered_by is None:
        return
    contacts = [one for one in row.contacts if one.get("role") == ends.gathered.role]
    if not contacts:
        return
    today = legal_day(now)
    soon = _endings_soon(session, row, ends, now)
    about = About(type=row.about_type, id=row.about_id, municipality=row.municipality)
    template = get_current_template(session, ends.gathered.template)
    for contact in contacts:
        language = contact["language"]
        things = [
            (one.about_number or "", one.ends_on) for one in soon if _is_contact_of(contact, one)
        ]
        recipient, skipped = usable_mobile(contact["mobile"])
        new = NewMessage(
            origin=Origin.REMINDER,
            source=reminders.gathered_source(row.about_type, row.gathered_by, today),
            role=ends.gathered.role,
            language=language,
            event_at=planned,
            recipient=recipient,
            values={
                "count": str(len(things)),
                "list": reminders.listed(things, language),
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create(session, template, new, skipped=skipped, now=now)


def _is_contact_of(contact: Mapping[str, str], thing: Ending) -> bool:
    """Returns whether the contact belongs to the thing, by role and mobile. A former agent of an establishment doesn't
    learn of its later certificates."""
    return any(
        one.get("role") == contact["role"] and one.get("mobile") == contact["mobile"]
        for one in thing.contacts
    )


def _endings_soon(session: Session, row: Ending, ends: Ends, now: datetime) -> list[Ending]:
    """Returns the endings within the longest time of the reminders, soonest first."""
    today = legal_day(now)
    last = today + timedelta(days=max(ends.days))
    statement = select(Ending).where(
        Ending.about_type == row.about_type,
        Ending.gathered_by == row.gathered_by,
        Ending.ends_on.between(today, last),
    )
    return list(session.scalars(statement.order_by(Ending.ends_on, Ending.about_number)))
