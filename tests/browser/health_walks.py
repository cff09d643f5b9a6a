"""The walks through the pages of health certificates: a worker's, and the desk of health education."""

from collections.abc import Callable
from typing import Any

from portal_walks import FORM, Walk, fault, press, send, words
from selenium.webdriver.common.by import By

from chassis.core import contracts

_EXAMPLES = contracts.openapi("health-certs")["components"]["examples"]
REQUEST = _EXAMPLES["Request"]["value"]
CERTIFICATE = _EXAMPLES["Certificate"]["value"]
MY_REQUESTS, CERTIFICATES = "/v1/my/health-certificate-requests", "/v1/my/health-certificates"
MY_REQUEST = f"{MY_REQUESTS}/{REQUEST['request_id']}"
REQUESTS = "/v1/health-certificate-requests"
DESK_REQUEST = f"{REQUESTS}/{REQUEST['request_id']}"
NUMBER = CERTIFICATE["certificate_no"]
HEALTH, APPLY = "/my/health", "/my/health/apply"
PAGE = f"{HEALTH}/requests/{REQUEST['request_id']}"
PAPER = f"{HEALTH}/certificates/{NUMBER}"
DESK, DESK_PAGE = "/desk/health", f"/desk/health/requests/{REQUEST['request_id']}"
_PAID = {**_EXAMPLES["Bill"]["value"], "status": "ended", "bill_number": None}
REVOKED = {
    **CERTIFICATE,
    "certificate_no": "1448048000018",
    "status": "revoked",
    "status_title": words("مسحوبة", "Revoked"),
    "revocation_reason": {"code": "court-order", **words("بأمر محكمة", "By a court")},
    "worker": None,
    "establishment": None,
}
ISSUED = {
    **REQUEST,
    "status": "issued",
    "status_title": words("صادرة", "Issued"),
    "next_step": "none",
    "ended_on": "2026-11-30",
    "certificate_no": NUMBER,
    "establishment": None,
    "worker": None,
}


