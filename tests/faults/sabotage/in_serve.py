"""Bugs of the web process."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.events import outbox

from .bug import beside, bug, patch


@bug("no ghosts", "permits", "serve", nemesis=("sigkill-permits-serve", "terminate-backends"))
def publish_before_commit() -> None:
    """The event is committed before the change that it tells of: when that rolls back, a ghost is out."""
    publish = outbox.publish

    def at_once(session: Session, event: outbox.Event) -> str:
        with beside(session) as apart:
            event_id = publish(apart, event)
            apart.commit()
        time.sleep(0.05)
        return event_id

    patch(outbox, "publish", at_once)


@bug("every change has its event", "permits", "serve", nemesis=("sigkill-permits-serve",))
def publish_after_commit() -> None:
    """Two writes: the event gets its own transaction after the change's. Dying between the two loses it."""
    publish = outbox.publish

    def afterwards(session: Session, event: outbox.Event) -> str:
        def write(_: Session) -> None:
            time.sleep(0.1)
            with beside(session) as apart:
                publish(apart, event)
                apart.commit()

        listen(session, "after_commit", write, once=True)
        return "afterwards"

    patch(outbox, "publish", afterwards)


@bug("acknowledged is stored", "permits", "serve", nemesis=("sigkill-permits-serve",))
def acknowledge_before_commit() -> None:
    """The answer leaves before the commit is done."""

    def transaction(self: Database) -> Iterator[Session]:
        session = self._session()
        try:
            yield session
            session.flush()
        except BaseException:
            session.rollback()
            session.close()
            raise
        threading.Thread(target=_commit_late, args=(session,)).start()

    patch(Database, "transaction", contextmanager(transaction))


def _commit_late(session: Session) -> None:
    time.sleep(0.1)
    with session:
        session.commit()


@bug("failed is not stored", "permits", "serve")
def refuse_after_commit() -> None:
    """One write in twenty is answered with a refusal although it was committed."""
    from chassis.http.problems import Problem

    whole = Database.transaction

    def transaction(self: Database) -> Iterator[Session]:
        with whole(self) as session:
            yield session
            wrote = bool(session.info.get("wrote"))
        if wrote and random.random() < 0.05:
            raise Problem("not-found")

    publish = outbox.publish

    def noting(session: Session, event: outbox.Event) -> str:
        session.info["wrote"] = True
        return publish(session, event)

    patch(outbox, "publish", noting)
    patch(Database, "transaction", contextmanager(transaction))


@bug("the gate", "permits", "serve")
def gate_without_lock() -> None:
    """Completion looks at permit and insulation without locking them, and a revocation comes in between."""
    from chassis.core.refusals import NotFound
    from permits.commands import completion
    from permits.commands.insulation_state import FollowUp
    from permits.models import Certificate, Permit

    def unlocked_permit(work: Any, permit_id: str) -> Permit:
        permit: Permit | None = work.session.get(Permit, permit_id)
        if permit is None:
            raise NotFound
        return permit

    def unlocked_insulation(work: Any, permit: Permit) -> FollowUp:
        insulation = {"permit_id": permit.permit_id, "kind": "insulation"}
        rows = work.session.query(Certificate).filter_by(**insulation)
        return FollowUp(work.session, permit, list(rows.order_by(Certificate.opened_at)))

    decide = completion._decide

    def slowly(*words: Any) -> Any:
        decision = decide(*words)
        time.sleep(0.5)
        return decision

    patch(completion, "lock_permit", unlocked_permit)
    patch(completion, "lock_insulation", unlocked_insulation)
    patch(completion, "_decide", slowly)


@bug("audit", "partner-gateway", "serve")
def skip_audit_when_it_fails() -> None:
    """A record of a query that can't be written (here one in five) is passed over, and the query is answered."""
    from partner_gateway.record.chain import Recorder

    add = Recorder.add

    async def tolerant(self: Recorder, access: Any) -> None:
        if random.random() > 0.2:
            with contextlib.suppress(Exception):
                await add(self, access)

    patch(Recorder, "add", tolerant)
