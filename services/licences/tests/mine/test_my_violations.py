"""What an offender sees of a violation, and the offender's own objection."""

from typing import Any

import pytest
from services.licences.tests.violations.conftest import BILL, INSPECTOR, OFFICER, Case

from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.observe import (
    confirm_violation,
    notify_offender,
    warn_offender,
)

from .applying import PICTURE
from .conftest import OTHER, OWNER, SHOP, STRANGER

BASE = "/v1/my/violations"


@pytest.fixture
def case(session: Any, now: Any) -> Any:
    return lambda: Case(session, now)


def test_what_an_inspector_only_saw_is_not_told(client: Any, everybody: Any, case: Any) -> None:
    seen = case().observed().row

    assert client.get(BASE, headers=everybody["delegate"]).json()["items"] == []
    answer = client.get(f"{BASE}/{seen.violation_id}", headers=everybody["delegate"])
    assert answer.status_code == 404


def test_a_violation_that_was_taken_back_before_anybody_was_told_stays_unknown(
    client: Any, everybody: Any, case: Any
) -> None:
    one = case().confirmed()
    one.do(cancel_violation, OFFICER, reason="منشأة أخرى")
    place, me = f"{BASE}/{one.row.violation_id}", {"headers": everybody["delegate"]}

    assert client.get(BASE, **me).json()["items"] == []
    assert client.get(place, **me).status_code == 404
    assert client.get(f"{place}/files", **me).status_code == 404
    objection = client.post(f"{place}/objection", json={"reasons": "الشهادة سارية"}, **me)
    assert objection.status_code == 404


def test_a_warned_offender_sees_the_violation_also_once_it_is_confirmed(
    client: Any, everybody: Any, case: Any, session: Any
) -> None:
    one = case().observed("3001")
    one.do(warn_offender, INSPECTOR)
    one.days(15).do(confirm_violation, INSPECTOR, note="ما زالت قائمة")
    session.flush()

    (listed,) = client.get(BASE, headers=everybody["delegate"]).json()["items"]

    assert (listed["violation_id"], listed["status"]) == (one.row.violation_id, "confirmed")
    assert listed["fine"] is None  # nobody was notified of one, and the record may be taken back
    one.do(notify_offender, INSPECTOR)
    session.flush()
    (told,) = client.get(BASE, headers=everybody["delegate"]).json()["items"]
    assert told["fine"]["amount"]


def test_an_establishments_delegate_sees_its_violation_without_the_inspectors_remark(
    client: Any, everybody: Any, case: Any
) -> None:
    row = case().notified().row

    told = client.get(f"{BASE}/{row.violation_id}", headers=everybody["delegate"]).json()

    assert (told["status"], told["note"]) == ("notified", None)
    assert told["findings"] == "ما زالت قائمة"  # as the record says; the remark is «رصد»
    assert [
        one["violation_id"] for one in client.get(BASE, headers=everybody["owner"]).json()["items"]
    ] == [row.violation_id]


@pytest.mark.parametrize("who", ["former delegate", "delegate of another", "officer", "machine"])
def test_to_others_it_is_not_there(client: Any, everybody: Any, case: Any, who: str) -> None:
    row = case().notified().row
    place = f"{BASE}/{row.violation_id}"

    assert client.get(place, headers=everybody[who]).status_code == 404
    answer = client.post(
        f"{place}/objection", json={"reasons": "الشهادة سارية"}, headers=everybody[who]
    )
    assert answer.status_code == 404
    assert row.status == "notified"


def test_a_delegate_objects_and_another_person_has_to_decide(
    client: Any, everybody: Any, case: Any
) -> None:
    one = case().notified()

    answer = client.post(
        f"{BASE}/{one.row.violation_id}/objection",
        json={"reasons": "الشهادة كانت سارية"},
        headers=everybody["delegate"],
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "objected"
    assert answer.json()["objection"]["channel"] == "citizen"


def test_an_upload_that_was_dropped_is_a_fault_of_the_objections_files(
    client: Any, everybody: Any, case: Any
) -> None:
    one = case().notified()
    body = {"reasons": "الشهادة سارية", "files": ["0195ff10-4d00-7b22-9d3f-0000000000b9"]}

    answer = client.post(
        f"{BASE}/{one.row.violation_id}/objection", json=body, headers=everybody["delegate"]
    )

    assert answer.status_code == 400, answer.text
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("files", "upload-not-kept")
    ]
    assert one.row.status == "notified"


