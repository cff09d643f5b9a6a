"""Entries of medical centres: accepted, published, answered, deleted."""

from datetime import timedelta

import pytest
from examining import (
    NUMBER,
    answer_event,
    entries,
    headers_of,
    opened,
    refusal,
    result_of,
)
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.sealing import CannotUnseal
from partner_gateway import chores, consumers
from partner_gateway.commands import examinations as commands
from partner_gateway.commands.entries import AnswerToNothing

EXAMPLES = contracts.read("openapi/partner-gateway.yaml")["components"]["examples"]


@pytest.mark.parametrize("kind", ["staff", "machine"])
def test_a_result_is_taken_and_published_sealed(chosen, enter, outbox_rows, kind):
    key = chosen()

    answer = enter("unfit", who={"kind": kind})

    (row,) = outbox_rows()
    told, data = answer.json(), row.envelope["data"]
    assert answer.status_code == 202, answer.text
    assert (told["status"], told["recorded_at"], told["corrects"]) == ("pending", None, None)
    assert answer.headers["location"] == told["href"]
    assert told["href"].endswith(result_of())
    assert row.topic == "partner-gateway.health-examination"
    assert set(data) == {"examination_id", "sealed"}
    assert {name: opened(data)[name] for name in ("request_id", "centre", "result", "revision")} == {
        "request_id": key, "centre": "qatif-centre", "result": "unfit", "revision": 1,
    }  # fmt: skip
    assert opened(data)["practice_number"] == "12RM0012345"
    assert opened(data)["entered_by"]["kind"] == kind


@pytest.mark.parametrize("example", ["ExaminationResult", "ExaminationCorrection"])
def test_the_contracts_own_examples_are_taken(chosen, client, token, enter, answered, example):
    chosen()
    if "correction_reason" in EXAMPLES[example]["value"]:
        answered(enter().json()["examination_id"])

    answer = client.put(result_of(), json=EXAMPLES[example]["value"], headers=headers_of(token))

    assert answer.status_code == 202, answer.text


def test_the_answer_empties_what_was_entered(chosen, enter, look, answered, session):
    chosen()
    key = enter().json()["examination_id"]
    (row,) = entries(session)
    assert len(row.sealed) == 1404

    answered(key)

    shown = look(NUMBER).json()
    assert (row.sealed, row.due_at) == (None, None)
    assert (shown["status"], shown["status_title"]["ar"]) == ("accepted", "سُجلت")
    assert shown["recorded_at"] is not None
    assert "result" not in shown


def test_a_refusal_says_why_and_another_result_may_be_entered(chosen, enter, look, answered):
    chosen()
    answered(enter().json()["examination_id"], "refused", reason="not-accredited")

    shown = look(NUMBER).json()

    assert (shown["status"], shown["reason"]["code"]) == ("refused", "not-accredited")
    assert "المركز" in shown["reason"]["ar"]
    assert enter().status_code == 202


def test_an_answer_that_comes_again_changes_nothing(chosen, enter, answered, session):
    chosen()
    key = enter().json()["examination_id"]

    answered(key)
    answered(key, "refused", reason="other-centre", sequence=2)

    assert [one.status for one in entries(session)] == ["accepted"]


def test_an_answer_to_nothing_lies_aside_and_so_does_one_for_another_entry(context, chosen, enter):
    with pytest.raises(AnswerToNothing):
        consumers.examination_answered(context, answer_event(new_id()))

    chosen()
    key = enter().json()["examination_id"]
    event = answer_event(new_id())
    event.data["examination_id"] = key
    with pytest.raises(CannotUnseal):
        consumers.examination_answered(context, event)


def test_a_correction_names_what_it_corrects_and_why(chosen, enter, answered, outbox_rows):
    chosen()
    first = enter("unfit").json()["examination_id"]
    answered(first)

    answer = enter("fit", correction_reason="other-worker")

    told = opened(outbox_rows()[-1].envelope["data"])
    assert answer.status_code == 202
    assert answer.json()["corrects"] == first
    assert (told["corrects"], told["reason"], told["result"]) == (first, "other-worker", "fit")


def test_a_result_is_corrected_after_the_request_ended_or_moved(chosen, enter, answered):
    chosen()
    answered(enter().json()["examination_id"])
    chosen(sequence=2, centre=None, happened="issued")

    corrected = enter("unfit", correction_reason="entry-error")

    assert corrected.status_code == 202
    assert enter("unfit", who={"centre": "saihat-centre"}).status_code == 404


