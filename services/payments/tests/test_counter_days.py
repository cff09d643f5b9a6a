"""The counters' day beside the bank's file: whose it is to upload, when, and what is told of a day without one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from payments import chores
from payments.commands import settle
from payments.commands.reconcile import settle_counter_day
from payments.domain.settlement import Line, TookMoneyOfDay


def enter(session: Any, actor: Any, desk: Any, receipt: str = "000123") -> Any:
    bill, facts = desk.bill(), {"method": "cash", "amount_halalas": 75_000}
    return settle.enter_counter_payment(
        UnitOfWork(session, actor, desk.now), bill.bill_id, receipt=receipt, **facts
    )


def line_of(payment: Any) -> Line:
    return Line(line_id="1", reference=payment.reference, bill_number=None, amount_halalas=75_000)


def test_a_cashier_who_took_money_of_a_day_may_not_upload_its_settlement(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    payment = enter(session, cashier, desk)
    day, later = payment.paid_on, desk.now + timedelta(days=1)

    with pytest.raises(TookMoneyOfDay):
        settle_counter_day(UnitOfWork(session, cashier, later), day, [line_of(payment)])
    row = settle_counter_day(UnitOfWork(session, second, later), day, [line_of(payment)])

    assert (row.made_by, row.matched, row.differences) == ("p_second", 1, 0)
    day_before = day - timedelta(days=1)
    assert settle_counter_day(UnitOfWork(session, cashier, later), day_before, []).lines == 0


def test_a_counters_day_is_not_settled_before_it_is_over(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    payment = enter(session, cashier, desk)

    with pytest.raises(InvalidFields, match="day"):
        settle_counter_day(UnitOfWork(session, second, desk.now), payment.paid_on, [])


def test_the_journal_records_each_upload_with_its_sums(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    payment = enter(session, cashier, desk)
    day, later = payment.paid_on, desk.now + timedelta(days=1)

    settle_counter_day(UnitOfWork(session, second, later), day, [])
    settle_counter_day(UnitOfWork(session, second, later), day, [line_of(payment)])

    entries = history(session, ("reconciliation", f"counter/{day}"))
    assert [(one.version, one.subject) for one in entries] == [(1, "p_second"), (2, "p_second")]
    told = [one.details or {} for one in entries]
    assert [(one["lines"], one["lines_halalas"]) for one in told] == [(0, 0), (1, 75_000)]
    assert [(one["payments_halalas"], one["differences"]) for one in told] == [
        (75_000, 1),
        (75_000, 0),
    ]


def test_a_counter_day_counts_as_open_from_the_third_day_until_all_its_money_is_compared(
    desk: Any, session: Any, context: Any, cashier: Any, second: Any
) -> None:
    payment = enter(session, cashier, desk)

    def counted(days: int) -> float | None:
        chores.measure(replace(context, now=desk.now + timedelta(days=days)))
        return REGISTRY.get_sample_value("counter_days_open")

    assert [counted(3), counted(4)] == [0, 1]
    later = desk.now + timedelta(days=4)
    settle_counter_day(UnitOfWork(session, second, later), payment.paid_on, [line_of(payment)])
    assert counted(4) == 0
    enter(session, cashier, desk, "000124")  # entered while the file was read

    assert counted(4) == 1


def test_a_cashier_does_not_reconcile_his_receipt_in_the_file_of_another_day(
    desk: Any, session: Any, cashier: Any
) -> None:
    payment = enter(session, cashier, desk)
    day_before, later = payment.paid_on - timedelta(days=1), desk.now + timedelta(days=1)

    with pytest.raises(TookMoneyOfDay):
        settle_counter_day(UnitOfWork(session, cashier, later), day_before, [line_of(payment)])


def test_a_cashier_does_not_replace_a_file_that_names_his_receipt(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    payment = enter(session, cashier, desk)
    day, later = payment.paid_on + timedelta(days=1), desk.now + timedelta(days=2)
    settle_counter_day(UnitOfWork(session, second, later), day, [line_of(payment)])

    with pytest.raises(TookMoneyOfDay):
        settle_counter_day(UnitOfWork(session, cashier, later), day, [])


def test_a_line_that_the_cashier_uploaded_before_he_took_the_money_matches_nothing(
    desk: Any, session: Any, cashier: Any, second: Any
) -> None:
    planted = Line(line_id="1", reference="qatif/000123", bill_number=None, amount_halalas=75_000)
    day = desk.now.date()
    settle_counter_day(UnitOfWork(session, cashier, desk.now), day - timedelta(days=1), [planted])
    payment = enter(session, cashier, desk)

    later = desk.now + timedelta(days=1)
    row = settle_counter_day(UnitOfWork(session, second, later), payment.paid_on, [])

    assert (row.matched, row.differences) == (0, 1)
