"""An inspector enters what was seen: once, with the gateway's words for what is wrong, and without losing a word."""

import re
from datetime import UTC, datetime

import pytest
from permits_shown import PERMIT_ID

from portal.domain.tasks import INSPECTION
from portal.outside.services import Reply

PATH, ENTER = f"/sec/permits/{PERMIT_ID}/inspection", "/v1/insulation-inspections"
TYPED = {
    "stage": "roof",
    "result": "fail",
    "inspected_on": "1448/06/14",
    "inspector": "مفتش تجريبي",
    "defects": "مقطوع عند الحافة\n\n رطوبة ",
    "materials": "",
    "u_value": "0.35",
    "key": "k-1",
}


@pytest.fixture
def inspector(browser):
    browser.sign_in(INSPECTION)
    return browser


def test_the_form_has_a_key_of_its_own_each_time(inspector):
    keys = [re.search('name="key" value="([^"]+)"', inspector.get(PATH).text)[1] for _ in range(2)]

    assert len(set(keys)) == 2


def test_an_inspection_is_entered_with_its_key_and_leads_to_the_entry(inspector, gateway):
    gateway.replies[ENTER] = Reply(202, {"entry_id": PERMIT_ID})

    answer = inspector.post(PATH, TYPED)

    assert answer.headers["location"] == f"/sec/entries/{PERMIT_ID}"
    sent = {
        "permit_id": PERMIT_ID,
        "stage": "roof",
        "result": "fail",
        "u_value": "0.35",
        "inspected_on": "1448/06/14",
        "inspector": "مفتش تجريبي",
        "defects": ["مقطوع عند الحافة", "رطوبة"],
    }
    assert (ENTER, sent) in gateway.asked
    assert gateway.keys == ["k-1"]


def test_the_gateways_faults_lead_to_the_inputs_and_the_key_stays(inspector, gateway):
    faults = [{"field": "stage", "detail": "مطلوب"}, {"field": "defects.0", "detail": "طويل"}]
    gateway.replies[ENTER] = Reply(400, {"title": "x", "errors": faults})

    shown = inspector.post(PATH, TYPED).text

    assert '<a href="#stage">' in shown
    assert ": مطلوب</a>" in shown
    assert '<a href="#defects">' in shown
    assert ": طويل</a>" in shown
    for kept in ('value="k-1"', 'value="fail" checked', "رطوبة</textarea>"):
        assert kept in shown


def test_while_the_gateway_is_away_nothing_typed_is_lost(inspector, gateway):
    gateway.replies[ENTER] = None

    answer = inspector.post(PATH, TYPED)

    assert answer.status_code == 503
    assert "رطوبة</textarea>" in answer.text


def test_a_worn_out_token_loses_no_word(browser, gateway, issuer):
    issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    browser.sign_in(INSPECTION)
    address = browser.post(PATH, TYPED).headers["location"]
    issuer.claims = {}
    browser.sign_in(INSPECTION)

    shown = browser.get(address).text

    assert [path for path, _ in gateway.asked if path == ENTER] == []
    assert "لم يُرسل بعد" in shown
    assert "رطوبة</textarea>" in shown


def test_who_isnt_an_inspector_enters_nothing(dispatcher, gateway):
    answer = dispatcher.post(PATH, TYPED)

    assert answer.status_code == 403
    assert gateway.asked == []


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_enters_nothing(inspector, gateway, headers):
    assert inspector.send(PATH, TYPED, headers).status_code == 403
    assert gateway.asked == []
