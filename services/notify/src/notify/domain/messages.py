"""The life of a message, from the event that asks for it to the telephone or to the reason why not.

    held ──> created ──> sending ─┬─> accepted ──> delivered | failed | unconfirmed
                ^                 ├─> unsure: nobody knows; asked after, then the same provider again
                └─────────────────┘   nobody took it: tried again later

and before `accepted` a message may end as expired, technical-failure, unconfirmed or skipped.

What ends a message is final: no receipt, no answer and no second process changes it any more.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """`held`: its recipient hasn't confirmed the number yet. `unconfirmed`: it was or may have been handed over, and
    nobody will say any more whether it arrived."""

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
# Due for the engine: it claims a message of these states once its `due_at` has come.
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


def may_become(state: State, new: State) -> bool:
    """Whether a message of `state` may go to `new`; a terminal state goes nowhere."""
    return new in _NEXT.get(state, frozenset())


class Skipped(StrEnum):
    """Why a message is never sent."""

    CONTACT_MISSING = "contact-missing"
    NUMBER_UNUSABLE = "number-unusable"
    LIMIT_REACHED = "limit-reached"
    TEST_KEY = "test-key"


class Origin(StrEnum):
    """Who asked for a message."""

    EVENT = "event"
    REMINDER = "reminder"
    API = "api"
    CODE = "code"


class Kind(StrEnum):
    """`notice`: text, number and outcome are kept sealed for five years, as proof that somebody was served.
    `information`: emptied after 90 days."""

    NOTICE = "notice"
    INFORMATION = "information"


class WhenUnsure(StrEnum):
    """What a text prefers when its provider can neither be asked nor knows a reference again."""

    TWICE = "twice"
    LOST = "lost"


# State → the event of the topic notify.message that tells of it; the steps between aren't published.
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


def heard(state: State, said: State) -> State | None:
    """What a receipt makes of a message: `said` is accepted, delivered or failed. None when it changes nothing, because
    the message has ended, or the receipt is older than what is known."""
    return said if may_become(state, said) else None
