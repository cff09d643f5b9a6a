"""Events of other services, told to notify's handlers."""

from typing import Any

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.events.contacts import Contact, contacts_of
from notify.consumers import HANDLERS
from notify.models import Message


def event_of(
    session: Any,
    topic: str,
    happened: str,
    contacts: tuple[Contact, ...],
    *,
    time: Any,
    subject: str,
    sequence: int = 1,
    **changes: Any,
) -> Received:
    """Returns the contract's example of an event with these contacts and changes."""
    event_type = f"sa.gov.qatif.{topic}.{happened}.v1"
    block = contacts_of(session).seal(subject, contacts)
    return Received(
        id=new_id(),
        type=event_type,
        subject=subject,
        sequence=sequence,
        time=time,
        data={**contracts.event_example(event_type), "contacts": block, **changes},
    )


def tell_event(
    context: Any, topic: str, happened: str, *contacts: Contact, **changes: Any
) -> list[Message]:
    """Tells the first event of a thing. Returns the messages about the thing."""
    session, subject = context.session, new_id()
    event = event_of(
        session, topic, happened, contacts, time=context.now, subject=subject, **changes
    )
    HANDLERS[topic][event.type](context, event)
    return list(session.query(Message).filter_by(about_id=subject))
