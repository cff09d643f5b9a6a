"""The command line: `permits import-rows`, `permits index-names`, and what `permits numbers check` compares."""

from typing import Any

import click
from sqlalchemy import Integer, Select, cast, func, select

from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from documents.issuing.resources import Printing
from permits.commands.import_older import row_recovery
from permits.commands.search_people import index_names
from permits.domain.older import Origin
from permits.models import Appeal, Certificate, Permit, Release
from permits.resources import Resources
from permits.settings import Settings


@click.group("import-rows", help="Rows of imported files at which the system failed.")
def import_rows_command() -> None:
    """Each stands in the log as `import.row_unprocessed`, with the class and the place of its error."""


@import_rows_command.command("list")
@pass_process
def list_unprocessed_rows(process: Process[Settings, Printing]) -> None:
    """One a line: batch, row, status of the batch."""
    with process.transaction() as context:
        for import_id, row_number, status in row_recovery.unprocessed_rows(context.session):
            click.echo(f"{import_id}\t{row_number}\t{status}")


@import_rows_command.command(
    "retry", help="Take rows up again, once the cause is mended: one, or all of a batch."
)
@click.argument("import_id")
@click.argument("row", type=int, required=False)
@click.option("--give-up", is_flag=True, help="No permit is made of them; empty what they say.")
@pass_process
def retry_rows(
    process: Process[Settings, Printing], import_id: str, row: int | None, give_up: bool
) -> None:
    """Exit 1 when nothing could be done."""
    act = row_recovery.give_up_row if give_up else row_recovery.retry_row
    done = 0
    with process.transaction() as context:
        waiting = row_recovery.unprocessed_rows(context.session)
        wanted = [n for batch, n, _ in waiting if batch == import_id and row in (None, n)]
    for number in wanted:
        try:
            with process.transaction() as context:
                act(UnitOfWork.of(context, row_recovery.OPERATOR), import_id, number)
        except Refusal as refused:
            click.echo(f"{number}: {refused}", err=True)
            continue
        done += 1
    click.echo(f"{done} of {len(wanted)} rows")
    if not done:
        raise SystemExit(1)


@click.command(
    "index-names",
    help="Make owners found by the parts of their names, as searches spell them today.",
)
@pass_process
def index_names_command(process: Process[Settings, Resources]) -> None:
    """In transactions of 500 owners of each kind; at the end those that somebody had in hand."""
    done = 0
    for wait in (False, True):
        while True:
            with process.transaction() as context:
                count = index_names(context.session, wait=wait)
            if not count:
                break
            done += count
            click.echo(f"{done} owners")


def numbered_releases() -> Select[str, int, int]:
    """Returns municipality, Hijri year and number of every release."""
    return select(*_numbered_columns(Release.municipality, Release.release_number))


def numbered_appeals() -> Select[str, int, int]:
    """Returns municipality, Hijri year and number of every appeal."""
    return select(*_numbered_columns(Appeal.municipality, Appeal.appeal_number))


def numbered_permits() -> Select[str, int, int]:
    """Returns municipality, Hijri year and number of every permit of our own series, for `permits numbers check`."""
    numbered = select(*_numbered_columns(Permit.municipality, Permit.permit_number))
    return numbered.where(Permit.origin == Origin.SYSTEM.value)


def numbered_certificates(kind: str) -> Select[str, int, int]:
    """Returns municipality, Hijri year and number of every numbered certificate of a kind."""
    statement = select(*_numbered_columns(Certificate.municipality, Certificate.certificate_number))
    return statement.where(Certificate.kind == kind, Certificate.certificate_number.is_not(None))


def _numbered_columns(municipality: Any, number: Any) -> tuple[Any, Any, Any]:
    year, serial = (cast(func.split_part(number, "/", place), Integer) for place in (1, 2))
    return municipality.label("branch"), year.label("year"), serial.label("number")
