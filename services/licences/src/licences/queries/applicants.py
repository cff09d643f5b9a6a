"""`Applicant.owns` in SQL, for lists and for single things alike."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from licences.domain.actors import NOT_NOTIFIED, Applicant
from licences.models import Application, Draft, Invoice, Licence, Violation


def owned_by(
    session: Session,
    own: Applicant,
    model: type[Application] | type[Licence] | type[Violation],
    person_key: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """The person's number is looked for under every key that is in use."""
    keys = keys_of(session).index.keys(own.id_number)
    return or_(
        model.establishment.in_(sorted(own.establishments)),
        and_(model.establishment.is_(None), person_key.in_(keys)),
    )


def drafts_of(own: Applicant) -> ColumnElement[bool]:
    """A draft is its maker's, or the establishment's that it's meant for."""
    return or_(
        Draft.establishment.in_(sorted(own.establishments)),
        and_(Draft.establishment.is_(None), Draft.subject == own.subject),
    )


Thing = TypeVar("Thing", Application, Draft, Licence, Violation)


def my_applications(session: Session, own: Applicant, page: PageRequest) -> Page[Application]:
    """Newest first."""
    statement = select(Application).where(
        owned_by(session, own, Application, Application.owner_key)
    )
    key = (Application.submitted_at, Application.application_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_application(session: Session, own: Applicant, application_id: str) -> Application:
    """Raises NotFound."""
    mine = owned_by(session, own, Application, Application.owner_key)
    this = select(Application).where(Application.application_id == application_id, mine)
    return _require_found(session.scalar(this))


def my_licences(session: Session, own: Applicant, page: PageRequest) -> Page[Licence]:
    """Newest first."""
    statement = select(Licence).where(owned_by(session, own, Licence, Licence.owner_key))
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_licence(session: Session, own: Applicant, licence_no: str) -> Licence:
    """Raises NotFound."""
    mine = owned_by(session, own, Licence, Licence.owner_key)
    return _require_found(
        session.scalar(select(Licence).where(Licence.licence_no == licence_no, mine))
    )


def my_violations(session: Session, own: Applicant, page: PageRequest) -> Page[Violation]:
    """Those that the offender was told of, newest first."""
    statement = select(Violation).where(
        owned_by(session, own, Violation, Violation.offender_key),
        Violation.status.not_in(NOT_NOTIFIED),
    )
    key = (Violation.observed_at, Violation.violation_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_violation(session: Session, own: Applicant, violation_id: str) -> Violation:
    """Raises NotFound, also before the offender was told."""
    mine = owned_by(session, own, Violation, Violation.offender_key)
    this = select(Violation).where(
        Violation.violation_id == violation_id, Violation.status.not_in(NOT_NOTIFIED), mine
    )
    return _require_found(session.scalar(this))


def my_drafts(session: Session, own: Applicant) -> Collection[Draft]:
    """All, the last changed first; they're few."""
    statement = select(Draft).where(drafts_of(own)).order_by(Draft.changed_at.desc())
    return session.scalars(statement.limit(100)).all()


def my_draft(session: Session, own: Applicant, draft_id: str) -> Draft:
    """Raises NotFound."""
    this = select(Draft).where(Draft.draft_id == draft_id, drafts_of(own))
    return _require_found(session.scalar(this))


def bill_of(session: Session, row: Application) -> Invoice:
    """The application's present invoice. Raises NotFound when there's none."""
    invoice = session.get(Invoice, row.invoice_id) if row.invoice_id else None
    if invoice is None:
        raise NotFound
    return invoice


def _require_found(row: Thing | None) -> Thing:
    if row is None:
        raise NotFound
    return row
