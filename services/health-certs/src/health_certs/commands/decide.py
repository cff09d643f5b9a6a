"""Decides requests whenever a fact becomes known or a deadline passes, and ends requests that get no certificate."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_

from chassis.core import telemetry
from chassis.data.deadlines import drop_deadline, drop_deadlines, set_deadline
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.bill import give_up_bill, take_payment, take_refund
from health_certs.commands.cancel import cancel_for_result
from health_certs.commands.facts import facts_of, facts_of_all, needs_of, public_facts_of
from health_certs.commands.issue import issue, lock_renewed
from health_certs.commands.recording import SYSTEM, record_request
from health_certs.domain.decision import Decision, decide, end_reason
from health_certs.domain.examinations import padded_reason
from health_certs.domain.requests import EndReason, Status
from health_certs.models import Request
from saudi.days import legal_day, midnight_after

EDUCATION = "education"  # a kind of deadlines


def decision_of(work: UnitOfWork, request: Request) -> Decision:
    """Returns the decision by all that is known now."""
    return decide(needs_of(request), facts_of(work.session, request), on=legal_day(work.now))


def public_decision(work: UnitOfWork, request: Request) -> Decision:
    """Returns the decision for callers who may not know a result. Its public state is right, because the examination is
    the last missing condition."""
    facts = public_facts_of(work.session, request)
    return decide(needs_of(request), facts, on=legal_day(work.now))


def redecide(work: UnitOfWork, request: Request) -> bool:
    """Decides the locked request after a public fact changed: issues the certificate, or moves the public state on.
    Returns whether the request changed. A request that has ended stays as it is."""
    return bool(redecide_all(work, [request]))


def lock_open_requests(work: UnitOfWork, number: str) -> Sequence[Request]:
    """Locks a worker's open requests, in the order of their ids, before the first is decided."""
    open_requests = and_(
        Request.worker_key.in_(keys_of(work.session).index.keys(number)),
        Request.ended_at.is_(None),
    )
    return work.lock_where(Request, open_requests)


def redecide_all(work: UnitOfWork, requests: Sequence[Request]) -> int:
    """Decides the locked requests anew. Returns how many requests changed. Complete requests are issued together and
    last: the transaction waits for everything else before it draws numbers."""
    moved, complete = 0, []
    lock_renewed(work, requests)  # a revocation is seen here, or waits for the decision
    for request in requests:
        if request.ended_at is not None:
            continue
        set_education_deadline(work, request)
        decision = decision_of(work, request)
        if decision.issues:
            complete.append(request)
        elif request.status != decision.status:
            request.status = decision.status.value
            record_request(work.acting_as(SYSTEM), request, "decide", "moved")
            moved += 1
    issue(work, complete)
    return moved + len(complete)


def set_education_deadline(work: UnitOfWork, request: Request) -> None:
    """Plans a decision for the day after the worker's health education ends. Without that deadline the next event of
    another kind would move the state, and a result that arrives then would be told by the move. An end that has passed
    sets nothing: a deadline in the past would fire again and again."""
    education = facts_of(work.session, request).education
    key = (Request.aggregate_type, request.request_id, EDUCATION)
    if education is None or needs_of(request).course is None:
        return
    over_at = midnight_after(education.valid_until)
    if work.now < over_at < request.completed_until:
        set_deadline(work.session, *key, over_at)
    else:
        drop_deadline(work.session, *key)


def decide_examined(
    work: UnitOfWork, examined: Sequence[Request], others: Sequence[Request] = ()
) -> None:
    """Decides the locked requests for which a result was entered or corrected, and the `others` of their workers. A fit
    result that was the last missing condition issues the certificate; a correction to unfit cancels the certificate
    that rests on the corrected result, and no other. Nothing else changes that anybody could see, not even what has
    become due for another cause.

    The consequences stand in no trace of the result: the trace would tell this cancellation from others."""
    requests = [*examined, *others]
    facts, complete = facts_of_all(work.session, requests), []
    named = {request.request_id for request in examined}
    with telemetry.apart("decide"):
        for request in requests:
            known = facts[request.request_id]
            if request.certificate_id is not None:
                # Results are emptied with time: only a new entry for the request itself tells of a lost fit result.
                own = known.own_examination
                if request.request_id in named and (own is None or not own.fit):
                    cancel_for_result(work, request)
            elif (
                request.ended_at is None
                and decide(needs_of(request), known, on=legal_day(work.now)).issues
            ):
                complete.append(request)
        issue(work, complete)


def decide_paid(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Takes the payment of an invoice, and decides its request anew. Ignores another service's invoice."""
    request = take_payment(work, invoice_id, paid_at=paid_at)
    if request is not None:
        redecide(work, request)


def decide_refunded(work: UnitOfWork, invoice_id: str, *, sent: bool) -> None:
    """Takes the news that the money of an invoice goes back, or (`sent`) went. From the agreement on the payment is no
    fact any more: a request that isn't issued yet waits for another bill."""
    request = take_refund(work, invoice_id, sent=sent)
    if request is not None:
        redecide(work, request)


def end_unexamined(work: UnitOfWork, request: Request) -> None:
    """Ends the locked request at the examination's deadline unless a fit result is known. An unfit result and no result
    look alike."""
    if request.ended_at is None:
        examination = facts_of(work.session, request).examination
        if examination is None or not examination.fit:
            end(work.acting_as(SYSTEM), request, _end_reason(work, request))


def end_incomplete(work: UnitOfWork, request: Request) -> None:
    """Ends the locked request at its last deadline unless a certificate was issued."""
    if request.ended_at is None:
        end(work.acting_as(SYSTEM), request, _end_reason(work, request))


def _end_reason(work: UnitOfWork, request: Request) -> EndReason:
    facts = facts_of(work.session, request)
    return end_reason(facts, decide(needs_of(request), facts, on=legal_day(work.now)))


def end(work: UnitOfWork, request: Request, reason: EndReason) -> Request:
    """Ends the locked request without a certificate. State, event and the way of the money are alike for every
    reason."""
    request.status, request.ended_at = Status.NOT_ISSUED.value, work.now
    request.end_reason = padded_reason(reason.value)
    with work.session.no_autoflush:  # the row is written once, with its new version
        drop_deadlines(work.session, Request.aggregate_type, request.request_id)
    record_request(work, request, "end", "ended")
    give_up_bill(work.acting_as(SYSTEM), request)
    return request
