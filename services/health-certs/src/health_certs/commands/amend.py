"""Changes an open request for its applicant: amends the worker, changes the centre, withdraws, asks for another
bill."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.core.refusals import Conflict, Findings, InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs import catalogue
from health_certs.commands import decide, uniqueness
from health_certs.commands.bill import request_bill, require_no_open_bill
from health_certs.commands.facts import profession_of, rules_for
from health_certs.commands.recording import record_request
from health_certs.domain.access import Applicant
from health_certs.domain.requests import Action, EndReason, require_open, require_time_to_pay
from health_certs.domain.workers import IDENTITY, declare
from health_certs.models import Examination, Invoice, Request
from saudi.days import legal_day
from saudi.ids import IdType


class NotByBorderNumber(Conflict):
    """Only a worker who is registered by border number can be edited: for other workers the register is right."""

    problem = "not-by-border-number"


class RenewalNotEdited(Conflict):
    """A renewal belongs to its certificate's worker and profession: an edited renewal would end one worker's
    certificate for another worker's."""

    problem = "renewal-not-edited"


class ExaminationTimeOver(Conflict):
    """The time for the examination is over: no centre can enter the examination that the change would ask for. Looks at
    the clock only, so the refusal tells nothing of a result."""

    problem = "examination-time-over"


def lock_changeable(
    work: UnitOfWork, applicant: Applicant, request_id: str, action: Action
) -> Request:
    """Locks an open request that the applicant may change. The lock comes first, the check second. Raises NotFound and
    IllegalTransition."""
    request = work.lock(Request, request_id)
    if not applicant.changes(
        worker=request.worker_number,
        establishment=request.establishment,
        applied_by=request.applied_by,
    ):
        raise NotFound
    require_open(request.status, action)
    return request


def amend(
    work: UnitOfWork, applicant: Applicant, request_id: str, changes: Mapping[str, Any]
) -> Request:
    """Corrects the declared identity of a worker with a border number, whom no register knows. Earlier fit examinations
    count no more, since they examined the identity declared before. Raises NotFound, IllegalTransition,
    NotByBorderNumber, RenewalNotEdited, ExaminationTimeOver, RequestOpen, CertificateHeld and InvalidFields."""
    request = lock_changeable(work, applicant, request_id, Action.AMEND)
    if request.renews is not None:
        raise RenewalNotEdited
    if request.worker["id_type"] != IdType.BORDER_NUMBER:
        raise NotByBorderNumber
    _require_examination_time(work, request)
    today = legal_day(work.now)
    worker = _amended_worker(request, changes, today=today)
    profession = request.profession
    if "profession" in changes:
        profession = _checked_profession(request, changes["profession"], today=today)
    post = uniqueness.Post(worker["id_number"], profession, request.workplace)
    others = Request.request_id != request.request_id
    uniqueness.require_no_open_request(work, post, where=others)
    uniqueness.require_no_certificate(work, post)
    _name_examined_worker(work, request)
    request.worker, request.worker_key = worker, worker["id_number"]
    request.profession = profession
    request.revision += 1
    return _record_amendment(work, request, Action.AMEND)


def _require_examination_time(work: UnitOfWork, request: Request) -> None:
    if work.now > request.examined_until:
        raise ExaminationTimeOver


def _amended_worker(request: Request, changes: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    before = request.worker
    identity = {name: changes.get(name, before[name]) for name in IDENTITY}
    body, findings = {"worker": {**before, **identity}}, Findings()
    declared = declare(body, rules_for(request), findings, today=today)
    findings.settle()
    return {**before, **declared["worker"]}


def _name_examined_worker(work: UnitOfWork, request: Request) -> None:
    """Writes the number before the edit into entries of the present revision that name no worker. Otherwise an old
    result would follow the edit to another worker."""
    entries = select(Examination).where(
        Examination.request_id == request.request_id,
        Examination.revision == request.revision,
        Examination.entry.is_not(None),
    )
    for examination in work.session.scalars(entries):
        examination.name_worker(request.worker["id_number"])


def _checked_profession(request: Request, code: str, *, today: date) -> str:
    """Returns another listed profession, for which fee and validity are the same. Raises InvalidFields."""
    profession = catalogue.professions().by_code.get(code)
    if (
        profession is None
        or not profession.is_listed(today)
        or profession.season != profession_of(request).season
    ):
        raise InvalidFields.of("profession", "profession-unknown")
    return code


def change_centre(work: UnitOfWork, applicant: Applicant, request_id: str, centre: str) -> Request:
    """Sends the worker to another centre, which finds the request from now on. Raises NotFound, IllegalTransition,
    ExaminationTimeOver and InvalidFields."""
    request = lock_changeable(work, applicant, request_id, Action.CHANGE_CENTRE)
    _require_examination_time(work, request)
    listed = catalogue.centres().get(centre)
    if listed is None or not listed.is_accredited(legal_day(work.now)):
        raise InvalidFields.of("centre", "centre-unknown")
    request.centre = centre
    return _record_amendment(work, request, Action.CHANGE_CENTRE)


def _record_amendment(work: UnitOfWork, request: Request, action: Action) -> Request:
    """Publishes the change with the public state to which the change leads. An amendment issues nothing: a missing
    condition is still missing, or the certificate would have been issued before."""
    request.status = decide.public_decision(work, request).status.value
    return record_request(work, request, action, "amended")


def withdraw(work: UnitOfWork, applicant: Applicant, request_id: str) -> Request:
    """Ends the request like every other request that ends without a certificate. Raises NotFound and
    IllegalTransition."""
    request = lock_changeable(work, applicant, request_id, Action.WITHDRAW)
    return decide.end(work, request, EndReason.WITHDRAWN)


def bill_again(work: UnitOfWork, applicant: Applicant, request_id: str) -> Invoice:
    """Requests another bill, after a bill that ended unpaid or whose money goes back. Raises NotFound,
    IllegalTransition, PaymentTimeOver and BillOpen."""
    request = lock_changeable(work, applicant, request_id, Action.BILL)
    require_time_to_pay(request.completed_until, legal_day(work.now))
    require_no_open_bill(work, request)
    return request_bill(work, request, Action.BILL, "billed")
