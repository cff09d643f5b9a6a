"""Changes of the register's rows: new terms, suspension, reinstatement. The journal records each change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import not_blank
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from identity.commands.revocations import revoke
from identity.domain.administration import check_reinstatement, require_another
from identity.domain.errors import WrongStatus
from identity.domain.registration import Action
from identity.domain.scopes import ClientKind
from identity.domain.tokens import RevocationKind
from identity.models import Citizen, Client, Grant, Organisation, Person

ACTIVE, SUSPENDED = "active", "suspended"
# Personal data: the journal records the change without the values.
_PERSONAL = frozenset({"display_name"})
_REVOCATION_KINDS: Mapping[type, RevocationKind] = {
    Organisation: RevocationKind.ORGANISATION,
    Person: RevocationKind.PERSON,
    Client: RevocationKind.CLIENT,
    Citizen: RevocationKind.PERSON,
}

SuspendableT = TypeVar("SuspendableT", Organisation, Person, Client, Citizen)


def change_terms(
    work: UnitOfWork, row: Organisation | Person | Client | Grant, terms: Mapping[str, Any]
) -> None:
    """Sets the columns that `terms` names, and journals each different value, before and after."""
    details = {
        name: None
        if name in _PERSONAL
        else [_journal_value(getattr(row, name)), _journal_value(value)]
        for name, value in terms.items()
        if getattr(row, name) != value
    }
    for name, value in terms.items():
        setattr(row, name, value)
    work.record_change(row, Action.AMEND, details=details or None)
    work.session.flush()


def suspend(work: UnitOfWork, model: type[SuspendableT], key: str, *, reason: str) -> SuspendableT:
    """Suspends the row, ends its sessions and voids its tokens. Raises InvalidFields, NotFound, WrongStatus and
    SuspendsOneself.

    An organisation's suspension also voids the tokens that its clients had for people, because these tokens name the
    person's organisation, or none for a citizen.
    """
    reason = not_blank(reason, "reason")
    row = work.lock(model, key)
    if isinstance(row, Person):
        require_another(key, work.actor.subject)
    if isinstance(row, Organisation):
        require_another(key, work.actor.organisation)
    _change_status(work, row, SUSPENDED, Action.SUSPEND, reason)
    void_tokens_of(work, row, reason)
    if isinstance(row, Organisation):
        for_people = select(Client).where(
            Client.organisation == row.code, Client.kind != ClientKind.MACHINE
        )
        for client in work.session.scalars(for_people.order_by(Client.client_id)).all():
            void_tokens_of(work, client, reason)
    return row


def reinstate(
    work: UnitOfWork, model: type[SuspendableT], key: str, *, reach: str | None = None
) -> SuspendableT:
    """Reinstates the row. `reach`: the one organisation that the administrator reaches, who ends no suspension of
    another organisation's. Raises NotFound, WrongStatus and SuspendedByOthers."""
    row = work.lock(model, key)
    if row.status == SUSPENDED:
        check_reinstatement(reach, _suspended_by(work.session, row))
    _change_status(work, row, ACTIVE, Action.REINSTATE, None)
    return row


def _suspended_by(session: Session, row: Organisation | Person | Client | Citizen) -> str | None:
    """Returns the organisation of the administrator who suspended the row last."""
    of_row = (JournalEntry.aggregate_type == row.aggregate_type) & (
        JournalEntry.aggregate_id == row.aggregate_id
    )
    statement = select(JournalEntry.organisation).where(
        of_row, JournalEntry.action == Action.SUSPEND
    )
    return session.scalar(statement.order_by(JournalEntry.entry_id.desc()).limit(1))


def _change_status(
    work: UnitOfWork,
    row: Organisation | Person | Client | Citizen,
    status: str,
    action: Action,
    reason: str | None,
) -> None:
    if row.status == status:
        raise WrongStatus(status, row.status)
    row.status = status
    work.record_change(row, action, note=reason)
    work.session.flush()


def void_tokens_of(
    work: UnitOfWork, row: Organisation | Person | Client | Citizen, reason: str
) -> None:
    """Voids the tokens of the row, and ends its sessions."""
    revoke(
        work.session,
        _REVOCATION_KINDS[type(row)],
        row.aggregate_id,
        reason=reason,
        recorded_by=work.actor.subject,
        now=work.now,
    )


def _journal_value(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
