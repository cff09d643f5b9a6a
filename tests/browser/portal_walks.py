"""The walks through the portal's pages: how a browser gets to each page, well and with an error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from portal_things import ASKED_REPORT, LICENCE, MOBILE, REPORT, UNKNOWN
from portal_things import PERMIT as BUILDING_PERMIT
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from chassis.core import contracts

PERMITS, SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"
PERMIT_ID = "01937c5e-8f00-7a11-8c2e-000000001312"
PERMIT, ENTER = f"{PERMITS}/{PERMIT_ID}", "/v1/insulation-inspections"
SEARCH, LOG = "/sec/permits", "/sec/access-log"
WAITING, RELEASES = "/v1/waiting-releases", "/sec/releases"
REPORTS, PREVIEW, UPLOAD = (
    "/v1/public/reports",
    "/v1/public/report-previews",
    "/v1/public/attachments",
)
QUESTION_LINKS = "/v1/public/question-links"


def words(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def permit(extent: str = "partial") -> dict[str, Any]:
    """Returns a permit with all its blocks."""
    titles = {
        "none": words("لا يُطلق التيار", "No current may be given"),
        "partial": words("يُطلق التيار جزئيًا", "Partial current may be given"),
        "full": words("يُطلق التيار كاملًا", "Full current may be given"),
    }
    approved = words("اعتمدت البلدية إطلاق التيار", "The municipality approved the release")
    issued = {"status": "issued", "status_title": words("صادرة", "Issued")}
    stage = {"stage": "walls", "title": words("الجدران", "Walls"), "inspected_on": "2026-10-01"}
    failed = {"result": "fail", "result_title": words("غير مجتاز", "Failed")}
    owner = {"name": "مريم بنت حسن آل تجربة (بيانات تجريبية)", "id_masked": "10******08"}
    insulation = {
        **issued, "certificate_number": "1448/9", "partner_certificate_number": "SEC-77",
        "issued_on": "2026-11-01", "valid_until": "2027-11-01",
        "stages": [stage | failed | {"defects": ["السماكة 3-5 سم"]}],
    }  # fmt: skip
    occupancy = {
        **issued, "certificate_number": "1448/4", "kind": "temporary", "kind_title": words("مؤقتة", "Temporary"),
        "issued_on": "2026-11-02", "valid_until": "2027-05-01",
    }  # fmt: skip
    release = {
        "release_number": "1448/6", "extent": "full", "status": "approved", "status_title": words("معتمد", "Approved"),
        "submitted_on": "2026-11-03", "approval": {"extent": "partial"}, "supply": {"extent": "none"},
    }  # fmt: skip
    return {
        "permit_id": PERMIT_ID, "version": 1, "permit_number": "1448/1312", "origin": "paper", "verified": False,
        "status": "valid", "status_title": words("سارية", "Valid"),
        "issued_on": "2026-11-24", "expires_on": "2029-11-24",
        "municipality": "central-qatif", "kind": "new", "kind_title": words("إنشاء جديد", "New building"),
        "plan_number": "422/3 ج", "plots": ["215", "1130 أ"], "town": "القطيف", "district": "الخزامى",
        "request_number": "44120981", "owners": [owner],
        "predecessor": None, "successor": {"permit_id": PERMIT_ID, "permit_number": "1448/1400"},
        "insulation": insulation, "occupancy": occupancy, "release": release,
        "connection": {"extent": extent, "title": titles[extent], "reasons": [{"code": "approved", "title": approved}]},
    }  # fmt: skip


def listed(**changes: Any) -> dict[str, Any]:
    """Returns a report as everybody reads it."""
    return {
        "report_number": "1448000001", "category": "pothole", "category_title": words("حفرة", "Pothole"),
        "status": "assigned", "status_title": words("محال إلى الإدارة المختصة", "Referred to the department"),
        "tone": "progress", "filed_on": "2026-11-25", "due_on": "2026-12-06", "town": "سيهات", "district": "النسيم",
        "landmark": "شارع 3-5", "description": "حفرة عرضها 3-5 أمتار (بيانات تجريبية)", "photo": None, **changes,
    }  # fmt: skip


def report_preview(*similar: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Returns what the reports say of a draft that can be filed."""
    saihat = {
        "municipality": "saihat",
        "municipality_title": words("بلدية سيهات", "Saihat Municipality"),
    }
    return 200, {**saihat, "due_on": "2026-12-06", "similar": list(similar)}


