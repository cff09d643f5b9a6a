"""The staff's operations: each municipality sees its own rows."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.models import Licence

SCOPES = (
    "licence-applications.read licence-applications.review licence-inspections.write"
    " licences.manage"
)


@pytest.fixture
def saihat(token: Any) -> Any:
    return token(SCOPES, municipality="saihat")


@pytest.fixture
def tarout(token: Any) -> Any:
    return token(SCOPES, municipality="tarout")


def url(row: Any, *more: str) -> str:
    return "/".join((f"/v1/licence-applications/{row.application_id}", *more))


@pytest.mark.usefixtures("rules")
def test_an_officer_takes_an_application_and_sees_where_it_stands(
    client: Any, saihat: Any, shop: Any
) -> None:
    body = {name: value for name, value in shop().items() if value is not None}

    taken = client.post("/v1/licence-applications", json=body, headers=saihat)

    assert taken.status_code == 201, taken.text
    # Nobody outside is asked in this system: an officer has to verify.
    assert (taken.json()["status"], taken.json()["municipality"]) == ("waiting", "saihat")
    assert taken.json()["owner"] == {"name": "بيانات تجريبية", "id_number": "10******08"}
    again = client.get(f"/v1/licence-applications/{taken.json()['application_id']}", headers=saihat)
    assert again.json() == taken.json()


@pytest.mark.usefixtures("rules")
def test_each_condition_is_explained(
    client: Any, saihat: Any, submit_and_decide: Any, shop: Any
) -> None:
    row = submit_and_decide(shop())

    told = client.get(url(row, "decision"), headers=saihat).json()

    assert (told["outcome"], told["rules"], told["fee_total"]) == ("issued", "2026.1", "480.00")
    assert {one["satisfied"] for one in told["conditions"]} == {True}
    assert all(one["ar"] and one["en"] and one["source"] for one in told["conditions"])


OPERATIONS = [
    ("GET", "", None),
    ("GET", "decision", None),
    ("GET", "history", None),
    ("POST", "documents", {"fact": "cleaning", "value": {"number": "1"}, "document": "وثيقة"}),
    ("POST", "return", {"reasons": [{"ar": "سبب"}]}),
    ("POST", "inspection-order", {}),
    ("POST", "inspection", {"passed": True, "inspected_on": "2026-11-25", "note": "مطابق"}),
    ("POST", "approve", {"reason": "سبب"}),
    ("POST", "refuse", {"reason": "سبب"}),
    ("POST", "withdraw", {"reason": "سبب"}),
]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_another_municipality_finds_nothing(
    client: Any, tarout: Any, submit_and_decide: Any, shop: Any, method: str, path: str, body: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    where = url(row, path) if path else url(row)
    nothing = where.replace(row.application_id, "0195ff10-4d00-7b22-9d3f-000000009999")

    answers = [client.request(method, one, json=body, headers=tarout) for one in (where, nothing)]

    assert [one.status_code for one in answers] == [404, 404], answers[0].text
    assert answers[0].content == answers[1].content


LICENCE_OPERATIONS = [
    ("GET", "", None),
    ("GET", "decision", None),
    ("GET", "history", None),
    ("POST", "suspend", {"reason": "سبب"}),
    ("POST", "reinstate", {"reason": "سبب"}),
    ("POST", "close", {"reason": "سبب"}),
    ("POST", "cancel", {"reason": "سبب"}),
    ("POST", "correction", {"trade_name": {"ar": "اسم آخر"}, "reason": "سبب"}),
    ("POST", "renewal", {"years": 1}),
]


@pytest.mark.parametrize(("method", "path", "body"), LICENCE_OPERATIONS)
def test_another_municipality_finds_no_licence(
    client: Any,
    tarout: Any,
    submit_and_decide: Any,
    professional: Any,
    method: str,
    path: str,
    body: Any,
) -> None:
    row = submit_and_decide(professional())
    where = f"/v1/licences/{row.licence_no}/{path}".rstrip("/")

    answers = [
        client.request(method, one, json=body, headers=tarout)
        for one in (where, where.replace(row.licence_no, "144804999999"))
    ]

    assert [one.status_code for one in answers] == [404, 404], answers[0].text
    assert answers[0].content == answers[1].content


def test_the_governorate_sees_all_and_a_branch_its_own(
    client: Any, token: Any, saihat: Any, submit_and_decide: Any, professional: Any
) -> None:
    for municipality, town in (("saihat", "سيهات"), ("tarout", "تاروت")):
        place = {**professional()["place"], "town": town, "district": "الديرة"}
        submit_and_decide(professional(place=place), municipality=municipality)
    qatif = token(SCOPES, municipality="qatif")

    def count(headers: Any, what: str) -> int:
        return len(client.get(f"/v1/{what}", headers=headers).json()["items"])

    assert (count(qatif, "licences"), count(saihat, "licences")) == (2, 1)
    assert (count(qatif, "licence-applications"), count(saihat, "licence-applications")) == (2, 1)
    other = client.get("/v1/licences?municipality=tarout", headers=saihat)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (400, "municipality")


def test_a_licence_is_suspended_reinstated_and_cancelled_with_reasons(
    client: Any, saihat: Any, submit_and_decide: Any, professional: Any, event_names: Any
) -> None:
    where = f"/v1/licences/{submit_and_decide(professional()).licence_no}"

    seen = [
        client.post(f"{where}/{one}", json={"reason": "سبب"}, headers=saihat)
        for one in ("suspend", "reinstate", "cancel", "reinstate")
    ]

    assert [one.status_code for one in seen] == [200, 200, 200, 409]
    statuses = [one.json()["status"] for one in seen[:3]]
    assert statuses == ["suspended", "valid", "cancelled"]
    assert event_names("licence")[1:] == ["suspended", "reinstated", "cancelled"]
    history = client.get(f"{where}/history", headers=saihat).json()["items"]
    assert history[-1]["action_title"]["en"] == "Cancellation"


def test_a_reason_has_to_say_something(
    client: Any, saihat: Any, submit_and_decide: Any, professional: Any
) -> None:
    where = f"/v1/licences/{submit_and_decide(professional()).licence_no}/suspend"

    answer = client.post(where, json={"reason": " ـ "}, headers=saihat)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "reason")


def test_a_trade_name_is_corrected(
    client: Any,
    saihat: Any,
    submit_and_decide: Any,
    shop: Any,
    session: Any,
    now: datetime,
    event_names: Any,
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    body = {"trade_name": {"ar": "مغسلة النخيل"}, "reason": "خطأ"}

    answer = client.post(f"/v1/licences/{row.licence_no}/correction", json=body, headers=saihat)

    assert answer.json()["trade_name"] == {"ar": "مغسلة النخيل", "en": None}
    assert event_names("licence") == ["issued", "corrected"]
    assert session.scalar(select(Licence)).trade_key == "مغسله النخيل"


def test_the_visits_that_are_due_are_listed_and_recorded(
    client: Any, saihat: Any, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    (visit,) = client.get("/v1/licence-inspections", headers=saihat).json()["items"]
    body = {"passed": True, "inspected_on": "2026-11-25", "note": "مطابق"}
    where = f"/v1/licence-inspections/{visit['inspection_id']}/result"

    done = client.post(where, json=body, headers=saihat)

    assert done.json()["result"] == "passed", done.text
    assert client.get("/v1/licence-inspections", headers=saihat).json()["items"] == []
    assert client.post(where, json=body, headers=saihat).status_code == 400


def test_a_visit_that_failed_stands_in_a_list_and_in_the_licence_s_history(
    client: Any, saihat: Any, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    (visit,) = client.get("/v1/licence-inspections", headers=saihat).json()["items"]
    body = {"passed": False, "inspected_on": "2026-11-25", "note": "خلاف المرخص"}
    where = f"/v1/licence-inspections/{visit['inspection_id']}/result"
    assert client.post(where, json=body, headers=saihat).status_code == 200

    failed = client.get("/v1/licence-inspections?result=failed", headers=saihat).json()["items"]
    passed = client.get("/v1/licence-inspections?result=passed", headers=saihat).json()["items"]
    history = client.get(f"/v1/licences/{row.licence_no}/history", headers=saihat).json()

    assert ([one["note"] for one in failed], passed) == (["خلاف المرخص"], [])
    assert history["items"][-1]["action"] == "visit-failed"


def test_an_expired_licence_is_computed(
    client: Any, saihat: Any, submit_and_decide: Any, professional: Any, session: Any
) -> None:
    row = submit_and_decide(professional())
    session.scalar(select(Licence)).expires_on = date(2026, 1, 1)
    session.flush()

    answer = client.get(f"/v1/licences/{row.licence_no}", headers=saihat).json()

    assert answer["status"] == "expired"
    listed = client.get("/v1/licences?status=expired", headers=saihat).json()["items"]
    assert [one["licence_no"] for one in listed] == [row.licence_no]


@pytest.mark.parametrize("path", ["suspend", "cancel"])
def test_managing_takes_its_scope(
    client: Any, token: Any, submit_and_decide: Any, professional: Any, path: str
) -> None:
    read = token("licence-applications.read", municipality="saihat")
    where = f"/v1/licences/{submit_and_decide(professional()).licence_no}/{path}"

    assert client.post(where, json={"reason": "سبب"}, headers=read).status_code == 403
