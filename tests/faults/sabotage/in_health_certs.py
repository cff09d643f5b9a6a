"""Bugs on the way from a medical centre's entry to a certificate, for the world of health certificates."""

from functools import partial
from typing import Any

from .bug import bug as any_bug
from .bug import patch

bug = partial(any_bug, world="health-certs")


@bug("one call is one entry", "partner-gateway", "serve")
def each_put_is_an_entry() -> None:
    """Neither the key of a call nor an entry that's there holds back another one."""
    from chassis.data import idempotency
    from partner_gateway.commands import examinations

    patch(idempotency, "begin", lambda *_words, **_names: None)
    patch(idempotency, "keep", lambda *_words, **_names: None)
    patch(examinations, "_last_unrefused", lambda *_words: None)


@bug("what was recorded is kept by the gateway no more", "partner-gateway", "consumer")
def the_copy_stays() -> None:
    """The answer is kept, and what was entered stays beside it."""
    from partner_gateway import consumers
    from partner_gateway.models import HealthExamination

    record = consumers.examinations.record_answer

    def keeping(session: Any, event: Any, settings: Any) -> None:
        row = session.get(HealthExamination, event.data["examination_id"])
        text = row.sealed if row is not None else None
        record(session, event, settings)
        if row is not None and text is not None:
            row.sealed = text
            session.flush()

    patch(consumers.examinations, "record_answer", keeping)


@bug("a result is no event of its request", "health-certs", "consumer")
def unfit_ends_at_once() -> None:
    """A request ends with the result, and not at the examination's deadline: its employer sees why."""
    from health_certs.commands import decide

    decide_examined = decide.decide_examined

    def telling(work: Any, requests: Any) -> None:
        decide_examined(work, requests)
        for request in requests:
            decide.end_unexamined(work, request)

    patch(decide, "decide_examined", telling)


@bug(
    "nobody holds a certificate who isn't fit, or whose fee isn't paid", "health-certs", "consumer"
)
def corrections_come_to_nothing() -> None:
    """A correction to unfit after the issue is recorded, and the certificate stays in force."""
    from health_certs.commands import decide

    patch(decide, "cancel_for_result", lambda *_words, **_names: None)


@bug("a worker has one certificate in force at most", "health-certs", "consumer")
def renewed_ones_stay() -> None:
    """The next certificate is issued, and the one that it renews stays in force beside it."""
    from health_certs.commands import issue

    patch(issue, "replace", lambda *_words, **_names: None)


@bug("a renewal makes no gap", "health-certs", "consumer")
def money_ends_the_old_one() -> None:
    """A certificate gives way when its renewal is paid, and not when the next one is issued."""
    from health_certs.commands import decide, issue
    from health_certs.commands.recording import SYSTEM

    take_payment = decide.take_payment

    def early(work: Any, invoice_id: str, **names: Any) -> Any:
        request = take_payment(work, invoice_id, **names)
        for old in issue.lock_renewed(work, [request] if request else []).values():
            issue.replace(work.acting_as(SYSTEM), old, old)
        return request

    patch(decide, "take_payment", early)
