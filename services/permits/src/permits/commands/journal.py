"""What every command shares: locking an aggregate, noting who did what, giving out serials."""

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from permits import contacts, hijri
from permits.domain.actors import Actor, require_access
from permits.domain.application import Outside
from permits.domain.errors import NotFound
from permits.domain.permits import document_number
from permits.models import ActionTaken, Certificate, Permit, PermitRequest, Serial

OUTSIDE = Outside(mobile=contacts.mobile, hijri_exists=hijri.exists)


Row = TypeVar("Row", PermitRequest, Permit, Certificate)
_HELD = "permits.held"


def lock(session: Session, model: type[Row], key: str) -> Row | None:
    """The row as it is now, locked until the transaction ends; None if there's none.

    What this transaction has locked before can't have changed since, and isn't read again.
    """
    if (model, key) in _held(session):
        return session.get(model, key)
    row = session.get(model, key, with_for_update=True, populate_existing=True)
    _held(session).add((model, key))
    return row


def _held(session: Session) -> set[tuple[type, str]]:
    """What the transaction in progress has locked. One savepoint's locks are none of another's."""
    transaction = session.get_nested_transaction() or session.get_transaction()
    known = session.info.get(_HELD)
    if known is None or known[0] is not transaction:
        session.info[_HELD] = known = (transaction, set())
    held: set[tuple[type, str]] = known[1]
    return held


def lock_request(session: Session, actor: Actor, request_id: str) -> PermitRequest:
    """The request, locked until the transaction ends. Raises NotFound."""
    return _within_reach(actor, lock(session, PermitRequest, request_id))


def lock_permit(session: Session, actor: Actor, permit_id: str) -> Permit:
    """The permit, locked until the transaction ends. Raises NotFound."""
    return _within_reach(actor, lock(session, Permit, permit_id))


def _within_reach(actor: Actor, row: Row | None) -> Row:
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def lock_certificate(
    session: Session, actor: Actor, certificate_id: str, kind: str
) -> tuple[Permit, Certificate]:
    """The certificate of that kind and its permit, both locked: always the permit first, so that a
    revocation and a completion wait for each other instead of slipping past. Raises NotFound."""
    owner = select(Certificate.permit_id).where(
        Certificate.certificate_id == certificate_id, Certificate.kind == kind
    )
    permit_id = session.scalar(owner)
    if permit_id is None:
        raise NotFound
    permit = lock_permit(session, actor, permit_id)
    certificate = session.get_one(
        Certificate, certificate_id, with_for_update=True, populate_existing=True
    )
    return permit, certificate


def enter(
    session: Session,
    row: PermitRequest | Permit | Certificate,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Counts the command on the aggregate (a new row has no version yet) and writes down who did
    it. A permit or a certificate publishes one event of its own for each."""
    row.version = (row.version or 0) + 1
    note_down(session, row, actor, action, now=now, note=note, details=details)


def note_down(
    session: Session,
    row: PermitRequest | Permit | Certificate,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Writes down who did something that changed nothing."""
    session.add(
        ActionTaken(
            aggregate=row.aggregate,
            aggregate_id=row.key,
            version=row.version,
            action=str(action),
            note=note,
            details=details,
            at=now,
            subject=actor.subject,
            client_id=actor.client_id,
            organisation=actor.organisation,
        )
    )


def next_number(session: Session, document: str, municipality: str, day: date) -> tuple[str, int]:
    """The next number of a kind of document and its Hijri year: (1448/1312, 1448).

    The counter's row stays locked until the transaction ends, so that no number is given twice; one
    that is rolled back is given to the next.
    """
    year = hijri.hijri_year(day)
    statement = (
        insert(Serial)
        .values(document=document, municipality=municipality, year_hijri=year, last=1)
        .on_conflict_do_update(
            index_elements=[Serial.document, Serial.municipality, Serial.year_hijri],
            set_={"last": Serial.last + 1},
        )
        .returning(Serial.last)
    )
    return document_number(year, session.execute(statement).scalar_one()), year
