"""The link in the text of a question: looking changes nothing, the button answers once, and it opens nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from reports.commands import referral
from reports.models import Remark, Report

HOUR = timedelta(hours=1)
QUESTION = "أين يقع العمود؟ (بيانات تجريبية)"


@pytest.fixture
def ask(session: Any, officer: Any, outbox_rows: Any) -> Callable[..., str]:
    """Asks the reporter: `ask(report)` → the token that the reporter gets."""

    def ask(report: Report, at: datetime | None = None) -> str:
        now = at or datetime.now(report.filed_at.tzinfo)
        referral.ask(UnitOfWork(session, officer, now), report.report_id, question=QUESTION)
        data = outbox_rows()[-1].envelope["data"]
        (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
        assert contact.token is not None
        return str(contact.token)

    return ask


def test_the_page_shows_the_question_and_looking_changes_nothing(
    client: Any, light: Report, ask: Any, outbox_rows: Any, session: Any
) -> None:
    path = f"/r/{ask(light)}"
    before = (light.version, light.status, len(outbox_rows()))

    arabic, english = client.get(path), client.get(f"{path}?lang=en")

    assert (arabic.status_code, english.status_code) == (200, 200)
    assert QUESTION in arabic.text
    assert "Send the answer" in english.text
    assert arabic.text.count("<button") == 1
    session.expire_all()
    assert (light.version, light.status, len(outbox_rows())) == before


def test_the_button_answers_once_and_the_clock_runs_again(
    client: Any, light: Report, ask: Any, session: Any, outbox_rows: Any
) -> None:
    due_at = light.due_at
    path = f"/r/{ask(light, datetime.now(UTC) - 2 * HOUR)}"
    assert due_at is not None
    assert (light.due_at, light.paused_since is None) == (None, False)

    empty = client.post(path, data={"text": " "})
    first = client.post(path, data={"text": "أمام المدرسة"})
    second = client.post(path, data={"text": "خلف المدرسة"})

    assert (empty.status_code, first.status_code, second.status_code) == (400, 200, 200)
    assert "اكتبوا جوابكم" in empty.text
    assert "شكرًا لكم، وصل جوابكم" in first.text
    assert "لا يُنتظر منكم جواب" in second.text
    session.expire_all()
    assert light.status == "assigned"
    assert light.paused_since is None
    assert light.paused_seconds >= 7_200
    assert light.due_at is not None
    assert int((light.due_at - due_at).total_seconds()) == light.paused_seconds
    remarks = session.scalars(select(Remark.body).where(Remark.kind == "answer")).all()
    assert remarks == ["أمام المدرسة"]
    types = [row.type.split(".")[-2] for row in outbox_rows()]
    assert types.count("answered") == 1


@pytest.mark.parametrize("error", [NotFound(), IllegalTransition("answer", "closed")])
def test_a_second_click_that_waited_for_the_first_sees_that_the_answer_came(
    client: Any, light: Report, ask: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The page was chosen before the wait for the report's lock."""
    answer_by_token = referral.answer_by_token

    def be_late(work: UnitOfWork, token: str, *, text: str) -> None:
        answer_by_token(work, token, text=text)
        work.session.flush()
        raise error

    monkeypatch.setattr(referral, "answer_by_token", be_late)
    path = f"/r/{ask(light)}"

    answer = client.post(path, data={"text": "أمام المدرسة"})

    assert answer.status_code == 200
    assert "لا يُنتظر منكم جواب" in answer.text
    assert answer.text == client.get(path).text


def test_a_question_that_the_operator_has_taken_the_answer_of_awaits_none(
    client: Any, light: Report, ask: Any, session: Any, officer: Any
) -> None:
    path = f"/r/{ask(light)}"
    now = light.filed_at + timedelta(days=1)
    referral.answer(UnitOfWork(session, officer, now), light.report_id, text="أمام المدرسة")
    session.flush()

    answer = client.post(path, data={"text": "خلف المدرسة"})

    assert "لا يُنتظر منكم جواب" in answer.text


def test_a_later_question_has_a_link_of_its_own_and_ends_the_earlier_one(
    client: Any, light: Report, ask: Any, session: Any
) -> None:
    first = ask(light)
    client.post(f"/r/{first}", data={"text": "أمام المدرسة"})
    session.expire_all()
    second = ask(light)

    assert "<button" not in client.get(f"/r/{first}").text
    assert "<button" in client.get(f"/r/{second}").text


def resend(client: Any, number: str, mobile: str) -> int:
    body = {"report_number": number, "mobile": mobile}
    return int(client.post("/v1/public/question-links", json=body).status_code)


def test_the_link_is_sent_again_to_the_reports_mobile_three_times_a_day(
    client: Any, light: Report, ask: Any, session: Any, outbox_rows: Any
) -> None:
    first = ask(light)
    sent = len(outbox_rows())

    answers = {resend(client, light.report_number, "0500000001") for _ in range(4)}

    texts = outbox_rows()[sent:]
    data = texts[-1].envelope["data"]
    (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
    assert (answers, len(texts)) == ({204}, 3)
    assert contact.mobile == light.mobile
    for token in (first, contact.token):
        assert QUESTION in client.get(f"/r/{token}").text


def test_nothing_tells_whether_a_link_was_sent(
    client: Any, light: Report, ask: Any, outbox_rows: Any
) -> None:
    without_question = resend(client, light.report_number, "0500000001")
    ask(light)
    sent = len(outbox_rows())

    other_mobile = resend(client, light.report_number, "0500000099")
    other_number = resend(client, "1448999999", "0500000001")

    assert (without_question, other_mobile, other_number) == (204, 204, 204)
    assert len(outbox_rows()) == sent


def test_the_link_of_a_question_rates_nothing_and_shows_no_photo(
    client: Any, light: Report, ask: Any
) -> None:
    token = ask(light)

    assert client.get(f"/r/{token}/rating").status_code == 404
    assert client.post(f"/r/{token}/rating", data={"stars": 5}).status_code == 404
    assert client.get(f"/r/{token}/photos/0195ff10-4d00-7b22-9d3f-0000000000b1").status_code == 404


def test_a_link_that_is_over_says_how_to_answer(client: Any, light: Report, ask: Any) -> None:
    long_ago = light.filed_at - referral.ANSWERABLE
    path = f"/r/{ask(light, long_ago)}"

    answer = client.post(path, data={"text": "أمام المدرسة"})

    assert answer.status_code == 410
    assert "940" in answer.text
