"""The life of a purchasing tender (منافسة)."""

from chassis.core.state_machine import StateMachine
from tenders.domain.offerings import BEFORE_CONTRACT, STEPS_TO_OPENING, TITLES, Action, Status

KIND = "tender"  # the kind of inquiries, and of the words for the states
ENDED = (Status.CONTRACTED, Status.CANCELLED)
LIFE = StateMachine[Status, Action](
    steps={
        **STEPS_TO_OPENING,
        Action.AWARD: {Status.OPENED: Status.AWARDED},
        Action.CONTRACT: {Status.AWARDED: Status.CONTRACTED},
        Action.CANCEL: dict.fromkeys(BEFORE_CONTRACT, Status.CANCELLED),
    },
    titles=TITLES,
    prefix="tender_",
)
