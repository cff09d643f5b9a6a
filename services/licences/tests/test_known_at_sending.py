"""What is known of an application when it is sent is answered at once: no refusal and no text follow."""

from datetime import datetime
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.supervise import cancel_by_municipality, suspend_licence

from .lives import BARBER
from .mine.applying import plain

SCOPES = "licence-applications.read licence-applications.review"


@pytest.fixture
def saihat(token: Any) -> Any:
    return token(SCOPES, municipality="saihat")


def taken(client: Any, header: Any, body: Any) -> Any:
    return client.post("/v1/licence-applications", json=plain(body), headers=header)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


@pytest.mark.usefixtures("rules")
def test_three_years_for_a_barber_are_refused_on_the_field_of_the_years(
    client: Any, saihat: Any, shop: Any, outbox_rows: Any
) -> None:
    before = len(outbox_rows())

    answer = taken(client, saihat, shop(activities=BARBER, years=3))

    assert faults(answer) == [("years", "years-beyond")]
    assert "1" in answer.json()["errors"][0]["detail"]
    assert len(outbox_rows()) == before


@pytest.mark.usefixtures("rules")
def test_every_field_at_fault_is_named_at_once(client: Any, saihat: Any, shop: Any) -> None:
    body = shop(activities=[*BARBER, {"code": "999999", "main": False}], years=3, area_m2=501)
    body["owner"] = {**body["owner"], "id_number": "1000000009"}
    body["place"] = {**body["place"], "district": "الروابي"}

    answer = taken(client, saihat, body)

    assert faults(answer) == [
        ("owner.id_number", "check-digit"),
        ("place.district", "district-elsewhere"),
        ("years", "years-beyond"),
        ("area_m2", "area-beyond"),
        ("activities.1.code", "activity-unknown"),
    ]


@pytest.mark.usefixtures("rules")
def test_formats_and_rules_are_named_at_once_at_a_counter_also_of_a_correction(
    client: Any, saihat: Any, shop: Any, submit_body: Any, session: Any
) -> None:
    row = submit_body(shop(), channel="staff")
    row.status = "returned"
    session.flush()
    body = shop(activities=BARBER, years=3, area_m2="x")
    body["owner"] = {**body["owner"], "id_number": "1000000009", "mobile": "12"}
    body["establishment"] = {
        **body["establishment"],
        "trade_name": {"ar": "Al Waha", "en": "مغسلة"},
    }

    taken_at_counter = taken(client, saihat, body)
    corrected = client.post(
        f"/v1/licence-applications/{row.application_id}/correction",
        json=plain(body),
        headers=saihat,
    )

    for answer in (taken_at_counter, corrected):
        assert sorted(faults(answer)) == [
            ("area_m2", "type"),
            ("establishment.trade_name.ar", "name-not-arabic"),
            ("establishment.trade_name.en", "name-not-latin"),
            ("owner.id_number", "check-digit"),
            ("owner.mobile", "pattern"),
            ("years", "years-beyond"),
        ]


@pytest.mark.usefixtures("rules")
def test_a_place_of_another_municipality_is_named_beside_a_format(
    client: Any, saihat: Any, shop: Any
) -> None:
    body = shop(area_m2="x", activities=[{"code": "999999", "main": True}])
    body["place"] = {**body["place"], "town": "صفوى", "district": "الكوثر"}

    assert sorted(faults(taken(client, saihat, body))) == [
        ("activities.0.code", "activity-unknown"),
        ("area_m2", "type"),
        ("place.district", "district-elsewhere"),
        ("place.town", "town-elsewhere"),
    ]


@pytest.mark.usefixtures("rules")
def test_a_good_form_names_a_foreign_town_and_an_unknown_activity_at_once(
    client: Any, saihat: Any, shop: Any
) -> None:
    body = shop(activities=[{"code": "999999", "main": True}])
    body["place"] = {**body["place"], "town": "صفوى", "district": "الزهراء"}

    told = faults(taken(client, saihat, body))
    assert ("activities.0.code", "activity-unknown") in told
    assert ("place.town", "town-elsewhere") in told


@pytest.mark.usefixtures("rules")
def test_an_activity_of_another_kind_or_another_municipality_is_told_by_its_own_field(
    client: Any, saihat: Any, token: Any, shop: Any
) -> None:
    plumber = shop(activities=[{"code": "432210", "main": True}])
    workshop = shop(activities=[{"code": "452010", "main": True}])
    workshop["place"] = {**workshop["place"], "town": "القطيف", "district": "الخزامى"}
    central = token(SCOPES, municipality="central-qatif")

    assert faults(taken(client, saihat, plumber)) == [
        ("activities.0.code", "activity-of-another-kind")
    ]
    assert faults(taken(client, central, workshop)) == [
        ("activities.0.code", "activity-not-offered")
    ]


@pytest.mark.parametrize(
    ("town", "municipality", "typed", "kept"),
    [
        ("سيهات", "saihat", "حي الكوثر", "الكوثر"),
        ("القطيف", "central-qatif", "الشاطيء", "الشاطئ"),
        ("القطيف", "central-qatif", "شاطئ", "الشاطئ"),
    ],
)
def test_a_district_is_kept_as_the_list_of_its_town_spells_it(
    submit_body: Any, professional: Any, town: str, municipality: str, typed: str, kept: str
) -> None:
    place = {**professional()["place"], "town": town, "district": typed}

    row = submit_body(professional(place=place), municipality=municipality, channel="staff")

    assert row.body["place"]["district"] == kept


@pytest.mark.usefixtures("rules")
def test_a_district_of_another_town_is_refused(client: Any, token: Any, professional: Any) -> None:
    place = {**professional()["place"], "town": "صفوى", "district": "الكوثر"}
    safwa = token(SCOPES, municipality="safwa")

    answer = taken(client, safwa, professional(place=place))

    assert faults(answer) == [("place.district", "district-elsewhere")]
    assert "صفوى" in answer.json()["errors"][0]["detail"]


@pytest.fixture
def licence_no(submit_and_decide: Any, shop: Any, session: Any, now: datetime) -> str:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    session.flush()
    return str(row.licence_no)


def test_a_renewal_nine_months_early_is_refused_with_its_first_day(
    client: Any, saihat: Any, licence_no: str, event_names: Any
) -> None:
    before = event_names("application")

    answer = client.post(f"/v1/licences/{licence_no}/renewal", json={"years": 1}, headers=saihat)

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (
        409,
        "licence-renewal-early",
    )
    assert "2027/08/26" in answer.json()["detail"]
    assert event_names("application") == before


@pytest.mark.parametrize(
    ("stop", "problem"),
    [(suspend_licence, "licence-stopped"), (cancel_by_municipality, "licence-over")],
)
def test_a_licence_that_is_stopped_or_over_is_not_renewed(
    client: Any,
    saihat: Any,
    officer: Any,
    session: Any,
    now: datetime,
    licence_no: str,
    stop: Any,
    problem: str,
) -> None:
    stop(UnitOfWork(session, officer, now), licence_no, reason="سبب")
    session.flush()

    answer = client.post(f"/v1/licences/{licence_no}/renewal", json={"years": 1}, headers=saihat)

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, problem)


def test_a_municipality_s_system_hears_of_an_early_renewal_by_the_decision(
    submit_and_decide: Any, licence_no: str
) -> None:
    row = submit_and_decide({"years": 1}, request="renew", licence_no=licence_no)

    assert (row.status, row.reason_code) == ("refused", "conditions")
