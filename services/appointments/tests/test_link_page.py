"""The page behind the link of a text, over HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from appointments.models import Appointment
from chassis.core.times import rfc3339
from saudi.days import legal_day


def test_looking_at_the_link_changes_nothing_and_the_button_cancels(
    api: Any, booked: Any, client: Any, outbox_rows: Any
) -> None:
    made = booked()
    link, before = f"/a/{made['key']}", len(outbox_rows())

    for _ in range(3):
        page = client.get(link)
    assert (page.status_code, len(outbox_rows())) == (200, before)
    assert made["appointment_number"] in page.text
    pressed = client.post(link, data={"action": "cancel"})

    assert pressed.status_code == 200
    assert api.ask("show_appointment", {"key": made["key"]})["status"] == "cancelled"


def test_the_page_offers_the_days_with_free_times_and_the_times_of_the_chosen_day(
    booked: Any, client: Any, free: Any, api: Any
) -> None:
    link = f"/a/{booked()['key']}"
    day = legal_day(datetime.fromisoformat(free[-1])).isoformat()

    shown = client.get(f"{link}?day={day}&lang=en").text
    moved = client.post(f"{link}?day={day}", data={"action": "move", "starts_at": free[-1]})

    assert shown.count('type="radio" name="starts_at"') > 3
    assert _days_of_times(shown) == {day}
    assert len(set(re.findall(r"[?]day=([0-9-]{10})&amp;lang=en#new-time", shown))) > 5
    assert "<legend>Morning</legend>" in shown
    assert moved.status_code == 200
    assert api.ask("show_appointment", {"key": link[3:]})["starts_at"] == free[-1]


@pytest.mark.parametrize("asked", ["", "?day=x", "?day=2020-01-01"])
def test_the_first_day_with_free_times_stands_for_a_day_without_any(
    booked: Any, client: Any, asked: str
) -> None:
    shown = client.get(f"/a/{booked()['key']}{asked}").text

    first, *_ = re.findall(r"[?]day=([0-9-]{10})", shown)
    assert _days_of_times(shown) == {first}


def _days_of_times(shown: str) -> set[str]:
    times = re.findall(r'type="radio" name="starts_at" value="([^"]+)"', shown)
    return {legal_day(datetime.fromisoformat(one)).isoformat() for one in times}


def test_the_page_asks_once_more_before_it_cancels(booked: Any, client: Any) -> None:
    page = client.get(f"/a/{booked()['key']}").text

    asked = page[page.index("<summary>إلغاء الموعد</summary>") :]
    asked = asked[: asked.index("</details>")]
    assert "يخلو الوقت لغيركم" in asked
    assert 'name="action" value="cancel"' in asked
    assert "إلغاء الموعد الآن" in asked
    assert page.count('value="cancel"') == 1


def test_a_refused_button_changes_nothing_and_says_why(
    booked: Any, client: Any, free: Any, api: Any, outbox_rows: Any
) -> None:
    made = booked()
    for number in (1, 2):
        booked(at=3, device=f"device-of-number-{number}", mobile=f"050000001{number}")
    before = len(outbox_rows())

    page = client.post(f"/a/{made['key']}", data={"action": "move", "starts_at": free[3]})

    assert page.status_code == 409
    assert "سبقكم غيركم" in page.text
    assert len(outbox_rows()) == before
    assert api.ask("show_appointment", {"key": made["key"]})["starts_at"] == free[0]


def test_an_older_page_moves_nothing_and_shows_the_time_of_now(
    booked: Any, client: Any, free: Any, api: Any
) -> None:
    made = booked()
    link, seen = f"/a/{made['key']}", {"action": "move", "moved_from": made["starts_at"]}
    shown = client.get(link).text
    client.post(link, data={**seen, "starts_at": free[9]})

    older = client.post(link, data={**seen, "starts_at": free[3]})

    assert f'name="moved_from" value="{made["starts_at"]}"' in shown
    assert older.status_code == 409
    assert "تغير الموعد أو الوقت المعروض" in older.text
    assert api.ask("show_appointment", {"key": made["key"]})["starts_at"] == free[9]


def test_the_buttons_name_the_times_that_the_page_shows(
    booked: Any, client: Any, free: Any, session: Any
) -> None:
    made = booked()
    link = f"/a/{made['key']}"
    (row,) = session.query(Appointment).all()
    row.offered_starts_at = row.starts_at - timedelta(days=1)
    row.offer_until = datetime.now(UTC) + timedelta(minutes=9)
    session.flush()
    offered = rfc3339(row.offered_starts_at)

    page = client.get(link).text
    client.post(link, data={"action": "move", "starts_at": free[9]})
    older = client.post(link, data={"action": "cancel", "starts_at": made["starts_at"]})

    for named in (offered, made["starts_at"]):
        assert f'name="starts_at" value="{named}"' in page
    assert older.status_code == 409


def test_the_page_shows_queue_number_counter_and_the_offered_time(
    booked: Any, client: Any, session: Any
) -> None:
    link = f"/a/{booked()['key']}"
    (row,) = session.query(Appointment).all()
    row.queue_number, row.called_to = 731, 94
    row.offered_starts_at = datetime(2026, 11, 26, 6, 15, tzinfo=UTC)
    row.offer_until = row.offered_starts_at
    session.flush()

    page = client.get(link).text

    assert "26 نوفمبر 2026م" in page
    for shown in ("731", "94", "09:15"):
        assert f">{shown}</bdi>" in page


def test_the_page_of_an_affected_appointment_says_so_and_does_not_invite(
    booked: Any, client: Any, session: Any
) -> None:
    link = f"/a/{booked()['key']}"
    (row,) = session.query(Appointment).all()
    row.affected_since = row.booked_at
    session.flush()

    page = client.get(link).text

    assert "لا نستقبلكم في هذا الموعد" in page
    assert "احضروا قبل الموعد" not in page


def test_the_page_says_until_when_the_appointment_is_changed(booked: Any, client: Any) -> None:
    page = client.get(f"/a/{booked()['key']}").text

    assert "لا يُغير ولا يُلغى بعد" in page
    assert "انتهت هذه المهلة" not in page


def test_a_time_too_near_to_be_changed_again_says_so_before_it_is_chosen(
    booked: Any, client: Any, free: Any
) -> None:
    link, said = f"/a/{booked()['key']}", "لا يُغير ولا يُلغى</span>"
    later = legal_day(datetime.fromisoformat(free[-1])).isoformat()

    assert said in client.get(link).text  # times in one to two hours
    assert said not in client.get(f"{link}?day={later}").text


def test_the_page_of_an_appointment_too_near_to_be_changed_says_why_there_is_no_button(
    booked: Any, client: Any, session: Any
) -> None:
    link = f"/a/{booked()['key']}"
    (row,) = session.query(Appointment).all()
    row.change_until = row.booked_at - timedelta(minutes=1)
    session.flush()

    page = client.get(link).text

    assert 'value="cancel"' not in page
    assert "انتهت هذه المهلة" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/a/unknown-key", "الرابط غير صحيح"),
        ("/a/unknown-key?lang=ar", "الرابط غير صحيح"),
        ("/a/unknown-key?lang=en", "The link is not right"),
        ("/a/unknown/deeper?lang=en", "The link is not right"),
    ],
)
def test_an_unknown_link_is_a_page_in_the_language_of_its_address(
    client: Any, address: str, said: str
) -> None:
    page = client.get(address)

    assert said in page.text

    assert page.status_code == 404
    assert "text/html" in page.headers["content-type"]
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "refused", "wrong_link"),
    [
        ("", "لم يُقبل ما أرسلتموه", "الرابط غير صحيح"),
        ("?lang=en", "The form was not accepted", "The link is not right"),
    ],
)
def test_a_refused_form_does_not_blame_the_link(
    booked: Any, client: Any, query: str, refused: str, wrong_link: str
) -> None:
    answer = client.post(f"/a/{booked()['key']}{query}", data={"action": "dance"})

    assert answer.status_code == 400
    assert refused in answer.text
    assert wrong_link not in answer.text


def test_the_buttons_of_an_english_page_lead_to_an_english_page(booked: Any, client: Any) -> None:
    link = f"/a/{booked()['key']}?lang=en"

    page, pressed = client.get(link), client.post(link, data={"action": "wait"})

    assert '<html lang="en" dir="ltr">' in page.text
    assert "Cancel the appointment" in page.text
    assert 'href="?lang=ar"' in page.text
    assert '<html lang="en" dir="ltr">' in pressed.text


def test_the_page_keeps_nothing_and_tells_nobody_its_address(booked: Any, client: Any) -> None:
    answer = client.get(f"/a/{booked()['key']}")

    policy = answer.headers["content-security-policy"]
    assert "script" not in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in answer.headers
    assert "<style" not in answer.text
    assert "<script" not in answer.text
    assert client.get("/assets/pages.css").status_code == 200
