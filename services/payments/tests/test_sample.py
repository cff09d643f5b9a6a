"""`payments sample` makes bills through the command, once; deadlines, gauges and settings."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client import REGISTRY

from chassis.core.settings import SettingsError
from chassis.data.db import Database
from chassis.data.deadlines import Deadline
from chassis.data.sealed import use_keys
from chassis.run.cli import group
from chassis.service import Service
from payments import chores
from payments.app import SERVICE
from payments.models import Bill, Decision, Payment
from payments.settings import Settings

RINGS = (
    "sealing_key", "blind_index_key", "contact_key", "payer_key", "notice_key", "person_key",
)  # fmt: skip


def environment(url: str, **changes: str) -> dict[str, str]:
    return {
        "PAYMENTS_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        "PAYMENTS_CURSOR_KEY": "A" * 43,
        **{f"PAYMENTS_{name.upper()}": secrets.token_urlsafe(32) for name in RINGS},
        **changes,
    }


def test_sample_bills_are_made_once_and_wait_for_the_bill_system(
    service: Service, postgres_server: Any
) -> None:
    found = environment(postgres_server.fresh_database("payments_sample"))
    words = [["migrate"], ["sample", "--count", "3"], ["sample", "--count", "3"]]

    outcomes = [CliRunner().invoke(group(service), one, obj=service, env=found) for one in words]

    assert [one.exit_code for one in outcomes] == [0, 0, 1], [one.output for one in outcomes]
    database = Database(found["PAYMENTS_DATABASE_URL"])
    use_keys(database, Settings.load("payments", found))
    with database.transaction() as session:
        rows = session.query(Bill).all()
        assert [(row.status, row.task) for row in rows] == [("requested", "register")] * 3
        assert all("بيانات تجريبية" in row.payer["name"] for row in rows)
    database.dispose()


def test_some_sample_money_waits_for_an_accountant_and_a_refund_for_a_second_person(
    service: Service, postgres_server: Any
) -> None:
    found = environment(postgres_server.fresh_database("payments_sample_money"))

    outcomes = [
        CliRunner().invoke(group(service), words, obj=service, env=found)
        for words in (["migrate"], ["sample", "--count", "12"])
    ]

    assert [one.exit_code for one in outcomes] == [0, 0], [one.output for one in outcomes]
    database = Database(found["PAYMENTS_DATABASE_URL"])
    use_keys(database, Settings.load("payments", found))
    with database.transaction() as session:
        waiting = session.query(Payment).filter_by(status="suspended").all()
        assert {row.reason for row in waiting} == {"already-settled", "unknown-bill"}
        assert len(waiting) == 3
        assert session.query(Bill).filter_by(status="settled").count() == 2
        assert [row.status for row in session.query(Decision).all()] == ["proposed"]
    database.dispose()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"PAYMENTS_NOTICE_KEY": "short"}, "NOTICE_KEY"),
        ({"PAYMENTS_PROVIDER_URL": "sadad"}, "PROVIDER_URL"),
        ({"PAYMENTS_LEASE_SECONDS": "5"}, "LEASE_SECONDS"),
        ({"PAYMENTS_RECONCILE_HOUR": "24"}, "RECONCILE_HOUR"),
        ({"PAYMENTS_PAYER_KEY": "B" * 43, "PAYMENTS_NOTICE_KEY": "B" * 43}, "have to differ"),
    ],
)
def test_a_setting_that_cannot_be_right_stops_the_start(
    changes: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.load("payments", environment("postgresql://u@h/d", **changes))


def test_a_bill_whose_day_and_grace_are_over_is_given_up_by_its_deadline(
    desk: Any, context: Any, published: Any
) -> None:
    bill = desk.invoice()
    deadline = Deadline("bill", bill.bill_id, "expiry", desk.now + timedelta(days=32))

    SERVICE.deadlines["expiry"](context, deadline)

    assert (bill.status, bill.reason) == ("expired", "past-due")
    assert published() == ["bill.expired"]


def test_a_deadline_of_a_bill_that_was_settled_changes_nothing(desk: Any, context: Any) -> None:
    bill = desk.bill()
    desk.notice(bill)

    SERVICE.deadlines["expiry"](context, Deadline("bill", bill.bill_id, "expiry", desk.now))

    assert bill.status == "settled"


def test_ten_years_after_its_end_a_bill_loses_its_payer(
    desk: Any, context: Any, session: Any, settings: Any
) -> None:
    old, new, opened = desk.bill(), desk.bill(), desk.bill()
    desk.notice(old)
    desk.notice(new)
    old.ended_at = desk.now - timedelta(days=settings.payer_days)
    session.flush()
    session.expire_all()

    chores.empty_old(replace(context, now=desk.now + timedelta(days=1)))

    assert (old.payer, old.contacts, old.amount_halalas) == (None, None, 75_000)
    assert new.payer is not None
    assert opened.payer is not None


def test_the_gauges_count_waiting_bills_and_payments(desk: Any, context: Any) -> None:
    desk.invoice()
    desk.notice(None)
    paid = desk.bill()
    paid.paid_there_at = desk.now

    chores.measure(context)

    names = ("bills_waiting", "payments_suspended", "bills_paid_unnoticed")
    assert [REGISTRY.get_sample_value(name) for name in names] == [1, 1, 1]
