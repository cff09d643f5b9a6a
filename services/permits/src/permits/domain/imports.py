"""A batch of older permits: what becomes of it, and how much of it is checked before it's released."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine
from permits.domain.actions import titles_of


class Status(StrEnum):
    """The status of a batch: rows are read, a second person is awaited, a sample is checked, permits are made."""

    READING = "reading"
    STAGED = "staged"
    SAMPLED = "sampled"
    RELEASING = "releasing"
    RELEASED = "released"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RowStatus(StrEnum):
    """The status of a row. `withheld`: judged wrong in the sample, no permit is made. `unprocessed`: the system
    failed at the row while other rows went on; the row is taken up again once the system is mended."""

    READY = "ready"
    FAULTY = "faulty"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"
    RELEASED = "released"
    WITHHELD = "withheld"
    UNPROCESSED = "unprocessed"


class Verdict(StrEnum):
    """A second person's verdict on a row beside its source."""

    RIGHT = "right"
    WRONG = "wrong"


class Action(StrEnum):
    SEND_FILE = "send_file"
    STAGE = "stage"
    DRAW_SAMPLE = "draw_sample"
    JUDGE = "judge"
    RELEASE = "release_import"
    END = "end_import"
    WITHDRAW = "withdraw_import"
    READ_AGAIN = "read_row_again"
    MAKE_AGAIN = "make_row_again"
    GIVE_UP_ROW = "give_up_row"


_OPERATORS = (Action.READ_AGAIN, Action.MAKE_AGAIN, Action.GIVE_UP_ROW)  # at the command line
# Once a step has failed so often as a whole, its rows are taken singly.
TRIES = 3
UNPROCESSED = "row-unprocessed"  # the fault of such a row
_OPEN = (Status.READING, Status.STAGED)
TRANSITIONS: Mapping[Action, Mapping[Status, Status]] = {
    Action.SEND_FILE: dict.fromkeys(_OPEN, Status.READING),
    Action.STAGE: {Status.READING: Status.STAGED},
    Action.DRAW_SAMPLE: {Status.STAGED: Status.SAMPLED, Status.SAMPLED: Status.SAMPLED},
    Action.JUDGE: {Status.SAMPLED: Status.SAMPLED},
    Action.RELEASE: {Status.SAMPLED: Status.RELEASING},
    Action.END: {Status.RELEASING: Status.RELEASED},
    Action.WITHDRAW: dict.fromkeys((*_OPEN, Status.SAMPLED), Status.WITHDRAWN),
    # A sample stands for the rows that it was drawn from: none is added to them afterwards.
    Action.READ_AGAIN: dict.fromkeys(_OPEN, Status.READING),
    Action.MAKE_AGAIN: dict.fromkeys((Status.RELEASING, Status.RELEASED), Status.RELEASING),
    Action.GIVE_UP_ROW: {one: one for one in Status},
}
MACHINE = StateMachine(
    TRANSITIONS, titles_of(one for one in Action if one not in _OPERATORS), prefix="import-"
)
STATUS_TITLES = {
    Status.READING: ("قيد القراءة", "Being read"),
    Status.STAGED: ("بانتظار شخص آخر", "Waits for another person"),
    Status.SAMPLED: ("قيد فحص العينة", "Its sample is being checked"),
    Status.RELEASING: ("قيد الإدخال", "Permits are being made"),
    Status.RELEASED: ("أُدخلت رخصها", "Released"),
    Status.REFUSED: ("مرفوضة لأخطاء العينة", "Refused: too much of the sample is wrong"),
    Status.WITHDRAWN: ("مسحوبة", "Withdrawn"),
}


class SampleUnjudged(Conflict):
    """Rows of the sample that nobody has judged yet."""

    problem = "sample-unjudged"


class NothingToRelease(Conflict):
    """No row of the batch could become a permit."""

    problem = "nothing-to-release"


class FileRefused(Conflict):
    """A file of the batch was refused for its sample in another batch."""

    problem = "import-file-refused"


class RowNotUnprocessed(Conflict):
    """There's nothing to take up again: the row was processed."""

    problem = "row-not-unprocessed"


class NotInSample(Conflict):
    """The row isn't one of those that were drawn."""

    problem = "not-in-sample"


@dataclass(frozen=True)
class Plan:
    """How many rows of a batch of up to `rows` rows are checked (`sample`), and how many of these may be wrong
    (`wrong`)."""

    rows: int
    sample: int
    wrong: int

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a plan of the file."""
        return cls(written["rows"], written["sample"], written["wrong"])


def plan_for(plans: Iterable[Plan], rows: int) -> Plan:
    """Returns the first plan that covers so many rows; the strictest plan if none does."""
    known = sorted(plans, key=lambda one: one.rows)
    return next((one for one in known if rows <= one.rows), known[-1])


def advance(status: str, action: Action) -> Status:
    """Returns the status of the batch after the action. Raises IllegalTransition."""
    return MACHINE.after(action, status)


def after_verdict(verdicts: Sequence[str | None], *, allowed: int) -> Status:
    """Returns the status after a verdict. A batch is refused as soon as more of its sample is wrong than the plan
    allows."""
    wrong = sum(one == Verdict.WRONG for one in verdicts)
    return Status.REFUSED if wrong > allowed else Status.SAMPLED


def require_judged(verdicts: Sequence[str | None]) -> None:
    """Raises SampleUnjudged."""
    left = sum(one is None for one in verdicts)
    if left:
        raise SampleUnjudged(count=left)
