"""The addresses of a municipality: registered, proved, tested, ended, and shown to who may manage them alone."""

import pytest
from affiliated_shown import LIST, WEBHOOK_ID, WEBHOOKS, answers, example

from pages.origins import csrf_token
from portal.domain.areas import AFFILIATED
from portal.domain.tasks import MUNICIPAL_READING, MUNICIPAL_WEBHOOKS
from portal.outside.services import Reply

PAGE = "/affiliated/addresses"
ONE, SERVICE_ONE = f"{PAGE}/{WEBHOOK_ID}", f"{WEBHOOKS}/{WEBHOOK_ID}"
URL = "https://licences.saihat.gov.sa/hooks/qatif"
SECRET = example("WebhookWithSecret")["secret"]


@pytest.fixture
def administrator(browser, gateway):
    gateway.replies |= answers()
    browser.sign_in(MUNICIPAL_WEBHOOKS)
    return browser


def test_the_list_shows_each_address_and_its_state(administrator):
    shown = administrator.get(PAGE).text

    assert URL in shown
    assert "فعال" in shown


def test_a_new_address_shows_its_secret_once(administrator, gateway):
    answer = administrator.post(PAGE, {"url": URL})

    assert SECRET in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert (WEBHOOKS, {"url": URL}) in gateway.asked
    assert SECRET not in administrator.get(PAGE).text + administrator.get(ONE).text


def test_a_fault_of_the_address_stands_at_its_input(administrator, gateway):
    errors = [{"field": "url", "code": "webhook-url", "detail": "العنوان غير عام"}]
    gateway.replies[WEBHOOKS] = Reply(400, {"title": "خطأ", "errors": errors, "items": []})
    good = Reply(200, {"items": []})

    def reply(path, content):
        gateway.asked.append((path, content))
        return gateway.replies[path] if content == {"url": "http://x"} else good

    gateway._answer = reply
    answer = administrator.post(PAGE, {"url": "http://x"})

    assert answer.status_code == 400
    assert 'href="#url"' in answer.text
    assert 'value="http://x"' in answer.text


def test_an_absent_gateway_keeps_the_typed_address(administrator, gateway):
    gateway.replies[WEBHOOKS] = None

    answer = administrator.post(PAGE, {"url": URL})

    assert answer.status_code == 503
    assert f'value="{URL}"' in answer.text


def test_an_address_shows_the_outcomes_of_its_proof_and_its_test(administrator):
    shown = administrator.get(ONE).text

    assert "ثبت العنوان" in shown
    assert "204" in shown
    assert f'action="{ONE}/test"' in shown


def test_an_address_that_is_not_proved_offers_no_test(administrator, gateway):
    gateway.replies[SERVICE_ONE] = Reply(200, example("Webhook", state="pending", test=None))

    shown = administrator.get(ONE).text

    assert f'action="{ONE}/test"' not in shown
    assert f'action="{ONE}/challenge"' in shown


@pytest.mark.parametrize(
    ("action", "leads"),
    [
        ("challenge", f"{ONE}?done=challenge"),
        ("test", f"{ONE}?done=test"),
        ("remove", f"{PAGE}?done=remove"),
    ],
)
def test_a_button_does_what_it_says(administrator, gateway, action, leads):
    answer = administrator.post(f"{ONE}/{action}", {})

    assert answer.headers["location"] == leads
    assert f"{SERVICE_ONE}/{action}" in [path for path, _ in gateway.asked]
    assert administrator.get(leads).status_code == 200


def test_another_secret_is_shown_once(administrator):
    assert SECRET in administrator.post(f"{ONE}/secret", {}).text


def test_another_word_does_nothing(administrator, gateway):
    before = len(gateway.asked)

    assert administrator.post(f"{ONE}/replay", {}).status_code == 404
    assert len(gateway.asked) == before


def test_what_the_gateway_refuses_is_told_on_the_page(administrator, gateway):
    problem = {"type": "…/webhook-not-active", "title": "متوقف", "detail": "أثبتوا ملكيته أولًا"}
    gateway.replies[f"{SERVICE_ONE}/test"] = Reply(409, problem)

    answer = administrator.post(f"{ONE}/test", {})

    assert answer.status_code == 409
    assert "أثبتوا ملكيته أولًا" in answer.text


def test_an_address_of_another_organisation_is_not_there(administrator, gateway):
    for path in (SERVICE_ONE, f"{SERVICE_ONE}/test"):
        del gateway.replies[path]

    assert administrator.get(ONE).status_code == 404
    assert administrator.post(f"{ONE}/test", {}).status_code == 404


def test_who_came_for_applications_sees_no_address(browser, gateway):
    gateway.replies |= answers()
    browser.sign_in(MUNICIPAL_READING)

    assert {browser.get(one).status_code for one in (PAGE, ONE)} == {403}
    assert WEBHOOKS not in [path for path, _ in gateway.asked]


def test_who_came_for_addresses_sees_no_application(administrator, gateway):
    assert administrator.get("/affiliated/applications").status_code == 403
    assert LIST not in [path for path, _ in gateway.asked]


@pytest.mark.parametrize("path", [PAGE, f"{ONE}/remove"])
def test_a_form_of_another_site_changes_nothing(administrator, gateway, path):
    form = {"csrf_token": csrf_token(administrator.cookies[AFFILIATED.cookie]), "url": URL}

    assert administrator.send(path, form, {"Origin": "https://evil.example"}).status_code == 403
    assert gateway.asked == []