def health_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service of health certificates that is well answers, by path."""
    page = {"items": [REQUEST, {**ISSUED, "request_no": "1448049000016"}], "next_cursor": "c2"}
    ending = {**CERTIFICATE, "ending": True}
    return {
        MY_REQUESTS: (200, page),
        CERTIFICATES: (200, {"items": [ending, REVOKED], "next_cursor": "c2"}),
        MY_REQUEST: (200, REQUEST),
        f"{MY_REQUEST}/conditions": (200, _EXAMPLES["Conditions"]["value"]),
        f"{MY_REQUEST}/bill": (200, _EXAMPLES["Bill"]["value"]),
        f"{MY_REQUEST}/examination": (200, _EXAMPLES["Examination"]["value"]),
        f"{MY_REQUEST}/centre": (200, REQUEST),
        f"{CERTIFICATES}/{NUMBER}": (200, CERTIFICATE),
        f"{CERTIFICATES}/{NUMBER}/renew": (201, REQUEST),
        f"{CERTIFICATES}/{NUMBER}/cancel": (200, CERTIFICATE),
        "/v1/medical-centres": (200, _EXAMPLES["CentreList"]["value"]),
        "/v1/health-professions": (200, _EXAMPLES["ProfessionList"]["value"]),
        REQUESTS: (200, page),
        DESK_REQUEST: (200, REQUEST),
        f"{DESK_REQUEST}/conditions": (200, _EXAMPLES["Conditions"]["value"]),
        f"{DESK_REQUEST}/education": (200, REQUEST),
    }


def choose(name: str, value: str, **typed: str) -> Callable[[Any], None]:
    """Returns the act of choosing an option, typing the other inputs, and sending the form."""

    def act(browser: Any) -> None:
        browser.find_element(By.CSS_SELECTOR, f"#{name} option[value={value}]").click()
        for one, text in typed.items():
            browser.find_element(By.ID, one).send_keys(text)
        press(browser, FORM)

    return act


NOTHING = {one: (200, {"items": [], "next_cursor": None}) for one in (MY_REQUESTS, CERTIFICATES)}
AWAY = dict.fromkeys((MY_REQUESTS, MY_REQUEST, CERTIFICATES, REQUESTS, DESK_REQUEST), (503, {}))
LOST = {f"{MY_REQUEST}/centre": (503, {})}
ENDED = {
    MY_REQUEST: (200, ISSUED),
    f"{MY_REQUEST}/bill": (404, {}),
    f"{MY_REQUEST}/examination": (404, {}),
    f"{MY_REQUEST}/conditions": (200, {"items": []}),
}
APPLIED = {MY_REQUESTS: (201, REQUEST)}
LATE = {
    f"{MY_REQUEST}/withdraw": (
        409,
        {"type": "…/illegal-transition", "title": "صدرت", "detail": "صدرت الشهادة في 1448/06/14"},
    )
}
_APPLY = choose("profession", "laundry-worker", id_number="2000000006")
_MINE = tuple(
    Walk(page, state, address, **{"task": "my-health", **more})
    for page, state, address, more in (
        ("my_health", "good", HEALTH, {}),
        ("my_health", "done", f"{HEALTH}?done=health_cancel", {}),
        ("my_health", "nothing", HEALTH, {"changed": NOTHING}),
        ("my_health", "away", HEALTH, {"changed": AWAY}),
        ("my_health_request", "good", f"{PAGE}?done=health_apply", {}),
        ("my_health_request", "ended", PAGE, {"changed": ENDED}),
        ("my_health_request", "bill-ended", PAGE, {"changed": {f"{MY_REQUEST}/bill": (200, _PAID)}}),
        ("my_health_request", "away", PAGE, {"changed": AWAY}),
        ("my_health_photo", "missing", f"{PAGE}/photo", {}),
        ("my_health_apply", "good", APPLY, {}),
        ("my_health_apply", "away", APPLY, {"changed": {"/v1/medical-centres": (503, {})}}),
        ("my_health_apply_entry", "good", APPLY, {"act": _APPLY, "meanwhile": APPLIED}),
        ("my_health_apply_entry", "lost", APPLY, {"act": _APPLY, "meanwhile": {MY_REQUESTS: (503, {})}}),
        (
            "my_health_apply_entry", "fault", APPLY,
            {"act": _APPLY, "meanwhile": {MY_REQUESTS: fault("worker.id_number")}, "is_error": True},
        ),
        ("my_health_change", "good", f"{PAGE}/centre", {}),
        ("my_health_change", "bill", f"{PAGE}/bill", {}),
        ("my_health_change", "unknown", f"{PAGE}/delete", {}),
        ("my_health_change_entry", "good", f"{PAGE}/centre", {"act": choose("centre", "saihat-centre")}),
        ("my_health_change_entry", "lost", f"{PAGE}/centre", {"act": send(), "changed": LOST}),
        ("my_health_change_entry", "late", f"{PAGE}/withdraw", {"act": send(), "changed": LATE, "is_error": True}),
        ("my_health_pdf", "missing", f"{PAPER}.pdf", {}),
        ("my_health_renewal", "good", f"{PAPER}/renewal", {}),
        ("my_health_renewal_entry", "good", f"{PAPER}/renewal", {"act": choose("centre", "saihat-centre")}),
        (
            "my_health_renewal_entry", "fault", f"{PAPER}/renewal",
            {"act": send(), "changed": {f"{CERTIFICATES}/{NUMBER}/renew": fault("photo")}, "is_error": True},
        ),
        ("my_health_cancel", "good", f"{PAPER}/cancel", {}),
        ("my_health_cancel", "missing", f"{HEALTH}/certificates/1448048000099/cancel", {}),
        ("my_health_cancel_entry", "good", f"{PAPER}/cancel", {"act": send()}),
    )
)  # fmt: skip
_EDUCATION = tuple(
    Walk(page, state, address, **{"task": "education", **more})
    for page, state, address, more in (
        ("desk_health", "good", DESK, {}),
        ("desk_health", "away", DESK, {"changed": AWAY}),
        ("desk_health_search", "good", DESK, {"act": send(number="1448049000017")}),
        ("desk_health_search", "fault", DESK, {"act": send(number="2000000006"), "is_error": True}),
        ("desk_health_request", "good", f"{DESK_PAGE}?done=education_enter", {}),
        ("desk_health_request", "away", DESK_PAGE, {"changed": AWAY}),
        ("desk_health_pass", "good", f"{DESK_PAGE}/education/enter", {}),
        ("desk_health_pass", "void", f"{DESK_PAGE}/education/void", {}),
        (
            "desk_health_pass_entry", "good", f"{DESK_PAGE}/education/enter",
            {"act": choose("course", "food-handlers", passed_on="1448/06/10")},
        ),
        (
            "desk_health_pass_entry", "fault", f"{DESK_PAGE}/education/enter",
            {"act": send(), "changed": {f"{DESK_REQUEST}/education": fault("passed_on")}, "is_error": True},
        ),
    )
)  # fmt: skip
HEALTH_WALKS = (*_MINE, *_EDUCATION)
