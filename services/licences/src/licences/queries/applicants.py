"""What an applicant owns: each list and each single row by one rule. Another applicant's row counts as not found."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from licences.domain.actors import Applicant
from licences.domain.applications import BY_APPLICANT, BY_SYSTEM, ENDED, Action, Status
from licences.domain.declarations import RENEW
from licences.models import Application, Draft, Invoice, Licence, Violation


def owned_by(
    session: Session,
    applicant: Applicant,
    model: type[Application] | type[Licence] | type[Violation],
    person_key: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """Selects the rows that `Applicant.owns`. Looks for the person's number under every key in use."""
    keys = keys_of(session).index.keys(applicant.id_number)
    return or_(
        model.establishment.in_(sorted(applicant.establishments)),
        and_(model.establishment.is_(None), person_key.in_(keys)),
    )


Thing = TypeVar("Thing", Application, Draft, Licence, Violation)


def my_applications(session: Session, applicant: Applicant, page: PageRequest) -> Page[Application]:
    """Returns a page, newest first."""
    statement = select(Application).where(
        owned_by(session, applicant, Application, Application.owner_key)
    )
    key = (Application.submitted_at, Application.application_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_application(session: Session, applicant: Applicant, application_id: str) -> Application:
    """Returns one. Raises NotFound."""
    mine = owned_by(session, applicant, Application, Application.owner_key)
    this = select(Application).where(Application.application_id == application_id, mine)
    return _require_found(session.scalar(this))


@dataclass(frozen=True)
class Withdrawal:
    """Names the party that withdrew an application, and the moment. `by` None: the journal of before December 2026
    doesn't say who."""

    by: str | None
    at: datetime


def withdrawal_of(session: Session, row: Application) -> Withdrawal | None:
    """Returns how an application was withdrawn; None for another status."""
    if row.status != Status.WITHDRAWN:
        return None
    found = history(
        session, (Application.aggregate_type, row.application_id), actions=(Action.WITHDRAW,)
    )
    if not found:
        return None
    by = (found[-1].details or {}).get("by")
    return Withdrawal(by if row.reason_code == BY_APPLICANT else BY_SYSTEM, found[-1].at)


def newest_form_of(session: Session, applicant: Applicant) -> Mapping[str, Any] | None:
    """Returns the form of the applicant's newest application; None without one, and once it was emptied."""
    mine = owned_by(session, applicant, Application, Application.owner_key)
    newest = select(Application).where(mine).order_by(Application.submitted_at.desc()).limit(1)
    row = session.scalar(newest)
    return row.body if row is not None else None


def my_licences(session: Session, applicant: Applicant, page: PageRequest) -> Page[Licence]:
    """Returns a page, newest first."""
    statement = select(Licence).where(owned_by(session, applicant, Licence, Licence.owner_key))
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_licence(session: Session, applicant: Applicant, licence_no: str) -> Licence:
    """Returns one. Raises NotFound."""
    mine = owned_by(session, applicant, Licence, Licence.owner_key)
    return _require_found(
        session.scalar(select(Licence).where(Licence.licence_no == licence_no, mine))
    )


def open_renewals_of(session: Session, licences: Iterable[Licence]) -> dict[str, Application]:
    """Returns number of a licence → its renewal that hasn't ended, for a page, in one statement. At most one is
    open."""
    numbers = [one.licence_no for one in licences]
    statement = select(Application).where(
        Application.licence_no.in_(numbers),
        Application.request == RENEW,
        Application.status.not_in(ENDED),
    )
    return {str(row.licence_no): row for row in session.scalars(statement)} if numbers else {}


def my_violations(session: Session, applicant: Applicant, page: PageRequest) -> Page[Violation]:
    """Returns a page, newest first, without violations that the offender hasn't heard of."""
    statement = select(Violation).where(
        owned_by(session, applicant, Violation, Violation.offender_key),
        Violation.told_ones(),
    )
    key = (Violation.observed_at, Violation.violation_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_violation(session: Session, applicant: Applicant, violation_id: str) -> Violation:
    """Returns one. Raises NotFound, also for a violation that the offender hasn't heard of."""
    mine = owned_by(session, applicant, Violation, Violation.offender_key)
    this = select(Violation).where(
        Violation.violation_id == violation_id, Violation.told_ones(), mine
    )
    return _require_found(session.scalar(this))


def my_drafts(session: Session, applicant: Applicant) -> Collection[Draft]:
    """Returns all drafts, the last changed first; an applicant has few."""
    statement = select(Draft).where(Draft.owned_by(applicant)).order_by(Draft.changed_at.desc())
    return session.scalars(statement.limit(100)).all()


def my_draft(session: Session, applicant: Applicant, draft_id: str) -> Draft:
    """Returns one. Raises NotFound."""
    this = select(Draft).where(Draft.draft_id == draft_id, Draft.owned_by(applicant))
    return _require_found(session.scalar(this))


def bill_of(session: Session, row: Application) -> Invoice:
    """Returns the application's present invoice. Raises NotFound without an invoice."""
    invoice = session.get(Invoice, row.invoice_id) if row.invoice_id else None
    if invoice is None:
        raise NotFound
    return invoice


def _require_found(row: Thing | None) -> Thing:
    if row is None:
        raise NotFound
    return row
