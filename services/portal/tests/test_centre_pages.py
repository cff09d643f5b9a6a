"""A medical centre's desk: a worker by two numbers, a result chosen twice, its answer, its correction."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chassis.core import contracts
from portal.domain.tasks import EXAMINATIONS
from portal.outside.services import Reply

SEARCHES, ENTRIES = "/v1/health-examination-searches", "/v1/health-examinations"
NUMBER, IQAMA = "1448049000017", "2000000006"
RESULT = f"{ENTRIES}/{NUMBER}/result"
TODAY, WORKERS = "/centre/examinations", "/centre/workers"
CORRECTION = f"{TODAY}/{NUMBER}/correction"
EXAMPLES = contracts.openapi("partner-gateway")["components"]["examples"]
FILLED = {
    "compared": "yes",
    "result": "unfit",
    "result_again": "unfit",
    "examined_on": "1448/06/15",
    "practice_number": "12-RM-0012345",
}


def entry(**changes):
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    return {**EXAMPLES["Examination"]["value"], "correctable_until": until, **changes}


def examinee(**changes):
    return {**EXAMPLES["Examinee"]["value"], **changes}


def problem(name, status=409, **more):
    return Reply(status, {"type": f"…/{name}", "title": "لم تُسجل", "detail": "السبب", **more})


@pytest.fixture
def desk(examiner, gateway):
    """The browser of the desk, and a gateway that is well."""
    gateway.replies |= {
        ENTRIES: Reply(200, {"items": [entry()], "next_cursor": None}),
        SEARCHES: Reply(200, examinee()),
        RESULT: Reply(202, entry(status="pending")),
    }
    return examiner


def found_worker(desk):
    """Searches by the two numbers. Returns the address of the worker's page."""
    answer = desk.post(WORKERS, {"number": NUMBER, "id_number": IQAMA})
    assert answer.status_code == 303
    return answer.headers["location"]


def form_of(page):
    """Returns the hidden inputs of a page's form."""
    return dict(re.findall(r'name="(key|worker)" value="([^"]*)"', page))


def test_today_shows_entries_and_no_result(desk):
    shown = desk.get(TODAY).text

    assert NUMBER in shown
    assert "سُجلت" in shown
    assert "لائق" not in shown


def test_a_worker_is_found_by_both_numbers_which_stand_in_no_address(desk, gateway):
    address = found_worker(desk)
    shown = desk.get(address).text

    assert (SEARCHES, {"number": NUMBER, "id_number": IQAMA}) in gateway.asked
    assert IQAMA not in address
    assert NUMBER not in address
    assert "Sample Worker" in shown
    assert "2 مارس 1994" in shown
    assert "الهند" in shown


def test_a_search_without_numbers_says_what_is_missing(desk, gateway):
    answer = desk.post("/centre/workers", {"number": "", "id_number": ""})

    assert answer.status_code == 400
    assert "اكتبوا رقم الطلب ورقم الهوية" in answer.text
    assert 'href="#number"' in answer.text
    assert SEARCHES not in [path for path, _ in gateway.asked]


def test_a_worker_is_searched_once_however_often_the_page_is_shown(desk, gateway):
    address = found_worker(desk)

    desk.get(address)
    desk.get(f"{address}&lang=en")

    assert [path for path, _ in gateway.asked].count(SEARCHES) == 1


def test_another_session_does_not_see_the_worker(desk, other_browser):
    address = found_worker(desk)
    other_browser.sign_in(EXAMINATIONS)

    assert "Sample Worker" not in other_browser.get(address).text


def test_a_worker_who_is_not_found_is_said_so_and_the_numbers_stay(desk, gateway):
    gateway.replies[SEARCHES] = Reply(404, {"type": "…/not-found", "title": "Not found"})

    shown = desk.get(found_worker(desk)).text

    assert "اختار العامل مركزًا آخر" in shown
    assert f'value="{NUMBER}"' in shown


def test_a_result_is_entered_once_with_its_key_and_leads_to_the_answer(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)

    answer = desk.post("/centre/results", {**FILLED, **hidden})
    desk.post("/centre/results", {**FILLED, **hidden})

    sent = [body for path, body in gateway.asked if path == RESULT]
    assert answer.headers["location"] == f"{TODAY}/{NUMBER}"
    assert sent[0] == {
        "result": "unfit",
        "examined_on": "1448/06/15",
        "practice_number": "12-RM-0012345",
    }
    assert gateway.keys[-1] == gateway.keys[-2] == hidden["key"]


def test_two_different_results_are_not_sent_and_both_are_chosen_again(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)

    answer = desk.post("/centre/results", {**FILLED, **hidden, "result_again": "fit"})

    assert answer.status_code == 400
    assert "الاختياران مختلفان" in answer.text
    assert 'value="unfit" checked' not in answer.text
    assert "12-RM-0012345" in answer.text
    assert RESULT not in [path for path, _ in gateway.asked]


