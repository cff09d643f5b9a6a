"""The walks through the portal's pages: how a browser gets to each page, well and with an error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal_things import LICENCE, MOBILE, REPORT, UNKNOWN
from portal_things import PERMIT as BUILDING_PERMIT
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

PERMITS, SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"
PERMIT_ID = "01937c5e-8f00-7a11-8c2e-000000001312"
PERMIT, ENTER = f"{PERMITS}/{PERMIT_ID}", "/v1/insulation-inspections"
SEARCH, LOG = "/sec/permits", "/sec/access-log"
WAITING, RELEASES = "/v1/waiting-releases", "/sec/releases"


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


def answers() -> dict[str, tuple[int, dict[str, Any]]]:
    """Returns what a gateway that is well answers, by path."""
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


def fill(**inputs: str) -> Callable[[Any], None]:
    """Returns the act of filling in the search and sending it."""

    def act(browser: Any) -> None:
        for name, text in inputs.items():
            browser.find_element(By.ID, name).send_keys(text)
        before = browser.find_element(By.TAG_NAME, "html")
        browser.find_element(By.CSS_SELECTOR, "main .button").click()
        WebDriverWait(browser, 10).until(expected_conditions.staleness_of(before))

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


ID_IN_PERMIT_NUMBER = fill(permit_number="1000000008")
NONE_WAITS = {WAITING: (200, {"as_of": None, "items": [], "next_cursor": None})}
WAITING_AWAY = {WAITING: (503, {})}
WALKS = (
    Walk("home", "good", "/", task=None),
    Walk("inquiry", "good", "/inquiry", task=None),
    Walk("inquiry", "form", f"{ASK}building_permit", task=None),
    Walk("inquiry", "unknown-kind", f"{ASK}dream", task=None),
    Walk("inquiry_answer", "good", f"{ASK}report", task=None, act=fill(number=REPORT, proof=MOBILE)),
    Walk("inquiry_answer", "permit", f"{ASK}building_permit", task=None, act=ask_in_safwa),
    Walk("inquiry_answer", "register", f"{ASK}shop_licence", task=None, act=fill(number=LICENCE)),
    Walk("inquiry_answer", "unknown", f"{ASK}report", task=None, act=fill(number=UNKNOWN, proof=MOBILE)),
    Walk("inquiry_answer", "fault", f"{ASK}building_permit", task=None, act=fill(proof="12"), is_error=True),
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
