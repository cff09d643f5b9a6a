"""What medical centres enter: judged once, answered each time, and nothing that tells fit from unfit."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.core import telemetry
from chassis.data.sealing import CannotUnseal
from health_certs.commands.examine import MalformedEntry
from health_certs.models import Certificate, Examination

from . import examined
from .people import DELEGATE


@pytest.fixture
def at(context: Any, now: Any) -> Any:
    """`at(hours=2)` → the context of a moment after the request."""
    return lambda **later: replace(context, now=now + timedelta(**later))


@pytest.fixture
def enters(at: Any, now: Any) -> Any:
    """`enters(request, result="unfit")`: the gateway's event arrives; its id."""

    def enter(row: Any, *, after: Any = None, **changes: Any) -> str:
        later = after or {"hours": 1}
        event = examined.entry(examined.result_document(row, now + timedelta(**later), **changes))
        examined.deliver(at(**later), event)
        return event.subject

    return enter


@pytest.fixture
def answers(outbox_rows: Any) -> Any:
    """The answers so far, opened, as (entry's id, outcome, reason)."""

    def answers() -> list[tuple[str, str, str | None]]:
        rows = [row for row in outbox_rows() if row.topic == "health-certs.examination"]
        opened = [(row.aggregate_id, examined.answer(row.envelope["data"])) for row in rows]
        return [(key, one["outcome"], one["reason"]) for key, one in opened]

    return answers


def test_what_follows_from_a_result_is_in_no_trace_of_the_result(
    make_request: Any, pays: Any, enters: Any, outbox_rows: Any
) -> None:
    """A certificate's cancellation that shares a trace with an entry would say why it was cancelled; one without any
    trace as well, since those of people have theirs."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    row = make_request()
    pays(row)
    before = len(outbox_rows())

    with telemetry.span("entry", f"00-{trace}-00f067aa0ba902b7-01"):
        first = enters(row)
        enters(row, result="unfit", corrects=first, reason="entry-error", after={"hours": 2})

    found = [
        (one.topic, one.envelope["traceparent"].split("-")[1]) for one in outbox_rows()[before:]
    ]
    assert {of for topic, of in found if topic == "health-certs.examination"} == {trace}
    others = [of for topic, of in found if topic != "health-certs.examination"]
    assert len(others) == 3  # issued, of both, and cancelled
    assert trace not in others


def certificates(session: Any) -> list[str]:
    return [one.status for one in session.scalars(select(Certificate))]


def test_a_fit_worker_with_all_else_there_gets_the_certificate_and_the_centre_its_answer(
    make_request: Any, pays: Any, enters: Any, answers: Any, session: Any
) -> None:
    row = make_request()
    pays(row)

    key = enters(row)

    kept = session.get(Examination, key)
    assert answers() == [(key, "accepted", None)]
    assert certificates(session) == ["valid"]
    assert (kept.status, kept.centre, kept.version) == ("accepted", row.centre, 1)
    assert kept.opened()[1].practice_number == examined.NUMBER


def test_an_entry_that_comes_again_takes_effect_once_and_is_answered_again(
    make_request: Any, pays: Any, enters: Any, answers: Any, at: Any, now: Any, session: Any
) -> None:
    row = make_request()
    pays(row)
    first = examined.entry(examined.result_document(row, now))

    for sequence in (1, 2, 3):
        examined.deliver(at(hours=sequence), replace(first, sequence=sequence))

    assert answers() == [(first.subject, "accepted", None)] * 3
    assert session.query(Examination).count() == 1
    assert certificates(session) == ["valid"]


def test_an_answer_is_the_same_each_time_though_the_request_has_changed(
    make_request: Any, pays: Any, answers: Any, at: Any, now: Any, outbox_rows: Any
) -> None:
    row = make_request()
    event = examined.entry(examined.result_document(row, now))
    examined.deliver(at(hours=1), event)
    row.centre = "qatif-centre"

    examined.deliver(at(hours=2), event)

    first, second = (
        examined.answer(one.envelope["data"])
        for one in outbox_rows()
        if one.topic == "health-certs.examination"
    )
    assert first == second


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"request_id": "01937c5e-8f00-7a11-8c2e-00000000ffff"}, "request-unknown"),
        ({"request_number": "1448049999999"}, "request-unknown"),
        ({"centre": "qatif-centre"}, "other-centre"),
        ({"revision": 2}, "revision-unknown"),
        ({"examined_on": "2026-11-26"}, "examined-in-future"),
        ({"examined_on": "2026-01-15"}, "examined-too-early"),
        ({"corrects": "01937c5e-8f00-7a11-8c2e-00000000ffff"}, "correction-unknown"),
    ],
)
def test_what_is_refused_is_answered_and_its_result_is_not_kept(
    make_request: Any, pays: Any, enters: Any, answers: Any, session: Any, changes: Any, why: str
) -> None:
    row = make_request()
    pays(row)

    key = enters(row, **changes)

    kept = session.get(Examination, key)
    assert answers() == [(key, "refused", why)]
    assert (kept.status, kept.reason_code, kept.entry) == ("refused", why, None)
    assert certificates(session) == []


def test_a_centre_that_was_not_accredited_on_the_day_is_refused(
    make_request: Any, enters: Any, answers: Any
) -> None:
    row = make_request()
    row.centre = "closed-centre"

    enters(row)

    assert [one[1:] for one in answers()] == [("refused", "not-accredited")]


def test_a_second_first_entry_is_refused_and_the_first_one_stays(
    make_request: Any, enters: Any, answers: Any, session: Any
) -> None:
    row = make_request()
    first = enters(row, result="unfit")

    enters(row, after={"hours": 2})

    assert [one[1:] for one in answers()] == [
        ("accepted", None), ("refused", "already-entered"),
    ]  # fmt: skip
    assert session.get(Examination, first).opened()[1].result == "unfit"


def test_a_correction_to_unfit_after_the_issue_cancels_the_certificate(
    make_request: Any, pays: Any, enters: Any, answers: Any, session: Any
) -> None:
    row = make_request()
    pays(row)
    first = enters(row)

    enters(row, after={"hours": 20}, result="unfit", corrects=first, reason="other-worker")

    assert certificates(session) == ["cancelled"]
    assert [one[1] for one in answers()] == ["accepted", "accepted"]


def test_a_correction_after_a_day_changes_nothing(
    make_request: Any, pays: Any, enters: Any, answers: Any, session: Any
) -> None:
    row = make_request()
    pays(row)
    first = enters(row)

    enters(row, after={"hours": 26}, result="unfit", corrects=first, reason="entry-error")

    assert certificates(session) == ["valid"]
    assert answers()[-1][1:] == ("refused", "correction-late")


def test_after_the_end_of_its_request_a_first_entry_is_refused(
    make_request: Any, enters: Any, answers: Any, session: Any, now: Any
) -> None:
    row = make_request()
    row.ended_at, row.status = now, "not_issued"

    enters(row)

    assert answers()[-1][1:] == ("refused", "request-ended")


def test_an_entry_that_was_sealed_for_another_one_is_not_opened(
    make_request: Any, at: Any, now: Any, outbox_rows: Any, session: Any
) -> None:
    row = make_request()
    before = len(outbox_rows())
    event = examined.entry(examined.result_document(row, now))
    moved = {**event.data, "examination_id": "01937c5e-8f00-7a11-8c2e-00000000aaaa"}

    with pytest.raises(CannotUnseal):
        examined.deliver(at(hours=1), replace(event, data=moved))

    assert len(outbox_rows()) == before
    assert session.query(Examination).count() == 0


@pytest.mark.parametrize(
    "changes",
    [{"result": "hepatitis"}, {"examined_on": "hepatitis"}, {"entered_by": {}}, {"entered_at": 7}],
)
def test_a_text_that_is_not_as_promised_lies_aside_without_a_word_of_it(
    make_request: Any, at: Any, now: Any, changes: Any
) -> None:
    event = examined.entry(examined.result_document(make_request(), now, **changes))

    with pytest.raises(MalformedEntry) as raised:
        examined.deliver(at(hours=1), event)

    assert str(raised.value) == ""
    assert raised.value.__suppress_context__


def test_what_is_smuggled_into_the_sealed_text_is_kept_nowhere(
    make_request: Any, enters: Any, session: Any, outbox_rows: Any
) -> None:
    row = make_request()

    key = enters(row, diagnosis="hepatitis", note="hepatitis")

    kept = session.get(Examination, key)
    assert "hepatitis" not in json.dumps([one.envelope for one in outbox_rows()])
    assert "hepatitis" not in kept.entry


def seen(session: Any, outbox_rows: Any, row: Any, key: str) -> Any:
    """What everything but the sealed column shows of an entry: rows, journal, events; lengths of what's sealed."""
    session.flush()
    columns = session.execute(
        text(
            "SELECT centre, revision, corrects, status, reason_code, octet_length(entry), version"
            " FROM examination WHERE examination_id = :key"
        ),
        {"key": key},
    ).one()
    journal = session.execute(
        text(
            "SELECT aggregate_type, version, action, note, details, subject, client_id, organisation"
            " FROM journal WHERE aggregate_id IN (:key, :request) ORDER BY entry_id"
        ),
        {"key": key, "request": row.request_id},
    ).all()
    events = [
        (one.topic, one.type, one.version, len(one.envelope["data"].get("sealed", "")))
        for one in outbox_rows()
    ]
    return tuple(columns), [tuple(one) for one in journal], events, row.status, row.version


