"""Staff look for a person: what's found, by which spelling, that it's recorded and limited, and who hears of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.access.quotas import LimitReached
from chassis.core.refusals import InvalidFields
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue, queries
from permits.commands import review, search_people, submit_request
from permits.domain.actors import SYSTEM
from permits.domain.people import Limits
from permits.domain.searches import LookSearch
from permits.models import PermitOwner, PermitRequest, PersonSearch, PersonSought

Desk = Any
REASON = "مراجع في الاستقبال"


def owner(name: str, number: str = "1000000057") -> dict[str, Any]:
    return {
        "name": f"{name} (بيانات تجريبية)",
        "owner_type": "individual",
        "id_type": "national_id",
        "id_number": number,
    }


def look(desk: Desk, who: Any = None, **wanted: Any) -> Any:
    desk.session.flush()
    told = {"reason": REASON, **wanted}
    found = search_people.search(desk.work.acting_as(who or desk.officer), told)
    desk.session.flush()
    return found


def reveal(desk: Desk, request_id: str) -> None:
    review.reveal_owners(desk.work, request_id, reason="مطابقة الصك")
    desk.session.flush()


def page(limit: int = 50, cursor: str | None = None) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor, organisation="qatif", secret=b"k" * 32)


def told(desk: Desk, number: str) -> list[tuple[str, str | None, str]]:
    """Returns the looks for an owner, as the officer who answers the owner reads them."""
    wanted = {"id_number": number, "reason": "طلب من صاحب البيانات"}
    found = search_people.disclose(desk.work.acting_as(desk.privacy), wanted, page())
    desk.session.flush()
    return [(row.kind, row.municipality, row.reason) for row in found.rows]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.privacy = replace(desk.officer, subject="p_privacy", name="مسؤول تجربة")
    return desk


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`limited(per_hour=2)`: other limits than those of the house."""

    def put(**changes: Any) -> None:
        usual = Limits(None, 60, 200, 40, date(2020, 1, 1), None)
        monkeypatch.setattr(catalogue, "search_limits", lambda: (replace(usual, **changes),))

    return put


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
        {"name": "جعفر ال عينة"},
        {"name": "جعفر العينة"},
        {"name": "جعفر آلعينة"},
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
        ({"name": "آل عينة"}, {"name": "name-parts"}),
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
    submit_request.correct_owners(desk.work, request.request_id, wanted)

    assert ids(look(desk, name="جعفر عينة")) == ([], [])
    assert ids(look(desk, name="مثال صادق")) == ([], [request.request_id])


def test_who_looked_for_whom_and_why_is_recorded_by_a_hash(desk: Desk) -> None:
    permit = desk.issued(owners=[owner("جعفر آل عينة")])
    look(desk, name="جعفر عينة")
    look(desk, name="عينة جعفر")
    desk.session.flush()

    rows = desk.session.query(PersonSearch).all()

    assert len({row.searched_key for row in rows}) == 1
    told = {(row.subject, row.name, row.reason, row.kind, row.found) for row in rows}
    assert told == {("p_officer", "موظف تجربة", REASON, "name", 2)}
    kept = desk.session.query(PersonSought).all()
    keys = desk.session.query(PermitOwner.id_key).filter_by(permit_id=permit.permit_id)
    assert {row.owner_key for row in kept} == {key for (key,) in keys}
    for table in (
        "person_search",
        "person_sought",
        "permit_name_part",
        "permit_request_name_part",
    ):
        kept = desk.session.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()
        assert kept
        assert "عين" not in "".join(kept)


def test_so_many_searches_an_hour(desk: Desk, limited: Callable[..., None]) -> None:
    limited(per_hour=2)
    for minutes in (0, 10):
        desk.now += timedelta(minutes=minutes)
        look(desk, name="جعفر عينة")
    with pytest.raises(LimitReached) as caught:
        look(desk, name="جعفر عينة")

    assert (caught.value.code, caught.value.retry_after) == ("person-searches-per-hour", 3000)
    assert look(desk, who=desk.reviewer, name="جعفر عينة").permits == []
    desk.now += timedelta(seconds=3000)
    assert look(desk, name="جعفر عينة").permits == []


def test_so_many_searches_a_day(desk: Desk, limited: Callable[..., None]) -> None:
    limited(per_day=2)
    for hours in (0, 5):
        desk.now += timedelta(hours=hours)
        look(desk, name="جعفر عينة")
    desk.now += timedelta(hours=5)
    with pytest.raises(LimitReached) as caught:
        look(desk, name="جعفر عينة")

    assert (caught.value.code, caught.value.retry_after) == ("person-searches-per-day", 14 * 3600)
    desk.now += timedelta(hours=14)
    assert look(desk, name="جعفر عينة").permits == []