DOCUMENT_ID = "b5YZ_4uGQBG0LQDPT8lk_w"
DOCUMENT = f"/v1/public/documents/{DOCUMENT_ID}"
NO_DOCUMENT = {DOCUMENT: (404, {"type": "…/not-found", "title": "غير موجود"})}
DOCUMENT_AWAY = {DOCUMENT: (503, {})}


def report_answers() -> dict[str, tuple[int, dict[str, Any]]]:
    """Returns what the service `reports` answers when it's well, by path."""
    attend = words("ستباشر الإدارة المختصة البلاغ.", "The department will attend to it.")
    sent = {"attachment_id": PERMIT_ID, "upload_key": "k" * 22, "position": None}
    return {
        PREVIEW: report_preview(),
        UPLOAD: (201, sent),
        # The list and the filing have one path.
        REPORTS: (
            200,
            {
                **listed(report_number=REPORT),
                "next": attend,
                "items": [listed()],
                "next_cursor": "c2",
            },
        ),
        f"{REPORTS}/1448000001": (200, listed()),
        QUESTION_LINKS: (204, {}),
        DOCUMENT: (
            200,
            contracts.openapi("licences")["components"]["examples"]["VerifiedDocument"]["value"],
        ),
        "/v1/public/inquiries": (
            200,
            {
                **listed(),
                "next": attend,
                "question": None,
                "treatment": None,
                "reason": None,
                "history": [
                    {
                        "at": "2026-11-25T08:00:00Z",
                        "title": words("استلمنا بلاغكم", "We received your report"),
                    }
                ],
            },
        ),
    }


def answers() -> dict[str, tuple[int, dict[str, Any]]]:
    """Returns what a gateway and a service `reports` that are well answer, by path."""
    page = {
        "as_of": "2026-11-24T09:00:00Z",
        "next_cursor": "c2",
        "absence": None,
        "items": [permit()],
    }
    title = words("إيصال عداد", "Connecting a meter")
    granted = {
        "purposes": [{"purpose": "meter-connection", "title": title, "searches": ["civil-id"]}],
        "query_kinds": ["civil-id", "permit-number"], "entry_kinds": [], "widest_span_days": 92, "fields": [],
        "rows_per_day": 1_000_000, "valid_until": "2027-11-24T09:00:00Z",
    }  # fmt: skip
    limit = {
        "name": "person",
        "limit": 100,
        "window_seconds": 60,
        "remaining": 57,
        "resets_in_seconds": 31,
    }
    access = {
        "at": "2026-11-24T09:00:00Z", "subject": "p_01937c5e8f00", "client_id": "sec-portal", "operation": "search",
        "query_kinds": ["civil-id"], "filters": {}, "purpose": "meter-connection", "case_reference": "SEC-2026-004417",
        "decision": "denied", "reason": "no-grant", "result_count": 0,
    }  # fmt: skip
    waiting = {
        "waits_for": "disconnection", "waits_for_title": words("فصل التيار للخطر", "Cutting current for danger"),
        "since": "2026-11-20", "since_hijri": "1448/06/10", "permit": permit("none"),
    }  # fmt: skip
    return {
        **report_answers(),
        WAITING: (200, {"as_of": "2026-11-24T09:00:00Z", "items": [waiting], "next_cursor": "c2"}),
        PERMITS: (200, page),
        SEARCHES: (200, page),
        PERMIT: (200, {"as_of": "2026-11-24T09:00:00Z", "item": permit()}),
        ENTER: (202, {"entry_id": PERMIT_ID}),
        f"/v1/insulation-entries/{PERMIT_ID}": (200, entry()),
        "/v1/grant": (200, granted),
        "/v1/quota": (200, {"limits": [limit]}),
        "/v1/access-log": (200, {"items": [access], "next_cursor": "c2"}),
    }


def entry() -> dict[str, Any]:
    """Returns an entry that the municipality refused."""
    content = {
        "stage": "roof", "result": "fail", "inspected_on": "2026-11-24", "inspector": "مفتش تجريبي", "u_value": "0.35",
        "defects": ["السماكة 3-5 سم"], "materials": "بوليسترين 5-7 سم",
    }  # fmt: skip
    return {
        "entry_id": PERMIT_ID, "permit_id": PERMIT_ID, "permit_number": "1448/1312",
        "entered_at": "2026-11-26T06:00:00Z",
        "entry": content, "outcome": "refused", "outcome_title": words("مرفوض", "Refused"), "effects": [],
        "reason": {"code": "before-permit", "ar": "قبل 1448/06/14", "en": "Before 1448/06/14"},
    }  # fmt: skip


