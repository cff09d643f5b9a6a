"""The municipality that decides about an application checks what the application brings along."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import towns
from licences.commands.correct import correct_application, withdraw_application
from licences.commands.recording import SYSTEM
from licences.commands.retention import empty_applications

TAROUT = {"town": "تاروت", "district": "الربيعية", "latitude": 26.57, "longitude": 50.07}
SCOPES = "licence-applications.read licence-applications.review"


def test_a_municipality_decides_about_no_place_of_another_one(submit_body: Any, shop: Any) -> None:
    with pytest.raises(InvalidFields, match="town-elsewhere"):
        submit_body(shop(place=TAROUT), municipality="saihat")


def test_a_trade_name_in_the_letters_of_the_other_language_is_not_submitted(
    submit_body: Any, shop: Any
) -> None:
    body = shop()
    names = {"ar": "Al Waha Laundry", "en": "مغسلة الواحة"}
    body["establishment"] = {**body["establishment"], "trade_name": names}

    with pytest.raises(InvalidFields) as refused:
        submit_body(body)

    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("establishment.trade_name.ar", "name-not-arabic"),
        ("establishment.trade_name.en", "name-not-latin"),
    ]


def test_a_municipality_s_system_gets_a_decision_and_no_return_for_a_birth_date_to_come(
    submit_body: Any, shop: Any
) -> None:
    body = shop()
    body["owner"] = {**body["owner"], "birth_date": "2999-01-01"}

    row = submit_body(body)

    assert row.status != "returned"
    with pytest.raises(InvalidFields, match="future-date"):
        submit_body(body, channel="staff")


def test_nobody_corrects_an_application_into_another_municipality(
    submit_and_decide: Any, shop: Any, outside: Any, officer: Any, session: Any, now: Any
) -> None:
    outside.answers.clear()
    row = submit_and_decide(shop())

    with pytest.raises(InvalidFields, match="town-elsewhere"):
        correct_application(
            UnitOfWork(session, officer, now), row.application_id, shop(place=TAROUT)
        )

    assert row.town == "سيهات"


def test_the_governorate_s_own_system_may_send_what_lies_in_a_branch(
    submit_body: Any, professional: Any
) -> None:
    row = submit_body(professional(place=TAROUT), municipality="qatif")

    assert (row.municipality, row.town) == ("qatif", "تاروت")


@pytest.mark.parametrize("spelled", ["  تاروت ", "التاروت", "تـاروت"])
def test_a_town_is_known_however_it_is_spelled_and_kept_as_records_spell_it(
    submit_body: Any, professional: Any, spelled: str
) -> None:
    """The gateway accepts these spellings."""
    row = submit_body(professional(place={**TAROUT, "town": spelled}), municipality="tarout")

    assert (row.town, row.body["place"]["town"]) == ("تاروت", "تاروت")


def test_every_town_of_the_governorate_has_a_key_of_its_own() -> None:
    documents = contracts.read("reference/places.yaml")["towns"]

    assert [towns().named(one["ar"]).name for one in documents] == [one["ar"] for one in documents]


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("municipality", ["saihat", None])
def test_a_clerk_takes_nothing_for_a_place_beyond_his_municipality(
    client: Any, token: Any, professional: Any, municipality: str | None
) -> None:
    body = {name: value for name, value in professional().items() if value is not None}

    taken = client.post(
        "/v1/licence-applications",
        json={**body, "place": TAROUT},
        headers=token(SCOPES, municipality=municipality),
    )

    assert taken.status_code == 400, taken.text
    assert [one["field"] for one in taken.json()["errors"]] == ["place.town"]


def test_why_an_applicant_withdraws_is_forgotten_with_his_data(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, outbox_rows: Any, now: Any
) -> None:
    row, said = submit_and_decide(shop()), "مرض والدي عبد الله (بيانات تجريبية)"

    withdraw_application(UnitOfWork(session, officer, now), row.application_id, reason=said)
    assert row.reasons == [{"ar": said, "en": None}]
    empty_applications(UnitOfWork(session, SYSTEM, now), before=now + timedelta(days=1))

    assert row.reasons is None
    assert said not in str(session.scalars(text("SELECT j::text FROM journal AS j")).all())
    assert said not in str([one.envelope for one in outbox_rows()])
