"""The life of a purchasing tender (منافسة)."""

from enum import StrEnum

from chassis.core.state_machine import StateMachine
from tenders.domain.offerings import TITLES, Action

KIND = "tender"  # the kind of inquiries, and of the words for the states


class Status(StrEnum):
    """Nobody outside hears of a draft."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    OPENED = "opened"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    CANCELLED = "cancelled"


ENDED = (Status.CONTRACTED, Status.CANCELLED)
_BEFORE_CONTRACT = (Status.DRAFT, Status.PUBLISHED, Status.CLOSED, Status.OPENED, Status.AWARDED)
LIFE = StateMachine[Status, Action](
    steps={
        Action.EDIT: {Status.DRAFT: Status.DRAFT},
        Action.PUBLISH: {Status.DRAFT: Status.PUBLISHED},
        Action.AMEND: {Status.PUBLISHED: Status.PUBLISHED},
        Action.ANSWER: {one: one for one in (Status.PUBLISHED, Status.CLOSED)},
        Action.RECEIVE: {Status.PUBLISHED: Status.PUBLISHED},
        Action.WITHDRAW_RECEIPT: {one: one for one in (Status.PUBLISHED, Status.CLOSED)},
        Action.DISMISS: {one: one for one in (Status.PUBLISHED, Status.CLOSED)},
        Action.CLOSE: {Status.PUBLISHED: Status.CLOSED},
        Action.OPEN: {Status.CLOSED: Status.OPENED},
        Action.AWARD: {Status.OPENED: Status.AWARDED},
        Action.CONTRACT: {Status.AWARDED: Status.CONTRACTED},
        Action.CANCEL: dict.fromkeys(_BEFORE_CONTRACT, Status.CANCELLED),
    },
    titles=TITLES,
    prefix="tender_",
)
