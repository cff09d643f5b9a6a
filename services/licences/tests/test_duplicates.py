"""One application for a licence is open at a time, through any channel."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.activities import publish_activities
from licences.commands.bill import receive_payment
from licences.commands.correct import (
    correct_application,
    correct_from_partner,
    withdraw_application,
)
from licences.commands.recording import SYSTEM
from licences.commands.submit import submit_application, submit_from_partner
from licences.commands.supervise import cancel_by_municipality, close_licence, suspend_licence
from licences.domain.declarations import ApplicationOpen, LicenceHeld
from licences.models import Application, Licence
from licences.outside import set_bodies_configured
from saudi.branches import GOVERNORATE

TOGETHER = 4
SCOPES = "licence-applications.read licence-applications.review"


@pytest.mark.usefixtures("rules")
def test_a_second_application_of_a_shop_is_refused_with_the_number_of_the_first(
    submit_body: Any, shop: Any
) -> None:
    first = submit_body(shop())

    with pytest.raises(ApplicationOpen) as refusal:
        submit_body(shop(workers=5, area_m2=50))

    assert refusal.value.number == first.application_no


def test_the_same_shop_is_one_also_while_its_bill_waits(
    submit_and_decide: Any, submit_body: Any, shop: Any
) -> None:
    assert submit_and_decide(shop()).status == "awaiting_payment"

    with pytest.raises(ApplicationOpen):
        submit_body(shop())


def test_a_professional_has_one_open_application_for_his_trade(
    submit_body: Any, professional: Any
) -> None:
    submit_body(professional())

    with pytest.raises(ApplicationOpen):
        submit_body(professional())


def test_two_branches_of_one_establishment_are_applied_for_side_by_side(
    submit_body: Any, shop: Any
) -> None:
    other = {**shop()["lease"], "ejar_no": "10423344559"}

    assert submit_body(shop()).application_no != submit_body(shop(lease=other)).application_no


def test_an_application_that_cannot_be_opened_is_in_the_way_of_no_other_trade(
    submit_body: Any, branch: Any, session: Any
) -> None:
    submit_body(branch())
    session.flush()
    session.execute(text("UPDATE application SET body = 'unreadable'"))
    session.expire_all()

    assert submit_body(branch(activities=[{"code": "475210", "main": True}])).status == "submitted"


def test_other_establishments_at_the_place_are_no_doubles(submit_body: Any, shop: Any) -> None:
    other = {**shop()["establishment"], "unified_number": "7000000013"}

    assert (
        submit_body(shop()).application_no != submit_body(shop(establishment=other)).application_no
    )


def licence_of(session: Any) -> Licence:
    return session.scalars(select(Licence)).one()


def test_what_is_licensed_is_not_applied_for_anew(
    submission: Any,
    submit_and_decide: Any,
    submit_body: Any,
    professional: Any,
    session: Any,
    now: datetime,
    officer: Any,
) -> None:
    """A trade without a fee is issued within the second: a person who presses again a minute later has one licence
    too."""
    assert submit_and_decide(professional()).status == "issued"

    with pytest.raises(LicenceHeld) as refusal:
        submit_body(professional())

    assert refusal.value.number == licence_of(session).licence_no
    again = submission(professional())
    second = submit_from_partner(UnitOfWork(session, officer, now), again)
    assert (second.status, second.reason_code) == ("refused", "licence-held")
    assert licence_of(session).licence_no in second.reasons[0]["ar"]


@pytest.mark.parametrize("does", [suspend_licence, close_licence])
def test_a_licence_that_is_suspended_or_closed_is_not_replaced_by_a_new_one(
    submit_and_decide: Any,
    submit_body: Any,
    professional: Any,
    session: Any,
    officer: Any,
    now: datetime,
    does: Any,
) -> None:
    submit_and_decide(professional())
    does(UnitOfWork(session, officer, now), licence_of(session).licence_no, reason="مخالفة")

    with pytest.raises(LicenceHeld):
        submit_body(professional())


def test_a_cancelled_licence_and_one_that_is_over_leave_room_for_the_next(
    submit_and_decide: Any,
    submit_body: Any,
    professional: Any,
    session: Any,
    officer: Any,
    now: datetime,
) -> None:
    submit_and_decide(professional())
    first = licence_of(session)
    over = now + (first.expires_on - now.date()) + timedelta(days=1)
    expired = submit_body(professional(), at=over)
    withdraw_application(UnitOfWork(session, officer, over), expired.application_id)
    cancel_by_municipality(
        UnitOfWork(session, officer, now), first.licence_no, reason="بطلب المالك"
    )

    assert submit_body(professional()).status == "submitted"


def test_the_licence_that_a_new_one_replaces_is_not_in_its_way(
    submit_and_decide: Any, submit_body: Any, shop: Any, session: Any, now: datetime
) -> None:
    """The shop moves next door, and the point on the map stays the same."""
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    number = licence_of(session).licence_no

    assert submit_body(shop(replaces_licence_no=number)).replaces_licence_no == number


def test_another_municipality_s_system_keeps_no_shop_from_applying(
    submission: Any,
    submit_body: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    rules: None,
) -> None:
    """An application about another municipality's town is returned to the system that sent it, and may stay open for
    ever."""
    astray = submission(shop(), municipality="safwa")
    row = submit_from_partner(UnitOfWork(session, officer, now), astray)

    assert row.status == "returned"
    assert submit_body(shop()).status == "submitted"


def test_what_the_governorate_s_system_sends_is_open_for_the_town_it_names(
    submission: Any,
    submit_body: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    rules: None,
) -> None:
    anywhere = submission(shop(), municipality=GOVERNORATE)
    row = submit_from_partner(UnitOfWork(session, officer, now), anywhere)

    with pytest.raises(ApplicationOpen) as refusal:
        submit_body(shop())

    assert refusal.value.number == row.application_no


def test_once_the_first_is_withdrawn_the_next_one_is_taken(
    submit_body: Any, shop: Any, officer: Any, session: Any, now: datetime
) -> None:
    first = submit_body(shop())
    withdraw_application(UnitOfWork(session, officer, now), first.application_id)

    assert submit_body(shop()).status == "submitted"


def test_what_a_municipality_s_system_sends_twice_is_refused_and_names_the_first(
    submission: Any,
    submit_body: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    event_names: Any,
) -> None:
    first = submit_body(shop())

    second = submit_from_partner(UnitOfWork(session, officer, now), submission(shop()))

    assert (second.status, second.reason_code) == ("refused", "application-open")
    assert first.application_no in second.reasons[0]["ar"]
    assert first.application_no in second.reasons[0]["en"]
    assert first.status == "submitted"
    assert event_names("application") == ["submitted", "submitted", "refused"]


def test_a_second_delivery_of_a_submission_is_no_double(
    submission: Any, shop: Any, officer: Any, session: Any, now: datetime, rules: None
) -> None:
    sent_once = submission(shop())

    first, again = (
        submit_from_partner(UnitOfWork(session, officer, now), sent_once) for _ in range(2)
    )

    assert first is again


def test_nobody_corrects_an_application_into_one_that_is_open(
    submit_and_decide: Any,
    submit_body: Any,
    shop: Any,
    outside: Any,
    officer: Any,
    session: Any,
    now: datetime,
) -> None:
    outside.answers.clear()
    first = submit_and_decide(shop())
    other = submit_and_decide(shop(lease={**shop()["lease"], "ejar_no": "10423344559"}))

    with pytest.raises(ApplicationOpen) as refusal:
        correct_application(UnitOfWork(session, officer, now), other.application_id, shop())

    assert refusal.value.number == first.application_no
    assert other.status == "waiting"


def test_a_municipality_s_correction_into_an_open_one_comes_back_to_it(
    submit_and_decide: Any, shop: Any, outside: Any, officer: Any, session: Any, now: datetime
) -> None:
    outside.answers.clear()
    first = submit_and_decide(shop())
    other = submit_and_decide(shop(lease={**shop()["lease"], "ejar_no": "10423344559"}))

    correct_from_partner(
        UnitOfWork(session, officer, now), other.application_id, shop(), municipality="saihat"
    )

    assert (other.status, other.reason_code) == ("returned", "application-open")
    assert first.application_no in other.reasons[0]["ar"]


def test_an_application_is_corrected_and_isn_t_its_own_double(
    submit_and_decide: Any, shop: Any, outside: Any, officer: Any, session: Any, now: datetime
) -> None:
    outside.answers.clear()
    row = submit_and_decide(shop())

    correct_application(UnitOfWork(session, officer, now), row.application_id, shop(workers=3))

    assert (row.status, row.workers) == ("submitted", 3)


def test_a_licence_is_renewed_by_one_application_at_a_time(
    submission: Any,
    submit_and_decide: Any,
    submit_body: Any,
    shop: Any,
    session: Any,
    now: datetime,
    officer: Any,
) -> None:
    """Two renewals would each be paid, and each add their years."""
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    number = session.scalars(select(Licence.licence_no)).one()
    asked = {"request": "renew", "licence_no": number, "at": now + timedelta(days=300)}
    first = submit_body({"years": 1}, **asked)

    with pytest.raises(ApplicationOpen) as refusal:
        submit_body({"years": 1}, **asked)

    assert refusal.value.number == first.application_no
    again = submission({"years": 1}, submitted_at=asked["at"], request="renew", licence_no=number)
    second = submit_from_partner(UnitOfWork(session, officer, asked["at"]), again)
    assert (second.status, second.reason_code) == ("refused", "application-open")
    assert second.licence_no == number


@pytest.mark.usefixtures("rules")
def test_the_counter_hears_which_application_is_open(
    client: Any, token: Any, submit_body: Any, shop: Any
) -> None:
    first = submit_body(shop())

    answer = client.post(
        "/v1/licence-applications", json=shop(), headers=token(SCOPES, municipality="saihat")
    )

    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("/application-open")
    assert first.application_no in answer.json()["detail"]


@pytest.fixture
def own_database(service: Any, settings: Any, postgres_server: Any) -> Iterator[Database]:
    """A database that really commits, without other tests' rows."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    database = Database(url)
    use_keys(database, settings)
    set_bodies_configured(database, configured=True)
    yield database
    database.dispose()


def test_of_applications_sent_at_one_moment_exactly_one_is_taken(
    submission: Any, own_database: Database, officer: Any, shop: Any, now: datetime
) -> None:
    gate = Barrier(TOGETHER)
    with own_database.transaction() as session:
        publish_activities(UnitOfWork(session, SYSTEM, now))

    def send(_: int) -> str:
        gate.wait(10)
        try:
            with own_database.transaction() as session:
                sending = submission(shop())
                row = submit_application(UnitOfWork(session, officer, now), sending)
                return row.application_no
        except ApplicationOpen as refusal:
            return refusal.number

    with ThreadPoolExecutor(TOGETHER) as pool:
        numbers = set(pool.map(send, range(TOGETHER)))

    with own_database.transaction() as session:
        kept = session.scalars(select(Application.application_no)).all()
    assert list(kept) == list(numbers)
