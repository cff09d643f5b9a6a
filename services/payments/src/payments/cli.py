"""The service's own commands on the command line: `payments reconcile`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO

import click
import structlog

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from payments import queries
from payments.commands.reconcile import reconcile
from payments.domain.payments import Source
from payments.domain.settlement import Line, Unreadable, is_over, read_csv
from payments.models import Reconciliation
from payments.outside import SettlementAway
from payments.resources import Resources
from payments.settings import Settings
from saudi.days import RIYADH, parse_day
from saudi.malformed import Malformed
from saudi.money import riyals

COMMAND = SystemActor("command", "payments")

log = structlog.get_logger(__name__)


@click.command(
    "reconcile", help="Reconcile a day, list the differences, and fail when there are any."
)
@click.option(
    "--source",
    type=click.Choice([one.value for one in Source]),
    default=Source.SADAD.value,
    show_default=True,
)
@click.option("--day", help="A day in Riyadh, of either calendar; yesterday by default.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bank's lines as CSV (line_id,reference,bill_number,amount), instead of asking the bill system.",
)
@click.option("--csv", "output", type=click.File("w"), help="Where the differences go, as CSV.")
@pass_process
def reconcile_day(
    process: Process[Settings, Resources],
    source: str,
    day: str | None,
    file: Path | None,
    output: TextIO | None,
) -> None:
    """Exits with code 1 when anything differs."""
    now = datetime.now(UTC)
    chosen = _read_day(day) if day else now.astimezone(RIYADH).date() - timedelta(days=1)
    if not is_over(chosen, now):
        raise click.BadParameter("the day isn't over in Riyadh", param_hint="--day")
    lines = _fetch_lines(process, Source(source), chosen, file)
    with process.transaction() as context:
        result = reconcile(UnitOfWork.of(context, COMMAND), Source(source), chosen, lines)
        differences = queries.differences_of(context.session, source, chosen)
        text = queries.differences_csv(differences)
        click.echo(_summary(result))
    click.echo(text if differences else "", file=output, nl=False)
    if differences:
        raise click.exceptions.Exit(1)


def _read_day(text: str) -> date:
    try:
        return parse_day(text)
    except Malformed as error:
        raise click.BadParameter(error.code, param_hint="--day") from None


def _fetch_lines(
    process: Process[Settings, Resources], source: Source, day: date, file: Path | None
) -> Sequence[Line]:
    """Returns the bank's lines, of the file or of the bill system. Raises ClickException."""
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
