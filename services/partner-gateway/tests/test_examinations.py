"""What medical centres find and enter: what's taken, what's published, what's answered, what's forgotten."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from examining import (
    EXAMINATIONS,
    NUMBER,
    OTHER_WORKER,
    READ,
    SEARCHES,
    WORKER,
    WRITE,
    answer_event,
    body,
    headers_of,
    opened,
    request_event,
    result_of,
)
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.sealed import reseal, use_keys
from chassis.data.sealing import CannotUnseal
from partner_gateway import chores, consumers
from partner_gateway.commands import examinations as commands
from partner_gateway.commands.entries import AnswerToNothing
from partner_gateway.models import Base, Examinee, HealthExamination

DIAGNOSIS = "hepatitis-b"
EXAMPLES = contracts.read("openapi/partner-gateway.yaml")["components"]["examples"]


@pytest.fixture
def chosen(session, context):
    """`chosen(centre="saihat-centre", sequence=2)` → a request, as health-certs published it; its id."""
    known = new_id()

    def chosen(request_id=known, **changes):
        consumers.examinee_changed(context, request_event(request_id, **changes))
        session.commit()
        return request_id

    return chosen


@pytest.fixture
def find(client, token):
    """`find(number, worker)` → the answer, for the desk of the centre of Qatif."""

    def find(number=NUMBER, worker=WORKER, **who):
        sent = {"number": number, "id_number": worker}
        return client.post(SEARCHES, json=sent, headers=headers_of(token, READ, **who))

    return find


@pytest.fixture
def enter(client, token):
    """`enter("unfit", correction_reason="entry-error")` → the answer."""

    def enter(result="fit", *, number=NUMBER, who=None, key=None, headers=None, **changes):
        head = {**headers_of(token, WRITE, key=key, **(who or {})), **(headers or {})}
        return client.put(result_of(number), json=body(result, **changes), headers=head)

    return enter


@pytest.fixture
def look(client, token):
    """`look(number)` → whether the last entry was recorded; without one, today's entries."""

    def look(number=None, **who):
        path = result_of(number) if number else EXAMINATIONS
        return client.get(path, headers=headers_of(token, READ, **who))

    return look


@pytest.fixture
def answered(context, session):
    """`answered(examination_id, "refused", reason=…)`: as if the consumer had got it from health-certs."""

    def answered(examination_id, *answer, **more):
        consumers.examination_answered(context, answer_event(examination_id, *answer, **more))
        session.commit()

    return answered


def refusal(answer):
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition("/")[2], problem.get("code")


def entries(session):
    return session.query(HealthExamination).order_by(HealthExamination.entered_at).all()


def test_a_worker_who_chose_the_centre_is_found_by_both_numbers(chosen, find):
    chosen()

    found = find("١٤٤٨٠٤٩٠٠٠٠١٧", "٢٠٠٠٠٠٠٠٠٦").json()

    assert found["worker"]["name"]["en"] == "Marked Worker (sample data)"
    assert (found["number"], found["examination"]) == (NUMBER, None)
    assert set(found["worker"]) == set(EXAMPLES["Examinee"]["value"]["worker"])
    assert WORKER not in json.dumps(found)


def test_what_is_not_found_looks_alike_to_the_byte(chosen, find, context, enter, look):
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


UNKNOWN = ("diagnosis", "note", "comment", "remarks", "file", "attachments", "reason", DIAGNOSIS)
KNOWN = ("result", "examined_on", "practice_number", "correction_reason")
# Every way to carry a diagnosis besides what the contract names.
SMUGGLED = [
    *((name, {name: DIAGNOSIS}) for name in UNKNOWN),
    *((f"{name} as text", {name: DIAGNOSIS}) for name in KNOWN),
    *((f"{name} as list", {name: [DIAGNOSIS]}) for name in KNOWN),
    *((f"{name} as object", {name: {"value": "fit", "note": DIAGNOSIS}}) for name in KNOWN),
    ("behind the number", {"practice_number": f"12RM0012345 {DIAGNOSIS}"}),
    ("behind the day", {"examined_on": f"2026-11-25 {DIAGNOSIS}"}),
]


@pytest.mark.parametrize(("place", "changes"), SMUGGLED, ids=[name for name, _ in SMUGGLED])
def test_no_field_carries_a_diagnosis(chosen, enter, session, outbox_rows, place, changes):
    chosen()

    answer = enter(**changes)

    assert answer.status_code == 400, place
    assert DIAGNOSIS in changes or DIAGNOSIS not in answer.text  # the name of a field is told
    assert outbox_rows() == []
    assert entries(session) == []


def everything(session):
    """Every row of every table of the service, as text."""
    names = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ).all()
    return "\n".join(
        str(row)
        for name in names
        for row in session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{name}" t'))
    )


def test_no_query_carries_a_diagnosis(chosen, client, token, outbox_rows):
    chosen()

    answer = client.put(f"{result_of()}?note={DIAGNOSIS}", json=body(), headers=headers_of(token))

    assert answer.status_code == 400
    assert DIAGNOSIS not in answer.text
    assert outbox_rows() == []


def test_no_header_carries_a_diagnosis_anywhere(chosen, enter, session, caplog, capfd):
    chosen()
    headers = {
        "X-Diagnosis": DIAGNOSIS,
        "User-Agent": DIAGNOSIS,
        "Prefer": f"wait=1; note={DIAGNOSIS}",
        "Accept-Language": f"ar, {DIAGNOSIS}",
        "Baggage": f"note={DIAGNOSIS}",
        "Tracestate": f"note={DIAGNOSIS}",
    }

    answer = enter(key=f"{DIAGNOSIS}-1", headers=headers)

    assert answer.status_code == 202
    said = capfd.readouterr()
    assert DIAGNOSIS not in answer.text + caplog.text + said.out + said.err
    assert "health_examination" in everything(session) or entries(session)
    assert DIAGNOSIS not in everything(session)


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


def test_what_is_not_answered_is_published_again_and_again_the_same_text(
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
    row.entered_at -= timedelta(seconds=400)
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
