"""Handlers of the events of other services: create the messages, and plan the reminders."""

from chassis.core.cloudevents import Received
from chassis.service import Handler, Topics
from notify.commands import event_messages
from notify.context import Context
from notify.routes import TOPICS, Topic


def _handler_of(topic: Topic) -> Handler:
    def handle(context: Context, event: Received) -> None:
        links = f"{context.settings.reports_public_url}/r/"
        event_messages.create_event_messages(
            context.session, topic, event, links=links, caps=context.settings.caps, now=context.now
        )
        event_messages.plan_reminder(context.session, topic, event, now=context.now)

    return handle


HANDLERS: Topics = {
    name: {f"sa.gov.qatif.{name}.{happened}.v1": _handler_of(topic) for happened in topic.events}
    for name, topic in TOPICS.items()
}
