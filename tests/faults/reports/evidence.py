"""What is left of a run: the reports, what notify knows of its messages, and what the providers accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from .load import ReportLoad, mobile_of


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report as it's stored. `number` is the client's."""

    number: int
    report_id: str
    report_number: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A row of the providers' ledger. `mobile`: only its digits."""

    provider: str
    reference: str
    mobile: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """A message as notify knows it."""

    message_id: str
    template: str
    state: str
    about_id: str


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`mobiles`: digits → the client's number, of all that a client may have filed."""

    mobiles: Mapping[str, int]
    reports: Sequence[Stored]
    ledger: Sequence[Accepted]
    messages: Sequence[Known]


_REPORTS = {
    "reports": (
        """SELECT right(submission, 12)::int AS number, report_id::text, report_number, status FROM report
        WHERE right(submission, 36) LIKE :run""",
        Stored,
    )
}
_MESSAGES = {"messages": ("SELECT message_id::text, template, state, about_id FROM message", Known)}


def read(world: World, load: ReportLoad, drained_s: float | None) -> Evidence:
    """Reads the evidence of one run."""
    reports = read_rows(world.databases["reports"], _REPORTS, load.values)["reports"]
    ours = {report.report_id for report in reports}
    mobiles = {digits(mobile_of(load.run, number)): number for number in load.numbers}
    ledger = [_accepted(row) for row in world.ledger()]
    messages = read_rows(world.databases["notify"], _MESSAGES, {})["messages"]
    return Evidence(
        history=load.history.entries,
        lost=load.lost,
        drained_s=drained_s,
        mobiles=mobiles,
        reports=reports,
        ledger=[row for row in ledger if row.mobile in mobiles],
        messages=[message for message in messages if message.about_id in ours],
    )


def digits(mobile: Any) -> str:
    """Returns a number without what a provider writes between its digits."""
    return "".join(letter for letter in str(mobile) if letter.isdigit())


def _accepted(row: Mapping[str, Any]) -> Accepted:
    return Accepted(
        provider=row["provider"],
        reference=row["reference"],
        mobile=digits(row["recipient"]),
        text=row["text"],
    )
