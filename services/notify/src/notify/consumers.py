"""Handlers of the events of other services: create the messages, and plan the reminders.

Texts of several events share a transaction: each event has messages of its own, and a commit costs more than a message.
"""

from collections.abc import Sequence

from chassis.core.cloudevents import Received
from chassis.service import BatchHandler, Topics
from notify.commands.event_messages import Addresses, create_event_messages
from notify.commands.reminders import plan_reminders
from notify.context import Context
from notify.domain.routes import APPOINTMENT_PAGE, CODE, FOLLOWING_PAGE, REPORT_PAGE, Topic
from notify.routes import TOPICS
from notify.settings import Settings

# A one-time code waits for the transaction that counts texts.
MOST_EVENTS = 20


def _handler_of(topic: Topic) -> BatchHandler:
    def write(context: Context, events: Sequence[Received]) -> None:
        session, now, caps = context.session, context.now, context.settings.caps
        addresses = _addresses_of(topic, context.settings)
        create_event_messages(session, topic, events, addresses=addresses, caps=caps, now=now)
        plan_reminders(session, topic, events, now=now)

    return BatchHandler(prepare=lambda _, event: event, write=write, most=MOST_EVENTS)


def _addresses_of(topic: Topic, settings: Settings) -> Addresses:
    """Returns the address before the token of a link, which is nothing before a one-time code, and the address before
    the number of a public page, which is nothing for things without such a page."""
    pages = {
        REPORT_PAGE: f"{settings.reports_public_url}/r/",
        APPOINTMENT_PAGE: f"{settings.appointments_public_url}/a/",
        FOLLOWING_PAGE: f"{settings.tenders_public_url}/f/",
        CODE: "",
    }
    public_page = topic.public_page
    return Addresses(
        pages[topic.page],
        "" if public_page is None else f"{settings.portal_public_url}{public_page}",
    )


def _handlers_of(name: str, topic: Topic) -> dict[str, BatchHandler]:
    handler = _handler_of(topic)
    return {f"sa.gov.qatif.{name}.{happened}.v1": handler for happened in topic.events}


HANDLERS: Topics = {name: _handlers_of(name, topic) for name, topic in TOPICS.items()}
