"""Reminders before a last valid day.

No service publishes «expiring». The newest event of an aggregate gives its last valid day, and a deadline fires before
that day. A newer event moves the deadline after a renewal, and drops the deadline after an early end. A contact with
several things, such as an establishment with the certificates of its workers, also gets one text a day that lists the
things that end soon.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.deadlines import Deadline, drop_deadlines, set_deadline, set_deadlines
from chassis.data.lock_order import note_lock
from notify.commands.event_messages import municipality_name, open_contacts, usable_mobile
from notify.commands.languages import language_for
from notify.commands.messages import About, NewMessage, create_message, get_current_template
from notify.context import Context
from notify.domain import reminders
from notify.domain.languages import stand_in
from notify.domain.messages import Origin
from notify.domain.routes import ExpiryReminder, Topic, look_up, matches, values_of
from notify.models import Ending
from notify.routes import ENDS
from saudi.days import legal_day

REMINDER = "reminder"  # the kind of a deadline
_NEW_ENDING = insert(Ending)
_KEEP_NEWER = _NEW_ENDING.on_conflict_do_update(
    index_elements=["about_type", "about_id"],
    set_={
        one.name: _NEW_ENDING.excluded[one.name]
        for one in Ending.__table__.columns
        if not one.primary_key
    },
    where=Ending.version < _NEW_ENDING.excluded.version,
).returning(Ending.about_id)
_DROP_OLDER = text(
    """DELETE FROM ending USING unnest(CAST(:ids AS text[]), CAST(:versions AS integer[])) AS newer (id, version)
    WHERE ending.about_type = :about_type AND ending.about_id = newer.id AND ending.version < newer.version
    RETURNING ending.about_id"""
)


def plan_reminders(
    session: Session, topic: Topic, events: Sequence[Received], *, now: datetime
) -> None:
    """Stores the last valid days and the contacts from events, and sets the deadlines. Ignores a topic without ends,
    and an event that is older than what is stored. Raises CannotUnseal."""
    if topic.ends is None:
        return
    newest = {
        one.subject: one
        for one in sorted(events, key=lambda event: event.sequence)
        if "contacts" in one.data
    }
    reminders_at, rows, over = dict[str, datetime](), list[dict[str, Any]](), list[Received]()
    for subject, event in sorted(newest.items()):
        ends_on, at = _end_and_reminder(topic.ends, event.data, now)
        if ends_on is None or at is None:
            over.append(event)
        else:
            reminders_at[subject] = at
            rows.append(_ending_row(session, topic, topic.ends, event, ends_on))
    note_lock(session, Ending.__tablename__)
    if rows:
        kept = session.scalars(_KEEP_NEWER, rows).all()
        if kept:
            times = {subject: reminders_at[subject] for subject in kept}
            set_deadlines(session, topic.about, REMINDER, times)
    if over:
        _drop_endings(session, topic.about, over)


def _drop_endings(session: Session, about_type: str, over: Sequence[Received]) -> None:
    """Drops the endings that are older than these events, and their deadlines."""
    ids, versions = [one.subject for one in over], [one.sequence for one in over]
    values = {"about_type": about_type, "ids": ids, "versions": versions}
    if dropped := session.scalars(_DROP_OLDER, values).all():
        drop_deadlines(session, about_type, *dropped)


def _ending_row(
    session: Session, topic: Topic, ends: ExpiryReminder, event: Received, ends_on: date
) -> dict[str, Any]:
    roles = [ends.route.role, *([ends.gathered.role] if ends.gathered else [])]
    contacts = [one for role in roles for one in open_contacts(session, role, event)]
    return {
        "about_type": topic.about,
        "about_id": event.subject,
        "version": event.sequence,
        "ends_on": ends_on,
        "about_number": look_up(event.data, topic.number),
        "municipality": event.data.get("municipality"),
        "gathered_by": look_up(event.data, ends.gathered.by) if ends.gathered else None,
        "texts": {
            language: values_of(ends.route, event.data, language) for language in ("ar", "en")
        },
        "contacts": [
            {"role": one.role, "language": one.language, "mobile": one.mobile} for one in contacts
        ],
    }


def _end_and_reminder(
    ends: ExpiryReminder, state: Mapping[str, Any], now: datetime
) -> tuple[date | None, datetime | None]:
    """Returns the last valid day and the moment of the next reminder; None and None for a thing that isn't in force."""
    ends_on = look_up(state, ends.on)
    if ends_on is None or not matches(ends.route.when, state):
        return None, None
    day = date.fromisoformat(ends_on)
    return day, reminders.next_reminder(day, ends.days, after=now)


