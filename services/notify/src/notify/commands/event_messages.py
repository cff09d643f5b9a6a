"""Messages that an event causes: texts at once, by the table of routes, and reminders before a last valid day.

No service publishes «expiring». The newest event of an aggregate gives its last valid day, and a deadline fires before
that day. A newer event moves the deadline after a renewal, and drops the deadline after an early end. A contact with
several things, such as an establishment with the certificates of its workers, also gets one text a day that lists the
things that end soon.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.data.deadlines import Deadline, drop_deadline, set_deadline
from chassis.data.lock_order import note_lock
from chassis.events.contacts import Contact, contacts_of
from notify.commands import floods
from notify.commands.languages import in_chosen_language, language_for
from notify.commands.messages import About, NewMessage, create_message, get_current_template
from notify.context import Context
from notify.domain import reminders
from notify.domain.floods import Caps, Held
from notify.domain.languages import stand_in
from notify.domain.messages import Origin, Skipped
from notify.domain.routes import (
    CODE,
    ExpiryReminder,
    Route,
    Topic,
    look_up,
    matches,
    routes_of,
    values_of,
)
from notify.domain.texts import LINK
from notify.models import Ending, Message
from notify.routes import ENDS
from saudi.branches import names_by_code
from saudi.days import legal_day
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile

REMINDER = "reminder"  # the kind of a deadline


def create_event_messages(
    session: Session, topic: Topic, event: Received, *, links: str, caps: Caps, now: datetime
) -> list[Message]:
    """Creates and publishes the messages for an event. `links`: the address before the token of a link.

    The time of a text begins with its event. An older event notifies nobody and leaves an `expired` message without a
    recipient, so that a topic read from its beginning sends no old texts. Raises CannotUnseal.
    """
    if "contacts" not in event.data:
        return []  # an old event, from before the topic had contacts
    happened = event.type.split(".")[-2]
    created = []
    for route in routes_of(topic, happened, event.data):
        template = get_current_template(session, route.template)
        expires_at = event.time + timedelta(seconds=template[0].expires_seconds)
        contacts: list[Contact | None] = []
        if expires_at > now:
            opened = open_contacts(session, route.role, event)
            contacts = [in_chosen_language(session, one) for one in opened]
        for contact in contacts or ([] if route.optional else [None]):
            new, skipped = _new_message(topic, route, event, contact, links)
            new = replace(new, expires_at=expires_at)
            held = (
                None
                if route.urgent
                else _hold_reason(session, new, contact, route.template, caps, now)
            )
            created.append(
                create_message(session, template, new, skipped=skipped, held=held, now=now)
            )
    return [row for row in created if row is not None]


def _hold_reason(
    session: Session,
    new: NewMessage,
    contact: Contact | None,
    template: str,
    caps: Caps,
    now: datetime,
) -> Held | None:
    if new.recipient is None or new.about is None or contact is None:
        return None
    request = floods.HoldRequest(new.recipient, new.about.id, template, confirmed=contact.confirmed)
    return floods.hold_reason(session, request, caps, now)


def open_contacts(session: Session, role: str, event: Received) -> list[Contact]:
    """Returns the event's contacts of the role. Raises CannotUnseal: then the event is parked, so that a
    wrong key loses no message."""
    block = [one for one in event.data["contacts"] if one["role"] == role]
    return contacts_of(session).open(event.subject, block)


def _new_message(
    topic: Topic, route: Route, event: Received, contact: Contact | None, links: str
) -> tuple[NewMessage, Skipped | None]:
    language = contact.language if contact else "ar"
    municipality = event.data.get("municipality")
    number = event.data.get(topic.number)
    about = About(
        type=topic.about,
        id=event.subject,
        number=None if number is None else str(number),
        municipality=municipality,
    )
    recipient, skipped = usable_mobile(contact.mobile if contact else None)
    new = NewMessage(
        origin=Origin.EVENT,
        source=event.id,
        role=route.role,
        language=language,
        event_at=event.time,
        recipient=recipient,
        values={
            **values_of(route, event.data, language),
            "municipality": municipality_name(municipality, language),
        },
        link=(links, contact.token) if contact and contact.token else (links, ""),
        hidden=CODE if topic.page == CODE else LINK,
        about=about,
    )
    return new, skipped


def usable_mobile(mobile: str | None) -> tuple[str | None, Skipped | None]:
    """Returns the mobile in E.164, or the reason against sending."""
    if mobile is None:
        return None, Skipped.CONTACT_MISSING
    try:
        return parse_mobile(mobile), None
    except Malformed:
        return None, Skipped.NUMBER_UNUSABLE


@cache
def _municipalities() -> dict[str, dict[str, str]]:
    names = names_by_code(contracts.read("reference/places.yaml"))
    return {code: name.pair() for code, name in names.items()}


def municipality_name(code: str | None, language: str) -> str:
    """Returns the name that ends a text, by default the name of the governorate: in Arabic or English, because the
    municipality has no other."""
    names = _municipalities()
    return names.get(code or "qatif", names["qatif"])[stand_in(language)]


def plan_reminders(
    session: Session, topic: Topic, events: Sequence[Received], *, now: datetime
) -> None:
    """Stores the last valid days and the contacts from events, and sets the deadlines. Ignores a topic without ends,
    and an event that is older than what is stored."""
    ends = topic.ends
    newest = {one.subject: one for one in sorted(events, key=_version) if "contacts" in one.data}
    if ends is None or not newest:
        return
    known = _lock_endings(session, topic, newest)
    for subject, row in known.items():
        if row.version >= newest[subject].sequence:
            del newest[subject]
        else:
            session.delete(row)
    session.flush()
    for subject, event in newest.items():
        _plan_reminder(session, topic, ends, event, now, is_known=subject in known)


def _version(event: Received) -> int:
    return event.sequence


def _lock_endings(
    session: Session, topic: Topic, subjects: Collection[str]
) -> Mapping[str, Ending]:
    which = Ending.about_type == topic.about, Ending.about_id.in_(subjects)
    statement = select(Ending).where(*which).order_by(Ending.about_id).with_for_update()
    note_lock(session, Ending.__tablename__)
    return {row.about_id: row for row in session.scalars(statement)}


def _plan_reminder(
    session: Session,
    topic: Topic,
    ends: ExpiryReminder,
    event: Received,
    now: datetime,
    *,
    is_known: bool,
) -> None:
    ends_on, at = _end_and_reminder(ends, event.data, now)
    if ends_on is None or at is None:
        if is_known:
            drop_deadline(session, topic.about, event.subject, REMINDER)
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
    set_deadline(session, topic.about, event.subject, REMINDER, at)


def _end_and_reminder(
    ends: ExpiryReminder, state: Mapping[str, Any], now: datetime
) -> tuple[date | None, datetime | None]:
    """Returns the last valid day and the moment of the next reminder; None and None for a thing that isn't in force."""
    text = look_up(state, ends.on)
    if text is None or not matches(ends.route.when, state):
        return None, None
    day = date.fromisoformat(text)
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
            values={
                **row.texts[stand_in(language)],
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create_message(session, template, new, skipped=skipped, now=now)


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
            values={
                "count": str(len(things)),
                "list": reminders.list_text(things, language),
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create_message(session, template, new, skipped=skipped, now=now)


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