def fault(field: str) -> tuple[int, dict[str, Any]]:
    """Returns a refusal that names a field."""
    detail = "آخر يوم فيه 1447/12/29"
    return 400, {
        "type": "…/invalid-request",
        "title": "x",
        "errors": [{"field": field, "detail": detail}],
    }


@dataclass(frozen=True)
class Walk:
    """A way to a page. `task`: as whom; `changed`: what the service answers otherwise; `act`: after the address;
    `meanwhile`: what the service answers otherwise from the act on. `is_error`: the page has an error summary, and its
    title says so."""

    page: str
    state: str
    address: str
    task: str | None = "dispatch"
    changed: dict[str, Any] | None = None
    act: Callable[[Any], None] | None = None
    meanwhile: dict[str, Any] | None = None
    is_error: bool = False

    @property
    def name(self) -> str:
        return f"{self.page}-{self.state}"


FORM = "main form .button"


def send(*selectors: str, **inputs: str) -> Callable[[Any], None]:
    """Returns the act of filling in a form and pressing buttons one after the other; without a selector the first
    button of the page's form."""

    def act(browser: Any) -> None:
        for name, text in inputs.items():
            browser.find_element(By.ID, name).send_keys(text)
        for selector in selectors or (FORM,):
            press(browser, selector)

    return act


def send_after(change: Callable[[Any], None], **inputs: str) -> Callable[[Any], None]:
    """Returns an act that fills a form in, sees a change happen to the session, and sends the form."""

    def act(browser: Any) -> None:
        for name, text in inputs.items():
            browser.find_element(By.ID, name).send_keys(text)
        change(browser)
        send()(browser)

    return act


def end_session(browser: Any) -> None:
    for cookie in browser.get_cookies():
        if cookie["name"] != "language":
            browser.delete_cookie(cookie["name"])


ENDED = "x" * 43  # the cookie of a session that has ended


def outlive_session(browser: Any) -> None:
    """As hours without a press do: the cookie stays, and opens nothing."""
    for cookie in browser.get_cookies():
        if cookie["name"].startswith("__Host-"):
            ended = {"name": cookie["name"], "value": ENDED, "path": "/", "secure": True}
            browser.add_cookie(ended)


def outdate_form(browser: Any) -> None:
    """As a sign-in in another tab does: the token in the form is of the session before, and of the same person."""
    browser.execute_script(
        "const token = document.querySelector('main [name=csrf_token]');"
        "token.value = 'old.' + token.value.split('.')[1]"
    )


def fill(**inputs: str) -> Callable[[Any], None]:
    """Returns the act of filling in the search and sending it."""
    return send("main .button", **inputs)


def press(browser: Any, selector: str) -> None:
    """Presses the button of a selector, which leads to another page."""
    press_element(browser, browser.find_element(By.CSS_SELECTOR, selector))


def press_element(browser: Any, element: Any) -> None:
    """Presses an element, and waits until another page is there."""
    before = browser.find_element(By.TAG_NAME, "html")
    element.click()
    # For a moment chromedriver knows neither page, and says so by an error of its own.
    wait = WebDriverWait(browser, 10, ignored_exceptions=[WebDriverException])
    wait.until(expected_conditions.staleness_of(before))


def press_unfolded(form: str = "form") -> Callable[[Any], None]:
    """Returns the act of opening what the page folds away, and pressing the button of the form in it."""

    def act(browser: Any) -> None:
        folded = f"main details:has({form})"
        browser.find_element(By.CSS_SELECTOR, f"{folded} summary").click()
        press(browser, f"{folded} button")

    return act


