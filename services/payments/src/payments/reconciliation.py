"""The daily reconciliation: a worker that fetches the settlement of the bill system, and the same as a command."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event as Stop
from typing import TextIO

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.core.actors import SystemActor
from chassis.data.failures import note_failure
from chassis.data.sqlstate import is_away
from chassis.process import Process, pass_process
from payments import queries
from payments.commands.reconciling import reconcile
from payments.commands.recording import CLOCK
from payments.domain.settlement import Line, Unreadable, is_over, last_day, read_csv
from payments.domain.settling import Source
from payments.models import Difference, Reconciliation
from payments.provider import BillSystem, SettlementAway
from payments.resources import Resources
from payments.settings import Settings
from saudi.days import RIYADH
from saudi.money import riyals

COMMAND = SystemActor("command", "payments")
HEADING = ("kind", "reference", "bill_number", "line_amount", "payment_amount", "payment_id")

log = structlog.get_logger(__name__)


def run(process: Process[Settings, Resources], stop: Stop) -> None:
    """The worker `reconciliation`: each day once, also days that it missed, and again what money came for since."""
    while not stop.is_set():
        try:
            turn(process, datetime.now(UTC), stop)
        except SQLAlchemyError as error:
            note_failure("reconciliation", error)
        stop.wait(process.settings.reconcile_poll_seconds)


def turn(
    process: Process[Settings, Resources], now: datetime, stop: Stop | None = None
) -> list[date]:
    """Reconciles the days that are due, the oldest first; answers them. A day whose settlement isn't to
    be had, or can't be kept, is asked for again at the next turn and keeps no other waiting."""
    bill_system = process.resources.bill_system
    if bill_system is None:
        return []
    with process.database.transaction() as session:
        due = queries.days_unreconciled(session, last_day(now, process.settings.reconcile_hour))
    done = []
    for day in due:
        if stop is not None and stop.is_set():
            break
        try:
            _reconcile(process, bill_system, day, now)
        except SettlementAway as error:
            log.warning("reconciliation.settlement_away", reason=error.code)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("reconciliation.failed")
        else:
            done.append(day)
    return done


def _reconcile(
    process: Process[Settings, Resources], bill_system: BillSystem, day: date, now: datetime
) -> None:
    lines = bill_system.settlement(day)
    with process.database.transaction() as session:
        differences = reconcile(session, Source.SADAD, day, lines, actor=CLOCK, now=now).differences
    log.info("reconciliation.made", status=Source.SADAD.value, count=differences)


def as_csv(rows: Sequence[Difference]) -> str:
    """The differences as a file. Every value is a code, a number or an amount, so none is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADING)
    writer.writerows(
        (
            row.kind,
            row.reference,
            row.bill_number or "",
            riyals(row.line_halalas) if row.line_halalas is not None else "",
            riyals(row.payment_halalas) if row.payment_halalas is not None else "",
            row.payment_id or "",
        )
        for row in rows
    )
    return text.getvalue()


@click.command(
    "reconcile", help="Reconcile a day, list the differences, and fail when there are any."
)
@click.option(
    "--source",
    type=click.Choice([one.value for one in Source]),
    default=Source.SADAD.value,
    show_default=True,
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="In Riyadh; yesterday by default.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bank's lines as CSV (line_id,reference,bill_number,amount), instead of asking the bill system.",
)
@click.option("--csv", "output", type=click.File("w"), help="Where the differences go, as CSV.")
@pass_process
def command(
    process: Process[Settings, Resources],
    source: str,
    day: datetime | None,
    file: Path | None,
    output: TextIO | None,
) -> None:
    """Exit code 1 when anything differs."""
    now = datetime.now(UTC)
    asked = day.date() if day else now.astimezone(RIYADH).date() - timedelta(days=1)
    if not is_over(asked, now):
        raise click.BadParameter("the day isn't over in Riyadh", param_hint="--day")
    lines = _lines(process, Source(source), asked, file)
    with process.transaction() as context:
        made = reconcile(
            context.session, Source(source), asked, lines, actor=COMMAND, now=context.now
        )
        found = queries.differences_of(context.session, source, asked)
        text = as_csv(found)
        click.echo(_summary(made))
    click.echo(text if found else "", file=output, nl=False)
    if found:
        raise click.exceptions.Exit(1)


def _lines(
    process: Process[Settings, Resources], source: Source, day: date, file: Path | None
) -> Sequence[Line]:
    """Raises ClickException when there's no settlement to be had."""
    try:
        if file is not None:
            return read_csv(file.read_text("utf-8"))
        if source is not Source.SADAD or process.resources.bill_system is None:
            raise click.ClickException("there's nobody to ask: give the bank's lines with --file")
        return process.resources.bill_system.settlement(day)
    except SettlementAway as error:
        raise click.ClickException(f"no settlement of {day}: {error.code}") from None
    except Unreadable as error:
        raise click.ClickException(f"the file can't be read: {error}") from None


def _summary(row: Reconciliation) -> str:
    return (
        f"{row.source} {row.day}: {row.lines} lines ({riyals(row.lines_halalas)}), {row.payments} payments"
        f" ({riyals(row.payments_halalas)}), {row.matched} matched, {row.differences} differences"
    )
