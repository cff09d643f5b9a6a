"""The owner's agent and the builders, over HTTP: the day of an agency, the classification of an office."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saudi.days import legal_day

AGENT = {"name": "وكيل تجربة", "capacity": "legal_agent", "authority_number": "4455667788"}
OFFICE = {"name": "مكتب تجريبي (بيانات تجريبية)", "licence_number": "5210"}


def test_an_agency_has_its_day_and_an_office_its_classification(
    api: Any, paid: Callable[..., str]
) -> None:
    agent = {**AGENT, "authorised_on": "١٤٤٦/٠١/٠١"}
    office = {**OFFICE, "classification": " فئة  ب "}
    request_id = paid(representative=agent, engineering_office=office, contractor=office)

    row = api.ask("get_permit_request", request_id=request_id)
    permit = api.ask("issue_permit", request_id=request_id)

    for shown in (row, permit):
        told = shown["representative"]
        assert (told["authorised_on"], told["authorised_on_hijri"]) == ("2024-07-07", "1446/01/01")
        assert shown["engineering_office"]["classification"] == "فئة ب"
        assert shown["contractor"]["classification"] == "فئة ب"


def test_both_may_be_unknown(api: Any, application: Callable[..., dict[str, Any]]) -> None:
    agent = {**AGENT, "authorised_on": None, "mobile": None}

    row = api.ask("submit_permit_request", application(representative=agent))

    assert row["representative"] == {**agent, "id_number": None, "authorised_on_hijri": None}
    assert row["engineering_office"]["classification"] is None


def test_a_representatives_number_is_read_in_either_script_and_shown_masked(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    agent = {**AGENT, "id_number": "١٠٠٠٠٠ ٠٠٤٠"}

    row = api.ask("submit_permit_request", application(representative=agent))

    assert row["representative"]["id_number"] == "10******40"


@pytest.mark.parametrize(
    ("number", "code"),
    [("1000000041", "check-digit"), ("7000000005", "civil-id"), ("12", "civil-id")],
)
def test_a_faulty_number_of_a_representative_is_named(
    api: Any, application: Callable[..., dict[str, Any]], number: str, code: str
) -> None:
    agent = {**AGENT, "id_number": number}

    assert api.faults("submit_permit_request", application(representative=agent)) == {
        "representative.id_number": code
    }


def test_an_agency_is_not_of_tomorrow(api: Any, application: Callable[..., dict[str, Any]]) -> None:
    tomorrow = str(legal_day(datetime.now(UTC)) + timedelta(days=1))
    agent = {**AGENT, "authorised_on": tomorrow}

    assert api.faults("submit_permit_request", application(representative=agent)) == {
        "representative.authorised_on": "future-date"
    }


def test_another_classification_is_told_in_the_history_and_not_published(
    api: Any, desk: Any
) -> None:
    permit = desk.issued()
    desk.session.flush()
    office = {**OFFICE, "classification": "فئة أ"}

    api.ask(
        "amend_permit",
        {"reason": "حسب الشهادة", "engineering_office": office},
        permit_id=permit.permit_id,
    )

    told = api.ask("get_permit_history", permit_id=permit.permit_id)["items"][-1]["changes"]
    assert [(one["title"]["ar"], one["from"], one["to"]) for one in told] == [
        ("تصنيف المكتب", None, "فئة أ")
    ]
    assert desk.published(permit.permit_id)[-1].data["engineering_office"] == OFFICE


@pytest.mark.parametrize("written", ["", "\u200f "])
def test_a_classification_says_something_or_is_left_out(
    api: Any, application: Callable[..., dict[str, Any]], written: str
) -> None:
    sent = application(engineering_office={**OFFICE, "classification": written})

    answer = api.send("submit_permit_request", sent).json()

    told = answer.get("errors") or answer["engineering_office"]["classification"]
    assert told is None or [one["code"] for one in told] == ["too-short"]
