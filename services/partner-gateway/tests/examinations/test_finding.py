"""Searches of medical centres: workers who chose them, and their own entries of today."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from examining import (
    NUMBER,
    OTHER_WORKER,
    WORKER,
    entries,
    request_event,
)
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.sealed import reseal, use_keys
from partner_gateway import consumers
from partner_gateway.models import Base, Examinee

EXAMPLES = contracts.read("openapi/partner-gateway.yaml")["components"]["examples"]


def test_a_worker_who_chose_the_centre_is_found_by_both_numbers(chosen, find):
    chosen()

    found = find("١٤٤٨٠٤٩٠٠٠٠١٧", "٢٠٠٠٠٠٠٠٠٦").json()

    assert found["worker"]["name"]["en"] == "Marked Worker (sample data)"
    assert (found["number"], found["examination"]) == (NUMBER, None)
    assert set(found["worker"]) == set(EXAMPLES["Examinee"]["value"]["worker"])
    assert WORKER not in json.dumps(found)


def test_answers_of_not_found_are_alike_to_the_byte(chosen, find, context, enter, look):
    chosen()
    consumers.examinee_changed(
        context, request_event(new_id(), number="1448049000018", centre="closed-centre")
    )
    absent = [
        find(number="1448049099999"),  # nothing
        find(worker=OTHER_WORKER),  # another worker
        find(centre="saihat-centre"),  # another centre's
        find(centre="unlisted-centre"),
        find(number="1448049000018", centre="closed-centre"),  # its own, no longer accredited
    ]
    entered = [enter(number="1448049099999"), enter(who={"centre": "saihat-centre"})]
    looked = [look("1448049099999"), look(NUMBER, centre="saihat-centre"), look(NUMBER)]

    every = [*absent, *entered, *looked]
    assert {one.status_code for one in every} == {404}
    assert len({one.content for one in every}) == 1
    assert len({tuple(sorted(one.headers.items())) for one in absent}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"centre": None, "happened": "ended"},
        {"centre": None, "happened": "emptied"},
        {"centre": "saihat-centre", "happened": "amended"},
    ],
)
def test_a_request_that_ended_or_moved_is_forgotten(chosen, find, enter, session, changes):
    key = chosen()

    chosen(sequence=2, **changes)
    chosen(sequence=1)  # an older one that comes again brings nothing back

    row = session.get(Examinee, key)
    assert find().status_code == 404
    assert enter().status_code == 404
    if changes["centre"] is None:
        assert (row.centre, row.worker, row.worker_key, row.until) == (None, None, None, None)


def test_an_edited_worker_is_found_by_the_new_number_alone(chosen, find):
    chosen()
    chosen(sequence=2, happened="amended", id_number=OTHER_WORKER, revision=2)

    assert (find().status_code, find(worker=OTHER_WORKER).status_code) == (404, 200)


def test_a_worker_is_sealed_at_rest(chosen, session):
    chosen()

    row = session.execute(text("SELECT to_jsonb(e)::text FROM examinee e")).scalar_one()
    assert WORKER not in row
    assert "Marked" not in row


def test_a_centre_sees_its_own_entries_of_today_and_no_result(
    chosen, enter, look, session, context
):
    chosen()
    enter("unfit")
    other = new_id()
    consumers.examinee_changed(
        context, request_event(other, number="1448049000018", centre="saihat-centre")
    )
    enter(number="1448049000018", who={"centre": "saihat-centre"})

    (shown,) = look().json()["items"]

    assert shown["number"] == NUMBER
    assert not {"result", "examined_on", "practice_number", "worker"} & set(shown)
    (row,) = [one for one in entries(session) if one.centre == "qatif-centre"]
    row.entered_at -= timedelta(days=1)
    session.commit()
    assert look().json()["items"] == []


def test_a_search_has_the_keyed_hash_of_the_number_in_its_row_and_never_the_number(
    chosen, find, session, settings
):
    key = chosen()
    find()

    rows = session.execute(
        text(
            "SELECT decision, reason, filters, civil_id_key, permit_ids::text[], to_jsonb(l)::text"
            " FROM access_log l ORDER BY at"
        )
    ).all()
    index = settings.blind_index
    assert [tuple(row[:5]) for row in rows] == [
        ("allowed", None, {"number": NUMBER}, index.key(WORKER), [key]),
    ]
    assert not any(WORKER in row[5] for row in rows)


@pytest.mark.parametrize(
    ("number", "code"), [("7000000005", "prefix"), ("2000000007", "check-digit"), ("abcdefghij", "digits")]
)  # fmt: skip
def test_a_number_that_is_no_workers_is_a_fault_of_its_field(find, number, code):
    (fault,) = find(worker=number).json()["errors"]

    assert (fault["field"], fault["code"]) == ("id_number", code)


def test_a_number_is_not_to_be_found_by_trying(chosen, find, settings):
    chosen()

    answers = [
        find(worker=OTHER_WORKER, kind="machine") for _ in range(settings.civil_id_per_minute + 1)
    ]

    assert [one.status_code for one in answers[-2:]] == [404, 429]


def test_after_a_change_of_keys_workers_are_sealed_and_hashed_anew(
    chosen, session, database, settings
):
    chosen()
    old = {name: getattr(settings, name) for name in ("sealing_key", "blind_index_key")}
    rings = {
        name: f"2:{letter * 42}A,1:{old[name]}" for name, letter in zip(old, "xy", strict=True)
    }
    use_keys(database, replace(settings, **rings))

    reseal(database, Base.registry.mappers, lambda _: None)

    (row,) = session.execute(text("SELECT worker_key, get_byte(worker, 0) FROM examinee")).all()
    assert (row[0][:3], row[1]) == ("v2:", 2)
    use_keys(database, settings)
