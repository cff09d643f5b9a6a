"""What notify does with the events of others: it looks whom they speak to, and of what somebody is to be reminded."""

from chassis.core.cloudevents import Received
from chassis.service import Handler, Topics
from notify.commands import reminders, speaking
from notify.context import Context
from notify.routes import TOPICS, Topic


def _teller(topic: Topic) -> Handler:
    def tell(context: Context, event: Received) -> None:
        links = f"{context.settings.reports_public_url}/r/"
        speaking.speak(
            context.session, topic, event, links=links, caps=context.settings.caps, now=context.now
        )
        reminders.note_end(context.session, topic, event, now=context.now)

    return tell


HANDLERS: Topics = {
    name: {f"sa.gov.qatif.{name}.{happened}.v1": _teller(topic) for happened in topic.events}
    for name, topic in TOPICS.items()
}
