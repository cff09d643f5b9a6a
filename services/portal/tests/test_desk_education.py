"""The desk of health education."""

import pytest

from chassis.core import contracts
from portal.domain.tasks import EDUCATION
from portal.outside.services import Reply

EXAMPLES = contracts.openapi("health-certs")["components"]["examples"]
REQUEST = EXAMPLES["Request"]["value"]
REQUESTS = "/v1/health-certificate-requests"
PATH = f"{REQUESTS}/{REQUEST['request_id']}"
PAGE = f"/desk/health/requests/{REQUEST['request_id']}"
PASSED = {"course": "food-handlers", "language": "ur", "passed_on": "1448/06/10"}


@pytest.fixture
def desk(browser, health):
    browser.sign_in(EDUCATION)
    health.replies |= {
        REQUESTS: Reply(200, {"items": [REQUEST], "next_cursor": None}),
        PATH: Reply(200, REQUEST),
        f"{PATH}/conditions": Reply(200, EXAMPLES["Conditions"]["value"]),
        f"{PATH}/education": Reply(200, REQUEST),
        f"{PATH}/education/void": Reply(200, REQUEST),
    }
    return browser


def test_requests_that_wait_for_education_come_first(desk, health):
    shown = desk.get("/desk/health").text

    assert (REQUESTS, {"limit": 50, "status": "awaiting_education"}) in health.asked
    assert f'href="{PAGE}"' in shown
    assert "20******06" in shown


def test_a_request_is_found_by_its_number_in_either_digits(desk, health):
    answer = desk.post("/desk/health", {"number": "١٤٤٨٠٤٩٠٠٠٠١٧"})
    desk.get(answer.headers["location"])

    assert (REQUESTS, {"limit": 50, "number": "1448049000017"}) in health.asked


def test_an_identity_number_comes_into_no_address(desk, health):
    answer = desk.post("/desk/health", {"number": "2000000006"})

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert 'href="#number"' in answer.text


def test_a_pass_is_recorded_and_a_pass_is_voided(desk, health):
    entered = desk.post(f"{PAGE}/education/enter", PASSED)
    voided = desk.post(
        f"{PAGE}/education/void", {"course": "food-handlers", "reason": "false-pass"}
    )

    assert (f"{PATH}/education", PASSED) in health.asked
    void = {"course": "food-handlers", "reason": "false-pass"}
    assert (f"{PATH}/education/void", void) in health.asked
    assert entered.headers["location"] == f"{PAGE}?done=education_enter"
    assert voided.headers["location"] == f"{PAGE}?done=education_void"


def test_a_fault_stands_beside_its_input(desk, health):
    errors = [{"field": "passed_on", "code": "pass-not-good", "detail": "انتهت مدته"}]
    health.replies[f"{PATH}/education"] = Reply(400, {"title": "x", "errors": errors})

    answer = desk.post(f"{PAGE}/education/enter", PASSED)

    assert answer.status_code == 400
    assert 'id="passed_on-fault"' in answer.text
    assert 'value="1448/06/10"' in answer.text


def test_while_the_service_is_away_the_page_does_not_say_that_there_are_none(desk, health):
    health.replies[REQUESTS] = None

    answer = desk.get("/desk/health")

    assert answer.status_code == 503
    assert "لا طلبات" not in answer.text


def test_what_is_no_change_is_no_page(desk):
    assert desk.get(f"{PAGE}/education/delete").status_code == 404


def _request_of(profession):
    return Reply(200, {**REQUEST, "profession": {**REQUEST["profession"], "code": profession}})


def _conditions(*, is_educated):
    items = EXAMPLES["Conditions"]["value"]["items"]
    title = {"ar": "التثقيف الصحي", "en": "Health education"}
    education = {**items[0], "code": "education", "title": title, "satisfied": is_educated}
    return Reply(200, {"items": [education, *items]})


def test_the_page_and_the_form_name_the_course_that_the_profession_requires(desk, health):
    health.replies |= {
        PATH: _request_of("barber"),
        f"{PATH}/conditions": _conditions(is_educated=False),
    }

    page, form = desk.get(PAGE).text, desk.get(f"{PAGE}/education/enter").text

    assert "التثقيف الصحي لمهن العناية الشخصية" in page
    assert '<option value="personal-care" selected>' in form


@pytest.mark.parametrize(
    ("is_educated", "said", "unsaid"),
    [
        (True, "سُجل الاجتياز.", "ولم يتحقق به شرط هذا الطلب"),
        (False, "ولم يتحقق به شرط هذا الطلب", "سُجل الاجتياز."),
    ],
)
def test_a_pass_of_another_course_is_told_to_meet_no_condition(
    desk, health, is_educated, said, unsaid
):
    health.replies |= {
        PATH: _request_of("barber"),
        f"{PATH}/conditions": _conditions(is_educated=is_educated),
    }

    shown = desk.get(f"{PAGE}?done=education_enter").text

    assert said in shown
    assert unsaid not in shown
