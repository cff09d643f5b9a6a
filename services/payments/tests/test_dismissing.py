"""Money is dismissed when the bank hasn't it, and taken up again when it comes all the same."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import decisions
from payments.commands.decisions import Proposal
from payments.commands.reconcile import reconcile
from payments.commands.recording import CLOCK
from payments.domain.decisions import Kind, MoneyMayHaveCome
from payments.domain.payments import Source
from payments.domain.settlement import Line
from payments.models import Difference

REFUND = Proposal(
    kind=Kind.REFUND,
    reason="وصل بعد استبعاده",
    iban="SA03 8000 0000 6080 1016 7519",
    holder="علي بن حسن آل تجربة (بيانات تجريبية)",
)
DISMISSAL = Proposal(kind=Kind.DISMISS, reason="لا أثر له في الكشف")


def line_of(payment: Any) -> Line:
    return Line(
        line_id=f"L-{payment.reference}",
        reference=payment.reference,
        bill_number=payment.bill_number,
        amount_halalas=payment.amount_halalas,
    )


def reconciled(session: Any, payment: Any, *lines: Line, day: date | None = None) -> None:
    """The day of a payment, or another, with the bank's lines."""
    day = day or payment.paid_on
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=1)
    reconcile(UnitOfWork(session, CLOCK, now), Source.SADAD, day, lines)


def test_a_notice_of_money_that_never_arrived_is_dismissed(
    desk: Any, session: Any, second_payment: Any, cashier: Any, second: Any, published: Any
) -> None:
    reconciled(session, second_payment)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, DISMISSAL
    )

    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )

    assert second_payment.status == "dismissed"
    assert published()[-1] == "payment.dismissed"


def test_money_is_not_dismissed_before_its_day_is_reconciled_or_when_the_bank_has_it(
    session: Any, desk: Any, second_payment: Any, cashier: Any
) -> None:
    def refusal() -> str:
        with pytest.raises(MoneyMayHaveCome) as caught:
            decisions.propose_decision(
                UnitOfWork(session, cashier, desk.now), second_payment.payment_id, DISMISSAL
            )
        return str(caught.value.code)

    before = refusal()
    reconciled(session, second_payment, line_of(second_payment))

    assert (before, refusal()) == ("day-not-reconciled", "settled-by-bank")


def test_money_whose_line_arrives_before_the_approval_is_not_dismissed(
    session: Any, desk: Any, second_payment: Any, cashier: Any, second: Any
) -> None:
    reconciled(session, second_payment)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, DISMISSAL
    )
    after = second_payment.paid_on + timedelta(days=1)
    reconciled(session, second_payment, line_of(second_payment), day=after)

    with pytest.raises(MoneyMayHaveCome) as caught:
        decisions.decide(
            UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
        )

    assert (caught.value.code, second_payment.status) == ("settled-by-bank", "suspended")


@pytest.fixture
def dismissed(session: Any, desk: Any, cashier: Any, second: Any) -> Any:
    """Money that two people dismissed, and that the bank settled the day after all the same."""
    payment = desk.notice(None)
    reconciled(session, payment)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), payment.payment_id, DISMISSAL
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )
    reconciled(session, payment, line_of(payment), day=payment.paid_on + timedelta(days=1))
    return payment


def test_dismissed_money_that_the_bank_settles_is_a_difference(
    session: Any, dismissed: Any
) -> None:
    settled_on = dismissed.paid_on + timedelta(days=1)
    (found,) = session.query(Difference).filter_by(day=settled_on)

    assert (dismissed.status, found.kind) == ("dismissed", "dismissed-settled")


def test_dismissed_money_that_the_bank_settles_is_applied_or_refunded(
    session: Any, desk: Any, cashier: Any, second: Any, dismissed: Any, published: Any
) -> None:
    bill = desk.bill()
    with pytest.raises(IllegalTransition):
        decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), dismissed.payment_id, DISMISSAL
        )

    proposal = Proposal(kind=Kind.APPLY, reason="وصل بعد استبعاده", bill_id=bill.bill_id)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), dismissed.payment_id, proposal
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )

    assert (dismissed.status, dismissed.ended_at, bill.status) == ("settled", None, "settled")
    assert published()[-2:] == ["bill.settled", "payment.settled"]


def test_dismissed_money_that_the_bank_never_had_is_not_refunded(
    session: Any, desk: Any, cashier: Any, second: Any, second_payment: Any
) -> None:
    reconciled(session, second_payment)
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), second_payment.payment_id, DISMISSAL
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )

    with pytest.raises(IllegalTransition):
        decisions.propose_decision(
            UnitOfWork(session, cashier, desk.now), second_payment.payment_id, REFUND
        )


def test_two_people_refund_dismissed_money_that_the_bank_settled(
    session: Any, desk: Any, cashier: Any, second: Any, dismissed: Any, published: Any
) -> None:
    row = decisions.propose_decision(
        UnitOfWork(session, cashier, desk.now), dismissed.payment_id, REFUND
    )
    decisions.decide(
        UnitOfWork(session, second, desk.now), row.decision_id, agrees=True, note="نعم"
    )

    assert (dismissed.status, dismissed.ended_at) == ("refunding", None)
    assert published()[-1] == "payment.refunding"
