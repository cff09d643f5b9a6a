"""Bugs on the way from an invoice to its settlement, for the world of bills."""

from dataclasses import replace
from functools import partial
from typing import Any

from . import in_consumer
from .bug import bug as any_bug
from .bug import patch

bug = partial(any_bug, world="payments")


@bug("one registration each", "payments", "bills")
def register_again_without_asking() -> None:
    """After a time-out the bill is sent again, without asking whether the bill system has it."""
    from payments.domain import registration

    next_call = registration.next_call

    def hasty(standing: Any) -> Any:
        return next_call(replace(standing, unsure=False))

    patch(registration, "next_call", hasty)


@bug("one registration each", "payments", "bills")
def absent_is_believed_at_once() -> None:
    """A lease that is over counts as a call that never was: the bill is sent again."""
    from payments.domain import registration

    after = registration.step_after

    def trusting(call: Any, standing: Any, result: Any, **words: Any) -> Any:
        if call is registration.Call.REGISTER and result.outcome is registration.Outcome.UNKNOWN:
            result = replace(result, outcome=registration.Outcome.NOT_SENT)
        return after(call, standing, result, **words)

    patch(registration, "step_after", trusting)


@bug("a bill that was paid is settled", "payments", "bills")
def unknown_is_refused() -> None:
    """A registration whose outcome isn't known is taken as refused, and its money waits for a clerk."""
    from payments.domain import registration

    after = registration.step_after

    def giving_up(call: Any, standing: Any, result: Any, **words: Any) -> Any:
        if call is registration.Call.REGISTER and result.outcome is registration.Outcome.UNKNOWN:
            result = replace(result, outcome=registration.Outcome.REFUSED)
        return after(call, standing, result, **words)

    patch(registration, "step_after", giving_up)


@bug("every payment is known once, to the halala", "payments", "serve")
def each_notice_a_payment() -> None:
    """A payment goes by the notice's id: one that is told under two ids came twice."""
    from payments.commands import notices

    take = notices.take_notice

    def anew(work: Any, told: Any) -> None:
        take(work, replace(told, payment=f"{told.payment}-{told.notice_id}"))

    patch(notices, "take_notice", anew)


@bug("every payment is known once, to the halala", "payments", "serve")
def halalas_are_cut_off() -> None:
    """An amount is read as whole riyals, as a careless float would be."""
    from payments.api import notices

    parse = notices.parse_riyals

    def careless(text: str) -> int:
        return parse(text) // 100 * 100

    patch(notices, "parse_riyals", careless)


@bug("every payment is known once, to the halala", "payments", "serve")
def early_notices_are_thrown_away() -> None:
    """A notice that comes before the bill system's answer is acknowledged and forgotten."""
    from payments.commands import notices

    take = notices.take_notice

    def forgetful(work: Any, told: Any) -> None:
        bill, _ = notices._lock_bill_of(work, told)
        if bill is not None and bill.bill_number is not None:
            take(work, told)

    patch(notices, "take_notice", forgetful)


@bug("every invoice has its bill", "payments", "consumer", nemesis=("sigkill-payments-work",))
def offset_before_bill() -> None:
    """Offsets are committed before the bills are made: dying between the two loses them."""
    in_consumer.commit_the_offset_first()