def remind(context: Context, deadline: Deadline) -> None:
    """Handles the deadline: sends a message to each contact and sets the next deadline. The last reminder deletes the
    row."""
    session, now = context.session, context.now
    row = session.get(
        Ending, (deadline.aggregate_type, deadline.aggregate_id), with_for_update=True
    )
    note_lock(session, Ending.__tablename__)
    if row is None:
        return
    ends = ENDS[row.about_type]
    days = reminders.due_days(row.ends_on, ends.days, planned=deadline.due_at, now=now)
    if days is not None:
        _send_reminder(session, row, ends, days, deadline.due_at, now)
        _send_list(session, row, ends, planned=deadline.due_at, now=now)
    after = reminders.next_reminder(row.ends_on, ends.days, after=now)
    if after is None:
        key = Ending.about_type == row.about_type, Ending.about_id == row.about_id
        session.execute(delete(Ending).where(*key))
    else:
        set_deadline(session, row.about_type, row.about_id, REMINDER, after)


def _send_reminder(
    session: Session, row: Ending, ends: ExpiryReminder, days: int, planned: datetime, now: datetime
) -> None:
    template = get_current_template(session, ends.route.template)
    about = About(
        type=row.about_type, id=row.about_id, number=row.about_number, municipality=row.municipality
    )
    contacts = [one for one in row.contacts if one.get("role", ends.route.role) == ends.route.role]
    for contact in contacts or [{"language": "ar"}]:
        language = language_for(session, contact.get("mobile"), contact["language"])
        recipient, skipped = usable_mobile(contact.get("mobile"))
        new = NewMessage(
            origin=Origin.REMINDER,
            source=reminders.reminder_source(row.about_type, row.about_id, row.ends_on, days),
            role=ends.route.role,
            language=language,
            event_at=planned,
            recipient=recipient,
            skipped=skipped,
            values={
                **row.texts[stand_in(language)],
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create_message(session, template, new, now=now)


def _send_list(
    session: Session, row: Ending, ends: ExpiryReminder, *, planned: datetime, now: datetime
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
        language = language_for(session, contact["mobile"], contact["language"])
        things = [
            (one.about_number or "", one.ends_on) for one in soon if _is_contact_of(contact, one)
        ]
        recipient, skipped = usable_mobile(contact["mobile"])
        new = NewMessage(
            origin=Origin.REMINDER,
            source=reminders.list_source(row.about_type, row.gathered_by, today),
            role=ends.gathered.role,
            language=language,
            event_at=planned,
            recipient=recipient,
            skipped=skipped,
            values={
                "count": str(len(things)),
                "list": reminders.list_text(things, language),
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create_message(session, template, new, now=now)


def _is_contact_of(contact: Mapping[str, str], thing: Ending) -> bool:
    """Returns whether the contact belongs to the thing, by role and mobile. A former agent of an establishment doesn't
    learn of its later certificates."""
    return any(
        one.get("role") == contact["role"] and one.get("mobile") == contact["mobile"]
        for one in thing.contacts
    )


def _endings_soon(
    session: Session, row: Ending, ends: ExpiryReminder, now: datetime
) -> list[Ending]:
    """Returns the endings within the longest time of the reminders, soonest first."""
    today = legal_day(now)
    last = today + timedelta(days=max(ends.days))
    statement = select(Ending).where(
        Ending.about_type == row.about_type,
        Ending.gathered_by == row.gathered_by,
        Ending.ends_on.between(today, last),
    )
    return list(session.scalars(statement.order_by(Ending.ends_on, Ending.about_number)))
