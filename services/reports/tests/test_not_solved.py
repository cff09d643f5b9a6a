"""The link of a closing text: looking changes nothing, the button reopens once, and no log knows the token."""

import io
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.core import contracts, logs
from chassis.core.link_tokens import hash_token
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from reports import queries
from reports.commands import ending, treatment
from reports.domain.reports import ReopenedTooOften, Reopening
from reports.models import NotSolvedToken, Report

RULE = Reopening(timedelta(days=5), 2)


@pytest.fixture
def end(session: Any, officer: Any, outbox_rows: Any) -> Callable[..., str]:
    """Treats and closes a report: `end(report)` → the token that its reporter gets."""

    def end(report: Report, at: datetime | None = None, rule: Reopening = RULE) -> str:
        now = at or datetime.now(UTC)
        treatment.resolve(UnitOfWork(session, officer, now), report.report_id, text="استُبدل")
        ending.close(UnitOfWork(session, officer, now), report.report_id, rule=rule)
        data = outbox_rows()[-1].envelope["data"]
        (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
        assert contact.token is not None
        return str(contact.token)

    return end


@pytest.fixture
def light(filed: Any) -> Report:
    report: Report = filed(category="light-out")
    return report


def test_looking_changes_nothing_however_often(
    client: Any, light: Report, end: Any, outbox_rows: Any, session: Any
) -> None:
    path = f"/r/{end(light)}"
    before = (light.version, light.status, len(outbox_rows()))

    looks = [client.get(path) for _ in range(3)]
    client.head(path)
    client.options(path)

    assert [one.status_code for one in looks] == [200] * 3
    session.expire_all()
    assert (light.version, light.status, len(outbox_rows())) == before
    assert session.query(NotSolvedToken).one().used_at is None


def test_the_page_asks_in_both_languages_with_one_button(
    client: Any, light: Report, end: Any
) -> None:
    path = f"/r/{end(light)}"
    arabic, english = client.get(path).text, client.get(f"{path}?lang=en").text

    for page in (arabic, english):
        assert page.count("<button") == page.count("<form") == 1
        assert '<form method="post">' in page
        assert f'<bdi dir="ltr">{light.report_number}</bdi>' in page
        assert "<script" not in page
        assert "<style" not in page
        assert "//" not in page
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "لم تُحل المشكلة" in arabic
    assert '<html lang="en" dir="ltr">' in english
    assert "Not solved" in english


def test_the_pages_of_a_link_share_the_sheet_of_all_pages(client: Any) -> None:
    assert client.get("/assets/pages.css").headers["content-type"].startswith("text/css")
    assert client.get("/assets/pages.py").status_code == 404


def test_the_button_reopens_once_and_the_second_time_says_that_it_is_done(
    client: Any, light: Report, end: Any, outbox_rows: Any, session: Any
) -> None:
    path = f"/r/{end(light)}"

    first, second = client.post(path), client.post(path)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.text == second.text
    assert "أُعيد فتح البلاغ" in first.text
    assert "<button" not in first.text
    session.expire_all()
    assert (light.status, light.reopen_count) == ("assigned", 1)
    types = [row.type.split(".")[-2] for row in outbox_rows()]
    assert types.count("reopened") == 1
    assert client.get(path).text == first.text


def test_an_old_closings_link_says_what_became_of_it_and_opens_nothing(
    client: Any, light: Report, end: Any, session: Any
) -> None:
    old = end(light)
    client.post(f"/r/{old}")
    session.expire_all()
    new = end(light)

    for answer in (client.get(f"/r/{old}"), client.post(f"/r/{old}")):
        assert answer.status_code == 410
        assert "استُخدم هذا الرابط من قبل" in answer.text
        assert "مغلق" in answer.text
        assert "أحدث رابط" in answer.text
        assert "أُعيد فتح البلاغ" not in answer.text
        assert "<button" not in answer.text
    session.expire_all()
    assert (light.status, light.reopen_count) == ("closed", 1)
    assert "<button" in client.get(f"/r/{new}").text


def test_after_the_window_the_page_says_so_and_the_button_is_gone(
    client: Any, light: Report, end: Any, session: Any
) -> None:
    path = f"/r/{end(light, datetime.now(UTC) - timedelta(days=6))}"

    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert "<button" not in answer.text
        assert "انتهت مدة إعادة الفتح" in answer.text
    session.expire_all()
    assert light.status == "closed"


def test_a_third_time_is_refused_with_words(
    client: Any, light: Report, end: Any, session: Any
) -> None:
    for _ in range(2):
        client.post(f"/r/{end(light)}")
        session.expire_all()
    # Closed while three were allowed.
    path = f"/r/{end(light, rule=Reopening(RULE.window, 3))}"

    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 409
        assert "<button" not in answer.text
    session.expire_all()
    assert (light.status, light.reopen_count) == ("closed", 2)


def test_a_closing_after_the_last_reopening_has_no_link(
    client: Any, light: Report, end: Any, session: Any, officer: Any, outbox_rows: Any
) -> None:
    for _ in range(2):
        client.post(f"/r/{end(light)}")
        session.expire_all()
    now = datetime.now(UTC)
    treatment.resolve(UnitOfWork(session, officer, now), light.report_id, text="استُبدل")

    closed = ending.close(UnitOfWork(session, officer, now), light.report_id, rule=RULE)

    data = outbox_rows()[-1].envelope["data"]
    (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
    assert (contact.token, data["reopenable_until"], closed.status) == (None, None, "closed")
    with pytest.raises(ReopenedTooOften):
        ending.reopen(UnitOfWork(session, officer, now), light.report_id, reason="x", rule=RULE)


def test_the_page_says_which_report_it_is_about(client: Any, light: Report, end: Any) -> None:
    path = f"/r/{end(light)}"

    assert "عمود إنارة مطفأ، سيهات" in client.get(path).text
    assert "Street light out, Saihat" in client.get(f"{path}?lang=en").text


def test_the_page_takes_no_longer_text_than_the_contract(
    client: Any, light: Report, end: Any
) -> None:
    schema = contracts.read("openapi/reports.yaml")["components"]["schemas"]["NotSolved"]
    most = schema["properties"]["text"]["maxLength"]

    assert f'maxlength="{most}"' in client.get(f"/r/{end(light)}").text


@pytest.mark.parametrize("token", ["A" * 22, "x", "A" * 100, "%00", "..%2f", "<script>"])
def test_a_wrong_token_is_a_page_that_says_what_to_do(client: Any, token: str) -> None:
    answer = client.get(f"/r/{token}")

    assert answer.status_code in {400, 404}, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "الرابط غير صحيح" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize("token", ["A" * 22, "x", "A" * 100, "..%2f", "<script>"])
def test_a_form_of_a_wrong_link_says_that_the_link_is_not_right(client: Any, token: str) -> None:
    answer = client.post(f"/r/{token}")

    assert answer.status_code == 404, answer.text
    assert "الرابط غير صحيح" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("query", "refused", "wrong_link"),
    [
        ("", "لم يُقبل ما أرسلتموه", "الرابط غير صحيح"),
        ("?lang=en", "The form was not accepted", "The link is not right"),
    ],
)
def test_a_refused_form_does_not_blame_the_link(
    client: Any, light: Report, end: Any, query: str, refused: str, wrong_link: str
) -> None:
    path = f"/r/{end(light)}{query}"

    answer = client.post(path, data={"text": "x" * 1001})

    assert answer.status_code == 400
    assert f"<h1>{refused}</h1>" in answer.text
    assert wrong_link not in answer.text
    assert client.get(path).text.count("<button") == 1


@pytest.mark.parametrize("path", ["/r/{}", "/r/" + "A" * 22, "/r/a/b"])
def test_nobody_keeps_frames_indexes_or_passes_on_the_page(
    client: Any, light: Report, end: Any, path: str
) -> None:
    answer = client.get(path.format(end(light)))

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in answer.headers


def test_the_token_is_stored_hashed_and_is_in_no_log(
    client: Any,
    light: Report,
    end: Any,
    session: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(token)

    token = end(light)
    stream = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    logs.configure("reports", "serve", "DEBUG")
    logging.getLogger().handlers[0].setStream(stream)  # type: ignore[attr-defined]

    client.get(f"/r/{token}")
    client.post(f"/r/{token}")
    client.get(f"/r/{token}/more")
    monkeypatch.setattr(queries, "closing_of", broken)
    assert client.get(f"/r/{token}").status_code == 500

    logging.getLogger().handlers[:] = handlers
    # A logger that was used before the configuration prints.
    lines = (stream.getvalue() + capsys.readouterr().out).splitlines()
    ours = [line for line in lines if '"logger": "httpx"' not in line]
    assert any("http.error" in line for line in ours)  # what's broken is logged
    assert not any(token in line for line in ours)
    stored = session.query(NotSolvedToken).one()
    assert stored.token_hash == hash_token(token)
    assert token not in json.dumps(str(vars(stored)))


def test_the_page_invites_to_rate_and_the_rating_is_taken_once(
    client: Any, light: Report, end: Any, session: Any, outbox_rows: Any
) -> None:
    token = end(light)
    path = f"/r/{token}/rating"
    invitation = client.get(f"/r/{token}").text

    look = client.get(path)
    thanks = client.post(path, data={"stars": "4"})
    again = client.post(path, data={"stars": "1"})

    assert f'href="{token}/rating"' in invitation
    assert (look.status_code, look.text.count("<button"), look.text.count("<input")) == (200, 1, 5)
    assert (thanks.status_code, "وصلنا تقييمكم" in thanks.text) == (200, True)
    assert (again.status_code, client.get(path).status_code) == (409, 409)
    session.expire_all()
    assert (light.satisfaction, light.status) == (4, "closed")
    assert [row.type.split(".")[-2] for row in outbox_rows()].count("rated") == 1


@pytest.mark.parametrize("sent", [{"stars": "6"}, {"stars": "x"}, {}])
def test_a_rating_without_stars_is_a_page_that_says_so(
    client: Any, light: Report, end: Any, sent: dict[str, str]
) -> None:
    answer = client.post(f"/r/{end(light)}/rating", data=sent)

    assert answer.status_code in {400, 415}
    assert answer.headers["content-type"].startswith("text/html")


def test_a_reopened_report_is_not_rated_by_the_old_link(
    client: Any, light: Report, end: Any, session: Any
) -> None:
    token = end(light)
    client.post(f"/r/{token}")

    answer = client.post(f"/r/{token}/rating", data={"stars": "5"})

    assert "أُعيد فتح البلاغ" in answer.text
    session.expire_all()
    assert light.satisfaction is None
