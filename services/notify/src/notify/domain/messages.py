"""The life of a message, from its event to the telephone or to the reason for failure.

    held ──> created ──> sending ─┬─> accepted ──> delivered | failed | unconfirmed
                ^                 ├─> unsure: the outcome is unknown; the provider is queried, then tried again
                └─────────────────┘   no provider took the message: a later attempt follows

and before `accepted` a message may end as expired, technical-failure, unconfirmed or skipped.

A terminal state is final: no receipt, no answer and no other process changes the message.
"""

from collections.abc import Mapping
from enum import StrEnum

from chassis.core.state_machine import StateMachine


class State(StrEnum):
    """The states of a message. `held`: the recipient hasn't confirmed the number, or a cap is reached. `unconfirmed`: a
    provider has or may have the message, and no receipt will come."""

    HELD = "held"
    CREATED = "created"
    SENDING = "sending"
    UNSURE = "unsure"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    TECHNICAL_FAILURE = "technical-failure"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"
    SKIPPED = "skipped"


TERMINAL = frozenset(
    (
        State.DELIVERED,
        State.FAILED,
        State.TECHNICAL_FAILURE,
        State.EXPIRED,
        State.UNCONFIRMED,
        State.SKIPPED,
    )
)
# The sender claims a message of these states when `due_at` has come.
DUE = frozenset((State.CREATED, State.SENDING, State.UNSURE, State.ACCEPTED))

_AFTER_SENDING = frozenset((State.CREATED, State.UNSURE, State.ACCEPTED)) | (
    TERMINAL - {State.SKIPPED}
)
_NEXT: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset((State.CREATED, State.EXPIRED, State.SKIPPED)),
    # A receipt may come for a message that waits to be sent again.
    State.CREATED: (_AFTER_SENDING | {State.SENDING, State.SKIPPED}) - {State.CREATED},
    State.SENDING: _AFTER_SENDING,
    State.UNSURE: (_AFTER_SENDING | {State.SENDING}) - {State.UNSURE},
    State.ACCEPTED: frozenset((State.DELIVERED, State.FAILED, State.UNCONFIRMED)),
}


# The action on a message is its new state.
LIFE: StateMachine[State, State] = StateMachine(
    {new: {state: new for state, after in _NEXT.items() if new in after} for new in State}
)


def may_become(state: State, new: State) -> bool:
    """Returns whether a message may go from `state` to `new`. A terminal state leads nowhere."""
    return new in LIFE.possible(state)


class Skipped(StrEnum):
    """The reasons why a message is never sent."""

    CONTACT_MISSING = "contact-missing"
    NUMBER_UNUSABLE = "number-unusable"
    LIMIT_REACHED = "limit-reached"
    TEST_KEY = "test-key"


class Origin(StrEnum):
    """The origin of a message."""

    EVENT = "event"
    REMINDER = "reminder"
    API = "api"
    CODE = "code"


class Kind(StrEnum):
    """The kind of a message. `notice`: text, number and outcome are kept sealed for five years, as proof of service.
    `information`: retention empties the message after 90 days."""

    NOTICE = "notice"
    INFORMATION = "information"


class WhenUnsure(StrEnum):
    """The preference of a text if the provider can't be queried and doesn't recognise a repeated reference."""

    TWICE = "twice"
    LOST = "lost"


# State → the event of the topic notify.message. Other states aren't published.
HAPPENED: Mapping[State, str] = {
    State.HELD: "held",
    State.CREATED: "created",
    State.ACCEPTED: "accepted",
    State.DELIVERED: "delivered",
    State.FAILED: "failed",
    State.TECHNICAL_FAILURE: "failed",
    State.EXPIRED: "expired",
    State.UNCONFIRMED: "unconfirmed",
    State.SKIPPED: "skipped",
}


def state_by_receipt(state: State, reported: State) -> State | None:
    """Returns the state after a receipt; `reported` is accepted, delivered or failed. Returns None if the message has
    ended, or the receipt is older than the state."""
    return reported if may_become(state, reported) else None
