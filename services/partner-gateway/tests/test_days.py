"""The daily reconciliation file: what it holds, when it's there, what a comparison lists, and what it costs."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from building_events import certificate_event
from sqlalchemy import select, text

from chassis.core.ids import new_id
from partner_gateway import chores, consumers
from partner_gateway.commands import feed_changes
from partner_gateway.feed import sequencer
from partner_gateway.models import FollowedDay, FollowedThing
from saudi.days import legal_day

PATH = "/v1/building-permit-days"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TODAY, DAY = date(2026, 11, 26), date(2026, 11, 25)
LATER = datetime(2026, 11, 25, 21, 10, tzinfo=UTC)
ROWS = text(
    "SELECT operation, filters, decision, reason, result_count FROM access_log ORDER BY at, place"
)


@pytest.fixture
def system(token):
    claims = {
        "organisation": "sec", "organisation_kind": "partner", "municipality": None,
        "client_id": "sec-follower", "client_kind": "machine", "sub": "sec-follower",
    }  # fmt: skip
    return lambda: token("building-permits.follow", **claims)


@pytest.fixture
def held(session, context, example, event):
    """`held(at="2026-11-25T09:00:00")` → the id of a permit that changed then."""

    def held(at="2026-11-25T09:00:00", *, permit_id=None, sequence=1, **changes):
        permit_id = permit_id or new_id()
        state = {**example, "permit_id": permit_id, **changes}
        received = event(state, sequence=sequence)
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        handler = consumers.permit_changed
        row, happened = handler.prepare(context, received)
        change = type(happened.change)(**{**vars(happened.change), "time": moment})
        last_closed = feed_changes.lock_permits_and_days(session, []).last_closed
        feed_changes.hold_in_days(session, [change], last_closed)
        session.commit()
        return permit_id

    return held


@pytest.fixture
def close(session):
    def close(as_of=LATER, today=TODAY):
        closed = feed_changes.close_days(session, as_of, today=today, now=NOW)
        session.commit()
        return closed

    return close


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def compare(client, headers, *listed, day=DAY):
    body = "\n".join(json.dumps({"thing_id": one, "sequence": n}) for one, n in listed)
    return client.post(
        f"{PATH}/{day}/comparison", content=body.encode(),
        headers={**headers, "Content-Type": "application/x-ndjson"},
    )  # fmt: skip


def test_a_file_holds_the_last_state_of_each_thing_of_its_day(client, system, grant, held, close):
    grant()
    one = held()
    held("2026-11-25T12:00:00", permit_id=one, sequence=2, status="suspended")
    other = held("2026-11-25T20:59:00")
    held("2026-11-25T21:00:00")
    close()

    file = lines(client.get(f"{PATH}/{DAY}", headers=system()))

    assert {line["thing_id"]: line["sequence"] for line in file} == {one: 2, other: 1}
    assert {line["data"]["status"] for line in file} == {"suspended", "valid"}
    assert lines(client.get(f"{PATH}/1448-06-15", headers=system())) == file


def test_a_day_without_a_file_is_not_found(client, system, grant, held, close):
    grant()
    held()

    assert close(as_of=LATER - timedelta(seconds=1)) == []
    for day in (DAY, TODAY, date(1, 1, 1), date(9999, 12, 31)):
        assert client.get(f"{PATH}/{day}", headers=system()).status_code == 404


def test_days_close_one_after_the_other_also_those_on_which_nothing_changed(
    client, system, grant, held, close
):
    grant()
    held("2026-11-22T09:00:00")

    assert close() == [date(2026, 11, day) for day in (22, 23, 24, 25)]
    page = client.get(PATH, params={"limit": 2}, headers=system()).json()

    assert [(one["day"], one["things"]) for one in page["items"]] == [
        ("2026-11-25", 0),
        ("2026-11-24", 0),
    ]
    assert page["items"][0]["day_hijri"] == "1448/06/15"
    rest = client.get(PATH, params={"limit": 2, "cursor": page["next_cursor"]}, headers=system())
    assert [one["day"] for one in rest.json()["items"]] == ["2026-11-23", "2026-11-22"]


def test_a_change_after_its_day_was_closed_joins_the_next_day(held, close, session):
    held()
    close()

    late = held("2026-11-25T10:00:00")

    assert session.scalar(select(FollowedThing.day).where(FollowedThing.thing_id == late)) == date(
        2026, 11, 26
    )


def test_a_change_that_comes_twice_is_in_no_second_day(held, close, session):
    one = held(sequence=3)
    close()

    held(permit_id=one, sequence=3)
    held(permit_id=one, sequence=2)

    rows = session.execute(select(FollowedThing.day, FollowedThing.version)).all()
    assert [tuple(row) for row in rows] == [(DAY, 3)]


def test_a_correction_stays_marked_when_the_thing_changes_again_on_the_day(
    session, context, grant, project, event, example
):
    grant()
    state = project()
    owner = {**example["owners"][0], "name": "اسم مصحح (بيانات تجريبية)"}
    corrected = {**state, "owners": [owner]}
    for sequence in (2, 3):
        consumers.permit_changed(context, event(corrected, sequence=sequence))
    session.commit()

    [data] = session.scalars(select(FollowedThing.data))
    assert data["correction"] is True


def test_differences_made_on_purpose_are_all_listed(client, system, grant, held, close):
    grant()
    ids = sorted(held(permit_number=f"1448/{n}", sequence=n + 1) for n in range(1, 8))
    close()
    file = lines(client.get(f"{PATH}/{DAY}", headers=system()))
    mine = {line["thing_id"]: line["sequence"] for line in file}
    assert compare(client, system(), *mine.items()).json()["differences"] == []

    lost, behind, ahead, strange = ids[0], ids[2], ids[4], new_id()
    del mine[lost]
    mine |= {behind: mine[behind] - 1, ahead: mine[ahead] + 1, strange: 9}
    answer = compare(client, system(), *mine.items()).json()

    assert {one["thing_id"]: one["difference"] for one in answer["differences"]} == {
        lost: "missing", behind: "older", ahead: "newer", strange: "unknown",
    }  # fmt: skip
    assert (answer["things"], answer["compared"]) == (7, 7)


def test_an_empty_list_misses_everything(client, system, grant, held, close):
    grant()
    one = held()
    close()

    answer = compare(client, system())

    assert [it["thing_id"] for it in answer.json()["differences"]] == [one]


def test_a_line_at_fault_is_named(client, system, grant, held, close):
    grant()
    held()
    close()

    answer = compare(client, system(), (new_id(), 1), ("x", 0))

    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} == {
        "lines.2.thing_id", "lines.2.sequence",
    }  # fmt: skip


def test_a_file_is_within_the_grant_counts_its_rows_and_has_its_row_in_the_record(
    client, system, grant, held, close, session
):
    grant(rows_per_day=3, fields=["status"])
    for _ in range(2):
        held()
    close()

    first = client.get(f"{PATH}/{DAY}", headers=system())
    second = client.get(f"{PATH}/{DAY}", headers=system())

    assert [set(line["data"]) for line in lines(first)] == [
        {"permit_id", "permit_number", "status", "origin", "verified"}
    ] * 2
    assert (second.status_code, second.json()["code"]) == (429, "rows-exhausted")
    rows = [(row.operation, row.decision, row.result_count) for row in session.execute(ROWS)]
    assert rows[0] == (
        "get_permit_day",
        "allowed",
        2,
    )  # the refusal's row went with its request's transaction


@pytest.mark.parametrize("what", ["list", "file", "comparison"])
def test_without_a_grant_that_covers_following_there_is_no_file(
    client, system, grant, held, close, what, session
):
    grant(query_kinds=["permit-number"])
    held()
    close()

    answer = {
        "list": lambda: client.get(PATH, headers=system()),
        "file": lambda: client.get(f"{PATH}/{DAY}", headers=system()),
        "comparison": lambda: compare(client, system()),
    }[what]()

    assert (answer.status_code, answer.json()["code"]) == (403, "query-kind-not-granted")
    [row] = session.execute(ROWS).all()
    assert (row.decision, row.reason) == ("denied", "query-kind-not-granted")


def test_a_file_says_nothing_of_an_owner(client, system, grant, project, tell_all, close, example):
    grant()
    tell_all()
    now = datetime.now(UTC)
    close(as_of=now + timedelta(days=2), today=legal_day(now) + timedelta(days=1))

    day = client.get(PATH, headers=system()).json()["items"][-1]["day"]
    file = client.get(f"{PATH}/{day}", headers=system())

    assert len(lines(file)) == 2
    known = [owner["name"] for owner in example["owners"]]
    assert [name for name in known if name in file.text] == []


@pytest.fixture
def tell_all(session, context, project):
    def tell_all():
        permit = project()
        consumers.certificate_changed(context, certificate_event(permit))
        session.commit()

    return tell_all


def test_the_chore_closes_days_and_old_ones_are_forgotten(context, session, held):
    before = datetime.now(UTC) - timedelta(days=2)
    held(before.isoformat()[:19])
    day = legal_day(before)
    for topic in ("permits.permit", "permits.certificate", "permits.release", "permits.request"):
        session.execute(
            text(
                "INSERT INTO consumer_progress SELECT 'partner-gateway', :topic, n, 1, now()"
                " FROM generate_series(0, 7) n"
            ),
            {"topic": topic},
        )

    chores.close_days(context)
    assert session.get(FollowedDay, day).things == 1
    assert feed_changes.count_open_days(session, legal_day(context.now)) == 0
    assert feed_changes.count_open_days(session, legal_day(context.now) + timedelta(days=3)) == 3

    feed_changes.forget_days(session, day)
    assert session.get(FollowedDay, day) is not None
    feed_changes.forget_days(session, day + timedelta(days=1))
    session.expire_all()
    assert session.get(FollowedDay, day) is None
    assert session.scalars(select(FollowedThing.day)).all() == []


def post_lines(client, headers, *heard, day=DAY):
    return client.post(
        f"{PATH}/{day}/comparison", content="\n".join(map(json.dumps, heard)).encode(),
        headers={**headers, "Content-Type": "application/x-ndjson"},
    )  # fmt: skip


def test_what_a_follower_heard_and_the_lines_of_a_file_are_compared_as_they_came(
    client, system, grant, project, database, close
):
    grant()
    one, other = project()["permit_id"], project()["permit_id"]
    sequencer.step(database)
    now = datetime.now(UTC)
    close(as_of=now + timedelta(days=2), today=legal_day(now) + timedelta(days=1))
    day = client.get(PATH, headers=system()).json()["items"][-1]["day"]
    heard = client.get("/v1/events", headers=system()).json()["items"]
    changes = [it for it in heard if it["subject"] == one]
    file = lines(client.get(f"{PATH}/{day}", headers=system()))

    answer = post_lines(
        client, system(), *changes, *(it for it in file if it["thing_id"] == other), day=day
    )
    without = post_lines(client, system(), *changes, day=day)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["compared"], answer.json()["differences"]) == (2, [])
    assert [it["thing_id"] for it in without.json()["differences"]] == [other]


def test_a_line_without_a_thing_or_with_two_names_each_fault_with_its_line(
    client, system, grant, held, close
):
    grant()
    held()
    close()

    answer = post_lines(
        client, system(), {"sequence": "1"},
        {"thing_id": new_id(), "subject": new_id(), "sequence": "9999999999"},
        {"thing_id": new_id(), "sequence": "x"},
    )  # fmt: skip

    fields = {one["field"] for one in answer.json()["errors"]}
    assert (answer.status_code, fields) == (
        400,
        {"lines.1.thing_id", "lines.2.subject", "lines.2.sequence", "lines.3.sequence"},
    )
