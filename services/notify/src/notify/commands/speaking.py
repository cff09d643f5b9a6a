"""Turns an event into the messages that it asks for, by the table of routes."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.events.contacts import Contact, contacts_of
from notify.commands import floods
from notify.commands.creating import About, Wanted, create, template_named
from notify.domain.floods import Caps, Held
from notify.domain.messages import Origin, Skipped
from notify.models import Message
from notify.routes import Route, Topic, routes_of, values_of
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile


def speak(
    session: Session, topic: Topic, event: Received, *, links: str, caps: Caps, now: datetime
) -> list[Message]:
    """The messages of an event, made and published. `links`: the address that a link's token is put behind.

    A text is good for so long from its event on. An event that is older speaks to nobody, and leaves an `expired`
    message that names nobody: a topic that's read from its beginning tells no old stories. Raises CannotUnseal.
    """
    if "contacts" not in event.data:
        return []  # of a time when its topic spoke to nobody
    happened = event.type.split(".")[-2]
    made = []
    for route in routes_of(topic, happened, event.data):
        template = template_named(session, route.template)
        expires_at = event.time + timedelta(seconds=template[0].expires_seconds)
        contacts: list[Contact | None] = []
        if expires_at > now:
            contacts = [*opened(session, route.role, event)]
        for contact in contacts or ([] if route.optional else [None]):
            wanted, skipped = _wanted(topic, route, event, contact, links)
            wanted = replace(wanted, expires_at=expires_at)
            held = None if route.urgent else _held(session, wanted, contact, caps, now)
            made.append(create(session, template, wanted, skipped=skipped, held=held, now=now))
    return [row for row in made if row is not None]


def _held(
    session: Session, wanted: Wanted, contact: Contact | None, caps: Caps, now: datetime
) -> Held | None:
    if wanted.recipient is None or wanted.about is None or contact is None:
        return None
    asked = floods.Asked(wanted.recipient, wanted.about.id, confirmed=contact.confirmed)
    return floods.hold_reason(session, asked, caps, now)


def opened(session: Session, role: str, event: Received) -> list[Contact]:
    """The event's contacts of that role. Raises CannotUnseal: the key may be wrong, and then nobody may be lost by it;
    the event becomes a dead letter."""
    block = [one for one in event.data["contacts"] if one["role"] == role]
    return contacts_of(session).open(event.subject, block)


def _wanted(
    topic: Topic, route: Route, event: Received, contact: Contact | None, links: str
) -> tuple[Wanted, Skipped | None]:
    language = contact.language if contact else "ar"
    municipality = event.data.get("municipality")
    number = event.data.get(topic.number)
    about = About(
        type=topic.about,
        id=event.subject,
        number=None if number is None else str(number),
        municipality=municipality,
    )
    recipient, skipped = usable(contact.mobile if contact else None)
    wanted = Wanted(
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
    return wanted, skipped


def usable(mobile: str | None) -> tuple[str | None, Skipped | None]:
    """The mobile in E.164, or why nobody can be told."""
    if mobile is None:
        return None, Skipped.CONTACT_MISSING
    try:
        return parse_mobile(mobile), None
    except Malformed:
        return None, Skipped.NUMBER_UNUSABLE


@cache
def _names() -> dict[str, dict[str, str]]:
    places = contracts.read("reference/places.yaml")
    return {one["code"]: {"ar": one["ar"], "en": one["en"]} for one in places["municipalities"]}


def municipality_name(code: str | None, language: str) -> str:
    """The name that ends a text: Arabic for those who read Arabic; the governorate's where the event names none."""
    names = _names()
    return names.get(code or "qatif", names["qatif"])["ar" if language == "ar" else "en"]
