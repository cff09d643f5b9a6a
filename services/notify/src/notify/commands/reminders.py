"""Reminders: what ends is noted from the newest event of its aggregate, and a deadline fires before it does.

No service publishes «expiring». A newer event moves the deadline, or drops it: the thing was renewed, or ended early.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.deadlines import Deadline, drop_deadline, set_deadline
from notify.commands import gathering
from notify.commands.creating import About, Wanted, create, template_named
from notify.commands.speaking import municipality_name, opened, usable
from notify.context import Context
from notify.domain import reminders
from notify.domain.messages import Origin
from notify.models import Ending
from notify.routes import ENDS, Ends, Topic, look_up, matches, values_of

KIND = "reminder"


def note_end(session: Session, topic: Topic, event: Received, *, now: datetime) -> None:
    """Takes the end of the thing and whom to remind from an event; does nothing for a topic whose things don't end."""
    ends = topic.ends
    if ends is None or "contacts" not in event.data:
        return
    row = session.get(Ending, (topic.about, event.subject), with_for_update=True)
    if row is not None and row.version >= event.sequence:
        return
    if row is not None:
        session.delete(row)
        session.flush()
    ends_on, at = _next(ends, event.data, now)
    if ends_on is None or at is None:
        drop_deadline(session, topic.about, event.subject, KIND)
        return
    roles = [ends.route.role, *([ends.gathered.role] if ends.gathered else [])]
    contacts = [one for role in roles for one in opened(session, role, event)]
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


def _next(
    ends: Ends, state: Mapping[str, Any], now: datetime
) -> tuple[date | None, datetime | None]:
    """The last valid day and the next reminder before it; nothing of a thing that isn't in force."""
    text = look_up(state, ends.on)
    if text is None or not matches(ends.route.when, state):
        return None, None
    day = date.fromisoformat(text)
    return day, reminders.next_moment(day, ends.days, after=now)


def remind(context: Context, deadline: Deadline) -> None:
    """The handler of the deadline: a message to each contact, and the next deadline. The last one ends the note."""
    session, now = context.session, context.now
    row = session.get(
        Ending, (deadline.aggregate_type, deadline.aggregate_id), with_for_update=True
    )
    if row is None:
        return
    ends = ENDS[row.about_type]
    days = reminders.due_days(row.ends_on, ends.days, planned=deadline.due_at, now=now)
    if days is not None:
        _tell(session, row, ends, days, deadline.due_at, now)
        gathering.tell(session, row, ends, planned=deadline.due_at, now=now)
    after = reminders.next_moment(row.ends_on, ends.days, after=now)
    if after is None:
        key = Ending.about_type == row.about_type, Ending.about_id == row.about_id
        session.execute(delete(Ending).where(*key))
    else:
        set_deadline(session, row.about_type, row.about_id, KIND, after)


def _tell(
    session: Session, row: Ending, ends: Ends, days: int, planned: datetime, now: datetime
) -> None:
    template = template_named(session, ends.route.template)
    about = About(
        type=row.about_type, id=row.about_id, number=row.about_number, municipality=row.municipality
    )
    own = [one for one in row.contacts if one.get("role", ends.route.role) == ends.route.role]
    for contact in own or [{"language": "ar"}]:
        language = contact["language"]
        recipient, skipped = usable(contact.get("mobile"))
        wanted = Wanted(
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
        create(session, template, wanted, skipped=skipped, now=now)
