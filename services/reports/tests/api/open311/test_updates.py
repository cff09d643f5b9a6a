"""Updates of requests over HTTP, in both formats: what is told, and what other systems may add."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from chassis.data.unit_of_work import UnitOfWork
from reports.commands import ending, referral, remarks, treatment
from reports.commands.open311 import make_key
from reports.domain.actors import service_as
from reports.domain.georeport import title_of
from reports.domain.reports import Reopening
from reports.models import Photo, Remark
from reports.open311.reads import updates_between

from .conftest import ADMIN, ROOT, row_of


@pytest.fixture
def closed(session, officer, now):
    """Closes a report through the commands."""

    def close(number):
        row = row_of(session, number)
        boss = service_as("p_boss")
        treatment.start(UnitOfWork(session, boss, now), row.report_id)
        session.add(
            Photo(
                report_id=row.report_id,
                position=9,
                attachment_id=row.report_id,
                kind="after",
                added_at=now,
            )
        )
        session.flush()
        treatment.resolve(UnitOfWork(session, boss, now), row.report_id, text="رُفعت النفايات")
        ending.close(
            UnitOfWork(session, boss, now), row.report_id, rule=Reopening(timedelta(days=5), 2)
        )

    return close


def test_what_happens_to_a_request_is_told(ask, closed, request_id):
    closed(request_id)

    _, updates = ask("servicerequestupdates")
    _, (request,) = ask(f"requests/{request_id}")

    mine = [one for one in updates if one["service_request_id"] == request_id]
    assert [one["status"] for one in mine] == ["OPEN", "OPEN", "CLOSED"]
    assert len({one["update_id"] for one in mine}) == 3
    assert request["status"] == "closed"
    assert ask("requests", status="open")[1] == []


def test_a_treatment_that_is_sent_back_leaves_the_request_with_its_department(
    ask, session, officer, request_id, now
):
    row = row_of(session, request_id)
    row.status = "resolved"
    session.flush()
    referral.send_back(UnitOfWork(session, officer, now), row.report_id, reason="لم يُنظف")
    _, updates = ask("servicerequestupdates")

    (mine,) = [one for one in updates if one["service_request_id"] == request_id]
    assert mine["description"] == title_of("assigned", "ar")


def test_pages_of_updates_follow_each_other(ask, closed, request_id):
    closed(request_id)
    whole = [one["update_id"] for one in ask("servicerequestupdates")[1]]

    pages = [ask("servicerequestupdates", page=page, page_size=1)[1] for page in (1, 2, 3, 4)]

    assert [one["update_id"] for page in pages for one in page] == whole
    assert [len(page) for page in pages] == [1, 1, 1, 0]


def test_updates_are_read_in_the_order_of_their_indexes(session, now):
    statement = updates_between((now - timedelta(days=90), now), 5_000, 1_000)
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort", "incremental_sort"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))  # an empty table is a poor judge

    connection = session.connection()
    said = statement.compile(connection, compile_kwargs={"literal_binds": True})
    plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {said}").scalars())

    for index in ("ix_journal_told", "ix_remark_told"):
        assert f"Index Scan using {index}" in plan
    assert plan.count("Sort Key") == 1  # of the page; neither kind is sorted by itself


UPDATE = {
    "update_id": "77", "status": "OPEN", "updated_datetime": "2026-11-25T08:00:00Z", "title": "",
    "description": "ما زالت هناك، هاتفي 0500000001", "first_name": "A", "last_name": "B",
    "public_anonymity_required": "FALSE", "nsid": "x", "service_request_id_ext": "5",
}  # fmt: skip


def test_an_update_is_kept_once_and_its_words_wait_for_an_officer(
    ask, post, request_id, session, officer, now
):
    form = {**UPDATE, "service_request_id": request_id}

    first, second = post("servicerequestupdates", form), post("servicerequestupdates", form)

    assert first == second
    assert first[0] == 200
    (update,) = ask("servicerequestupdates")[1]
    assert update["update_id"] == first[1][0]["update_id"]
    assert update["description"] == "محال"
    row = row_of(session, request_id)
    assert row.words_waiting
    later = now + timedelta(seconds=5)  # the update is of this very moment
    (last,) = session.scalars(select(Remark.remark_id)).all()
    work = UnitOfWork(session, officer, later)
    remarks.release_words(work, row.report_id, last_remark_read=last)
    session.flush()
    (update,) = ask("servicerequestupdates")[1]
    assert update["description"] == "ما زالت هناك، هاتفي …"
    assert len(session.scalars(select(Remark)).all()) == 1


def test_a_key_adds_only_so_much_to_one_report_in_a_day(post, request_id, filed):
    form = {**UPDATE, "service_request_id": request_id}
    statuses = [
        post("servicerequestupdates", {**form, "update_id": f"u{one}"})[0] for one in range(51)
    ]

    assert statuses == [200] * 50 + [429]
    other = {**UPDATE, "service_request_id": filed().report_number}
    assert post("servicerequestupdates", other)[0] == 200


def test_another_keys_update_of_the_same_id_is_another_update(
    client, session, now, key, request_id
):
    other = make_key(UnitOfWork(session, ADMIN, now), name="Other app")[1]
    ids = {
        client.post(
            f"{ROOT}/servicerequestupdates.json",
            data={**UPDATE, "service_request_id": request_id, "api_key": one},
        ).json()[0]["update_id"]
        for one in (key, other)
    }

    assert len(ids) == 2


def test_an_update_id_does_not_move_to_another_request(post, request_id, filed):
    post("servicerequestupdates", {**UPDATE, "service_request_id": request_id})

    moved = post("servicerequestupdates", {**UPDATE, "service_request_id": filed().report_number})

    assert moved[0] == 409


@pytest.mark.parametrize("missing", ["update_id", "status", "description", "service_request_id"])
def test_an_update_without_its_parts_is_refused(post, request_id, missing):
    form = {**UPDATE, "service_request_id": request_id, missing: ""}

    assert post("servicerequestupdates", form)[0] == 400


def test_a_key_closes_nothing_without_a_grant(ask, post, request_id):
    form = {**UPDATE, "service_request_id": request_id, "status": "CLOSED"}

    assert post("servicerequestupdates", form)[0] == 200
    assert ask(f"requests/{request_id}")[1][0]["status"] == "open"


def test_a_key_with_the_grant_closes(client, session, now, filed):
    key = make_key(UnitOfWork(session, ADMIN, now), name="Street works", may_close=True)[1]
    number = filed(category="old-furniture").report_number
    form = {**UPDATE, "service_request_id": number, "status": "CLOSED", "api_key": key}

    answers = [client.post(f"{ROOT}/servicerequestupdates.json", data=form) for _ in range(2)]

    assert {one.status_code for one in answers} == {200}
    assert client.get(f"{ROOT}/requests/{number}.json").json()[0]["status"] == "closed"
