"""What is left of a run: the reports, what notify knows of its messages, and what the providers accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from tests.faults.history import Entry

from .world import SmsWorld

_REPORTS = """SELECT right(submission, 36) AS submission, report_id::text, report_number, status FROM report
    WHERE right(submission, 36) LIKE :run"""
_MESSAGES = """SELECT message_id::text, template, state, about_id, attempts, possible_duplicate FROM message"""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report as it's stored. `number` is the client's own."""

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
class Evidence:
    """`mobiles`: digits → the client's own number, of all that a client may have filed. `drained_s`: None when not all
    had arrived within the patience."""

    history: Sequence[Entry]
    mobiles: Mapping[str, int]
    reports: Sequence[Stored]
    ledger: Sequence[Accepted]
    messages: Sequence[Known]
    drained_s: float | None


def read(
    world: SmsWorld,
    history: Sequence[Entry],
    run: int,
    mobiles: Mapping[str, int],
    drained_s: float | None,
) -> Evidence:
    """The evidence of one run."""
    reports = [
        Stored(
            number=int(row.submission[-12:]),
            report_id=row.report_id,
            report_number=row.report_number,
            status=row.status,
        )
        for row in _rows(world, "reports", _REPORTS, run=f"{run:08x}-%")
    ]
    ours = {report.report_id for report in reports}
    ledger = [_accepted(row) for row in world.ledger()]
    return Evidence(
        history=history,
        mobiles=mobiles,
        reports=reports,
        ledger=[row for row in ledger if row.mobile in mobiles],
        messages=[
            Known(
                message_id=row.message_id, template=row.template, state=row.state, about_id=row.about_id
            )
            for row in _rows(world, "notify", _MESSAGES)
            if row.about_id in ours
        ],
        drained_s=drained_s,
    )  # fmt: skip


def digits(mobile: Any) -> str:
    """However a provider writes a number."""
    return "".join(letter for letter in str(mobile) if letter.isdigit())


def _accepted(row: Mapping[str, Any]) -> Accepted:
    return Accepted(
        provider=row["provider"],
        reference=row["reference"],
        mobile=digits(row["recipient"]),
        text=row["text"],
    )


def _rows(world: SmsWorld, service: str, statement: str, **values: Any) -> Any:
    with world.databases[service].transaction() as session:
        return session.execute(text(statement), values).all()
