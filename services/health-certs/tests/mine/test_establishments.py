"""An establishment's view: its workers' certificates, what ends, a table, one worker by number; and nobody else's."""

import csv
import io
from typing import Any

import pytest

from health_certs.models import Certificate

from .conftest import OTHER, SHOP, WORKER

BASE = f"/v1/my/establishments/{SHOP}/health-certificates"
pytestmark = pytest.mark.usefixtures("shop")
IDS = ["2000000006", "2000000014", "2000000022", "2000000030", "2000000048"]
NOBODYS = ["worker", "former delegate", "delegate of another", "officer", "machine"]


@pytest.fixture
def held(in_force: Any, session: Any) -> dict[str, Certificate]:
    """One certificate in each state, by the state, and one of another establishment; each of another worker."""
    days = {"valid": 200, "ending": 60, "expired": -1, "cancelled": 100, "elsewhere": 30}
    made = {}
    for (name, left), number in zip(days.items(), IDS, strict=True):
        row = in_force(left, worker={"id_number": number})
        row.status = "cancelled" if name == "cancelled" else "valid"
        row.establishment = OTHER if name == "elsewhere" else SHOP
        made[name] = row
    session.flush()
    return made


def numbers(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["certificate_no"] for one in answer.json()["items"]]


def test_a_delegate_sees_the_establishments_workers_by_their_last_day(
    client: Any, everybody: Any, held: Any
) -> None:
    listed = client.get(BASE, headers=everybody["delegate"])

    expected = ("expired", "ending", "cancelled", "valid")
    assert numbers(listed) == [held[name].certificate_no for name in expected]
    assert [one["ending"] for one in listed.json()["items"]] == [False, True, False, False]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("valid", ["ending", "valid"]),
        ("ending", ["ending"]),
        ("expired", ["expired"]),
        ("cancelled", ["cancelled"]),
        ("revoked", []),
    ],
)
def test_the_list_has_the_state_that_is_asked_for(
    client: Any, everybody: Any, held: Any, state: str, expected: list[str]
) -> None:
    listed = client.get(f"{BASE}?state={state}", headers=everybody["delegate"])

    assert numbers(listed) == [held[name].certificate_no for name in expected]


def test_the_list_is_read_page_by_page(client: Any, everybody: Any, held: Any) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        answer = client.get(f"{BASE}?limit=1{cursor}", headers=everybody["delegate"])
        seen += numbers(answer)
        following = answer.json()["next_cursor"]
        cursor = f"&cursor={following}" if following else None

    assert len(seen) == len(set(seen)) == 4


def test_the_summary_counts_what_the_lists_show(
    client: Any, everybody: Any, held: Any, make_request: Any
) -> None:
    make_request(worker={"id_number": "2000000097"})

    found = client.get(f"{BASE}/summary", headers=everybody["delegate"]).json()

    assert found == {"workers": 2, "valid": 2, "ending": 1, "expired": 1, "open_requests": 1}


def test_the_table_is_arabic_and_has_every_row(client: Any, everybody: Any, held: Any) -> None:
    answer = client.get(f"{BASE}.csv", headers=everybody["delegate"])

    assert answer.content.startswith("\ufeffرقم الشهادة,".encode())
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [one["الحالة"] for one in rows] == ["منتهية", "سارية", "ملغاة", "سارية"]
    assert [one["الأيام المتبقية"] for one in rows] == ["", "60", "", "200"]
    assert {one["المهنة"] for one in rows} == {"عامل مغسلة"}
    for row in rows:
        assert "***" in row["رقم الهوية"]
    coded = client.get(f"{BASE}.csv?headings=codes&state=ending", headers=everybody["delegate"])
    (only,) = csv.DictReader(io.StringIO(coded.text.removeprefix("\ufeff"), newline=""))
    assert (only["status"], only["profession"]) == ("valid", "laundry-worker")


def test_a_worker_is_found_by_number_alone_by_his_own_establishment(
    client: Any, everybody: Any, in_force: Any, session: Any
) -> None:
    made = in_force()
    body, delegate = {"id_number": "٢٠٠٠٠٠٠٠٠٦"}, everybody["delegate"]
    elsewhere = f"/v1/my/establishments/{OTHER}/health-certificates/find"

    assert numbers(client.post(f"{BASE}/find", json=body, headers=delegate)) == [
        made.certificate_no
    ]
    assert numbers(client.post(elsewhere, json=body, headers=delegate)) == []
    other = {"id_number": "2000000014"}
    assert numbers(client.post(f"{BASE}/find", json=other, headers=delegate)) == []


@pytest.mark.parametrize("who", NOBODYS)
def test_to_others_an_establishment_is_missing(
    client: Any, everybody: Any, in_force: Any, who: str
) -> None:
    in_force()

    answers = [
        client.request(method, path, json=body, headers=everybody[who])
        for method, path, body in (
            ("GET", BASE, None),
            ("GET", f"{BASE}.csv", None),
            ("GET", f"{BASE}/summary", None),
            ("POST", f"{BASE}/find", {"id_number": WORKER}),
        )
    ]

    assert {one.status_code for one in answers} == {404}
