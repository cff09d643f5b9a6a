"""`transactions sample`: transactions that say «بيانات تجريبية», made through the service's own commands."""

from datetime import timedelta
from itertools import cycle, islice

import click
from sqlalchemy import func, select

from chassis.core.actors import SystemActor
from chassis.core.context import Context
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from saudi.ids import with_check_digit
from transactions.commands import move
from transactions.commands.enter import enter
from transactions.domain.transactions import Status
from transactions.models import Transaction
from transactions.resources import Resources
from transactions.settings import Settings

OFFICER = SystemActor(
    "sample-data",
    "sample",
    organisation="qatif",
    scopes=frozenset(("transactions.enter",)),
    attributes={"municipality": "qatif", "departments": "survey planning encroachments legal"},
)
_SAMPLES = (
    ("survey-decision", "قرار مساحي لقطعة في حي الشاطئ"),
    ("plot-division", "تجزئة قطعة في حي المجيدية"),
    ("land-encroachment", "تعد على أرض في سنابس"),
    ("petition", "التماس إعادة النظر في قرار"),
)
_LONG_AGO = timedelta(days=60)  # longer than any kind of transaction takes
_BRANCHES = ("central-qatif", "safwa", "saihat", "tarout")


@click.command("sample", help="Fill an empty database with transactions that say «بيانات تجريبية».")
@click.option("--count", default=40, show_default=True, help="How many.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a row: sample data don't belong among real ones."""
    with process.transaction() as context:
        if context.session.scalar(select(func.count()).select_from(Transaction)):
            raise click.ClickException("there are rows already: this is for an empty database")
    for place, (kind, subject) in enumerate(islice(cycle(_SAMPLES), count)):
        with process.transaction() as context:
            row = _enter(_work_of(context, place), place, kind, subject)
            transaction_id = row.transaction_id
        with process.transaction() as context:
            _move(_work_of(context, place), place, transaction_id)
    click.echo(f"{count} transactions")


def _work_of(context: Context[Settings, Resources], place: int) -> UnitOfWork:
    """Returns the work at the transaction of a place. Two of ten are overdue, one of them with another department."""
    ago = _LONG_AGO if place % 10 in (2, 4) else timedelta()
    return UnitOfWork(context.session, OFFICER, context.now - ago)


def _enter(work: UnitOfWork, place: int, kind: str, subject: str) -> Transaction:
    return enter(
        work,
        {
            "municipality": _BRANCHES[place // len(_SAMPLES) % len(_BRANCHES)],
            "kind": kind,
            "channel": "counter",
            "subject": f"{subject} (بيانات تجريبية)",
            "applicant": {
                "type": "person",
                "name": "بيانات تجريبية",
                "number": with_check_digit(f"{100000000 + place % 10}"),
                "mobile": f"05000000{place % 100:02}",
            },
        },
    )


def _move(work: UnitOfWork, place: int, transaction_id: str) -> None:
    """Moves some of the transactions, so that each department has something of every status."""
    match place % 5:
        case 1:
            note = "نرجو إرفاق صورة الصك (بيانات تجريبية)"
            move.return_for_completion(work, transaction_id, note=note)
        case 2:
            note = "لإبداء الرأي (بيانات تجريبية)"
            move.refer(work, transaction_id, department="engineering", note=note, within=3)
        case 3:
            note = "لا مانع (بيانات تجريبية)"
            move.decide(work, transaction_id, outcome=Status.APPROVED, note=note)
