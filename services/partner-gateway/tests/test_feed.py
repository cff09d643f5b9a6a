"""The change feed: what a municipality hears, in which order, and how it goes on."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields
from chassis.data.sealing import Keyring, Sealer
from partner_gateway import feed
from partner_gateway.feed import sequencer
from partner_gateway.feed.readers import Cursors, Reader
from partner_gateway.models.feed import Webhook

SUBJECT = "01937c5e-8f00-7a11-8c2e-00000000a001"


@pytest.fixture
def happened(session, database):
    """`happened(change(1), change(2))`: appended, committed and placed."""

    def happened(*changes):
        for one in changes:
            feed.append(session, one, public_url="https://gateway.test")
        session.commit()
        return sequencer.step(database)

    return happened


@pytest.fixture
def ask(client, token, tenants):
    """`ask(after=…, of="saihat")` → the response."""

    def ask(of="saihat", scopes=("events.read",), **asked):
        headers = token(*scopes, **tenants[of])
        return client.get("/v1/events", params=asked, headers=headers)

    return ask


def numbers(response):
    return [item["number"][-2:] for item in response.json()["items"]]


def test_a_change_is_told_as_a_cloud_event(happened, ask, change):
    one = change(1)
    happened(one)

    answer = ask()

    assert answer.status_code == 200
    assert answer.json()["items"] == [
        {
            "specversion": "1.0",
            "id": one.event_id,
            "source": "/licences",
            "type": "sa.gov.qatif.licences.licence.issued.v1",
            "subject": SUBJECT,
            "time": "2026-11-26T06:00:01Z",
            "datacontenttype": "application/json",
            "sequence": "1",
            "number": "481000001",
            "link": "https://gateway.test/v1/licences/481000001",
            "data": {"status": "valid", "trade_name": "مخبز (بيانات تجريبية)"},
        }
    ]


def test_pages_follow_each_other_without_a_gap_or_a_repetition(happened, ask, change):
    happened(*(change(number) for number in range(1, 8)))

    seen, cursor = [], {}
    for _ in range(5):
        answer = ask(limit=2, **cursor)
        seen += numbers(answer)
        cursor = {"after": answer.json()["next_cursor"]}

    assert seen == ["01", "02", "03", "04", "05", "06", "07"]


def test_a_reader_who_goes_on_gets_what_came_since_and_nothing_twice(happened, ask, change):
    happened(change(1))
    first = ask()
    happened(change(2), change(3))

    second = ask(after=first.json()["next_cursor"])
    third = ask(after=second.json()["next_cursor"])

    assert (numbers(first), numbers(second), numbers(third)) == (["01"], ["02", "03"], [])
    assert ask(after=third.json()["next_cursor"]).status_code == 200


def test_a_municipality_hears_of_its_own_and_qatif_of_all(happened, ask, change):
    happened(change(1, municipality="saihat"), change(2, municipality="tarout"))
    happened(change(3, municipality="qatif"))

    assert numbers(ask(of="saihat")) == ["01"]
    assert numbers(ask(of="tarout")) == ["02"]
    assert numbers(ask(of="qatif")) == ["01", "02", "03"]


def test_now_is_a_place_to_begin_at(happened, ask, change):
    happened(change(1))
    begun = ask(after="now")
    happened(change(2))

    assert numbers(begun) == []
    assert numbers(ask(after=begun.json()["next_cursor"])) == ["02"]


def test_before_anything_happened_there_is_a_cursor_too(happened, ask, change):
    empty, begun = ask(), ask(after="now")
    happened(change(1))

    assert numbers(ask(after=empty.json()["next_cursor"])) == ["01"]
    assert numbers(ask(after=begun.json()["next_cursor"])) == ["01"]


def test_the_cursor_of_another_organisation_is_refused(happened, ask, change):
    happened(change(1), change(2, municipality="tarout"))
    cursor = ask(of="saihat").json()["next_cursor"]

    for of in ("tarout", "qatif"):
        answer = ask(of=of, after=cursor)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "after"


def test_a_cursor_of_the_older_key_is_good_as_long_as_the_key_is_named():
    older, newer = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))
    reader = Reader("saihat", "municipality/saihat")
    cursor = _cursors(older).issue(reader, 7)

    assert _cursors(f"2:{newer},1:{older}").read(reader, cursor) == 7
    with pytest.raises(InvalidFields):
        _cursors(f"2:{newer}").read(reader, cursor)


def _cursors(keys):
    return Cursors(Sealer(Keyring.parse(keys)), days=400)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "1", "bm93"])
def test_a_forged_cursor_is_refused(ask, cursor):
    answer = ask(after=cursor)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "cursor"


def test_a_place_whose_changes_are_gone_says_how_to_go_on(happened, ask, session, change):
    happened(change(1))
    cursor = ask().json()["next_cursor"]
    happened(change(2), change(3))
    session.execute(text("DELETE FROM feed_place WHERE place < 3"))
    session.execute(text("UPDATE feed_head SET first = 3"))
    session.commit()

    answer = ask(after=cursor)

    assert answer.status_code == 410
    assert answer.json()["code"] == "expired"
    assert "400" in answer.json()["detail"]
    assert numbers(ask()) == ["03"]


def test_a_place_ahead_of_a_restored_database_is_refused(happened, ask, session, change):
    happened(change(1), change(2))
    cursor = ask().json()["next_cursor"]
    session.execute(text("DELETE FROM feed_place WHERE place = 2"))
    session.execute(text("UPDATE feed_head SET last = 1"))
    session.commit()

    answer = ask(after=cursor)

    assert (answer.status_code, answer.json()["code"]) == (410, "ahead")


def test_an_event_that_is_delivered_twice_stands_once(happened, ask, change):
    one = change(1)
    happened(one)
    happened(one)

    assert numbers(ask()) == ["01"]


def test_an_uncommitted_change_has_no_place(session, database, ask, change):
    feed.append(session, change(1), public_url="https://gateway.test")
    session.rollback()

    assert sequencer.step(database) == 0
    assert numbers(ask()) == []


def test_nothing_personal_lies_open_in_the_database(happened, session, change):
    happened(change(1))

    (document,) = session.scalars(text("SELECT document FROM feed_event")).all()
    assert "مخبز".encode() not in bytes(document)


def test_a_question_is_in_the_record_with_the_things_that_it_showed(
    happened, client, token, tenants, session, change
):
    happened(change(1))
    for scope in ("events.read", "gateway.status"):
        headers = token(scope, sub="p_listener", **tenants["saihat"])
        client.get("/v1/events", headers=headers)

    rows = session.execute(
        text(
            "SELECT operation, decision, result_count, permit_ids FROM access_log"
            " WHERE subject = 'p_listener' ORDER BY at"
        )
    ).all()
    assert [(row.operation, row.decision, row.result_count) for row in rows] == [
        ("find_events", "allowed", 1),
        ("find_events", "denied", 0),
    ]
    assert [str(one) for one in rows[0].permit_ids] == [SUBJECT]


def test_in_a_thread_nothing_waits(ask):
    """The lane waits; everybody else is answered at once, and asks again."""
    answer = ask(wait=30)

    assert answer.json()["items"] == []
    assert answer.json()["next_cursor"]


@pytest.mark.parametrize(
    "asked", [{"wait": 31}, {"wait": -1}, {"limit": 0}, {"limit": 201}, {"x": 1}]
)
def test_a_question_that_the_contract_does_not_know_is_refused(ask, asked):
    assert ask(**asked).status_code == 400


def test_changes_past_their_time_are_let_go_and_the_others_stay(happened, ask, change, session):
    happened(change(1), change(2, municipality="tarout"))
    old = ask().json()["next_cursor"]
    happened(change(3))
    session.execute(
        text(
            "UPDATE feed_event SET placed_at = placed_at - interval '401 days'"
            " WHERE event < (SELECT max(event) FROM feed_event)"
        )
    )
    now = datetime.now(UTC)

    sequencer.delete_old_changes(session, now - timedelta(days=400))
    session.commit()

    assert numbers(ask()) == ["03"]
    assert numbers(ask(after=old)) == ["03"]
    assert session.scalar(text("SELECT count(*) FROM feed_event")) == 1
    assert sequencer.delete_old_changes(session, now - timedelta(days=400)) == 0


def test_when_all_is_let_go_the_feed_goes_on_counting(happened, ask, change, session):
    happened(change(1), change(2))
    old, newest = (ask(limit=limit).json()["next_cursor"] for limit in (1, 2))
    sequencer.delete_old_changes(session, datetime.now(UTC) + timedelta(days=1))
    session.commit()

    assert ask(after=old).status_code == 410
    assert numbers(ask(after=newest)) == numbers(ask()) == []
    begun = ask().json()["next_cursor"]
    happened(change(3))
    assert numbers(ask(after=newest)) == numbers(ask(after=begun)) == numbers(ask()) == ["03"]


@pytest.mark.parametrize(("state", "woken"), [(None, 0), ("pending", 0), ("off", 0), ("active", 1)])
def test_the_poster_is_woken_only_where_an_address_is_active(
    session, happened, change, monkeypatch, state, woken
):
    calls = []
    monkeypatch.setattr(sequencer.TO_POST, "wake", calls.append)
    if state is not None:
        session.add(
            Webhook(
                webhook_id=new_id(),
                organisation="saihat",
                audience="municipality:saihat",
                url="https://example.test/hook",
                state=state,
                version=1,
                created_at=datetime.now(UTC),
            )
        )

    happened(change(1))

    assert len(calls) == woken
