"""Batches of applications: one line, one result, and a batch that broke off is sent again as a whole."""

import json
from dataclasses import replace

import pytest
from municipal import APPLICATIONS, BATCHES, BODY, CODE, activity_event, body

from chassis.core.ids import new_id


@pytest.fixture(autouse=True)
def activities(project_licences):
    project_licences(activity_event())


def line(reference, **changes):
    return json.dumps({"reference": reference, "application": body(**changes)}, ensure_ascii=False)


@pytest.fixture
def send(client, clerk):
    """`send(line, line, key=…)` → the results."""

    def send(*lines, key=None, **who):
        kind = {"Content-Type": "application/x-ndjson"}
        head = {**clerk("licences.submit", key=key or new_id(), kind="machine", **who), **kind}
        answer = client.post(BATCHES, content="\n".join(lines).encode(), headers=head)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
        return [json.loads(one) for one in answer.text.splitlines()]

    return send


def test_each_line_has_a_result_of_its_own_in_the_order_sent(send, outbox_rows):
    lines = [line("a"), line("b", years=5), "{", line("c"), json.dumps({"reference": "d"})]

    results = send(*lines)

    assert [(one["line"], one["result"]) for one in results] == [
        (1, "accepted"), (2, "refused"), (3, "refused"), (4, "accepted"), (5, "refused"),
    ]  # fmt: skip
    assert [one["reference"] for one in results] == ["a", "b", None, "c", "d"]
    (fault,) = results[1]["problem"]["errors"]
    assert (fault["field"], fault["code"]) == ("application.years", "years-beyond")
    assert results[2]["problem"]["type"].endswith("/malformed-body")
    published = [row.aggregate_id for row in outbox_rows()]
    assert sorted(published) == sorted([results[0]["application_id"], results[3]["application_id"]])


def test_a_line_that_lacks_a_field_names_its_other_faults_too(send):
    place = {name: value for name, value in BODY["place"].items() if name != "district"}
    wrong = {
        "place": {**place, "town": "تاروت"},
        "activities": [{"code": "999999", "main": True}],
        "years": 0,
    }

    (result,) = send(line("a", **wrong))

    faults = {(one["field"], one["code"]) for one in result["problem"]["errors"]}
    assert faults >= {
        ("application.place.district", "required"),
        ("application.place.town", "town-elsewhere"),
        ("application.activities.0.code", "activity-unknown"),
    }
    assert len(faults) == 4


def test_a_line_without_an_application_names_that_alone(send):
    (result,) = send(json.dumps({"reference": "a", "application": []}))

    assert [one["field"] for one in result["problem"]["errors"]] == ["application"]


def test_five_hundred_lines_are_accepted_and_one_more_is_refused(send, client, clerk, outbox_rows):
    results = send(*(line(f"r-{number}") for number in range(500)))

    assert {one["result"] for one in results} == {"accepted"}
    assert len({one["application_id"] for one in results}) == len(outbox_rows()) == 500
    head = {**clerk(key=new_id()), "Content-Type": "application/x-ndjson"}
    more = "\n".join(line(f"s-{number}") for number in range(501)).encode()
    assert client.post(BATCHES, content=more, headers=head).status_code == 400


def test_a_line_sent_again_in_another_batch_is_the_application_of_before(send, outbox_rows):
    first = send(line("a"), line("b"))

    again = send(line("b"), line("c"), line("a"))

    assert [one["result"] for one in again] == ["repeated", "accepted", "repeated"]
    assert again[0]["application_id"] == first[1]["application_id"]
    assert again[2]["application_id"] == first[0]["application_id"]
    assert len(outbox_rows()) == 3


def test_a_line_sent_again_in_the_other_calendar_is_the_application_of_before(send, outbox_rows):
    lease = {**BODY["lease"], "starts_on": "1448/05/21", "ejar_no": "١٠٤٢٣٣٤٤٥٥٠"}
    (first,) = send(line("a"))

    (again,) = send(line("a", lease=lease))

    assert (again["result"], again["application_id"]) == ("repeated", first["application_id"])
    assert len(outbox_rows()) == 1


def test_a_reference_that_another_application_has_is_refused(send, outbox_rows):
    send(line("a"))

    (result,) = send(line("a", workers=9))

    assert result["result"] == "refused"
    assert result["problem"]["type"].endswith("/reference-used")
    assert len(outbox_rows()) == 1


def test_a_reference_twice_in_one_batch_is_one_application(send, outbox_rows):
    same, other = send(line("a"), line("a")), send(line("b"), line("b", workers=9))

    assert [one["result"] for one in same] == ["accepted", "repeated"]
    assert same[0]["application_id"] == same[1]["application_id"]
    assert [one["result"] for one in other] == ["accepted", "refused"]
    assert len(outbox_rows()) == 2


def test_an_application_is_shown_with_the_reference_of_its_sender(send, client, clerk):
    (sent,) = send(line("a"))

    shown = client.get(f"{APPLICATIONS}/{sent['application_id']}", headers=clerk()).json()

    assert shown["reference"] == "a"


def test_a_reference_is_its_senders_own(send, outbox_rows):
    tarout = {"place": {**BODY["place"], "town": "تاروت", "district": "الربيعية"}}

    mine, theirs = send(line("a")), send(line("a", **tarout), municipality="tarout")

    assert [mine[0]["result"], theirs[0]["result"]] == ["accepted", "accepted"]
    assert len(outbox_rows()) == 2


def test_a_batch_under_the_same_key_gets_the_same_answer(send, outbox_rows):
    first, second = (
        send(line("a"), line("b", years=9), key="k"),
        send(line("a"), line("b", years=9), key="k"),
    )

    assert first == second
    assert len(outbox_rows()) == 1


def test_a_batch_sent_again_after_a_change_of_the_index_key_is_the_applications_of_before(
    send, app, settings, monkeypatch, outbox_rows
):
    first = send(line("a"), line("b"))

    newer = replace(settings, blind_index_key=f"2:{'N' * 43},1:{settings.blind_index_key}")
    monkeypatch.setattr(app.process, "settings", newer)
    again = send(line("a"), line("b", workers=9), line("c"), line("c"))

    assert [one["result"] for one in again] == ["repeated", "refused", "accepted", "repeated"]
    assert again[0]["application_id"] == first[0]["application_id"]
    assert len(outbox_rows()) == 3


def test_a_reference_is_kept_as_a_hash(send, session):
    from sqlalchemy import text

    send(line("S-1000000008"))

    (kept,) = session.scalars(text("SELECT to_jsonb(a)::text FROM licence_application a")).all()
    assert "1000000008" not in kept


def test_each_line_counts_on_the_limit(send, client, clerk, app):
    limit = app.process.resources.limits.submission.limit
    whole, rest = divmod(limit, 500)
    for number in range(whole):
        send(*(line(f"{number}-{place}", years=9) for place in range(500)))
    assert rest == 0

    head = {**clerk(key=new_id(), kind="machine"), "Content-Type": "application/x-ndjson"}
    answer = client.post(BATCHES, content=line("x").encode(), headers=head)

    assert (answer.status_code, answer.json()["code"]) == (429, "submissions")


def test_an_activity_of_a_line_that_nobody_knows_is_refused_with_its_place(send):
    (result,) = send(
        line("a", activities=[{"code": "111111", "main": True}, {"code": CODE, "main": False}])
    )

    (fault,) = result["problem"]["errors"]
    assert (fault["field"], fault["code"]) == ("application.activities.0.code", "activity-unknown")
