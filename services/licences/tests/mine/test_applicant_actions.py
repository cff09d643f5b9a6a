"""What an answer says an applicant may do now, and that a form that is sent twice takes effect once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from services.licences.tests.violations.conftest import Case
from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.correct import withdraw_application
from licences.commands.recording import SYSTEM
from licences.domain import licences
from licences.domain.applications import applicant_actions
from licences.domain.violations import may_object
from licences.models import Application, Draft, Licence

from .applying import BASE, applied, plain

pytestmark = pytest.mark.usefixtures("rules")
TODAY = date(2026, 11, 30)


@pytest.fixture
def owner(everybody: Any) -> Any:
    return everybody["owner"]


@pytest.mark.parametrize(
    ("request_kind", "status", "actions"),
    [
        ("issue", "waiting", ["correct", "withdraw", "attach"]),
        ("renew", "returned", ["correct", "withdraw", "attach"]),
        ("issue", "in_review", ["withdraw", "attach"]),
        ("issue", "awaiting_payment", ["withdraw", "attach"]),
        ("issue", "issued", []),
        ("issue", "refused", ["apply_again"]),
        ("issue", "withdrawn", ["apply_again"]),
        ("renew", "refused", []),
        ("cancel", "withdrawn", []),
    ],
)
def test_an_application_names_what_its_applicant_may_do(
    request_kind: str, status: str, actions: list[str]
) -> None:
    assert applicant_actions(request_kind, status) == actions


@pytest.mark.parametrize(
    ("status", "opens_in", "actions"),
    [
        ("valid", 1, ["move", "end"]),
        ("valid", 0, ["renew", "move", "end"]),
        ("valid", -400, ["renew", "move", "end"]),
        ("suspended", 0, []),
        ("closed", 0, []),
        ("cancelled", 0, []),
    ],
)
def test_a_renewal_is_named_from_its_first_day_on(
    status: str, opens_in: int, actions: list[str]
) -> None:
    opens_on = TODAY + timedelta(days=opens_in)

    assert licences.applicant_actions(status, opens_on, TODAY) == actions


@pytest.mark.parametrize(
    ("status", "until", "possible"),
    [
        ("unpaid", TODAY, True),
        ("notified", TODAY, True),
        ("unpaid", TODAY - timedelta(days=1), False),
        ("unpaid", None, False),
        ("paid", TODAY, False),
        ("objected", TODAY, False),
    ],
)
def test_an_objection_is_possible_up_to_its_last_day(
    status: str, until: date | None, possible: bool
) -> None:
    assert may_object(status, until, TODAY) is possible


def test_an_answer_about_a_licence_has_the_first_day_of_its_renewal(
    client: Any, owner: Any, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    licence = session.scalars(select(Licence)).one()

    told = client.get(f"{BASE}/licences/{licence.licence_no}", headers=owner).json()

    opens_on = licence.expires_on - timedelta(days=licence.renewal_days)
    assert told["renewable_from"] == opens_on.isoformat()
    assert told["renewable_from_hijri"]
    assert told["actions"] == ["move", "end"]


def test_an_open_renewal_is_named_and_no_other_one_is_possible(
    client: Any, owner: Any, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    licence = session.scalars(select(Licence)).one()
    licence.expires_on = now.date() + timedelta(days=20)
    session.flush()
    place = f"{BASE}/licences/{licence.licence_no}"
    before = client.get(place, headers=owner).json()

    asked = client.post(f"{place}/renewal", json={"years": 1}, headers=owner)

    assert asked.status_code == 201, asked.text
    told = client.get(place, headers=owner).json()
    assert before["actions"] == ["renew", "move", "end"]
    assert before["open_request"] is None
    assert told["actions"] == ["move", "end"]
    (listed,) = client.get(f"{BASE}/licences", headers=owner).json()["items"]
    assert listed["actions"] == told["actions"]
    assert told["open_request"]["application_no"] == asked.json()["application_no"]


def test_an_offender_is_told_that_an_objection_is_possible(
    client: Any, owner: Any, session: Any, now: Any
) -> None:
    row = Case(session, now).notified().row
    place = f"{BASE}/violations/{row.violation_id}"

    assert client.get(place, headers=owner).json()["actions"] == ["object"]
    objected = client.post(f"{place}/objection", json={"reasons": "سارية"}, headers=owner).json()
    assert objected["actions"] == []


def test_one_key_applies_once(client: Any, owner: Any, shop: Any, session: Any) -> None:
    keyed = {**owner, "Idempotency-Key": "draft-1"}
    first = applied(client, keyed, shop())
    again = applied(client, keyed, shop())

    assert again["application_id"] == first["application_id"]
    assert session.scalar(select(func.count()).select_from(Application)) == 1


def test_one_key_keeps_one_draft_and_no_key_keeps_each(
    client: Any, owner: Any, session: Any
) -> None:
    keyed = {**owner, "Idempotency-Key": "form-1"}
    for header in (keyed, keyed, owner):
        answer = client.post(f"{BASE}/licence-drafts", json={"form": {}}, headers=header)
        assert answer.status_code == 201

    assert session.scalar(select(func.count()).select_from(Draft)) == 2


def test_a_key_of_another_body_is_refused(client: Any, owner: Any, shop: Any) -> None:
    keyed = {**owner, "Idempotency-Key": "draft-1"}
    applied(client, keyed, shop())

    changed = plain(shop()) | {"workers": 9}
    answer = client.post(f"{BASE}/licence-applications", json=changed, headers=keyed)

    assert answer.status_code == 422


def test_one_key_withdraws_once(client: Any, owner: Any, shop: Any) -> None:
    made = applied(client, owner, shop())
    place = f"{BASE}/licence-applications/{made['application_id']}/withdraw"
    keyed = {**owner, "Idempotency-Key": "w-1"}

    answers = [client.post(place, json={"reason": "انتفت"}, headers=keyed) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].json()["actions"] == ["apply_again"]


@pytest.mark.parametrize("by", ["owner", "delegate"])
def test_a_withdrawn_application_says_who_withdrew_it_and_when(
    client: Any, everybody: Any, shop: Any, by: str
) -> None:
    made = applied(client, everybody["owner"], shop())
    place = f"{BASE}/licence-applications/{made['application_id']}"
    before = client.get(place, headers=everybody["owner"]).json()

    client.post(f"{place}/withdraw", json={"reason": "انتفت"}, headers=everybody[by])

    told = client.get(place, headers=everybody["owner"]).json()["withdrawn"]
    assert before["withdrawn"] is None
    assert told["by"] == by
    assert told["at"]


def test_an_application_that_an_officer_withdrew_names_the_municipality(
    client: Any, everybody: Any, shop: Any, session: Any, officer: Any, now: Any
) -> None:
    made = applied(client, everybody["owner"], shop())

    withdraw_application(UnitOfWork(session, officer, now), made["application_id"], reason="طلبه")
    session.flush()

    place = f"{BASE}/licence-applications/{made['application_id']}"
    assert client.get(place, headers=everybody["owner"]).json()["withdrawn"]["by"] == "municipality"
