"""What a citizen's application begins with, and what it lacks, before anything is sent."""

from typing import Any

import pytest
from sqlalchemy import event, func, select

from chassis.testing_citizens import NAME
from licences.models import Application

from .applying import BASE, applied, plain
from .conftest import OTHER, OWNER, SHOP

pytestmark = pytest.mark.usefixtures("rules")
START, CHECK = f"{BASE}/licence-application-start", f"{BASE}/licence-application-check"


def test_a_first_application_begins_with_the_person_and_the_only_establishment(
    client: Any, citizen: Any
) -> None:
    header = citizen(OWNER, SHOP, mobile="+966500000001")

    start = client.get(START, headers=header).json()

    assert start["owner"]["name"] == NAME
    assert start["owner"]["id_number"] == OWNER
    assert start["owner"]["mobile"] == "+966500000001"
    assert start["establishment"]["unified_number"] == SHOP


def test_a_person_who_acts_for_several_establishments_chooses_one(
    client: Any, citizen: Any
) -> None:
    start = client.get(START, headers=citizen(OWNER, f"{SHOP} {OTHER}")).json()

    assert start["establishment"] is None


def test_a_later_application_begins_with_the_owner_of_the_earlier_one(
    client: Any, everybody: Any, shop: Any
) -> None:
    sent = shop()
    applied(client, everybody["delegate"], sent)

    start = client.get(START, headers=everybody["delegate"]).json()

    assert start["owner"]["id_number"] == sent["owner"]["id_number"]
    assert start["establishment"]["unified_number"] == SHOP
    assert start["establishment"]["size"] == sent["establishment"]["size"]


def test_nobody_begins_with_what_another_one_has_sent(
    client: Any, everybody: Any, shop: Any
) -> None:
    applied(client, everybody["delegate"], shop())

    start = client.get(START, headers=everybody["delegate of another"]).json()

    assert start["owner"]["id_number"] != OWNER
    assert start["establishment"]["unified_number"] == OTHER
    assert client.get(START, headers=everybody["officer"]).status_code == 404


def test_a_check_names_every_field_at_fault_and_keeps_nothing(
    client: Any, everybody: Any, shop: Any, session: Any
) -> None:
    count = select(func.count()).select_from(Application)
    before = session.scalar(count)
    body = plain(shop(years=9))

    good = client.post(CHECK, json=plain(shop()), headers=everybody["delegate"])
    bad = client.post(CHECK, json=body, headers=everybody["delegate"])
    others = client.post(CHECK, json=plain(shop()), headers=everybody["delegate of another"])

    assert good.status_code == 204, good.text
    assert [one["field"] for one in bad.json()["errors"]] == ["years"]
    assert [one["code"] for one in others.json()["errors"]] == ["not-acted-for"]
    assert session.scalar(count) == before


def test_the_faults_of_the_form_and_of_the_rules_are_named_at_once(
    client: Any, everybody: Any, shop: Any
) -> None:
    body = plain(shop(years=3))
    body["activities"] = [{"code": "960210", "main": True}, {"code": "999999", "main": False}]
    body["owner"] = {**body["owner"], "mobile": "12", "birth_date": "2999-01-01"}
    body["establishment"] = {
        "unified_number": "7000000021",
        "trade_name": {"ar": "Al Waha", "en": "مغسلة"},
    }
    del body["workers"]

    found = {}
    for path in (CHECK, f"{BASE}/licence-applications"):
        answer = client.post(path, json=body, headers=everybody["delegate"])
        found[path] = [(one["field"], one["code"]) for one in answer.json()["errors"]]

    assert sorted(found[CHECK]) == [
        ("activities.1.code", "activity-unknown"),
        ("establishment.size", "required"),
        ("establishment.trade_name.ar", "name-not-arabic"),
        ("establishment.trade_name.en", "name-not-latin"),
        ("establishment.unified_number", "not-acted-for"),
        ("owner.birth_date", "future-date"),
        ("owner.mobile", "pattern"),
        ("workers", "required"),
        ("years", "years-beyond"),
    ]
    assert found[f"{BASE}/licence-applications"] == found[CHECK]


def test_an_unknown_place_hides_no_other_fault(client: Any, everybody: Any, shop: Any) -> None:
    body = plain(shop(activities=[{"code": "999999", "main": True}]))
    body["place"] = {**body["place"], "town": "جدة"}

    answer = client.post(CHECK, json=body, headers=everybody["delegate"])

    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("place.town", "town-unknown"),
        ("activities.0.code", "activity-unknown"),
    ]


def test_the_faults_of_a_correction_are_named_at_once(
    client: Any, everybody: Any, shop: Any, session: Any
) -> None:
    made = applied(client, everybody["delegate"], shop())
    session.get_one(Application, made["application_id"]).status = "returned"
    session.flush()
    body = plain(shop(years=3, activities=[{"code": "960210", "main": True}]))
    body["owner"] = {**body["owner"], "mobile": "12"}
    body["establishment"] = {**body["establishment"], "unified_number": "7000000021"}

    answer = client.post(
        f"{BASE}/licence-applications/{made['application_id']}/correction",
        json=body,
        headers=everybody["delegate"],
    )

    assert sorted((one["field"], one["code"]) for one in answer.json()["errors"]) == [
        ("establishment.unified_number", "not-acted-for"),
        ("owner.mobile", "pattern"),
        ("years", "years-beyond"),
    ]


def test_an_application_reads_the_version_of_the_rules_once(
    client: Any, everybody: Any, shop: Any, database: Any
) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM rule_version" in statement and "effective_from <=" in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        applied(client, everybody["delegate"], shop())
    finally:
        event.remove(database.engine, "before_cursor_execute", note)

    assert len(seen) == 1
