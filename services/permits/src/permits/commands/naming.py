"""`permits index-names`: the parts of owners' names from before they were searched. As often as you like."""

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.process import Process, pass_process
from documents.issuing.resources import Printing
from permits.models import PermitOwner, RequestOwner
from permits.settings import Settings

BATCH = 500


def index_some(session: Session) -> int:
    """Up to 500 owners of each kind; answers how many. A name is set to itself: its parts follow."""
    count = 0
    for model in (PermitOwner, RequestOwner):
        rows: Sequence[Any] = session.scalars(
            select(model).where(~model.parts.any()).limit(BATCH)
        ).all()
        for row in rows:
            row.name = str(row.name)
        count += len(rows)
    return count


@click.command("index-names", help="Make owners of before found by the parts of their names.")
@pass_process
def command(process: Process[Settings, Printing]) -> None:
    """In transactions of 500 owners of each kind."""
    done = 0
    while True:
        with process.transaction() as context:
            count = index_some(context.session)
        if not count:
            break
        done += count
        click.echo(f"{done} owners")
