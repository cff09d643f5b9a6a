"""`permits import-rows`: rows of older permits at which the system failed, and taking them up again."""

from datetime import UTC, datetime

import click

from chassis.core.refusals import Refusal
from chassis.process import Process, pass_process
from documents.issuing.resources import Printing
from permits.commands import rows_singly
from permits.settings import Settings


@click.group("import-rows", help="Rows of imported files at which the system failed.")
def command() -> None:
    """Each stands in the log as `import.row_unprocessed`, with the class and the place of its error."""


@command.command("list")
@pass_process
def list_rows(process: Process[Settings, Printing]) -> None:
    """One a line: batch, row, status of the batch."""
    with process.transaction() as context:
        for import_id, row_number, status in rows_singly.unprocessed(context.session):
            click.echo(f"{import_id}\t{row_number}\t{status}")


@command.command(
    "retry", help="Take rows up again, once the cause is mended: one, or all of a batch."
)
@click.argument("import_id")
@click.argument("row", type=int, required=False)
@click.option("--give-up", is_flag=True, help="No permit is made of them; empty what they say.")
@pass_process
def retry(
    process: Process[Settings, Printing], import_id: str, row: int | None, give_up: bool
) -> None:
    """Exit 1 when nothing could be done."""
    act = rows_singly.give_up if give_up else rows_singly.take_up
    done = 0
    with process.transaction() as context:
        waiting = rows_singly.unprocessed(context.session)
        wanted = [n for batch, n, _ in waiting if batch == import_id and row in (None, n)]
    for number in wanted:
        try:
            with process.transaction() as context:
                act(context.session, import_id, number, now=datetime.now(UTC))
        except Refusal as refused:
            click.echo(f"{number}: {refused}", err=True)
            continue
        done += 1
    click.echo(f"{done} of {len(wanted)} rows")
    if not done:
        raise SystemExit(1)
