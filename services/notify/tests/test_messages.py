"""What officers see of messages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from notify.chores import CHORE
from notify.commands.languages import choose_language
from notify.models import Message

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
MOBILE = "+966500000008"


@pytest.fixture
def message(stored: Any) -> Message:
    """A message about a report, with a link."""
    row: Message = stored(
        about_type="report",
        about_id="r-1",
        about_number="1448104233",
        municipality="qatif",
        text_public="أعيدوا فتحه: https://reports.test/r/…",
        text_secret="أعيدوا فتحه: https://reports.test/r/secret-token",
        state="created",
    )
    return row


def test_an_officer_finds_a_reports_messages_by_its_number(
    client: Any, token: Any, message: Message
) -> None:
    read = token("messages.read")

    mine = client.get("/v1/messages?report=1448104233", headers=read).json()["items"]
    others = client.get("/v1/messages?report=1448104234", headers=read).json()["items"]

    assert [one["message_id"] for one in mine] == [message.message_id]
    assert others == []


def test_an_officer_sees_neither_number_nor_token(
    client: Any, token: Any, message: Message
) -> None:
    answer = client.get(f"/v1/messages/{message.message_id}", headers=token("messages.read"))

    assert answer.json()["recipient"] == "+966******008"
    assert answer.json()["text"] == "أعيدوا فتحه: https://reports.test/r/…"
    assert MOBILE not in answer.text
    assert "secret-token" not in answer.text


def test_number_and_texts_are_sealed_in_the_database(session: Any, message: Message) -> None:
    from sqlalchemy import text

    row = session.execute(text("SELECT message::text FROM message")).scalar_one()

    for plain in (MOBILE, MOBILE[1:], "secret-token", "reports.test"):
        assert plain not in row
        assert plain.encode().hex() not in row


def test_a_message_that_is_not_there_is_not_found(client: Any, token: Any) -> None:
    path = "/v1/messages/0195ff10-4d00-7b22-9d3f-000000009999"

    assert client.get(path, headers=token("messages.read")).status_code == 404


@pytest.mark.parametrize("about", ["tender_notice", "lease_booklet"])
def test_nobody_reads_who_follows_a_tender_or_bought_a_booklet(
    client: Any, token: Any, stored: Any, about: str
) -> None:
    secret = stored(about_type=about, state="delivered", text_public="عُدلت المزايدة").message_id
    shown = stored(about_type=None, state="delivered", text_public="x").message_id
    officer = token("messages.read")

    listed = client.get("/v1/messages", headers=officer).json()["items"]

    assert [one["message_id"] for one in listed] == [shown]
    assert client.get(f"/v1/messages/{secret}", headers=officer).status_code == 404


def test_a_branch_reads_the_messages_of_its_own_things_alone(
    client: Any, token: Any, stored: Any
) -> None:
    things = {"about_type": "report", "state": "delivered", "text_public": "عولج بلاغكم"}
    own = stored(**things, municipality="saihat").message_id
    hidden = [stored(**things, municipality=one).message_id for one in ("tarout", None)]
    branch = token("messages.read", municipality="saihat")

    listed = client.get("/v1/messages", headers=branch).json()["items"]
    found = [
        client.get(f"/v1/messages/{one}", headers=branch).status_code for one in (own, *hidden)
    ]

    assert [one["message_id"] for one in listed] == [own]
    assert found == [200, 404, 404]


def test_the_governorate_reads_all_and_nobody_without_a_municipality_reads_any(
    client: Any, token: Any, stored: Any
) -> None:
    for municipality in ("tarout", None):
        stored(about_type="report", municipality=municipality, state="delivered")

    def read(municipality: str | None) -> int:
        reader = token("messages.read", municipality=municipality)
        return len(client.get("/v1/messages", headers=reader).json()["items"])

    assert (read("qatif"), read(None)) == (2, 0)


PREVIEW = {
    "template": "report-closed",
    "report": "1448104233",
    "municipality": "qatif",
    "language": "ar",
}


def test_an_officer_reads_the_text_before_it_is_sent_with_its_parts_and_without_a_token(
    client: Any, token: Any, session: Any
) -> None:
    answer = client.post("/v1/message-previews", json=PREVIEW, headers=token("messages.read"))

    assert answer.json() == {
        "language": "ar",
        "text": "بلدية محافظة القطيف: عولج بلاغكم 1448104233. ما تم، وإن لم تُحل المشكلة: https://reports.test/r/…",
        "parts": 2,
    }
    assert session.query(Message).count() == 0


def test_the_preview_is_in_the_language_that_the_reporter_chose(
    client: Any, token: Any, session: Any, stored: Any
) -> None:
    stored(about_type="report", about_number="1448104233", state="delivered")
    choose_language(UnitOfWork(session, CHORE, NOW), MOBILE, "en")

    answer = client.post("/v1/message-previews", json=PREVIEW, headers=token("messages.read"))

    assert answer.json()["language"] == "en"
    assert answer.json()["text"].startswith("Your report no. 1448104233 was treated.")


def test_a_preview_uses_no_choice_of_another_branch_s_reporter(
    client: Any, token: Any, session: Any, stored: Any
) -> None:
    stored(about_type="report", about_number="1448104233", municipality="tarout", state="delivered")
    choose_language(UnitOfWork(session, CHORE, NOW), MOBILE, "en")
    branch = token("messages.read", municipality="saihat")

    answer = client.post("/v1/message-previews", json=PREVIEW, headers=branch)

    assert answer.json()["language"] == "ar"


@pytest.mark.parametrize("scope", ["templates.manage", "notify.admin"])
def test_a_preview_takes_the_scope_of_messages(client: Any, token: Any, scope: str) -> None:
    answer = client.post("/v1/message-previews", json=PREVIEW, headers=token(scope))

    assert answer.status_code == 403


def test_reading_takes_its_scope(client: Any, token: Any, message: Message) -> None:
    path = f"/v1/messages/{message.message_id}"

    assert client.get(path, headers=token("templates.manage")).status_code == 403
