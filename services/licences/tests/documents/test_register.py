"""Asking without login: a licence by its number, and the public register."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from licences.models import Licence

Make = Callable[..., Licence]


def names(client: httpx.Client, **query: str) -> list[str]:
    answer = client.get("/v1/public/licences", params=query)
    assert answer.status_code == 200, answer.text
    return [one["licence_no"] for one in answer.json()["items"]]


def test_a_licence_by_its_number_tells_whether_for_what_and_until_when(
    client: httpx.Client, licence: Make
) -> None:
    row = licence()

    told = client.get(f"/v1/public/licences/{row.licence_no}").json()

    assert (told["valid"], told["expires_on"], told["expires_on_hijri"]) == (
        True, "2027-11-24", "1449/06/25",
    )  # fmt: skip
    assert told["activities"][0]["ar"] == "مغاسل الملابس"
    assert "owner" not in told
    assert "1000000008" not in str(told)


def test_an_expired_licence_isnt_valid(client: httpx.Client, licence: Make) -> None:
    row = licence(expires_on=date(2026, 1, 1))

    told = client.get(f"/v1/public/licences/{row.licence_no}").json()

    assert (told["valid"], told["status"]) == (False, "expired")


def test_a_professional_is_known_by_his_number_and_stands_in_no_list(
    client: httpx.Client, licence: Make
) -> None:
    row = licence(kind="professional")

    told = client.get(f"/v1/public/licences/{row.licence_no}").json()

    assert told["trade_name"] is None
    assert "أحمد" not in str(told)
    assert names(client, town="سيهات") == []


@pytest.mark.parametrize(
    "query",
    [
        {"name": "مغسله"},
        {"name": "الواحه"},
        {"name": "waha"},
        {"name": "مغسلة الواحة"},
        {"activity": "960111"},
        {"town": "سيهات", "kind": "shop"},
        {"town": " السيهات"},
        {"name": "مغ", "town": "سيهات", "activity": "960111"},
    ],
)
def test_a_shop_is_found_by_words_of_its_name_activity_and_town(
    client: httpx.Client, licence: Make, query: dict[str, str]
) -> None:
    row = licence()

    assert names(client, **query) == [row.licence_no]


@pytest.mark.parametrize(
    "query",
    [
        {"name": "أحمد"},
        {"name": "1000000008"},
        {"name": "7000000005"},
        {"name": "سلة"},
        {"activity": "471101"},
        {"town": "صفوى"},
        {"town": "سيهات", "kind": "engineering_office"},
    ],
)
def test_nobody_is_found_by_a_person_a_number_or_anything_else(
    client: httpx.Client, licence: Make, query: dict[str, str]
) -> None:
    licence()

    assert names(client, **query) == []


@pytest.mark.parametrize("query", [{}, {"kind": "shop"}, {"name": "، !"}, {"name": "'':* & | !"}])
def test_a_search_that_would_list_everybody_is_refused(
    client: httpx.Client, licence: Make, query: dict[str, str]
) -> None:
    assert client.get("/v1/public/licences", params=query).status_code == 400


def test_the_register_is_read_page_by_page(client: httpx.Client, licence: Make) -> None:
    wanted = {licence().licence_no for _ in range(5)}
    found: list[str] = []
    query: dict[str, Any] = {"town": "سيهات", "limit": 2}

    while True:
        page = client.get("/v1/public/licences", params=query).json()
        found += [one["licence_no"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {**query, "cursor": page["next_cursor"]}

    assert (len(found), set(found)) == (5, wanted)


def test_reads_of_an_address_are_limited(client: httpx.Client, licence: Make) -> None:
    row = licence()
    answers = [client.get(f"/v1/public/licences/{row.licence_no}") for _ in range(125)]

    assert {one.status_code for one in answers[:120]} == {200}
    assert answers[-1].status_code == 429
