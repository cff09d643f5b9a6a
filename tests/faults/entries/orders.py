"""Orders to disconnect for danger: given, withdrawn and undone by permits' own commands in its database, each of which
may be tried until it's done, whatever became of the last try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from permits.commands import release_current
from permits.commands.release_state import course_of, record_release
from permits.domain.release_course import Approval, Order, Status, Supplied, Supply
from permits.domain.release_rules import Extent
from permits.models import Release
from permits.settings import Settings
from saudi.branches import GOVERNORATE

REASON = "خطر مباشر (بيانات تجريبية)"


@dataclass(frozen=True)
class Officer:
    """The officer of the governorate, who orders in any branch."""

    subject: str = "p_sample"
    client_id: str = "sample"
    name: str | None = "موظف (بيانات تجريبية)"
    organisation: str | None = "qatif"
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": GOVERNORATE})


OFFICER = Officer()


class Orders:
    """The municipality's side, in the database of a running system."""

    def __init__(self, database: Database, environment: Mapping[str, str]) -> None:
        self._database = database
        use_keys(database, Settings.load("permits", dict(environment)))

    def connect(self, permit_ids: Sequence[str]) -> None:
        """Current flows into each building, so that it can be cut."""
        with self._database.transaction() as session:
            for permit_id in permit_ids:
                _connect(session, permit_id, datetime.now(UTC))

    def give(self, permit_id: str, *, besides: str | None = None) -> str:
        """Orders unless an order other than `besides` is open. Returns the id of the order."""
        with self._database.transaction() as session:
            held = _locked(session, permit_id)
            order = held.course.order
            if order is None or order.order_id == besides:
                row = release_current.order_disconnection(
                    UnitOfWork(session, OFFICER, datetime.now(UTC)),
                    held.row.release_id,
                    reason=REASON,
                )
                order = course_of(row).order
            return _there(order).order_id

    def withdraw(self, permit_id: str) -> bool:
        """Withdraws the order unless it's withdrawn. Returns true once that is done."""
        with self._database.transaction() as session:
            held = _locked(session, permit_id)
            if _there(held.course.order).withdrawn_on is None:
                release_current.withdraw_disconnection(
                    UnitOfWork(session, OFFICER, datetime.now(UTC)),
                    held.row.release_id,
                    reason=REASON,
                )
        return True

    def allow(self, permit_id: str) -> bool:
        """Allows the current once the company says that it's cut. Returns whether the current is allowed."""
        with self._database.transaction() as session:
            held = _locked(session, permit_id)
            if held.row.status == Status.DISCONNECTED:
                release_current.allow_reconnection(
                    UnitOfWork(session, OFFICER, datetime.now(UTC)),
                    held.row.release_id,
                    reason=REASON,
                )
            return _there(course_of(held.row).order).reconnection_allowed_on is not None


def _connect(session: Session, permit_id: str, now: datetime) -> None:
    row = release_current.submit_release(
        UnitOfWork(session, OFFICER, now), permit_id, extent="partial"
    )
    held = release_current.lock_release(UnitOfWork(session, OFFICER, now), row.release_id)
    approved = Approval(Extent.PARTIAL, held.today)
    flows = Supply(Supplied.PARTIAL, held.today)
    held.set(replace(held.course, approvals=(approved,), supply=flows))
    record_release(UnitOfWork(session, OFFICER, now), held.row, "approve_partial", "approved")


def _locked(session: Session, permit_id: str) -> release_current.LockedRelease:
    release_id = session.scalar(select(Release.release_id).where(Release.permit_id == permit_id))
    if release_id is None:
        raise NotFound
    return release_current.lock_release(UnitOfWork(session, OFFICER, datetime.now(UTC)), release_id)


def _there(order: Order | None) -> Order:
    if order is None:
        raise LookupError("no order was given")
    return order