ISSUED_FAULT = {PERMITS: fault("issued_from")}
NOTHING = {PERMITS: (200, {"as_of": None, "next_cursor": None, "items": [], "absence": None})}
NO_CURRENT = {PERMIT: (200, {"as_of": None, "item": permit("none")})}
MISSING = {PERMIT: (404, {"type": "…/not-found", "title": "غير موجود"})}
QUOTA_AWAY = {"/v1/quota": (503, {})}
AWAY = dict.fromkeys((PERMITS, SEARCHES, "/v1/grant"), (503, {}))
OWNER = fill(owner_number="1000000008", case_reference="C-1")
INSPECT = f"{SEARCH}/{PERMIT_ID}/inspection"
ENTRY_AWAY, ENTRY_FAULT = {ENTER: (503, {})}, {ENTER: fault("stage")}
STAGE = fill(inspector="مفتش تجريبي")
TOWN = fill(town="القطيف")
ASK = "/inquiry?kind="


def ask_in_safwa(browser: Any) -> None:
    """Chooses the branch, fills in the inquiry about a permit, and sends it."""
    browser.find_element(By.CSS_SELECTOR, "#municipality option[value=safwa]").click()
    fill(number=BUILDING_PERMIT, proof=MOBILE)(browser)


def ask_for_link(browser: Any) -> None:
    """Asks about a report with a question, and lets its link be sent again."""
    fill(number=ASKED_REPORT, proof=MOBILE)(browser)
    press(browser, "main form .button")


DETAILS = {
    "description": "حفرة عرضها 3-5 أمتار",
    "name": "علي آل تجربة (بيانات تجريبية)",
    "mobile": MOBILE,
}


def choose_pothole(browser: Any) -> None:
    """Opens the subject and chooses the type."""
    browser.find_element(By.XPATH, "//details[.//button[@value='pothole']]/summary").click()
    press(browser, "button[value=pothole]")


def enter_report(browser: Any) -> None:
    """Chooses the type, and enters the details."""
    choose_pothole(browser)
    browser.find_element(By.CSS_SELECTOR, "#place option[value='سيهات|النسيم']").click()
    for name, text in DETAILS.items():
        browser.find_element(By.ID, name).send_keys(text)
    press(browser, "main .actions .button")


def open_map(browser: Any) -> None:
    """Chooses the type, and opens the map."""
    choose_pothole(browser)
    press(browser, "button[value=map]")


def click_map(browser: Any) -> None:
    """Clicks on the middle of the map, which comes closer."""
    open_map(browser)
    press(browser, "#point")


def press_key_on_map(browser: Any) -> None:
    """Presses a key on the map, with which a browser sends no place."""
    open_map(browser)
    before = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.ID, "point").send_keys(Keys.ENTER)
    wait = WebDriverWait(browser, 10, ignored_exceptions=[WebDriverException])
    wait.until(expected_conditions.staleness_of(before))


def get_map(browser: Any) -> None:
    """Fetches the picture of the map. The page stays."""
    answer = requests.get(browser.current_url.replace("/reports", "/report/map.svg"), timeout=10)
    assert answer.text.startswith("<svg")


def send_report(browser: Any) -> None:
    """Enters a report, and presses the button of the review."""
    enter_report(browser)
    press(browser, "main form .button")


def send_file(browser: Any) -> None:
    """Sends a file with the first step."""
    browser.find_element(By.ID, "photos").send_keys(__file__)
    press(browser, "button[value=add]")


def get_catalogue(browser: Any) -> None:
    """Fetches the catalogue, as another system does. The page stays."""
    answer = requests.get(f"{browser.current_url}/catalogue.jsonld", timeout=10)
    assert answer.json()["dcat:dataset"]


