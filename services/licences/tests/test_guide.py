"""Before an application anybody finds the activity, the papers, the town's municipality and the fee, without login."""

from typing import Any

import pytest

from chassis.core import contracts

BASE = "/v1/public"

pytestmark = pytest.mark.usefixtures("rules")


def asked(client: Any, path: str, **query: Any) -> Any:
    answer = client.get(f"{BASE}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_activity_is_found_by_a_word_with_its_papers_and_bounds(client: Any) -> None:
    (barber,) = asked(client, "licence-activities", name="حلاقه", town="سيهات")["items"]

    assert barber["code"] == "960210"
    (kind,) = barber["kinds"]
    assert [paper["code"] for paper in kind["papers"]] == [
        *("establishment-active", "lease-term", "civil-defence", "health-certificates"),
        "cleaning-contract",
    ]
    assert all(paper["ar"] and paper["en"] for paper in kind["papers"])
    assert [(one["code"], one["amount"], one["per"]) for one in kind["fee"]] == [
        ("licence-small", "300.00", "year"),
        ("area", "4.00", "square-metre-year"),
        ("sign", "100.00", "sign-metre-year"),
    ]
    (terms,) = barber["municipalities"]
    assert (terms["municipality"], terms["years_max"], terms["max_area_m2"]) == ("saihat", 1, 500)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("مغسلة", "960111"),
        ("المطعم", "561010"),
        ("صيدليه", "477210"),
        ("بقالة", "472110"),
        ("كوفي", "563011"),
        ("مكتب هندسي", "711011"),
        ("bakery", "107110"),
    ],
)
def test_an_activity_is_found_by_its_everyday_name(client: Any, words: str, code: str) -> None:
    found = asked(client, "licence-activities", name=words)["items"]

    assert code in {one["code"] for one in found}


def test_every_everyday_name_belongs_to_an_activity(client: Any) -> None:
    known = {one["code"] for one in asked(client, "licence-activities")["items"]}

    assert set(contracts.read("reference/activity-words.yaml")) <= known


def test_an_engineering_office_and_a_laundry_have_papers_too(client: Any) -> None:
    offices = asked(client, "licence-activities", kind="engineering_office")["items"]
    (laundry,) = asked(client, "licence-activities", name="laundries")["items"]

    assert {one["code"] for one in offices} == {"711011", "711012", "711013"}
    papers = [paper["code"] for paper in offices[0]["kinds"][0]["papers"]]
    assert papers == ["establishment-active", "lease-term", "engineering-classification"]
    assert [paper["code"] for paper in laundry["kinds"][0]["papers"]] == [
        *("establishment-active", "lease-term"),
    ]


def test_an_activity_that_a_municipality_does_not_license_is_not_listed_there(client: Any) -> None:
    here, elsewhere = (
        {one["code"] for one in asked(client, "licence-activities", town=town)["items"]}
        for town in ("القطيف", "سيهات")
    )

    assert elsewhere - here == {"452010"}


def test_a_fee_is_told_before_it_is_asked(client: Any) -> None:
    told = asked(
        client, "licence-fee", activity="960111", town="سيهات", area_m2=45, years=1, sign_m2=2.5
    )

    assert told["fee_total"] == "730.00"
    assert [line["amount"] for line in told["fee"]] == ["300.00", "180.00", "250.00"]
    assert (told["municipality"], told["immediate"]) == ("saihat", True)
    large = asked(client, "licence-fee", activity="960111", town="سيهات", area_m2=300, years=1)
    assert (large["immediate"], large["review_days"]) == (False, 15)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"years": 4}, "years", "years-beyond"),
        ({"area_m2": 2001}, "area_m2", "area-beyond"),
        ({"activity": "999999"}, "activity", "activity-unknown"),
        ({"kind": "professional"}, "activity", "activity-of-another-kind"),
        ({"activity": "452010", "town": "القطيف"}, "activity", "activity-not-offered"),
        ({"town": "الدمام"}, "town", "town-unknown"),
    ],
)
def test_what_is_not_offered_is_told_on_its_parameter(
    client: Any, changes: Any, field: str, code: str
) -> None:
    query = {"activity": "960111", "town": "سيهات", "area_m2": 45, "years": 1, **changes}

    answer = client.get(f"{BASE}/licence-fee", params=query)

    assert answer.status_code == 400, answer.text
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]


def test_the_towns_name_their_municipality_and_districts(client: Any) -> None:
    towns = {one["ar"]: one for one in asked(client, "towns")["items"]}

    assert towns["صفوى"]["municipality_title"]["ar"] == "بلدية صفوى"
    assert {"ar": "الروابي", "en": "Al Rawabi"} in towns["صفوى"]["districts"]
    assert towns["الربيعية"]["districts"] == []
