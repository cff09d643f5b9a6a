"""A form whose session has ended, or was for another task: what was typed, and where the person is led."""

import re

import pytest

from chassis.access.quotas import Policy
from portal.api import areas

APPLY, WORDS = "/my/health/apply", "محل في الكوثر (بيانات تجريبية)"


def test_an_address_has_only_so_many_forms_read_without_a_session(browser, monkeypatch):
    monkeypatch.setattr(areas, "_SIGN_INS", Policy("sign-ins", 2, 60))

    answers = [browser.post("/my/health/apply", {"why": "a b"}).status_code for _ in range(3)]

    assert answers == [403, 403, 429]


def test_a_form_of_another_task_keeps_what_was_typed_and_leads_to_that_task(dispatcher):
    shown = dispatcher.post(
        "/sec/permits/01937c5e-8f00-7a11-8c2e-000000001312/inspection",
        {"note": "طبقة أولى (بيانات تجريبية)"},
    )

    assert shown.status_code == 403
    assert 'name="note" value="طبقة أولى' in shown.text
    assert 'href="/sec/sign-in/' in shown.text


def test_a_form_without_a_session_keeps_what_was_typed_and_leads_to_the_sign_in(browser):
    came_from = f"https://services.example{APPLY}"

    shown = browser.post(APPLY, {"key": "x", "why": WORDS, "jwks": "{ }"}, Referer=came_from)

    assert shown.status_code == 403
    assert f'<input type="hidden" name="why" value="{WORDS}">' in shown.text
    assert f'<input type="hidden" name="unsent_from" value="{APPLY}">' in shown.text
    assert f'action="{APPLY}"' in shown.text
    assert re.search(r'href="/my(/sign-in/[\w-]+|\?tasks)" target="_blank"', shown.text)
    assert "jwks" not in shown.text


@pytest.mark.parametrize("fields", [{"key": "x"}, {"why": "س ص" * 20_000}], ids=["empty", "large"])
def test_a_form_that_is_not_kept_says_that_nothing_was_sent_and_leads_back(browser, fields):
    came_from = f"https://services.example{APPLY}"

    leaving = browser.post(APPLY, fields, Referer=came_from)
    shown = browser.get(leaving.headers["location"]).text

    assert leaving.status_code == 303
    assert "انتهت جلستكم ولم يُرسل شيء" in shown
    assert "املؤوه من جديد" in shown
    assert "?to=%2Fmy%2Fhealth%2Fapply" in shown


def test_a_sign_out_without_a_session_keeps_nothing(browser):
    leaving = browser.post("/my/sign-out", {"why": WORDS})

    assert leaving.headers["location"] == "/my"


@pytest.mark.parametrize(
    "came_from", ["https://elsewhere.example//elsewhere.example/x", "http://["]
)
def test_a_foreign_referrer_leads_nowhere(browser, came_from):
    shown = browser.post(APPLY, {"why": WORDS}, Referer=came_from)

    assert "elsewhere" not in shown.text
    assert "unsent_from" not in shown.text
