"""The walks through the pages of medical centres."""

from collections.abc import Callable
from typing import Any

from portal_walks import FORM, Walk, fault, press, words
from selenium.webdriver.common.by import By

from chassis.core import contracts

SEARCHES, ENTRIES = "/v1/health-examination-searches", "/v1/health-examinations"
NUMBER = "1448049000017"
RESULT = f"{ENTRIES}/{NUMBER}/result"
TODAY, WORKERS = "/centre/examinations", "/centre/workers"
CORRECTION = f"{TODAY}/{NUMBER}/correction"
_EXAMPLES = contracts.openapi("partner-gateway")["components"]["examples"]
ENTRY = {**_EXAMPLES["Examination"]["value"], "correctable_until": "2200-01-01T08:00:00Z"}
REFUSED = {
    **ENTRY,
    "status": "refused",
    "status_title": words("لم تُسجل", "Not recorded"),
    "reason": {"code": "entered-late", **words("انتهت مهلة الفحص في 1448/06/14.", "Late.")},
    "correctable_until": None,
}
WORKER = _EXAMPLES["Examinee"]["value"]
EXAMINATION_TASK = "examinations"


def centre_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a gateway that is well answers a medical centre, by path."""
    correction = {**ENTRY, "corrects": ENTRY["examination_id"]}
    return {
        ENTRIES: (200, {"items": [ENTRY, correction, REFUSED], "next_cursor": "c2"}),
        SEARCHES: (200, WORKER),
        RESULT: (200, ENTRY),
    }


def find(browser: Any) -> None:
    """Searches by the two numbers."""
    browser.find_element(By.ID, "number").send_keys(NUMBER)
    browser.find_element(By.ID, "id_number").send_keys("2000000006")
    press(browser, FORM)


def enter(again: str = "fit", *, is_correction: bool = False) -> Callable[[Any], None]:
    """Returns the act of filling in the form of a result and sending it."""

    def act(browser: Any) -> None:
        if is_correction:
            browser.find_element(By.ID, "correction_reason").send_keys(
                browser.find_element(By.CSS_SELECTOR, "#correction_reason option:nth-child(2)").text
            )
        else:
            find(browser)
            browser.find_element(By.ID, "compared").click()
        browser.find_element(By.CSS_SELECTOR, "[name=result][value=fit]").click()
        browser.find_element(By.ID, "examined_on").send_keys("1448/06/20")
        browser.find_element(By.ID, "practice_number").send_keys("12-RM-0012345")
        browser.find_element(By.CSS_SELECTOR, f"[name=result_again][value={again}]").click()
        press(browser, FORM)

    return act


AWAY = {SEARCHES: (503, {}), ENTRIES: (503, {}), RESULT: (503, {})}
LOST = {RESULT: (503, {})}
TAKEN = {
    RESULT: (
        409,
        {
            "type": "urn:qatif:problem/examination-entered",
            "title": "سُجلت نتيجة",
            "detail": "سُجلت في 1448/06/14",
        },
    )
}
BEFORE = {SEARCHES: (200, {**WORKER, "examination": ENTRY})}
CENTRE_WALKS = tuple(
    Walk(page, state, address, **{"task": EXAMINATION_TASK, **more})
    for page, state, address, more in (
        ("centre", "good", "/centre", {"task": None}),
        ("centre", "other-tasks", "/centre?tasks=all", {}),
        ("centre_sign_in", "unknown-task", "/centre/sign-in/none", {"task": None}),
        ("centre_signed_in", "foreign-answer", "/centre/signed-in?state=x&code=y", {"task": None}),
        ("centre_sign_out", "no-page", "/centre/nothing", {}),
        ("centre_examinations", "good", TODAY, {}),
        ("centre_examinations", "nothing", TODAY, {"changed": {ENTRIES: (200, {"items": [], "next_cursor": None})}}),
        ("centre_examinations", "away", TODAY, {"changed": AWAY}),
        ("centre_worker", "blank", WORKERS, {}),
        ("centre_search", "good", TODAY, {"act": find}),
        ("centre_search", "entered-before", TODAY, {"act": find, "changed": BEFORE}),
        ("centre_search", "missing", TODAY, {"act": find, "changed": {SEARCHES: (404, {})}}),
        ("centre_search", "away", WORKERS, {"act": find, "changed": AWAY}),
        (
            "centre_search", "fault", TODAY,
            {"act": find, "changed": {SEARCHES: fault("id_number")}, "is_error": True},
        ),
        ("centre_result", "good", TODAY, {"act": enter()}),
        ("centre_result", "two-results", TODAY, {"act": enter("unfit"), "is_error": True}),
        ("centre_result", "lost", TODAY, {"act": enter(), "changed": LOST}),
        ("centre_result", "taken", TODAY, {"act": enter(), "changed": TAKEN}),
        (
            "centre_result", "fault", TODAY,
            {"act": enter(), "changed": {RESULT: fault("examined_on")}, "is_error": True},
        ),
        ("centre_entry", "good", f"{TODAY}/{NUMBER}", {}),
        ("centre_entry", "refused", f"{TODAY}/{NUMBER}", {"changed": {RESULT: (200, REFUSED)}}),
        ("centre_entry", "away", f"{TODAY}/{NUMBER}", {"changed": AWAY}),
        ("centre_correction", "good", CORRECTION, {}),
        ("centre_correction_entry", "good", CORRECTION, {"act": enter(is_correction=True)}),
        (
            "centre_correction_entry", "two-results", CORRECTION,
            {"act": enter("unfit", is_correction=True), "is_error": True},
        ),
    )
)  # fmt: skip
