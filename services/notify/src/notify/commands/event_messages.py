"""Messages that events cause at once, by the table of routes. Events of a topic share their statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.events.contacts import Contact, contacts_of
from notify.commands import floods
from notify.commands.languages import chosen_languages, language_of_text
from notify.commands.messages import (
    About,
    CurrentTemplate,
    NewMessage,
    create_messages,
    get_current_templates,
)
from notify.domain.bill_subjects import about_of_bill
from notify.domain.floods import Caps
from notify.domain.languages import stand_in
from notify.domain.messages import Origin, Skipped
from notify.domain.routes import (
    CODE,
    Route,
    Topic,
    routes_of,
    values_of,
)
from notify.domain.texts import LINK
from notify.models import Message
from saudi.branches import names_by_code
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile


@dataclass(frozen=True)
class Addresses:
    """The addresses in the texts of a topic: before the token of a link, and before the number of a public page."""

    before_token: str
    before_number: str = ""


@dataclass(frozen=True)
class _Text:
    """A text that an event causes by a row of the table. `contact`: None if there's nobody to tell."""

    event: Received
    route: Route
    template: CurrentTemplate
    expires_at: datetime
    contact: Contact | None


def create_event_messages(
    session: Session,
    topic: Topic,
    events: Sequence[Received],
    *,
    addresses: Addresses,
    caps: Caps,
    now: datetime,
) -> Sequence[Message]:
    """Creates and publishes the messages for events of a topic.

    The time of a text begins with its event. An older event notifies nobody and leaves an `expired` message without a
    recipient, so that a topic read from its beginning sends no old texts. Raises CannotUnseal.
    """
    texts = _texts_of(session, topic, events, now)
    if not texts:
        return []
    mobiles = {one.contact.mobile for one in texts if one.contact is not None}
    chosen = chosen_languages(session, mobiles)
    messages = [_new_message(topic, one, chosen, addresses) for one in texts]
    to_somebody = [place for place, new in enumerate(messages) if new.recipient is not None]
    requests = [_hold_request(texts[place], messages[place]) for place in to_somebody]
    reasons = floods.hold_reasons(session, requests, caps, now)
    for place, reason in zip(to_somebody, reasons, strict=True):
        messages[place] = replace(messages[place], held=reason)
    wanted = [(one.template, new) for one, new in zip(texts, messages, strict=True)]
    return create_messages(session, wanted, now=now)


def _texts_of(
    session: Session, topic: Topic, events: Sequence[Received], now: datetime
) -> list[_Text]:
    routes = [
        (event, route)
        for event in events
        if "contacts" in event.data  # an old event is from before the topic had contacts
        for route in routes_of(topic, event.type.split(".")[-2], event.data)
    ]
    if not routes:
        return []
    templates = get_current_templates(session, {route.template for _, route in routes})
    texts = []
    for event, route in routes:
        template = templates[route.template]
        expires_at = event.time + timedelta(seconds=template[0].expires_seconds)
        contacts: list[Contact | None] = []
        if expires_at > now:
            contacts += open_contacts(session, route.role, event)
        for contact in contacts or ([] if route.optional else [None]):
            texts.append(_Text(event, route, template, expires_at, contact))
    return texts


def _hold_request(text: _Text, new: NewMessage) -> floods.HoldRequest:
    """Returns what decides whether a text to somebody waits."""
    return floods.HoldRequest(
        mobile=new.recipient or "",
        about=text.event.subject,
        template=text.route.template,
        confirmed=text.contact is not None and text.contact.confirmed,
        urgent=text.route.urgent,
    )


def open_contacts(session: Session, role: str, event: Received) -> list[Contact]:
    """Returns the event's contacts of the role. Raises CannotUnseal: then the event is parked, so that a
    wrong key loses no message."""
    block = [one for one in event.data["contacts"] if one["role"] == role]
    return contacts_of(session).open(event.subject, block)


def _new_message(
    topic: Topic, text: _Text, chosen: Mapping[str, str], addresses: Addresses
) -> NewMessage:
    event, contact = text.event, text.contact
    language = language_of_text(contact.mobile, contact.language, chosen) if contact else "ar"
    municipality = event.data.get("municipality")
    number = event.data.get(topic.number)
    about = About(
        type=about_of_bill(event.data.get("subject"), topic.about),
        id=event.subject,
        number=None if number is None else str(number),
        municipality=municipality,
    )
    recipient, skipped = usable_mobile(contact.mobile if contact else None)
    return NewMessage(
        origin=Origin.EVENT,
        source=event.id,
        role=text.route.role,
        language=language,
        event_at=event.time,
        expires_at=text.expires_at,
        recipient=recipient,
        skipped=skipped,
        values={
            **values_of(text.route, event.data, language),
            "municipality": municipality_name(municipality, language),
            **_page_of(topic, about.number, language, addresses),
        },
        link=(addresses.before_token, _token_of(topic, contact, language)),
        hidden=CODE if topic.page == CODE else LINK,
        about=about,
    )


def _page_of(
    topic: Topic, number: str | None, language: str, addresses: Addresses
) -> dict[str, str]:
    """Returns the address of the page that everybody reads, if the topic's things have such a page. Raises ValueError
    for an event without the number: the event is parked, and nobody gets an address that opens nothing."""
    if topic.public_page is None:
        return {}
    if not number:
        raise ValueError(f"an event of {topic.about} has no number for its page")
    asked = "?lang=en" if stand_in(language) == "en" else ""
    return {"page": f"{addresses.before_number}{number}{asked}"}


def _token_of(topic: Topic, contact: Contact | None, language: str) -> str:
    """Returns what stands behind the address of a link: the token, and the language of the text, in which the page
    opens. The language is known here alone: a person may have chosen another than the publisher knows."""
    if contact is None or not contact.token:
        return ""
    is_english = topic.page != CODE and stand_in(language) == "en"
    return f"{contact.token}?lang=en" if is_english else contact.token


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
