"""Staff look for a person: what's found, by which spelling, and that it's recorded and limited."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.access.quotas import LimitReached
from chassis.core.refusals import InvalidFields
from permits.commands import editing, naming, people
from permits.models import PersonSearch

Desk = Any
REASON = "مراجع في الاستقبال"


def owner(name: str, number: str = "1000000057") -> dict[str, Any]:
    return {
        "name": f"{name} (بيانات تجريبية)",
        "owner_type": "individual",
        "id_type": "national_id",
        "id_number": number,
    }


def look(desk: Desk, per_hour: int = 60, who: Any = None, **wanted: Any) -> Any:
    desk.session.flush()
    return people.search(
        *(desk.session, who or desk.officer, {"reason": REASON, **wanted}),
        per_hour=per_hour,
        now=desk.now,
    )


def ids(found: Any) -> tuple[list[str], list[str]]:
    permits = [row.permit_id for row in found.permits]
    return permits, [row.request_id for row in found.requests]


@pytest.mark.parametrize(
    "wanted",
    [
        {"id_number": "1000000057"},
        {"id_number": "١٠٠٠ ٠٠٠ ٠٥٧"},
        {"name": "جعفر عبدالله"},
        {"name": "عبد الله جعفر"},
        {"name": "عبدالله عينه جعفر"},
        {"name": "جَعفر آل عينة"},
    ],
)
def test_a_person_is_found_in_every_spelling(desk: Desk, wanted: dict[str, str]) -> None:
    permit = desk.issued(owners=[owner("جعفر بن عبد الله آل عينة")])
    desk.submit(owners=[owner("زينب بنت حسن آل نموذج", "1000000065")])

    assert ids(look(desk, **wanted)) == ([permit.permit_id], [permit.request_id])


@pytest.mark.parametrize("name", ["جعف عبدالله", "جعفر حسن", "عبدال جعفر"])
def test_pieces_and_other_names_find_nobody(desk: Desk, name: str) -> None:
    desk.issued(owners=[owner("جعفر بن عبد الله آل عينة")])

    assert ids(look(desk, name=name)) == ([], [])


def test_the_parts_are_of_one_owner(desk: Desk) -> None:
    desk.issued(owners=[owner("جعفر آل عينة"), owner("حسن آل نموذج", "1000000065")])

    assert ids(look(desk, name="جعفر نموذج")) == ([], [])


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"name": "جعفر"}, {"name": "name-parts"}),
        ({"name": "جعفر بن"}, {"name": "name-parts"}),
        ({"id_number": "1000000058"}, {"id_number": "check-digit"}),
        ({}, {"id_number": "one-of-two", "name": "one-of-two"}),
        ({"name": "جعفر علي", "id_number": "1"}, {"id_number": "one-of-two", "name": "one-of-two"}),
    ],
)
def test_what_is_asked_for_is_whole(desk: Desk, wanted: Any, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidFields) as caught:
        look(desk, **wanted)
    assert {one.field: one.code for one in caught.value.faults} == fields


def test_a_branch_finds_its_own(desk: Desk, officer_of: Any) -> None:
    desk.issued(owners=[owner("جعفر آل عينة")], municipality="anak")

    assert ids(look(desk, who=officer_of("safwa"), name="جعفر عينة")) == ([], [])
    assert len(look(desk, who=officer_of("anak"), name="جعفر عينة").permits) == 1


def test_a_corrected_name_is_found_as_it_is_now(desk: Desk) -> None:
    request = desk.submit(owners=[owner("جعفر آل عينة")])
    wanted = {"version": 1, "correct": [{"position": 0, "name": "صادق آل مثال"}]}
    args = desk.session, desk.officer, request.request_id, wanted
    editing.correct_owners(*args, now=desk.now)

    assert ids(look(desk, name="جعفر عينة")) == ([], [])
    assert ids(look(desk, name="مثال صادق")) == ([], [request.request_id])


def test_who_looked_for_whom_and_why_is_recorded_by_a_hash(desk: Desk) -> None:
    desk.issued(owners=[owner("جعفر آل عينة")])
    look(desk, name="جعفر عينة")
    look(desk, name="عينة جعفر")
    desk.session.flush()

    rows = desk.session.query(PersonSearch).all()

    assert len({row.searched_key for row in rows}) == 1
    told = {(row.subject, row.name, row.reason, row.kind, row.found) for row in rows}
    assert told == {("p_officer", "موظف تجربة", REASON, "name", 2)}
    for table in ("person_search", "permit_name_part", "permit_request_name_part"):
        kept = desk.session.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()
        assert kept
        assert "عين" not in "".join(kept)


def test_so_many_searches_an_hour(desk: Desk) -> None:
    for _ in range(2):
        look(desk, per_hour=2, name="جعفر عينة")
    with pytest.raises(LimitReached) as caught:
        look(desk, per_hour=2, name="جعفر عينة")

    assert (caught.value.code, caught.value.retry_after) == ("person-searches-per-hour", 3600)
    assert look(desk, per_hour=2, who=desk.reviewer, name="جعفر عينة").permits == []
    desk.now += timedelta(seconds=3601)
    assert look(desk, per_hour=2, name="جعفر عينة").permits == []


def test_owners_of_before_are_found_once_their_names_are_indexed(desk: Desk) -> None:
    permit = desk.issued(owners=[owner("جعفر آل عينة")])
    desk.session.flush()
    for table in ("permit_name_part", "permit_request_name_part"):
        desk.session.execute(text(f"DELETE FROM {table}"))
    desk.session.expire_all()
    before = ids(look(desk, name="جعفر عينة"))

    while naming.index_some(desk.session):
        desk.session.flush()

    assert before == ([], [])
    assert ids(look(desk, name="جعفر عينة")) == ([permit.permit_id], [permit.request_id])
