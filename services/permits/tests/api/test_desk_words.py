"""The desk is understood as partners are: by Arabic words, branches by name, and by what people bring."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from .conftest import TODAY

Application = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("kind", ["new", "إنشاء جديد", "New building"])
@pytest.mark.parametrize("branch", ["central-qatif", "وسط القطيف", "بلدية وسط القطيف"])
def test_permits_are_listed_by_kind_and_branch_in_words(
    api: Any, permit: dict[str, Any], kind: str, branch: str
) -> None:
    query = {"kind": kind, "municipality": branch, "status": "سارية"}

    found = api.ask("find_permits", query=query)["items"]

    [row] = [one for one in found if one["permit_id"] == permit["permit_id"]]
    assert row["municipality_title"]["ar"] == "بلدية وسط القطيف"


def test_requests_are_listed_by_status_in_words(api: Any, application: Application) -> None:
    row = api.ask("submit_permit_request", application())

    found = api.ask("list_permit_requests", query={"status": "مسودة", "kind": "إنشاء جديد"})

    assert row["request_id"] in [one["request_id"] for one in found["items"]]
    assert row["municipality_title"]["ar"] == "بلدية وسط القطيف"
    assert row["use_class_title"]["ar"] == "سكني"
    assert row["next_step_title"]["ar"] == "صاحب الطلب"
    sent = api.ask("send_permit_request_to_office", request_id=row["request_id"])
    assert (sent["next_step"], sent["next_step_title"]["ar"]) == (
        *("applicant", "المكتب الهندسي لصاحب الطلب"),
    )


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"kind": "قصر"}, "تجديد"),
        ({"status": "جارية"}, "معتمد"),
        ({"municipality": "الرياض"}, "بلدية وسط القطيف"),
    ],
)
def test_another_word_is_refused_with_the_list(api: Any, query: dict[str, str], word: str) -> None:
    answer = api.send("list_permit_requests", query=query)

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (400, "enum")
    assert word in error["detail"]


def test_each_count_of_requests_is_the_length_of_its_list(
    api: Any, application: Application
) -> None:
    for _ in range(2):
        row = api.ask("submit_permit_request", application())
    api.ask("send_permit_request_to_office", request_id=row["request_id"])

    for branch in ("central-qatif", "saihat"):
        narrowed = {"municipality": branch, "limit": "200"}
        counts = api.ask("list_permit_requests", query={**narrowed, "with_counts": "true"})[
            "counts"
        ]
        lists = {
            one: len(api.ask("list_permit_requests", query={**narrowed, "status": one})["items"])
            for one in counts
        }
        assert counts == lists


def test_requests_are_listed_by_the_days_of_their_submission(
    api: Any, application: Application
) -> None:
    row = api.ask("submit_permit_request", application())
    first, after = str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=2))

    def listed(**query: str) -> bool:
        found = api.ask("list_permit_requests", query={**query, "limit": "200"})["items"]
        return row["request_id"] in [one["request_id"] for one in found]

    assert listed(submitted_from=first, submitted_to=after)
    assert not listed(submitted_from=after)
    assert not listed(submitted_to=first)
    reversed_days = {"submitted_from": after, "submitted_to": first}
    assert api.faults("list_permit_requests", query=reversed_days) == {
        "submitted_to": "before-start"
    }


@pytest.mark.parametrize("asked", ["1448/771", "١٤٤٨ / ٧٧١"])
def test_requests_are_found_by_their_survey_decision(
    api: Any, application: Application, asked: str
) -> None:
    decision = {"number": "١٤٤٨/ 771", "decided_on": "1448/05/01"}
    row = api.ask("submit_permit_request", application(site={"survey_decision": decision}))
    other = api.ask("submit_permit_request", application())

    found = api.ask("list_permit_requests", query={"survey_decision": asked})["items"]

    ids = [one["request_id"] for one in found]
    assert row["request_id"] in ids
    assert other["request_id"] not in ids


def test_a_search_for_a_person_names_all_owners(api: Any, application: Application) -> None:
    [owner] = application()["owners"]
    second = {**owner, "name": "فاطمة بنت عبدالله آل مثال", "id_number": "1000000016"}
    api.ask("submit_permit_request", application(owners=[owner, second]))

    wanted = {"name": "فاطمة عبدالله", "reason": "مراجعة في الاستقبال"}
    found = api.ask("search_by_person", wanted)

    assert found["requests"][0]["owner_names"] == [owner["name"], second["name"]]
    listed = api.ask("list_permit_requests")["items"]
    assert all("owner_names" not in one for one in listed)


def test_the_notes_of_a_return_end_with_the_approval(api: Any, application: Application) -> None:
    at = {"request_id": api.ask("submit_permit_request", application())["request_id"]}
    steps = ("send_permit_request_to_office", "send_permit_request_to_technical_review")
    for step in steps:
        api.ask(step, **at)
    returned = api.ask("return_permit_request", {"notes": "عدلوا الارتداد"}, **at)
    api.ask("resubmit_permit_request", {"note": "عُدل"}, **at)
    api.ask(steps[1], **at)
    api.ask("pass_technical_review", **at)

    approved = api.ask("approve_permit_request", **at)

    assert (returned["notes"], approved["notes"]) == ("عدلوا الارتداد", None)
    history = api.ask("get_permit_request_history", **at)["items"]
    assert "عدلوا الارتداد" in [one["note"] for one in history]


def test_a_cancellation_at_the_owners_request_is_told_apart(
    api: Any, desk: Any, permit: dict[str, Any]
) -> None:
    asked = {"reason": "لا رغبة في البناء", "papers": ["طلب المالك"]}

    cancelled = api.ask("cancel_permit_for_owner", asked, permit_id=permit["permit_id"])

    assert cancelled["cancellation"]["for_owner"] is True