def test_reveals_and_disclosures_count_as_searches(
    desk: Desk, limited: Callable[..., None]
) -> None:
    request = desk.submit(owners=[owner("جعفر آل عينة")])
    limited(per_hour=1)
    reveal(desk, request.request_id)
    told(desk, "1000000057")

    with pytest.raises(LimitReached):
        reveal(desk, request.request_id)
    with pytest.raises(LimitReached):
        told(desk, "1000000057")


def test_where_no_rule_covers_the_day_nobody_looks_for_anybody(
    desk: Desk, limited: Callable[..., None]
) -> None:
    limited(until=desk.now.date() - timedelta(days=1))

    with pytest.raises(LimitReached):
        look(desk, name="جعفر عينة")


def test_an_owner_hears_who_looked_for_him_in_which_way(desk: Desk, officer_of: Any) -> None:
    request = desk.submit(owners=[owner("جعفر آل عينة")], municipality="anak")
    desk.submit(owners=[owner("صادق آل مثال", "1000000065")])
    look(desk, name="عينة جعفر", who=officer_of("anak"))
    desk.now += timedelta(minutes=1)
    look(desk, id_number="1000000057")
    desk.now += timedelta(minutes=1)
    reveal(desk, request.request_id)
    desk.now += timedelta(minutes=1)
    look(desk, name="صادق مثال")

    heard = told(desk, "1000000057")

    assert heard == [
        ("reveal", "qatif", "مطابقة الصك"),
        ("id", "qatif", REASON),
        ("name", "anak", REASON),
    ]
    assert told(desk, "1000000057")[0][0] == "disclosure"
    assert [one[0] for one in told(desk, "1000000065")] == ["name"]


def test_a_search_that_finds_nothing_is_told_to_whom_it_was_for(desk: Desk) -> None:
    look(desk, id_number="1000000057")

    assert [one[0] for one in told(desk, "١٠٠٠٠٠٠٠٥٧")] == ["id"]


def test_who_could_not_see_a_thing_did_not_look_at_its_owner(desk: Desk, officer_of: Any) -> None:
    desk.submit(owners=[owner("جعفر آل عينة")], municipality="anak")
    look(desk, name="عينة جعفر", who=officer_of("safwa"))

    assert told(desk, "1000000057") == []


def test_the_auditor_reads_the_record_page_by_page(desk: Desk) -> None:
    for minutes in range(5):
        desk.now += timedelta(minutes=minutes)
        look(desk, id_number="1000000057", reason=f"مراجع {minutes}")
    read, cursor = [], None
    for _ in range(3):
        args = desk.session, desk.privacy, LookSearch(subject="p_officer")
        found = queries.list_looks(*args, page(2, cursor))
        read += [row.reason for row in found.rows]
        cursor = found.next_cursor

    assert read == [f"مراجع {minutes}" for minutes in (4, 3, 2, 1, 0)]
    assert cursor is None


def test_a_branchs_auditor_reads_what_was_done_for_the_branch(desk: Desk, officer_of: Any) -> None:
    look(desk, id_number="1000000057")
    look(desk, id_number="1000000057", who=officer_of("anak"))

    def branches(who: Any) -> set[str | None]:
        found = queries.list_looks(desk.session, who, LookSearch(), page())
        return {row.municipality for row in found.rows}

    assert branches(officer_of("anak")) == {"anak"}
    assert branches(desk.privacy) == {"anak", "qatif"}


def test_the_record_is_read_by_days_of_riyadh(desk: Desk) -> None:
    look(desk, id_number="1000000057")
    day = desk.now.date()

    def count(**days: Any) -> int:
        args = desk.session, desk.privacy, LookSearch(**days)
        return len(queries.list_looks(*args, page()).rows)

    assert count(since=day, until=day + timedelta(days=1)) == 1
    assert count(since=day + timedelta(days=1)) == 0
    assert count(until=day) == 0
    assert count(since=date.min, until=date.max) == 1


def test_who_looks_for_many_people_within_an_hour_is_suspected(
    desk: Desk, limited: Callable[..., None]
) -> None:
    heirs = [owner("جعفر آل عينة"), owner("صادق آل مثال", "1000000065")]
    request = desk.submit(owners=heirs)
    limited(alarm_people_per_hour=2)
    for _ in range(3):
        look(desk, id_number="1000000057")
    reveal(desk, request.request_id)
    few = search_people.count_suspects(desk.work.acting_as(SYSTEM))
    look(desk, name="علي حسن")

    assert few == 0
    assert search_people.count_suspects(desk.work.acting_as(SYSTEM)) == 1
    assert (
        search_people.count_suspects(
            UnitOfWork(desk.session, SYSTEM, desk.now + timedelta(hours=1))
        )
        == 0
    )


def test_owners_of_before_are_found_once_their_names_are_indexed(desk: Desk) -> None:
    permit = desk.issued(owners=[owner("جعفر آل عينة")])
    desk.session.flush()
    for table in ("permit_name_part", "permit_request_name_part"):
        desk.session.execute(text(f"DELETE FROM {table}"))
    desk.session.expire_all()
    before = ids(look(desk, name="جعفر عينة"))

    while search_people.index_names(desk.session):
        desk.session.flush()

    assert before == ([], [])
    assert ids(look(desk, name="جعفر عينة")) == ([permit.permit_id], [permit.request_id])