@pytest.mark.parametrize(
    ("recorded", "reason", "refused"),
    [
        (None, None, (409, "examination-entered", "pending")),
        (None, "entry-error", (409, "examination-entered", "pending")),
        ("accepted", None, (409, "examination-entered", None)),
        ("refused", "entry-error", (409, "nothing-to-correct", None)),
    ],
)
def test_a_result_that_is_there_is_not_written_over(
    chosen, enter, answered, outbox_rows, recorded, reason, refused
):
    chosen()
    key = enter().json()["examination_id"]
    if recorded:
        answered(key, recorded, reason="other-centre" if recorded == "refused" else None)

    assert refusal(enter("unfit", correction_reason=reason)) == refused
    assert len(outbox_rows()) == 1


def test_after_a_day_a_result_is_not_corrected(chosen, enter, answered, session):
    chosen()
    answered(enter().json()["examination_id"])
    (row,) = entries(session)
    row.first_at -= timedelta(hours=24, seconds=1)
    session.commit()

    assert refusal(enter(correction_reason="entry-error")) == (409, "examination-entered", "late")
    chosen(sequence=2, centre=None, happened="ended")
    assert enter(correction_reason="entry-error").status_code == 404


def test_after_an_edit_of_the_worker_another_first_result_is_entered(
    chosen, enter, answered, outbox_rows
):
    chosen()
    answered(enter().json()["examination_id"])
    chosen(sequence=2, revision=2, happened="amended")

    assert enter().status_code == 202
    told = opened(outbox_rows()[-1].envelope["data"])
    assert (told["revision"], told["corrects"]) == (2, None)


def test_a_result_of_a_worker_who_was_edited_since_he_was_found_is_refused(chosen, find, enter):
    chosen()
    assert find().status_code == 200
    chosen(sequence=2, revision=2, happened="amended")

    assert refusal(enter()) == (409, "worker-changed", None)

    assert find().status_code == 200
    assert enter().status_code == 202


def test_a_repeated_request_is_answered_alike_and_recorded(chosen, enter, session):
    chosen()

    first, second = (enter(key="k-1") for _ in range(2))

    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    rows = session.execute(
        text(
            "SELECT decision, reason FROM access_log WHERE operation = 'enter_examination' ORDER BY at"
        )
    ).all()
    assert [tuple(row) for row in rows] == [("allowed", None), ("allowed", "replayed")]


def test_the_same_key_with_another_result_is_refused_without_telling_which(chosen, enter):
    chosen()
    enter("fit", key="k-1")

    assert refusal(enter("unfit", key="k-1")) == (422, "idempotency-key-used", None)


def test_an_unanswered_entry_is_published_again_and_again_as_the_same_text(
    chosen, enter, context, session, outbox_rows, answered
):
    chosen()
    key = enter().json()["examination_id"]
    (row,) = entries(session)

    waits = []
    for _ in range(4):
        assert commands.publish_again(session, row.due_at - timedelta(seconds=1)) == 0
        at = row.due_at
        assert commands.publish_again(session, at) == 1
        waits.append(row.due_at - at)

    events = outbox_rows()
    assert [one.version for one in events] == [1, 2, 3, 4, 5]
    assert len({one.envelope["data"]["sealed"] for one in events}) == 1
    assert waits == sorted(waits)
    answered(key)
    assert commands.publish_again(session, context.now + timedelta(days=9)) == 0


def test_the_age_of_the_oldest_entry_without_an_answer_is_measured(chosen, enter, context, session):
    chosen()
    enter()
    (row,) = entries(session)
    row.entered_at = context.now - timedelta(seconds=400)
    session.flush()

    chores.watch_entries(context)

    area = {"area": "health-examination"}
    assert REGISTRY.get_sample_value("partner_entries_unanswered", area) == 1
    assert REGISTRY.get_sample_value("partner_entry_oldest_unanswered_seconds") >= 395


def test_entries_past_their_time_are_deleted_unless_they_wait(
    chosen, enter, answered, context, session
):
    chosen()
    key = enter().json()["examination_id"]
    (row,) = entries(session)
    row.entered_at -= timedelta(days=36)
    session.commit()

    chores.forget_examinations(context)
    assert len(entries(session)) == 1
    answered(key)
    chores.forget_examinations(context)
    session.expire_all()

    assert entries(session) == []
