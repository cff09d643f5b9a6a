"""What applicants do with an open request: they amend it, choose another centre, withdraw it, ask for a bill."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.aggregates import lock
from health_certs import catalogue
from health_certs.commands import applying, billing, deciding, ending, held
from health_certs.commands.gathering import profession_of, rules_for
from health_certs.commands.recording import record_request
from health_certs.domain import workers
from health_certs.domain.applicants import Applicant
from health_certs.domain.requests import Action, Reason, require_open
from health_certs.models import Invoice, Request
from saudi.days import legal_day
from saudi.ids import IdType


class BillOpen(Conflict):
    """There's a bill that can be paid, or that was."""

    problem = "bill-open"


class NotByBorderNumber(Conflict):
    """Only a worker who is registered by border number is edited afterwards: of others the register is right."""

    problem = "not-by-border-number"


class RenewalNotEdited(Conflict):
    """A renewal is of its certificate's worker and profession: edited, it would end one worker's certificate for
    another one's."""

    problem = "renewal-not-edited"


def lock_own(session: Session, own: Applicant, request_id: str) -> Request:
    """A request that the caller may change, locked first and looked at then. Raises NotFound."""
    row = lock(session, Request, request_id)
    whose = {"worker": row.worker_number, "establishment": row.establishment}
    if not own.changes(**whose, applied_by=row.applied_by):
        raise NotFound
    return row


def amend(
    session: Session,
    actor: Actor,
    own: Applicant,
    request_id: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
) -> Request:
    """Corrects what was declared of a worker with a border number, whom no register knows. An examination was of whom
    was declared then: after the edit it counts no more. Raises NotFound, IllegalTransition, NotByBorderNumber,
    RenewalNotEdited, RequestOpen, CertificateHeld and InvalidFields."""
    row = lock_own(session, own, request_id)
    require_open(row.status, Action.AMEND)
    if row.renews is not None:
        raise RenewalNotEdited
    if row.worker["id_type"] != IdType.BORDER_NUMBER:
        raise NotByBorderNumber
    worker = _amended(row, changes, today=legal_day(now))
    code = changes.get("profession", row.profession)
    profession = _profession(row, code, today=legal_day(now)) if "profession" in changes else code
    post = held.Post(worker["id_number"], profession, row.workplace)
    applying.check_none_asked(session, post, Request.request_id != row.request_id)
    held.check_none_held(session, post, now=now)
    row.worker, row.worker_key, row.profession = worker, worker["id_number"], profession
    row.revision += 1
    return _decided(session, row, actor, Action.AMEND, "amended", now=now)


def _amended(row: Request, changes: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    before = row.worker
    named = {name: changes.get(name, before[name]) for name in workers.IDENTITY}
    born = named["birth_date"]
    born = date.fromisoformat(born) if isinstance(born, str) else born
    body = {"worker": {**before, **named, "birth_date": born}}
    done = workers.settled(body, rules_for(row), today=today)
    return {**before, **done["worker"]}


def _profession(row: Request, code: str, *, today: date) -> str:
    """Another profession of the list, for the same fee and as long a certificate. Raises InvalidFields."""
    found = catalogue.professions().by_code.get(code)
    if found is None or not found.is_listed(today) or found.season != profession_of(row).season:
        raise InvalidFields.of("profession", "profession-unknown")
    return code


def change_centre(
    session: Session, actor: Actor, own: Applicant, request_id: str, centre: str, *, now: datetime
) -> Request:
    """The worker goes to another centre; that one finds the request from now on. Raises NotFound, IllegalTransition
    and InvalidFields."""
    row = lock_own(session, own, request_id)
    require_open(row.status, Action.CHANGE_CENTRE)
    found = catalogue.centres().get(centre)
    if found is None or not found.is_accredited(legal_day(now)):
        raise InvalidFields.of("centre", "centre-unknown")
    row.centre = centre
    return _decided(session, row, actor, Action.CHANGE_CENTRE, "amended", now=now)


def _decided(
    session: Session, row: Request, actor: Actor, action: str, happened: str, *, now: datetime
) -> Request:
    """The change's event has the public state that it leads to. Nothing is issued by it: what was missing still is, or
    it would have been issued before."""
    row.status = deciding.public_decision_of(session, row, now=now).status.value
    return record_request(session, row, actor, action, happened, now=now)


def withdraw(
    session: Session, actor: Actor, own: Applicant, request_id: str, *, now: datetime
) -> Request:
    """Ends the request as every other that comes to nothing. Raises NotFound and IllegalTransition."""
    row = lock_own(session, own, request_id)
    require_open(row.status, Action.WITHDRAW)
    return ending.end(session, row, Reason.WITHDRAWN, actor, now=now)


def bill_again(
    session: Session, actor: Actor, own: Applicant, request_id: str, *, now: datetime
) -> Invoice:
    """Another bill, after one that ended unpaid or whose money goes back. Raises NotFound, IllegalTransition and
    BillOpen."""
    row = lock_own(session, own, request_id)
    require_open(row.status, Action.BILL)
    invoice = lock(session, Invoice, row.invoice_id or "")
    if invoice.status not in billing.UNPAID or row.payment is not None:
        raise BillOpen
    return billing.bill(session, row, actor, Action.BILL, "billed", now=now)