def test_a_name_without_the_article_is_not_found_with_it(desk: Desk) -> None:
    desk.issued(owners=[owner("حسن بن علي آل عينة")])

    assert ids(look(desk, name="حسن العلي")) == ([], [])


def test_a_family_of_before_is_found_before_and_after_its_parts_are_made_anew(desk: Desk) -> None:
    """«آل» was a part of its own."""
    permit = desk.issued(owners=[owner("جعفر آل عينة")])
    desk.session.flush()
    [kept] = permit.owners
    before = ["جعفر", "ال", "عينه"]
    for row in (kept, permit_request_owner(desk, permit)):
        row.parts = [row.part_model(place=place, part=part) for place, part in enumerate(before)]
    desk.session.flush()
    everything = ([permit.permit_id], [permit.request_id])

    found = [ids(look(desk, name=name)) for name in ("جعفر آل عينة", "جعفر العينة", "جعفر عينة")]
    done = search_people.index_names(desk.session)
    desk.session.flush()
    again = [ids(look(desk, name=name)) for name in ("جعفر آل عينة", "جعفر العينة", "جعفر عينة")]

    assert found == again == [everything] * 3
    assert (done, search_people.index_names(desk.session)) == (2, 0)
    assert [one.part for one in kept.parts] == ["جعفر", "عينه", "العينه"]


def test_a_family_that_serves_god_is_found_in_one_word_once_its_parts_are_made_anew(
    desk: Desk,
) -> None:
    """«العبد» and «الله» were two parts. Somebody called «العبد» alone keeps his parts."""
    permit = desk.issued(owners=[owner("زهراء العبد الله"), owner("سالم العبد", "1000000065")])
    desk.session.flush()
    [kept, other] = permit.owners
    for row in (kept, permit_request_owner(desk, permit)):
        row.parts = [
            row.part_model(place=place, part=part)
            for place, part in enumerate(("زهراء", "العبد", "الله"))
        ]
    desk.session.flush()
    before = ids(look(desk, name="زهراء العبدالله"))

    done = search_people.index_names(desk.session)
    desk.session.flush()

    assert (before, ids(look(desk, name="زهراء العبدالله"))[0]) == (([], []), [permit.permit_id])
    assert (done, search_people.index_names(desk.session)) == (2, 0)
    assert [one.part for one in other.parts] == ["سالم", "العبد"]


AGENT = {
    "name": "وهيب بن علي الناظر (بيانات تجريبية)",
    "capacity": "legal_agent",
    "authority_number": "4455667788",
}


def test_permit_and_request_are_found_by_the_name_of_the_owners_agent(desk: Desk) -> None:
    permit = desk.issued(owners=[owner("جعفر عينة")], representative=AGENT)
    other = desk.issued(owners=[owner("سالم عينة", "1000000065")])

    found = look(desk, name="وهيب الناظر")

    assert ids(found) == ([permit.permit_id], [permit.request_id])
    assert other.permit_id not in ids(found)[0]
    assert ids(look(desk, name="وهيب عينة")) == ([], [])
    # The owner whose permit was shown hears of the look.
    assert told(desk, "1000000057")


def test_an_agent_with_a_number_is_told_of_a_search_by_his_name(desk: Desk) -> None:
    agent = {**AGENT, "id_number": "1000000040"}
    desk.issued(owners=[owner("جعفر عينة")], representative=agent)

    look(desk, name="وهيب الناظر")

    assert [told(desk, one) != [] for one in ("1000000040", "1000000057")] == [True, True]
    assert told(desk, "1000000073") == []


def test_permit_and_request_are_found_by_the_number_of_the_owners_agent(desk: Desk) -> None:
    agent = {**AGENT, "id_number": "1000000040"}
    permit = desk.issued(owners=[owner("جعفر عينة")], representative=agent)

    found = look(desk, id_number="1000000040")

    assert ids(found) == ([permit.permit_id], [permit.request_id])
    # The owner whose permit was shown hears of the look.
    assert told(desk, "1000000057")


def test_an_agent_of_before_is_found_once_names_are_indexed(desk: Desk) -> None:
    permit = desk.issued(owners=[owner("جعفر عينة")], representative=AGENT)
    desk.session.flush()
    for table in ("permit_agent_part", "permit_request_agent_part"):
        desk.session.execute(text(f"DELETE FROM {table}"))
    desk.session.expire_all()
    before = ids(look(desk, name="وهيب الناظر"))

    while search_people.index_names(desk.session):
        desk.session.flush()

    assert before == ([], [])
    assert ids(look(desk, name="وهيب الناظر")) == ([permit.permit_id], [permit.request_id])


def permit_request_owner(desk: Desk, permit: Any) -> Any:
    request = desk.session.get(PermitRequest, permit.request_id)
    return request.owners[0]
