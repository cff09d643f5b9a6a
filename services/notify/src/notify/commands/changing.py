"""The one place that changes the state of a message, and tells of it."""

from datetime import datetime

from sqlalchemy.orm import Session, defer

from chassis.core.refusals import IllegalTransition
from chassis.events.outbox import publish
from notify.commands import callbacks
from notify.domain.messages import HAPPENED, TERMINAL, Origin, State, may_become
from notify.events import message_event
from notify.models import Message

# For rows that are changed without being opened: one that doesn't open is then changed like any other. What a system's
# callback tells is read when it's asked for.
UNOPENED = [
    defer(column) for column in (Message.recipient, Message.text_public, Message.text_secret)
]


def change(
    session: Session, row: Message, state: State, *, reason: str | None = None, now: datetime
) -> None:
    """Puts a locked message into another state; publishes the states that others are told of. What ends a message ends
    its link. Raises IllegalTransition."""
    if not may_become(State(row.state), state):
        raise IllegalTransition("change", row.state)
    told = HAPPENED.get(state)
    again = state is State.CREATED and row.state != State.HELD
    row.state, row.reason = state.value, reason
    if state is State.ACCEPTED:
        row.accepted_at = row.accepted_at or now
    if state is State.DELIVERED and row.accepted_at is None:
        row.accepted_at = now
    if state in TERMINAL:
        row.ended_at, row.due_at, row.text_secret = now, None, None
        callbacks.note_end(session, row, now)
    if state is State.ACCEPTED and row.origin == Origin.CODE:
        row.text_secret = (
            None  # it's never sent again, and a code isn't kept longer than sending needs
        )
    if told is not None and not again:
        row.version += 1
        publish(session, message_event(told, row.record(), row.version, now))
