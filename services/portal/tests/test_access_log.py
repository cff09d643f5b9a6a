"""The record of the company's queries, as its auditor reads it, and what is left of its limits."""

import pytest
from permits_shown import PERMIT_ID, one, permit
from public_asking import example

from portal.domain.tasks import AUDIT
from portal.outside.services import Reply

LOG, PAGE = "/v1/access-log", "/sec/access-log"
ROW = {
    "at": "2026-11-24T09:00:00Z",
    "subject": "p_01937c5e8f00",
    "client_id": "sec-portal",
    "operation": "search",
    "query_kinds": ["plan"],
    "filters": {},
    "purpose": None,
    "case_reference": None,
    "decision": "allowed",
    "reason": None,
    "result_count": 3,
}


def listed(*rows):
    return Reply(200, {"items": list(rows), "next_cursor": None})


@pytest.fixture
def auditor(browser, gateway):
    gateway.replies[LOG] = listed(ROW)
    assert browser.sign_in(AUDIT).status_code == 303
    return browser


@pytest.mark.parametrize(
    ("narrowed", "said"),
    [
        ("", "لم يستعلم أحد من الشركة في هذه المدة."),
        ("?decision=denied", "لم يُرفض استعلام في هذه المدة."),
        ("?decision=allowed", "لم يُجب عن استعلام في هذه المدة."),
        ("?subject=p_01937c5e8f00", "لم يستعلم صاحب هذا الرمز في هذه المدة بهذا القرار."),
    ],
)
def test_an_empty_list_says_of_which_queries_there_are_none(auditor, gateway, narrowed, said):
    gateway.replies[LOG] = listed()

    assert said in auditor.get(f"{PAGE}{narrowed}").text


def test_a_code_leads_to_the_queries_of_its_employee_and_says_who_knows_the_name(auditor, gateway):
    shown = auditor.get(PAGE).text
    auditor.get(f"{PAGE}?subject={ROW['subject']}")

    assert f'href="{PAGE}?subject={ROW["subject"]}"' in shown
    assert "ومسؤول حسابات الشركة يعرف صاحبه" in shown
    assert gateway.asked[-1] == (LOG, {"limit": 25, "subject": ROW["subject"]})


def test_a_number_of_a_person_is_asked_nowhere(auditor, gateway):
    auditor.get(f"{PAGE}?subject=1000000008")

    assert gateway.asked[-1] == (LOG, {"limit": 25})


def test_a_day_that_its_month_lacks_names_the_last_day(auditor, gateway):
    shown = auditor.get(f"{PAGE}?from_day=1448/06/30")

    assert shown.status_code == 400
    assert "آخر يوم فيه" in shown.text
    assert "1448/06/29" in shown.text


def test_the_limits_say_that_they_are_taken_in_portions(dispatcher, gateway):
    limit = {"name": "rows-per-day", "limit": 1_000_000, "window_seconds": 86_400}
    left = {**limit, "remaining": 999_000, "resets_in_seconds": 9}
    gateway.replies |= {
        "/v1/quota": Reply(200, {"limits": [left]}),
        "/v1/grant": Reply(200, example("partner-gateway", "Grant")),
    }

    assert "تُحجز الحصص الكبيرة على دفعات" in dispatcher.get("/sec/grant").text


def test_a_print_names_the_person_who_printed(dispatcher, gateway):
    gateway.replies[f"/v1/building-permits/{PERMIT_ID}"] = Reply(200, one(permit()))

    shown = dispatcher.get(f"/sec/permits/{PERMIT_ID}").text

    assert "طبعها p_" not in shown
    printed = shown.partition("طبعها")[2][:120]
    assert "موظف الإيصال (بيانات تجريبية)" in printed