def test_a_result_without_comparison_is_not_sent(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)

    answer = desk.post("/centre/results", {**FILLED, **hidden, "compared": ""})

    assert answer.status_code == 400
    assert 'href="#compared"' in answer.text
    assert RESULT not in [path for path, _ in gateway.asked]


def test_a_fault_of_the_gateway_stands_beside_its_input_and_the_results_stay(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)
    errors = [{"field": "practice_number", "code": "x", "detail": "ليس رقم ترخيص"}]
    gateway.replies[RESULT] = problem("invalid-request", 400, errors=errors)

    answer = desk.post("/centre/results", {**FILLED, **hidden})

    assert answer.status_code == 400
    assert 'id="practice_number-fault"' in answer.text
    assert answer.text.count('value="unfit" checked') == 2


def test_a_lost_answer_keeps_the_form_with_its_key(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)
    gateway.replies[RESULT] = None

    answer = desk.post("/centre/results", {**FILLED, **hidden})

    assert answer.status_code == 503
    assert form_of(answer.text)["key"] == hidden["key"]
    assert answer.text.count('value="unfit" checked') == 2


def test_a_worker_whose_data_changed_is_shown_anew_and_compared_again(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)
    changed = examinee(worker={**EXAMPLES["Examinee"]["value"]["worker"], "nationality": "PAK"})
    gateway.replies |= {RESULT: problem("worker-changed"), SEARCHES: Reply(200, changed)}

    answer = desk.post("/centre/results", {**FILLED, **hidden})

    assert answer.status_code == 409
    assert "باكستان" in answer.text
    assert "checked" not in answer.text
    assert form_of(answer.text)["key"] != hidden["key"]


def test_a_form_behind_a_worn_out_token_is_filled_in_and_its_result_is_shown_once(
    desk, gateway, centre_issuer
):
    hidden = form_of(desk.get(found_worker(desk)).text)
    centre_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    desk.sign_in(EXAMINATIONS)

    address = desk.post("/centre/results", {**FILLED, **hidden}).headers["location"]
    centre_issuer.claims = {}
    desk.sign_in(EXAMINATIONS)
    shown, again = desk.get(address).text, desk.get(address).text

    assert RESULT not in [path for path, _ in gateway.asked]
    assert shown.count('value="unfit" checked') == 2
    assert form_of(shown)["key"] == hidden["key"]
    assert "12-RM-0012345" in again
    assert 'value="unfit" checked' not in again


def test_an_accepted_entry_is_not_entered_again_but_corrected(desk, gateway):
    gateway.replies[SEARCHES] = Reply(200, examinee(examination=entry()))

    shown = desk.get(found_worker(desk)).text

    assert f'href="{CORRECTION}"' in shown
    assert "/centre/results" not in shown


def test_a_refused_entry_is_entered_again(desk, gateway):
    reason = {"code": "examined-in-future", "ar": "يوم الفحص لم يأت بعد", "en": "To come"}
    refused = entry(status="refused", reason=reason, correctable_until=None)
    gateway.replies[SEARCHES] = Reply(200, examinee(examination=refused))

    shown = desk.get(found_worker(desk)).text

    assert "يوم الفحص لم يأت بعد" in shown
    assert 'action="/centre/results"' in shown


def test_an_entry_shows_its_answer_and_never_the_result(desk, gateway):
    gateway.replies[RESULT] = Reply(200, entry())

    shown = desk.get(f"{TODAY}/{NUMBER}").text

    assert "سُجلت" in shown
    assert CORRECTION in shown
    assert "لائق" not in shown


def test_an_entry_past_its_day_offers_no_correction(desk, gateway):
    gateway.replies[RESULT] = Reply(200, entry(correctable_until="2026-01-01T00:00:00Z"))

    assert CORRECTION not in desk.get(f"{TODAY}/{NUMBER}").text


def test_a_correction_sends_its_reason(desk, gateway):
    hidden = form_of(desk.get(CORRECTION).text)
    reason = {"correction_reason": "entry-error"}

    answer = desk.post(CORRECTION, {**FILLED, **hidden, **reason})

    assert answer.headers["location"] == f"{TODAY}/{NUMBER}"
    assert (RESULT, {**sent_of(FILLED), **reason}) in gateway.asked


def sent_of(filled):
    return {name: filled[name] for name in ("result", "examined_on", "practice_number")}


def test_an_entry_that_a_colleague_made_meanwhile_is_named_with_the_way_to_it(desk, gateway):
    hidden = form_of(desk.get(found_worker(desk)).text)
    gateway.replies[RESULT] = problem("examination-entered")

    answer = desk.post("/centre/results", {**FILLED, **hidden})

    assert answer.status_code == 409
    assert f'href="{TODAY}/{NUMBER}"' in answer.text


def test_what_is_no_request_number_is_no_page(desk):
    assert desk.get(f"{TODAY}/x-1").status_code == 404
    assert desk.get(f"{TODAY}/{IQAMA}").status_code == 404
