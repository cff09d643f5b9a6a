"""Messages for an event: the table of routes says who gets which text."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.events.contacts import Contact, contacts_of
from notify.commands import floods
from notify.commands.messages import About, NewMessage, create, get_current_template
from notify.domain.floods import Caps, Held
from notify.domain.messages import Origin, Skipped
from notify.models import Message
from notify.routes import Route, Topic, routes_of, values_of
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile


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
            contacts = [*open_contacts(session, route.role, event)]
        for contact in contacts or ([] if route.optional else [None]):
            new, skipped = _new_message(topic, route, event, contact, links)
            new = replace(new, expires_at=expires_at)
            held = None if route.urgent else _hold_reason(session, new, contact, caps, now)
            created.append(create(session, template, new, skipped=skipped, held=held, now=now))
    return [row for row in created if row is not None]


def _hold_reason(
    session: Session, new: NewMessage, contact: Contact | None, caps: Caps, now: datetime
) -> Held | None:
    if new.recipient is None or new.about is None or contact is None:
        return None
    asked = floods.HoldRequest(new.recipient, new.about.id, confirmed=contact.confirmed)
    return floods.hold_reason(session, asked, caps, now)


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
    places = contracts.read("reference/places.yaml")
    return {one["code"]: {"ar": one["ar"], "en": one["en"]} for one in places["municipalities"]}


def municipality_name(code: str | None, language: str) -> str:
    """Returns the name that ends a text, by default the name of the governorate."""
    names = _municipalities()
    return names.get(code or "qatif", names["qatif"])["ar" if language == "ar" else "en"]
