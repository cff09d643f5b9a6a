"""What is an applicant's own: each list and each single thing by the same rule; another's is as if it weren't there."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from licences.domain.applicants import UNTOLD, Applicant
from licences.models import Application, Draft, Invoice, Licence, Violation
from licences.models.owned import owned, owned_draft

Thing = TypeVar("Thing", Application, Draft, Licence, Violation)


def my_applications(session: Session, own: Applicant, page: PageRequest) -> Page[Application]:
    """Newest first."""
    statement = select(Application).where(owned(session, own, Application, Application.owner_key))
    key = (Application.submitted_at, Application.application_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_application(session: Session, own: Applicant, application_id: str) -> Application:
    """Raises NotFound."""
    mine = owned(session, own, Application, Application.owner_key)
    this = select(Application).where(Application.application_id == application_id, mine)
    return _found(session.scalar(this))


def my_licences(session: Session, own: Applicant, page: PageRequest) -> Page[Licence]:
    """Newest first."""
    statement = select(Licence).where(owned(session, own, Licence, Licence.owner_key))
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_licence(session: Session, own: Applicant, licence_no: str) -> Licence:
    """Raises NotFound."""
    mine = owned(session, own, Licence, Licence.owner_key)
    return _found(session.scalar(select(Licence).where(Licence.licence_no == licence_no, mine)))


def my_violations(session: Session, own: Applicant, page: PageRequest) -> Page[Violation]:
    """Those that the offender was told of, newest first."""
    statement = select(Violation).where(
        owned(session, own, Violation, Violation.offender_key), Violation.status.not_in(UNTOLD)
    )
    key = (Violation.observed_at, Violation.violation_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_violation(session: Session, own: Applicant, violation_id: str) -> Violation:
    """Raises NotFound, also before the offender was told."""
    mine = owned(session, own, Violation, Violation.offender_key)
    this = select(Violation).where(
        Violation.violation_id == violation_id, Violation.status.not_in(UNTOLD), mine
    )
    return _found(session.scalar(this))


def my_drafts(session: Session, own: Applicant) -> Collection[Draft]:
    """All, the last changed first; they're few."""
    statement = select(Draft).where(owned_draft(own)).order_by(Draft.changed_at.desc())
    return session.scalars(statement.limit(100)).all()


def my_draft(session: Session, own: Applicant, draft_id: str) -> Draft:
    """Raises NotFound."""
    this = select(Draft).where(Draft.draft_id == draft_id, owned_draft(own))
    return _found(session.scalar(this))


def bill_of(session: Session, row: Application) -> Invoice:
    """The application's present invoice. Raises NotFound when there's none."""
    invoice = session.get(Invoice, row.invoice_id) if row.invoice_id else None
    if invoice is None:
        raise NotFound
    return invoice


def _found(row: Thing | None) -> Thing:
    if row is None:
        raise NotFound
    return row
