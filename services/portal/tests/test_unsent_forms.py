"""A form whose session has ended, or was for another task: what was typed, and where the person is led."""

import re

import pytest

from chassis.access.quotas import Policy
from pages.origins import csrf_token
from portal.api import areas
from portal.domain.administration import unsaved_inputs
from portal.domain.areas import MY

OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
APPLY, WORDS = "/my/health/apply", "محل في الكوثر (بيانات تجريبية)"
INSPECTION = "/sec/permits/01937c5e-8f00-7a11-8c2e-000000001312/inspection"
NOTE = "طبقة أولى (بيانات تجريبية)"


def test_a_form_of_another_task_keeps_what_was_typed_and_leads_to_that_task(dispatcher):
    token = csrf_token("an earlier session", "p_dispatcher")

    shown = dispatcher.post(INSPECTION, {"note": NOTE, "csrf_token": token})

    assert shown.status_code == 403
    assert f'name="note" value="{NOTE}"' in shown.text
    assert 'href="/sec/sign-in/inspection" target="_blank"' in shown.text


def test_a_form_of_another_person_and_task_shows_nothing(dispatcher):
    token = csrf_token("an earlier session", "p_another")

    shown = dispatcher.post(INSPECTION, {"note": NOTE, "csrf_token": token})

    assert shown.status_code == 403
    assert NOTE not in shown.text


def test_a_form_of_several_tasks_leads_to_the_choice_among_them(browser):
    choice = "/desk?tasks=transactions.enter"

    shown = browser.post("/desk/transactions/new", {"subject": WORDS})
    offered = re.findall(r'href="/desk/sign-in/([\w-]+)', browser.get(choice).text)

    assert f'href="{choice}" target="_blank"' in shown.text
    assert offered == ["registry", "intake"]


def test_a_file_without_a_session_is_named_until_the_person_has_signed_in(browser):
    photo = {"photo": ("p.jpg", b"p" * 100_000, "image/jpeg")}
    browser.cookies[MY.cookie] = "x" * 43

    shown = browser.send(APPLY, {"why": WORDS}, OWN, photo)

    assert f'name="why" value="{WORDS}"' in shown.text
    assert 'name="unsent_file" value="photo"' in shown.text
    assert 'type="file"' not in shown.text


def test_the_file_of_a_browser_that_never_had_a_session_is_not_read(browser):
    answer = browser.send(APPLY, {"why": WORDS}, OWN, {"photo": ("p.jpg", b"p", "image/jpeg")})

    assert answer.status_code == 303
    assert "unsent=yes" in answer.headers["location"]


def test_an_address_has_only_so_many_files_read_without_a_session(browser, monkeypatch):
    monkeypatch.setattr(areas, "_FILES_WITHOUT_SESSION", Policy("files-without-session", 1, 60))
    photo = {"photo": ("p.jpg", b"p", "image/jpeg")}
    browser.cookies[MY.cookie] = "x" * 43

    answers = [browser.send(APPLY, {"why": WORDS}, OWN, photo).status_code for _ in range(2)]

    assert answers == [403, 429]
    assert browser.post(APPLY, {"why": WORDS}).status_code == 403


def test_an_address_has_only_so_many_forms_read_without_a_session(browser, monkeypatch):
    monkeypatch.setattr(areas, "_FORMS_WITHOUT_SESSION", Policy("forms-without-session", 1, 60))

    answers = [browser.post(APPLY, {"why": WORDS}).status_code for _ in range(2)]

    assert answers == [403, 429]


def test_a_form_of_many_small_fields_is_not_read_without_a_session(browser, monkeypatch):
    monkeypatch.setattr(areas, "_FORMS_WITHOUT_SESSION", Policy("forms-without-session", 1, 60))
    many = {"csrf_token": "x", **{f"field-{number}": WORDS for number in range(20_000)}}

    answers = [browser.send(APPLY, many, OWN).status_code for _ in range(2)]

    assert answers == [303, 303]


def test_secrets_are_not_given_back():
    assert unsaved_inputs() >= {"password", "jwks"}


def test_a_form_without_a_session_keeps_what_was_typed_and_leads_to_the_sign_in(browser):
    came_from = f"https://services.example{APPLY}"

    shown = browser.post(APPLY, {"key": "x", "why": WORDS, "jwks": "{ }"}, Referer=came_from)

    assert shown.status_code == 403
    assert f'<input type="hidden" name="why" value="{WORDS}">' in shown.text
    assert f'<input type="hidden" name="unsent_from" value="{APPLY}">' in shown.text
    assert f'action="{APPLY}"' in shown.text
    assert 'href="/my/sign-in/my-health" target="_blank"' in shown.text
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


def test_a_sign_out_without_a_session_goes_on_at_identity(browser):
    leaving = browser.post("/my/sign-out", {"why": WORDS})

    assert leaving.headers["location"].endswith("/sign-out?lang=ar")


@pytest.mark.parametrize(
    "came_from", ["https://elsewhere.example//elsewhere.example/x", "http://["]
)
def test_a_foreign_referrer_leads_nowhere(browser, came_from):
    shown = browser.post(APPLY, {"why": WORDS}, Referer=came_from)

    assert "elsewhere" not in shown.text
    assert "unsent_from" not in shown.text
