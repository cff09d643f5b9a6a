"""The looks for an owner over HTTP: shown to the auditor and to the owner, and limited."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from permits import catalogue

OWNER = "1000000008"
NOBODY_ELSES = "1000000081"  # of no thing that another test may have left


def test_the_auditor_and_the_owner_read_who_looked(
    api: Any, house: Callable[..., dict[str, Any]], paid: Callable[..., str]
) -> None:
    (owner,) = house()["owners"]
    at = {"request_id": paid(owners=[{**owner, "id_number": NOBODY_ELSES}])}
    api.ask("issue_permit", **at)
    api.ask("search_by_person", {"id_number": NOBODY_ELSES, "reason": "مراجع"})
    api.ask("reveal_permit_request_owners", {"reason": "مطابقة الصك"}, **at)

    [reveal, search] = api.ask("list_person_searches")["items"]
    told = api.ask("disclose_person_searches", {"id_number": NOBODY_ELSES, "reason": "طلب صاحبها"})
    again = api.ask("list_person_searches", query={"kind": "disclosure", "since": "1448/01/01"})

    assert (reveal["kind"], reveal["found"]) == ("reveal", 1)
    assert (search["kind"], search["found"], search["municipality"]) == ("id", 2, "qatif")
    assert [(one["kind"], one["reason"]) for one in told["items"]] == [
        ("reveal", "مطابقة الصك"),
        ("id", "مراجع"),
    ]
    assert set(told["items"][0]) == {"at", "municipality", "kind", "kind_title", "reason"}
    assert [one["found"] for one in again["items"]] == [2]
    assert NOBODY_ELSES not in str((reveal, search, told, again))


def test_a_page_of_one_owner_is_not_a_page_of_another(api: Any) -> None:
    for _ in range(2):
        api.ask("search_by_person", {"id_number": OWNER, "reason": "مراجع"})
    query = {"limit": 1}
    first = {"id_number": OWNER, "reason": "طلب صاحبها"}
    page = api.ask("disclose_person_searches", first, query=query)
    on = {**query, "cursor": page["next_cursor"]}

    of_another = {**first, "id_number": "1000000057"}

    assert api.faults("disclose_person_searches", of_another, query=on) == {"cursor": "cursor"}
    assert [one["kind"] for one in api.ask("disclose_person_searches", first, query=on)["items"]]


def test_a_look_over_the_limit_says_when_to_come_back(
    api: Any, permit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tuple(replace(rule, per_hour=1) for rule in catalogue.search_limits())
    monkeypatch.setattr(catalogue, "search_limits", lambda: few)
    reason = {"reason": "مطابقة الصك"}
    api.ask("reveal_permit_request_owners", reason, request_id=permit["request_id"])

    refused = api.send("search_by_person", {"id_number": OWNER, **reason})

    assert refused.status_code == 429
    assert refused.json()["code"] == "person-searches-per-hour"
    assert 3500 < int(refused.headers["retry-after"]) <= 3600


def test_a_citizen_reads_who_looked_for_him_and_nobody_elses(
    api: Any, permit: dict[str, Any], citizen: Any
) -> None:
    api.ask("search_by_person", {"name": "حسن علي", "reason": "مراجع"})
    mine, another = (citizen(one, "my-permits.read") for one in (OWNER, "1000000057"))

    read = api.ask("list_my_person_searches", headers=mine)["items"]

    assert [(one["kind"], one["reason"]) for one in read] == [("name", "مراجع")]
    assert api.ask("list_my_person_searches", headers=another)["items"] == []


def test_an_officers_token_is_no_citizens(api: Any) -> None:
    assert api.send("list_my_person_searches").status_code == 404