def test_a_second_objection_is_refused_without_naming_what_officers_may_do(
    client: Any, everybody: Any, case: Any
) -> None:
    place = f"{BASE}/{case().notified().row.violation_id}/objection"
    sent = {"json": {"reasons": "الشهادة كانت سارية"}, "headers": everybody["delegate"]}
    client.post(place, **sent)

    again = client.post(place, **sent)

    assert (again.status_code, again.json()["code"]) == (409, "violation_objected")
    for officers in ("تأييد", "تخفيض", "إلغاء", "إقفال"):
        assert officers not in again.text


def test_a_person_sees_the_own_violations_and_no_establishments(
    client: Any, citizen: Any, case: Any
) -> None:
    person = {
        "kind": "person",
        "name": "سارة علي بيانات تجريبية",
        "id_type": "national_id",
        "id_number": OWNER,
    }
    row = case().notified("5001", offender=person).row
    case().notified()

    mine = client.get(BASE, headers=citizen(OWNER)).json()["items"]

    assert [one["violation_id"] for one in mine] == [row.violation_id]
    assert client.get(BASE, headers=citizen(STRANGER, f"{OTHER}")).json()["items"] == []
    assert len(client.get(BASE, headers=citizen(STRANGER, SHOP)).json()["items"]) == 1


def test_an_offender_sees_the_pictures_once_notified_and_no_stranger_does(
    client: Any, everybody: Any, case: Any, token: Any, session: Any
) -> None:
    inspector = token(
        "violations.record", sub="p_inspector", client_id="office", municipality="qatif"
    )
    sent = client.post(
        "/v1/violation-attachments",
        files={"file": ("محل.png", PICTURE, "image/png")},
        headers=inspector,
    ).json()["attachment_id"]
    one = case().observed(pictures=[sent])
    session.flush()
    place = f"{BASE}/{one.row.violation_id}/files"
    assert client.get(place, headers=everybody["delegate"]).status_code == 404

    one.do(confirm_violation, INSPECTOR, note="مخلفات أمام المحل")
    one.notified_at_once()
    session.flush()

    (listed,) = client.get(place, headers=everybody["delegate"]).json()["items"]
    assert (listed["attachment_id"], listed["of"]) == (sent, "violation")
    seen = client.get(f"{place}/{sent}", headers=everybody["delegate"])
    assert seen.headers["Content-Type"] == "image/png"
    assert "محل" not in seen.headers["Content-Disposition"]
    for who in ("former delegate", "delegate of another"):
        assert client.get(place, headers=everybody[who]).status_code == 404
        assert client.get(f"{place}/{sent}", headers=everybody[who]).status_code == 404


def test_money_that_goes_back_stands_on_the_offenders_page(
    client: Any, everybody: Any, case: Any, session: Any
) -> None:
    one = case().notified().billed().objected().paid()
    one.decided("reduce", 50).billed().paid()
    session.flush()

    told = client.get(f"{BASE}/{one.row.violation_id}", headers=everybody["owner"]).json()

    assert told["status"] == "paid"
    (back,) = told["refunds"]
    assert (back["status"], back["amount"]) == ("refund_requested", "200.00")
    assert told["fine"]["amount"] == "100.00"


def test_the_offender_reads_which_bill_was_withdrawn_until_the_decision(
    client: Any, everybody: Any, case: Any, session: Any
) -> None:
    one = case().notified().billed()
    place = f"{BASE}/{one.row.violation_id}"

    before = client.get(place, headers=everybody["owner"]).json()
    one.objected()
    session.flush()
    open_objection = client.get(place, headers=everybody["owner"]).json()
    one.decided("reduce", 50).billed()
    session.flush()
    decided = client.get(place, headers=everybody["owner"]).json()

    assert (before["bill"], before["withdrawn_bill"]) == (BILL, None)
    assert (open_objection["bill"], open_objection["withdrawn_bill"]) == (None, BILL)
    assert (decided["bill"], decided["withdrawn_bill"]) == (BILL, None)
