"""`permits index-names`: the parts of owners' names from before they were searched, or spelled as today. As often as
you like."""

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.data.sealed import keys_of
from chassis.process import Process, pass_process
from permits.models import Permit, PermitOwner, PermitRequest, RequestOwner
from permits.resources import Resources
from permits.settings import Settings
from saudi.finding import FAMILY, name_parts

BATCH = 500


def index_some(session: Session, *, wait: bool = False) -> int:
    """Up to 500 owners of each kind; answers how many got other parts. A name is set to itself: its parts follow. What
    an officer has in hand is left for another time, or waited for: its owners may be about to change."""
    return _index(session, PermitOwner, Permit.permit_id, wait) + _index(
        session, RequestOwner, PermitRequest.request_id, wait
    )


def _index(session: Session, model: Any, key: InstrumentedAttribute[str], wait: bool) -> int:
    belongs_to, part_key = getattr(model, key.key), model.part_model.part_key
    # «آل» alone was a part once.
    family = part_key.in_(keys_of(session).index.keys(FAMILY))
    old = or_(~model.parts.any(), model.parts.any(family))
    found = session.scalars(select(belongs_to).where(old).limit(BATCH)).all()
    locked = select(key).where(key.in_(set(found))).order_by(key)
    locked = locked.with_for_update(key_share=True, skip_locked=not wait)
    mine = select(model).where(old, belongs_to.in_(session.scalars(locked).all()))
    rows: Sequence[Any] = session.scalars(mine.execution_options(populate_existing=True)).all()
    for row in rows:
        row.name = str(row.name)
    return sum(bool(name_parts(row.name)) for row in rows)


@click.command(
    "index-names",
    help="Make owners found by the parts of their names, as searches spell them today.",
)
@pass_process
def command(process: Process[Settings, Resources]) -> None:
    """In transactions of 500 owners of each kind; at the end those that somebody had in hand."""
    done = 0
    for wait in (False, True):
        while True:
            with process.transaction() as context:
                count = index_some(context.session, wait=wait)
            if not count:
                break
            done += count
            click.echo(f"{done} owners")