NO_PHOTO = {
    UPLOAD: (
        400,
        {
            "type": "…/invalid-request",
            "title": "x",
            "errors": [{"field": "file", "detail": "ليس صورة"}],
        },
    )
}
PREVIEW_FAULT = {PREVIEW: fault("reporter.mobile")}
PLACE_FAULT = {REPORTS: fault("town")}
FILING_FAULT = {REPORTS: fault("reporter.mobile")}
TOO_MANY = {
    REPORTS: (
        429,
        {
            "type": "…/too-many-requests",
            "title": "طلبات كثيرة",
            "detail": "أعيدوا المحاولة بعد قليل.",
        },
    )
}
REPORTS_AWAY = dict.fromkeys(
    (REPORTS, PREVIEW, UPLOAD, QUESTION_LINKS, f"{REPORTS}/1448000001"), (503, {})
)
FILING_AWAY = {REPORTS: (503, {})}
NO_REPORTS = {REPORTS: (200, {"items": [], "next_cursor": None})}
SIMILAR = {PREVIEW: report_preview(listed(metres=40), listed(metres=None, description=None))}
STEP = "/report/kind"
ID_IN_PERMIT_NUMBER = fill(permit_number="1000000008")
NONE_WAITS = {WAITING: (200, {"as_of": None, "items": [], "next_cursor": None})}
WAITING_AWAY = {WAITING: (503, {})}
WALKS = (
    Walk("home", "good", "/", task=None),
    Walk("inquiry", "good", "/inquiry", task=None),
    Walk("inquiry", "form", f"{ASK}building_permit", task=None),
    Walk("inquiry", "unknown-kind", f"{ASK}dream", task=None),
    Walk("inquiry_answer", "good", f"{ASK}report", task=None, act=fill(number=REPORT, proof=MOBILE)),
    Walk("inquiry_answer", "question", f"{ASK}report", task=None, act=fill(number=ASKED_REPORT, proof=MOBILE)),
    Walk("inquiry_question", "good", f"{ASK}report", task=None, act=ask_for_link),
    Walk("inquiry_question", "reports-away", f"{ASK}report", task=None, changed=REPORTS_AWAY, act=ask_for_link),
    Walk("inquiry_answer", "by-code", f"{ASK}report", task=None, act=fill(number=REPORT, proof="48210937")),
    Walk("inquiry_answer", "permit", f"{ASK}building_permit", task=None, act=ask_in_safwa),
    Walk("inquiry_answer", "register", f"{ASK}shop_licence", task=None, act=fill(number=LICENCE)),
    Walk("inquiry_answer", "unknown", f"{ASK}report", task=None, act=fill(number=UNKNOWN, proof=MOBILE)),
    Walk("inquiry_answer", "fault", f"{ASK}building_permit", task=None, act=fill(proof="12"), is_error=True),
    Walk("verify", "good", "/verify", task=None),
    Walk("verify_answer", "good", "/verify", task=None, act=fill(code=DOCUMENT_ID)),
    Walk("verify_answer", "unknown", "/verify", task=None, changed=NO_DOCUMENT, act=fill(code=DOCUMENT_ID)),
    Walk("verify_answer", "away", "/verify", task=None, changed=DOCUMENT_AWAY, act=fill(code=DOCUMENT_ID)),
    Walk("verify_answer", "fault", "/verify", task=None, act=fill(code="12"), is_error=True),
    Walk("report", "good", "/report", task=None),
    Walk("report_photos", "good", "/report", task=None, act=send_file),
    Walk("report_photos", "fault", "/report", task=None, changed=NO_PHOTO, act=send_file, is_error=True),
    Walk("report_photos", "reports-away", "/report", task=None, changed=REPORTS_AWAY, act=send_file),
    Walk("report_kind", "good", STEP, task=None),
    Walk("report_kind_choice", "good", STEP, task=None, act=choose_pothole),
    Walk("report_details", "early", "/report/details", task=None),
    Walk("report_details_entry", "fault", STEP, task=None, changed=PREVIEW_FAULT, act=enter_report, is_error=True),
    Walk("report_details_entry", "reports-away", STEP, task=None, changed=REPORTS_AWAY, act=enter_report),
    Walk("report_place", "good", STEP, task=None, act=open_map),
    Walk("report_place_choice", "good", STEP, task=None, act=click_map),
    Walk("report_place_choice", "fault", STEP, task=None, act=press_key_on_map, is_error=True),
    Walk("report_map", "good", "/reports", task=None, act=get_map),
    Walk("report_similar", "good", STEP, task=None, changed=SIMILAR, act=enter_report),
    Walk("report_review", "good", STEP, task=None, act=enter_report),
    Walk("report_sending", "fault", STEP, task=None, changed=FILING_FAULT, act=send_report, is_error=True),
    Walk("report_sending", "too-many", STEP, task=None, changed=TOO_MANY, act=send_report, is_error=True),
    Walk("report_sending", "reports-away", STEP, task=None, changed=FILING_AWAY, act=send_report),
    Walk("report_filed", "good", STEP, task=None, act=send_report),
    Walk("report_filed", "early", "/report/filed", task=None),
    Walk("reports", "good", "/reports", task=None),
    Walk("reports", "nothing", "/reports?category=pothole", task=None, changed=NO_REPORTS),
    Walk("reports", "fault", "/reports?place=x", task=None, changed=PLACE_FAULT, is_error=True),
    Walk("reports", "reports-away", "/reports", task=None, changed=REPORTS_AWAY),
    Walk("public_report", "good", "/reports/1448000001", task=None),
    Walk("public_report", "missing", "/reports/1448999999", task=None),
    Walk("public_report", "reports-away", "/reports/1448000001", task=None, changed=REPORTS_AWAY),
    Walk("figures", "good", "/figures", task=None),
    Walk("figures_series", "good", "/figures/reports", task=None),
    Walk("figures_series", "branch", "/figures/reports?municipality=saihat", task=None),
    Walk("figures_series", "missing", "/figures/none", task=None),
    Walk("figures_csv", "missing", "/figures/none.csv", task=None),
    Walk("figures_catalogue", "good", "/figures", task=None, act=get_catalogue),
    Walk("public_photo", "missing", f"/reports/photos/{PERMIT_ID}", task=None),
    Walk("sec", "good", "/sec", task=None),
    Walk("sec", "session-over", "/sec/permits", task=None),
    Walk("sec_sign_in", "unknown-task", "/sec/sign-in/none", task=None),
    Walk("sec_signed_in", "foreign-answer", "/sec/signed-in?state=x&code=y", task=None),
    Walk("sec_permits", "good", "/sec/permits"),
    Walk("sec_permits", "results", "/sec/permits?plan_number=713%2F7"),
    Walk("sec_permits", "fault", f"{SEARCH}?issued_from=1447%2F12%2F30", changed=ISSUED_FAULT, is_error=True),
    Walk("sec_permits", "nothing", "/sec/permits?permit_number=1448%2F1", changed=NOTHING),
    Walk("sec_permits", "gateway-away", "/sec/permits?plan_number=713%2F7", changed=AWAY),
    Walk("sec_permits", "search-gone", "/sec/permits?search=none", is_error=True),
    Walk("sec_permit_search", "good", "/sec/permits", act=OWNER),
    Walk("sec_permit_search", "nothing-typed", "/sec/permits", act=TOWN, is_error=True),
    Walk("sec_permit", "good", f"/sec/permits/{PERMIT_ID}"),
    Walk("sec_permit", "none", f"/sec/permits/{PERMIT_ID}", changed=NO_CURRENT),
    Walk("sec_permit", "missing", f"/sec/permits/{PERMIT_ID}", changed=MISSING),
    Walk("sec_permits_csv", "no-search", "/sec/permits.csv"),
    Walk("sec_permits_xlsx", "no-search", "/sec/permits.xlsx"),
    Walk("sec_inspection", "good", f"{SEARCH}/{PERMIT_ID}/inspection", task="inspection"),
    Walk("sec_inspection", "gateway-away", INSPECT, task="inspection", changed=ENTRY_AWAY, act=STAGE),
    Walk("sec_inspection_entry", "good", INSPECT, task="inspection", act=STAGE),
    Walk("sec_inspection_entry", "fault", INSPECT, task="inspection", changed=ENTRY_FAULT, act=STAGE, is_error=True),
    Walk("sec_entry", "good", f"/sec/entries/{PERMIT_ID}", task="inspection"),
    Walk("sec_entry", "missing", "/sec/entries/01937c5e-8f00-7a11-8c2e-000000001313", task="inspection"),
    Walk("sec_grant", "good", "/sec/grant"),
    Walk("sec_grant", "gateway-away", "/sec/grant", changed=QUOTA_AWAY),
    Walk("sec_access_log", "good", "/sec/access-log", task="audit"),
    Walk("sec_access_log", "fault", f"{LOG}?from_day=1447%2F12%2F30", task="audit", is_error=True),
    Walk("sec_sign_out", "no-permission", "/sec/access-log"),
    Walk("sec_permit_search", "misplaced-number", "/sec/permits", act=ID_IN_PERMIT_NUMBER, is_error=True),
    Walk("sec_releases", "good", RELEASES),
    Walk("sec_releases", "nothing", RELEASES, changed=NONE_WAITS),
    Walk("sec_releases", "gateway-away", RELEASES, changed=WAITING_AWAY),
    Walk("sec_releases", "fault", f"{RELEASES}?waits_for=x", changed={WAITING: fault("waits_for")}, is_error=True),
)  # fmt: skip
