"""`permits index-names`: the parts of owners' names from before they were searched, or spelled as today. As often as
you like."""

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from chassis.process import Process, pass_process
from permits.models import PermitOwner, RequestOwner
from permits.resources import Resources
from permits.settings import Settings
from saudi.finding import FAMILY, name_parts

BATCH = 500


def index_some(session: Session) -> int:
    """Up to 500 owners of each kind; answers how many got other parts. A name is set to itself: its parts follow. «آل»
    alone was a part once."""
    index, count = keys_of(session).index, 0
    for model in (PermitOwner, RequestOwner):
        part_key = model.part_model.part_key
        old = or_(~model.parts.any(), model.parts.any(part_key.in_(index.keys(FAMILY))))
        rows: Sequence[Any] = session.scalars(select(model).where(old).limit(BATCH)).all()
        for row in rows:
            row.name = str(row.name)
        count += sum(bool(name_parts(row.name)) for row in rows)
    return count


@click.command(
    "index-names",
    help="Make owners found by the parts of their names, as searches spell them today.",
)
@pass_process
def command(process: Process[Settings, Resources]) -> None:
    """In transactions of 500 owners of each kind."""
    done = 0
    while True:
        with process.transaction() as context:
            count = index_some(context.session)
        if not count:
            break
        done += count
        click.echo(f"{done} owners")
