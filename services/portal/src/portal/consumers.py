"""Handlers of the topics with the block `inquiry`: each event becomes the state of a thing that people ask about.

The events of a topic are all handled alike, so the types are those that the topic's contract names.
"""

from collections.abc import Sequence
from datetime import datetime

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.service import BatchHandler, Topics
from portal.commands.inquiry_things import keep_things
from portal.context import Context
from portal.domain.inquiry_things import DETAILS, ThingEvent
from saudi.days import legal_day

INQUIRY_TOPICS = (
    "appointments.appointment",
    *("health-certs.certificate", "health-certs.request"),
    *("licences.application", "licences.licence", "licences.violation"),
    *("permits.appeal", "permits.certificate", "permits.permit", "permits.release"),
    "permits.request",
    "reports.report",
    *("tenders.lease", "tenders.tender"),
    "transactions.transaction",
)


def thing_event_of(event: Received, read_at: datetime) -> ThingEvent:
    """Returns what an event says of its thing."""
    block = event.data.get("inquiry")
    shown = DETAILS.get(block["kind"], ()) if block else ()
    return ThingEvent(
        thing_id=event.subject,
        version=event.sequence,
        block=block,
        day=legal_day(event.time),
        at=event.time,
        read_at=read_at,
        category=event.data.get("category"),
        details={name: event.data.get(name) for name in shown},
    )


def _keep(context: Context, events: Sequence[ThingEvent]) -> None:
    keep_things(context.session, events)


thing_changed = BatchHandler(
    prepare=lambda context, event: thing_event_of(event, context.now), write=_keep
)
HANDLERS: Topics = {
    topic: dict.fromkeys(contracts.read(f"topics/{topic}.yaml")["event_types"], thing_changed)
    for topic in INQUIRY_TOPICS
}
