"""A day's settlement beside what we were told: by the worker, by the command, and by a file of the bank."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.cli import group
from payments import chores, workers
from payments.commands.reconcile import reconcile
from payments.commands.recording import CLOCK
from payments.domain.payments import Source
from payments.domain.settlement import Line
from payments.models import Difference, Reconciliation
from payments.outside import SettlementAway
from payments.resources import Resources

DAY = date(2026, 11, 26)
LATER = datetime(2026, 11, 28, 9, tzinfo=UTC)


def line(payment: Any, amount: int | None = None, **changes: Any) -> Line:
    facts = {
        "line_id": f"L-{payment.reference}",
        "reference": payment.reference,
        "bill_number": payment.bill_number,
        "amount_halalas": payment.amount_halalas if amount is None else amount,
    }
    return Line(**{**facts, **changes})


def kinds(session: Any) -> list[str]:
    return list(session.scalars(select(Difference.kind).order_by(Difference.difference_id)))


def test_a_day_without_differences_lists_none(desk: Any, session: Any) -> None:
    paid = [desk.notice(desk.bill()) for _ in range(3)]

    row = reconcile(
        UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, [line(one) for one in paid]
    )

    assert (row.lines, row.payments, row.matched, row.differences) == (3, 3, 3, 0)
    assert row.lines_halalas == row.payments_halalas == 225_000


def test_a_second_reconciliation_replaces_the_differences_of_the_first(
    desk: Any, session: Any
) -> None:
    told, wrong, waits = desk.notice(desk.bill()), desk.notice(desk.bill()), desk.notice(None)
    stray = Line(line_id="L-9", reference="SP-9", bill_number="4482999998", amount_halalas=100)

    lines = [line(wrong, 1), line(waits), stray]
    row = reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, lines)
    assert row.differences == 4
    assert sorted(kinds(session)) == ["amount", "in-suspense", "unnoticed", "unsettled"]

    lines = [line(told), line(wrong), line(waits)]
    row = reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, lines)
    assert (row.differences, kinds(session)) == (1, ["in-suspense"])
    assert session.query(Reconciliation).count() == 1


def test_a_payment_matches_a_line_of_the_day_after(desk: Any, session: Any) -> None:
    payment = desk.notice(desk.bill())
    reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, [])
    assert kinds(session) == ["unsettled"]

    after = DAY + timedelta(days=1)
    row = reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, after, [line(payment)])
    assert (row.matched, row.differences) == (1, 0)
    reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, [])

    assert kinds(session) == []


def test_a_payment_that_the_bank_settles_on_two_days_is_a_difference(
    desk: Any, session: Any
) -> None:
    payment = desk.notice(desk.bill())
    reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, [line(payment)])

    after = DAY + timedelta(days=1)
    reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, after, [line(payment)])

    assert kinds(session) == ["twice"]


def test_two_notices_of_a_payment_that_disagree_are_a_difference(desk: Any, session: Any) -> None:
    bill = desk.bill()
    payment = desk.notice(bill, payment="SP-1")
    desk.notice(bill, payment="SP-1", amount_halalas=1)

    reconcile(UnitOfWork(session, CLOCK, LATER), Source.SADAD, DAY, [line(payment)])

    assert kinds(session) == ["told-differently"]


def test_a_day_is_a_day_in_riyadh(desk: Any, session: Any) -> None:
    late = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)  # half past midnight in Riyadh
    desk.now = late
    payment = desk.notice(desk.bill(), paid_at=late)

    assert payment.paid_on == date(2026, 11, 27)


def test_the_worker_reconciles_each_day_once_and_missed_days_too(
    system: Any, new_notice: Any
) -> None:
    invoice = system.invoice()
    system.work_off()
    number = system.bill(invoice).bill_number
    there = system.provider.pay(number)
    told = new_notice(
        system.bill(invoice),
        payment=there.number,
        paid_at=datetime.fromtimestamp(there.paid_at, UTC),
    )
    system.clock.now = datetime.fromtimestamp(there.paid_at, UTC)
    system.notice(told)
    morning = datetime(there.day.year, there.day.month, there.day.day, 3, tzinfo=UTC)

    days = workers.reconcile_due_days(system.process(), morning + timedelta(days=1))
    again = workers.reconcile_due_days(system.process(), morning + timedelta(days=1))

    assert (days[-1], len(days), again) == (there.day, 7, [])
    with system.database.transaction() as session:
        row = session.get_one(Reconciliation, ("sadad", there.day))
        assert (row.matched, row.differences, row.made_by) == (1, 0, "clock")


def test_a_settlement_that_is_away_is_fetched_again(system: Any) -> None:
    nowhere = {"provider_url": "http://127.0.0.1:1", "outgoing_private_hosts": "127.0.0.1:1"}
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)

    assert workers.reconcile_due_days(system.process(**nowhere), now) == []
    assert workers.reconcile_due_days(system.process(), now)[-1] == DAY


class Bank:
    """A bill system that has no settlement of some days."""

    def __init__(self, *missing: date) -> None:
        self.missing = set(missing)
        self.asked: list[date] = []

    def settlement(self, day: date) -> list[Line]:
        self.asked.append(day)
        if day in self.missing:
            raise SettlementAway("status-404")
        return []


def with_bank(system: Any, bank: Any) -> Any:
    process = system.process()
    process.__dict__["resources"] = Resources(bank)
    return process


def late(process: Any, now: datetime) -> float:
    with process.transaction() as context:
        chores.measure(replace(context, now=now))
    return float(chores.UNRECONCILED._value.get())


def test_a_day_without_its_settlement_delays_no_later_day(system: Any) -> None:
    now, bank = datetime(2026, 11, 27, 9, tzinfo=UTC), Bank(DAY - timedelta(days=2))
    process = with_bank(system, bank)

    done = workers.reconcile_due_days(process, now)

    assert done == [DAY - timedelta(days=back) for back in (6, 5, 4, 3, 1, 0)]
    assert late(process, now) == 3
    bank.missing.clear()
    assert workers.reconcile_due_days(process, now) == [DAY - timedelta(days=2)]
    assert late(process, now) == 0


def test_a_day_is_fetched_until_its_settlement_is_there(system: Any) -> None:
    now, bank = datetime(2026, 11, 27, 9, tzinfo=UTC), Bank(DAY)
    process = with_bank(system, bank)
    for days in range(0, 40, 4):
        workers.reconcile_due_days(process, now + timedelta(days=days))
    months_later = now + timedelta(days=40)
    assert late(process, months_later) == 41
    bank.missing.clear()

    assert DAY in workers.reconcile_due_days(process, months_later)
    assert late(process, months_later) == 0


def test_a_settlement_that_cannot_be_stored_ends_neither_worker_nor_turn(system: Any) -> None:
    class Broken(Bank):
        def settlement(self, day: date) -> list[Line]:
            if day == DAY - timedelta(days=1):
                raise KeyError(day)
            return super().settlement(day)

    done = workers.reconcile_due_days(
        with_bank(system, Broken()), datetime(2026, 11, 27, 9, tzinfo=UTC)
    )

    assert (len(done), done[-1]) == (6, DAY)


def test_the_differences_of_a_day_stand_until_they_are_resolved(system: Any) -> None:
    process, now = with_bank(system, Bank()), datetime(2026, 11, 27, 9, tzinfo=UTC)
    stray = Line(line_id="L-9", reference="SP-9", bill_number="4482999998", amount_halalas=100)

    def shown() -> float:
        late(process, now)
        return float(chores.DIFFERENCES.labels("sadad")._value.get())

    with system.database.transaction() as session:
        reconcile(UnitOfWork(session, CLOCK, now), Source.SADAD, DAY - timedelta(days=1), [stray])
    with system.database.transaction() as session:
        reconcile(UnitOfWork(session, CLOCK, now), Source.SADAD, DAY, [])
    before = shown()
    with system.database.transaction() as session:
        reconcile(UnitOfWork(session, CLOCK, now), Source.SADAD, DAY - timedelta(days=1), [])

    assert (before, shown()) == (1, 0)


MORNING = datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_a_late_notice_makes_its_reconciled_day_due_again(system: Any, new_notice: Any) -> None:
    process = with_bank(system, Bank())
    workers.reconcile_due_days(process, MORNING)
    system.clock.now = MORNING
    system.notice(
        new_notice()
    )  # the bank never had it, and the notice says that it was paid yesterday

    assert late(process, MORNING) == 1
    assert workers.reconcile_due_days(process, MORNING) == [DAY]

    assert late(process, MORNING) == 0
    with system.database.transaction() as session:
        assert kinds(session) == ["unsettled"]
        assert session.get_one(Reconciliation, ("sadad", DAY)).payments == 1
    assert workers.reconcile_due_days(process, MORNING) == []


def test_a_payment_that_was_received_before_and_committed_after_a_reconciliation_makes_its_day_due(
    system: Any, new_notice: Any
) -> None:
    process = with_bank(system, Bank())
    workers.reconcile_due_days(process, MORNING)
    system.clock.now = MORNING - timedelta(seconds=1)  # its transaction took longer
    system.notice(new_notice())

    assert workers.reconcile_due_days(process, MORNING) == [DAY]


@pytest.mark.parametrize(
    "paid_at",
    [
        datetime(2099, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 28, 9, tzinfo=UTC),
        datetime(2026, 10, 1, tzinfo=UTC),
    ],
)
def test_money_of_a_future_or_old_day_is_reconciled_with_the_day_of_receipt(
    system: Any, new_notice: Any, paid_at: datetime
) -> None:
    process = with_bank(system, Bank())
    workers.reconcile_due_days(process, MORNING)
    system.clock.now = MORNING
    system.notice(new_notice(paid_at=paid_at))

    done = workers.reconcile_due_days(process, MORNING + timedelta(days=1))

    assert done == [DAY + timedelta(days=1)]
    with system.database.transaction() as session:
        assert kinds(session) == ["unsettled"]
        assert [row.paid_at for row in system.payments()] == [paid_at]


def test_money_of_a_day_before_the_first_reconciled_day_is_reconciled(
    system: Any, new_notice: Any
) -> None:
    process = with_bank(system, Bank())
    workers.reconcile_due_days(process, MORNING)
    system.clock.now = MORNING
    system.notice(new_notice(paid_at=MORNING - timedelta(days=20)))

    assert workers.reconcile_due_days(process, MORNING) == [MORNING.date() - timedelta(days=20)]


def test_a_dismissal_makes_its_day_due_again(system: Any, new_notice: Any) -> None:
    process = with_bank(system, Bank())
    system.notice(new_notice())
    workers.reconcile_due_days(process, MORNING)
    with system.database.transaction() as session:
        assert kinds(session) == ["unsettled"]
        session.execute(text("UPDATE payment SET status = 'dismissed'"))

    assert workers.reconcile_due_days(process, MORNING) == [DAY]
    with system.database.transaction() as session:
        assert kinds(session) == []


def test_a_day_that_was_reconciled_before_it_was_over_is_due_again(system: Any) -> None:
    process = with_bank(system, Bank())
    workers.reconcile_due_days(process, MORNING)
    early = datetime(2026, 11, 26, 20, 59, tzinfo=UTC)  # a minute before midnight in Riyadh
    with system.database.transaction() as session:
        session.get_one(Reconciliation, ("sadad", DAY)).made_at = early

    assert workers.reconcile_due_days(process, MORNING) == [DAY]


def test_a_day_that_is_not_over_is_not_reconciled(desk: Any, session: Any) -> None:
    with pytest.raises(InvalidFields, match="future-day"):
        reconcile(UnitOfWork(session, CLOCK, desk.now), Source.SADAD, DAY, [])

    assert session.query(Reconciliation).count() == 0


def test_before_its_hour_yesterday_is_not_reconciled_yet(system: Any) -> None:
    early = datetime(2026, 11, 27, 2, 59, tzinfo=UTC)  # a minute to six in Riyadh

    assert workers.reconcile_due_days(system.process(), early)[-1] == date(2026, 11, 25)


def test_the_command_lists_the_differences_and_fails(
    service: Any, settings: Any, postgres_server: Any, tmp_path: Any
) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("line_id,reference,bill_number,amount\n1,qatif/1,4482000001,750.00\n", "utf-8")
    environment = {
        f"PAYMENTS_{name.upper()}": str(getattr(settings, name))
        for name in (
            *("database_url", "kafka_bootstrap_servers", "issuer", "cursor_key", "sealing_key"),
            *("blind_index_key", "contact_key", "payer_key", "notice_key", "person_key"),
        )
    }
    environment["PAYMENTS_DATABASE_URL"] = postgres_server.fresh_database("payments_reconcile")
    words = ["reconcile", "--source", "counter", "--day", "1448/06/16", "--file", str(file)]

    ahead = ["reconcile", "--source", "counter", "--day", "2999-01-01", "--file", str(file)]
    outcomes = [
        CliRunner().invoke(group(service), one, obj=service, env=environment)
        for one in (["migrate"], words, ["reconcile", "--source", "counter"], ahead)
    ]

    assert [one.exit_code for one in outcomes] == [0, 1, 1, 2], [one.output for one in outcomes]
    summary, *rows = outcomes[1].stdout.splitlines()
    assert summary.startswith("counter 2026-11-26: 1 lines (750.00), 0 payments")
    found = list(csv.DictReader(io.StringIO("\n".join(rows))))
    assert [(one["kind"], one["line_amount"]) for one in found] == [("unnoticed", "750.00")]
    assert "--file" in outcomes[2].output
    assert "isn't over" in outcomes[3].output