@pytest.mark.parametrize("corrected", [False, True])
def test_fit_and_unfit_leave_the_same_traces_while_something_else_is_missing(
    make_request: Any, enters: Any, session: Any, outbox_rows: Any, corrected: bool
) -> None:
    found = []
    for result, other in (("fit", "unfit"), ("unfit", "fit")):
        savepoint = session.begin_nested()
        row = make_request()  # its bill is unpaid
        key = enters(row, result=result)
        if corrected:
            later = {"hours": 2}
            key = enters(row, after=later, result=other, corrects=key, reason="entry-error")
        columns, *rest = seen(session, outbox_rows, row, key)
        found.append(((*columns[:2], columns[2] is None, *columns[3:]), rest))
        savepoint.rollback()

    assert found[0] == found[1]
    assert found[0][1][1][-1][0] == "health-certs.examination"


def test_the_journal_names_who_entered_and_not_what(
    make_request: Any, enters: Any, session: Any
) -> None:
    key = enters(make_request(), result="unfit")

    (line,) = session.execute(
        text("SELECT * FROM journal WHERE aggregate_id = :key"), {"key": key}
    ).all()
    assert (line.subject, line.client_id, line.organisation) == (
        "p_1", "saihat-centre-desk", "saihat-centre",
    )  # fmt: skip
    assert "fit" not in json.dumps(line._asdict(), default=str)
    assert line.name is None
    assert DELEGATE.subject != line.subject
