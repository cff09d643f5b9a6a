"""Every page of the portal in a real Chromium, in both languages, well and with an error."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from devstack.stand_in_processes import public_jwk
from portal.api.table import TABLE
from portal.domain.areas import AREAS, Area
from portal.domain.tasks import (
    BID_OPENING,
    LICENCE_OFFICE,
    PERMIT_OFFICE,
    PERMIT_REVIEW,
    SHOP_INSPECTION,
    TENDER_OFFICE,
)

sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from administration_walks import ADMINISTRATION_WALKS, administration_answers
from affiliated_walks import AFFILIATED_WALKS
from appointment_walks import APPOINTMENT_WALKS, appointment_answers
from centre_walks import CENTRE_WALKS, centre_answers
from counter_walks import COUNTER_WALKS, counter_answers
from delegation_walks import DELEGATION_WALKS, delegation_answers
from desk_permit_walks import DESK_PERMIT_WALKS, desk_permit_answers
from desk_walks import DESK_WALKS, desk_answers
from desk_walks import REPORT as REPORT_PATH
from health_walks import HEALTH_WALKS, health_answers
from licence_desk_walks import LICENCE_DESK_WALKS, licence_desk_answers
from my_licence_walks import MY_LICENCE_WALKS, my_licence_answers
from my_refund_walks import MY_REFUND_WALKS, my_refund_answers
from my_start_walks import MY_SERVICES, MY_START_WALKS, my_start_answers
from my_walks import MY_WALKS, my_answers
from payments_walks import PAYMENTS_WALKS, payments_answers
from portal_things import MOBILE, REPORT, keep_sample_things
from portal_walks import ENDED, FORM, PERMIT_ID, PERMITS, SEARCHES, Walk, answers, press
from portal_walks import WALKS as PUBLIC_AND_COMPANY
from running_portal import KEYS, portal_environment, running_portal
from tender_desk_walks import TENDER_DESK_WALKS, tender_desk_answers
from tender_walks import TENDER_WALKS, tender_answers
from text_walks import TEXT_WALKS, text_answers
from transaction_walks import NEW, TRANSACTION_WALKS, transaction_answers
from work_order_walks import WORK_ORDER_WALKS, work_order_answers

PASSWORD = "four palms by the sea"
PERMIT_PAGE = f"/sec/permits/{PERMIT_ID}"
CITIZEN = "1000000016"
PEOPLE = {
    "dispatch": "sara", "look-up": "sara", "audit": "salem", "inspection": "huda", "referral": "noura",
    "calls": "omar", "statistics": "layla", "work-orders": "kamal",
    "permit-office": "rashid", "permit-review": "maha",
    "licence-office": "hadi", "shop-inspection": "salma", "licence-rules": "hadi",
    "tender-office": "lamia", "bid-opening": "fahd",
    "counter": "mariam", "closures": "mariam", "registry": "nasser", "decisions": "nasser",
    "municipal-licences": "saida", "municipal-reading": "saida", "municipal-webhooks": "saida",
    "municipal-administration": "munira",
    "examinations": "zainab", "cash": "ahmad", "accounts": "amal", "approval": "jafar", "education": "noor",
    "administration": "adel", "company-administration": "saad", "centre-administration": "hind",
    "texts": "rima", "texts-approval": "waleed",
}  # fmt: skip
WALKS = (
    *MY_START_WALKS,
    *MY_REFUND_WALKS,
    *MY_LICENCE_WALKS,
    *PUBLIC_AND_COMPANY, *DESK_WALKS, *MY_WALKS, *CENTRE_WALKS,
    *TENDER_WALKS, *APPOINTMENT_WALKS, *COUNTER_WALKS, *DESK_PERMIT_WALKS, *TRANSACTION_WALKS,
    *HEALTH_WALKS, *PAYMENTS_WALKS, *WORK_ORDER_WALKS,
    *ADMINISTRATION_WALKS, *DELEGATION_WALKS,
    *AFFILIATED_WALKS,
    *LICENCE_DESK_WALKS,
    *TENDER_DESK_WALKS,
    *TEXT_WALKS,
)  # fmt: skip
BY_WALK = pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
# A number group that an Arabic line would turn round: digits with a sign between, or a plus in front.
BARE = re.compile(r"\+[0-9]|[0-9][ ]?[-/,*:]+[ ]?[0-9*]")
# What the checks read of a page, in one question to the browser. `texts`: those outside of `bdi`.
PAGE = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
while (walker.nextNode()) {
  const text = walker.currentNode;
  if (!text.parentElement.closest('bdi, code, script, style, option, textarea')) texts.push(text.data);
}
return {
  texts, title: document.title, language: document.documentElement.lang,
  headings: Array.from(document.querySelectorAll('h1'), one => one.innerText),
};"""


@dataclass
class Portal:
    """The running portal, and the answers of the services that stand behind it."""

    url: str
    issuer: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=lambda: all_answers())
    asked: list[str] = field(default_factory=list)
    task: str | None = None  # for which the browser is signed in


class GatewayHandler(BaseHTTPRequestHandler):
    """Answers as the test wants; a request without a bound token is refused."""

    portal: Portal

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.portal.asked.append(path)
        is_bound = path.startswith("/v1/public/") or (
            self.headers.get("Authorization", "").startswith("DPoP ") and self.headers["DPoP"]
        )
        status, document = self.portal.answers.get(path, (404, {})) if is_bound else (401, {})
        is_file = isinstance(document, bytes)
        body = document if is_file else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "image/jpeg" if is_file else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        return


def all_answers() -> dict[str, tuple[int, Any]]:
    """What the gateway and the reports service answer when they're well."""
    return {
        **my_start_answers(),
        **my_refund_answers(),
        **my_licence_answers(),
        **answers(), **desk_answers(), **my_answers(), **centre_answers(),
        **tender_answers(), **appointment_answers(), **counter_answers(), **desk_permit_answers(),
        **transaction_answers(),
        **health_answers(), **payments_answers(), **work_order_answers(),
        **administration_answers(), **delegation_answers(),
        **licence_desk_answers(),
        **tender_desk_answers(),
        **text_answers(),
    }  # fmt: skip


def registered(portal_url: str) -> dict[str, Any]:
    """The clients of the portal, and people beside the dispatcher."""
    scopes = ["building-permits.read", "building-permits.search", "gateway.status"]
    audit = ["access-log.read", "gateway.status"]
    inspection = ["insulation-inspections.write", "building-permits.read"]
    reports = [*(f"reports.{one}" for one in ("read", "refer", "treat", "reveal")), "messages.read"]
    examinations = ["health-examinations.read", "health-examinations.write"]
    cash, accounts = ["payments.read", "payments.counter"], ["payments.read", "payments.decide"]
    approval = ["payments.read", "payments.approve"]
    education = ["health-certs.read", "health-education.write"]
    own = ["organisation.admin"]
    municipal = ["licences.read", "licences.submit", "licences.export", "webhooks.manage"]
    calls, counting = ["reports.read", "reports.file"], ["reports.statistics"]
    appointments = [f"appointments.{one}" for one in ("read", "desk", "plan")]
    permits, reviewing = list(PERMIT_OFFICE.scopes), list(PERMIT_REVIEW.scopes)
    licensing = [*LICENCE_OFFICE.scopes, "licence-rules.manage"]
    visiting_shops = list(SHOP_INSPECTION.scopes)
    tendering, opening = list(TENDER_OFFICE.scopes), list(BID_OPENING.scopes)
    approving = ["templates.manage", "templates.approve"]
    moves = ("read", "enter", "process", "decide", "reveal", "oversee")
    transactions = [f"transactions.{one}" for one in moves]
    return {
        "people": [
            _person("salem", "auditor", audit),
            _person("huda", "inspector", inspection),
            _person("noura", "report-officer", reports) | {"organisation": "qatif"},
            _person("omar", "operator", calls) | {"organisation": "qatif"},
            _person("layla", "statistician", counting) | {"organisation": "qatif"},
            _person("kamal", "contractor", ["reports.contract"]) | {"organisation": "qatif"},
            _person("mariam", "clerk", appointments) | {"organisation": "qatif"},
            _person("nasser", "registrar", transactions) | {"organisation": "qatif"},
            _person("ahmad", "cashier", cash) | {"organisation": "qatif"},
            _person("amal", "accountant", accounts) | {"organisation": "qatif"},
            _person("jafar", "second-person", approval) | {"organisation": "qatif"},
            _person("noor", "educator", education) | {"organisation": "qatif"},
            _person("zainab", "examination-desk", examinations) | {"organisation": "saihat-centre"},
            _person("saida", "clerk", municipal) | {"organisation": "saihat"},
            _person("rashid", "permit-officer", permits) | {"organisation": "qatif"},
            _person("maha", "permit-reviewer", reviewing) | {"organisation": "qatif"},
            _person("adel", "administrator", ["identity.admin"]) | {"organisation": "qatif"},
            _person("saad", "administrator", own),
            _person("hind", "administrator", own) | {"organisation": "saihat-centre"},
            _person("munira", "administrator", own) | {"organisation": "saihat"},
            _person("hadi", "licence-officer", licensing) | {"organisation": "qatif"},
            _person("rima", "text-editor", ["templates.manage"]) | {"organisation": "qatif"},
            _person("waleed", "text-approver", approving) | {"organisation": "qatif"},
            _person("salma", "inspector", visiting_shops) | {"organisation": "qatif"},
            _person("lamia", "tender-officer", tendering) | {"organisation": "qatif"},
            _person("fahd", "opening-committee", opening) | {"organisation": "qatif"},
        ],
        "organisations": [
            {
                "code": "saihat-centre",
                "kind": "medical_centre",
                "name": {"ar": "مركز سيهات الطبي", "en": "Saihat medical centre"},
                "second_factor": "optional",
            },
            {
                "code": "saihat",
                "kind": "affiliated_municipality",
                "name": {"ar": "بلدية سيهات", "en": "Saihat Municipality"},
                "municipality": "saihat",
                "second_factor": "optional",
            },
        ],
        "clients": [
            {
                "client_id": "sec-portal",
                "kind": "staff",
                "organisation": "electricity",
                "name": {"ar": "بوابة موظفي الكهرباء", "en": "Electricity staff portal"},
                "jwks": {"keys": [public_jwk(KEYS["COMPANY"])]},
                "redirect_uris": [f"{portal_url}/sec/signed-in"],
                "scopes": [*scopes, "access-log.read", "insulation-inspections.write", *own],
                "dpop_bound": True,
            },
            {
                "client_id": "qatif-desk",
                "kind": "staff",
                "organisation": "qatif",
                "name": {"ar": "مكتب موظفي البلدية", "en": "Municipality desk"},
                "jwks": {"keys": [public_jwk(KEYS["DESK"])]},
                "redirect_uris": [f"{portal_url}/desk/signed-in"],
                "scopes": sorted(
                    {
                        *(*reports, "reports.file", "reports.statistics", "reports.contract"),
                        *(*appointments, *permits, *transactions),
                        *(*education, *cash, *accounts, *approval, "identity.admin"),
                        *(*licensing, *visiting_shops, *approving),
                        *(*tendering, *opening),
                    }
                ),
                "exchange_audiences": [
                    *("reports", "appointments", "permits", "payments", "health-certs"),
                    *("transactions", "identity", "licences", "tenders", "notify"),
                ],
                "dpop_bound": True,
            },
            {
                "client_id": "citizens-portal",
                "kind": "citizen",
                "organisation": "qatif",
                "name": {"ar": "بوابة المستفيدين", "en": "Citizens' portal"},
                "jwks": {"keys": [public_jwk(KEYS["CITIZENS"])]},
                "redirect_uris": [f"{portal_url}/my/signed-in"],
                "scopes": [
                    *("my-permits.read", "my-licences.read", "my-licences.write"),
                    *("my-transactions.read", "my-transactions.write"),
                    *("my-reports.read", "my-reports.write"),
                    *("my-health-certs.read", "my-health-certs.write", "my-delegations.write"),
                    *("my-messages.write", "my-payments.read", "my-payments.write"),
                ],
                "exchange_audiences": MY_SERVICES,
                "dpop_bound": True,
            },
            {
                "client_id": "centres-portal",
                "kind": "staff",
                "organisation": "qatif",
                "name": {"ar": "بوابة المراكز الطبية", "en": "Medical centres' portal"},
                "jwks": {"keys": [public_jwk(KEYS["CENTRES"])]},
                "redirect_uris": [f"{portal_url}/centre/signed-in"],
                "scopes": [*examinations, *own],
                "dpop_bound": True,
            },
            {
                "client_id": "municipalities-portal",
                "kind": "staff",
                "organisation": "qatif",
                "name": {"ar": "بوابة البلديات التابعة", "en": "Affiliated municipalities' portal"},
                "jwks": {"keys": [public_jwk(KEYS["MUNICIPALITIES"])]},
                "redirect_uris": [f"{portal_url}/affiliated/signed-in"],
                "scopes": [*municipal, *own],
                "exchange_audiences": ["partner-gateway", "identity"],
                "dpop_bound": True,
            },
            {
                "client_id": "portal-system",
                "kind": "machine",
                "organisation": "qatif",
                "name": {"ar": "نظام البوابة", "en": "Portal system"},
                "jwks": {"keys": [public_jwk(KEYS["SYSTEM"])]},
                "redirect_uris": [],
                "scopes": ["appointments.display"],
                "dpop_bound": True,
            },
        ],
    }


def _person(username: str, role: str, scopes: list[str]) -> dict[str, Any]:
    return {
        "username": username,
        "display_name": f"{username} (بيانات تجريبية)",
        "organisation": "electricity",
        "role": role,
        "scopes": scopes,
        "password": PASSWORD,
    }


@pytest.fixture(scope="module")
def portal(
    site: Any, postgres_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """The portal beside the running identity; the services that it asks are one stand-in."""
    gateway = ThreadingHTTPServer(("127.0.0.1", 0), GatewayHandler)
    Thread(target=gateway.serve_forever, args=[0.02], daemon=True).start()
    port = site.free_port()
    portal = Portal(f"http://localhost:{port}", site.issuer)
    GatewayHandler.portal = portal
    environment = portal_environment(
        site,
        postgres_server.fresh_database("portal_browser"),
        port,
        services_url=f"http://127.0.0.1:{gateway.server_port}",
    )
    document = tmp_path_factory.mktemp("portal") / "register.json"
    document.write_text(json.dumps(registered(portal.url)))
    site.provision(document)
    try:
        with running_portal(environment):
            keep_sample_things(environment["PORTAL_DATABASE_URL"])
            yield portal
    finally:
        gateway.shutdown()
        gateway.server_close()


@pytest.fixture
def browser(chromium: Any) -> Any:
    """The browser, with the session of the walk before: a sign-in takes longer than most walks."""
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def visiting(browser: Any, portal: Portal) -> Iterator[Callable[[Walk, str], None]]:
    """`visiting(walk, language)` → the browser is on the page of the walk, signed in if the walk says so."""
    portal.answers = all_answers()

    def visit(walk: Walk, language: str) -> None:
        if walk.task is None or not is_signed_in(browser, portal, walk.task):
            forget_everybody(browser, portal)
        if walk.task is not None and portal.task is None:
            sign_in(browser, portal, walk.task)
        portal.task = walk.task
        browser.delete_cookie("__Host-form")
        browser.add_cookie({"name": "language", "value": language, "path": "/", "secure": True})
        portal.answers |= walk.changed or {}
        browser.get(portal.url + walk.address)
        portal.answers |= walk.meanwhile or {}
        if walk.act is not None:
            walk.act(browser)

    yield visit
    # A page of an error says so in its status, and Chromium in its console.
    browser.get_log("browser")


def forget_everybody(browser: Any, portal: Portal) -> None:
    """Takes the cookies of the portal, and those of identity if somebody has signed in."""
    is_elsewhere = not browser.current_url.startswith(portal.url)
    if portal.task is not None or is_elsewhere:
        for sheet in (f"{portal.issuer}/assets/identity.css", f"{portal.url}/assets/pages.css"):
            browser.get(sheet)
            browser.delete_all_cookies()
    browser.delete_all_cookies()
    portal.task = None


def is_signed_in(browser: Any, portal: Portal, task: str) -> bool:
    """Returns whether the walk before has left a session for the task."""
    cookie = browser.get_cookie(area_of(task).cookie)
    return portal.task == task and cookie is not None and cookie["value"] != ENDED


def area_of(task: str) -> Area:
    return next(one for one in AREAS.values() if task in one.tasks)


def sign_in(browser: Any, portal: Portal, task: str) -> None:
    """Signs in by identity's own page, unless identity knows the browser still."""
    area = area_of(task)
    browser.get(f"{portal.url}{area.path}/sign-in/{task}")
    if browser.find_elements(By.CSS_SELECTOR, "button[value=national-login]"):
        _sign_in_nationally(browser)
    elif browser.find_elements(By.ID, "username"):
        browser.find_element(By.ID, "username").send_keys(PEOPLE[task])
        browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    elif browser.find_elements(By.CSS_SELECTOR, "button[value=continue]"):
        browser.find_element(By.CSS_SELECTOR, "button[value=continue]").click()
    WebDriverWait(browser, 10).until(lambda page: has_arrived(page, portal))


def has_arrived(browser: Any, portal: Portal) -> bool:
    """Returns whether a page of the portal is open that doesn't go on by itself."""
    return browser.current_url.startswith(portal.url) and not browser.find_elements(
        By.ID, "reopened"
    )


def _sign_in_nationally(browser: Any) -> None:
    """Signs a citizen in: the number on the stand-in's page, then its answer on the telephone."""
    browser.find_element(By.CSS_SELECTOR, "button[value=national-login]").click()
    waiting = WebDriverWait(browser, 10)
    waiting.until(lambda page: page.find_elements(By.ID, "id_number"))
    browser.find_element(By.ID, "id_number").send_keys(CITIZEN, Keys.ENTER)
    waiting.until(lambda page: page.find_elements(By.CSS_SELECTOR, ".number"))
    number = browser.find_element(By.CSS_SELECTOR, ".number").text
    browser.find_element(By.CSS_SELECTOR, f"button[value='{number}']").click()


def complaints(browser: Any) -> list[str]:
    """What the console says, without the statuses of pages that are errors."""
    said = [entry["message"] for entry in browser.get_log("browser")]
    return [one for one in said if "status of 4" not in one and "status of 5" not in one]


def test_every_row_of_the_table_is_walked() -> None:
    assert {row.name for row in TABLE} == {walk.page for walk in WALKS}


class TestInArabic:
    """Every walk, in a class for each language: the classes run side by side."""

    language = "ar"

    @BY_WALK
    def test_a_page_is_sound(self, browser, visiting, violations, walk):
        visiting(walk, self.language)
        take_pictures(browser, f"{walk.name}-{self.language}")

        require_first_focus(browser, is_error=walk.is_error)
        page = browser.execute_script(PAGE)
        (heading,) = page["headings"]
        error = {"ar": "خطأ: ", "en": "Error: "}[self.language] if walk.is_error else ""
        assert page["title"].startswith(error + heading.strip())
        assert page["language"] == self.language
        assert violations() == []
        assert complaints(browser) == []
        assert [one.strip() for one in page["texts"] if BARE.search(one)] == []
        assert width_on_a_small_phone(browser) <= 320


class TestInEnglish(TestInArabic):
    language = "en"


def require_first_focus(browser: Any, *, is_error: bool) -> None:
    """A page with an error begins at the summary of what is wrong; any other begins with its skip link."""
    if is_error:
        assert browser.switch_to.active_element.get_attribute("id") == "problem"
    else:
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
        assert browser.switch_to.active_element.get_attribute("class") == "skip"


def take_pictures(browser: Any, name: str) -> None:
    """Keeps how the page looks on a desk and on a telephone, in the folder that SCREENSHOTS names (`make
    screenshots`)."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for width, height in ((1100, 760), (360, 760)):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.save_screenshot(str(Path(folder) / f"{name}-{width}.png"))
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def screen_of(browser: Any, width: int, height: int) -> Iterator[None]:
    """Shows the page on a telephone of this size."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def width_on_a_small_phone(browser: Any) -> int:
    """Returns how wide the page is where the screen has 320 pixels."""
    with screen_of(browser, 320, 640):
        return int(browser.execute_script("return document.documentElement.scrollWidth"))


def test_the_navigation_is_open_on_a_desk_and_a_menu_on_a_telephone(browser, visiting, violations):
    visiting(Walk("my_permits", "good", "/my/permits", "my-permits"), "ar")
    menu, link = (
        browser.find_element(By.CSS_SELECTOR, one)
        for one in (".menu > summary", ".nav [aria-current]")
    )
    assert (is_shown(browser, menu), is_shown(browser, link)) == (False, True)

    with screen_of(browser, 360, 760):
        assert (is_shown(browser, menu), is_shown(browser, link)) == (True, False)
        assert menu.text.endswith(f"القائمة: {link.get_attribute('textContent')}")
        assert top_of_content(browser) <= 260
        menu.send_keys(Keys.ENTER)
        assert is_shown(browser, link)
        assert violations() == []
        assert width_on_a_small_phone(browser) <= 320
    browser.refresh()
    link = browser.find_element(By.CSS_SELECTOR, ".nav a:not([aria-current])")
    ActionChains(browser, duration=0).click(link).perform()
    WebDriverWait(browser, 10).until(lambda page: "/my/permits" not in page.current_url)


def is_shown(browser: Any, element: Any) -> bool:
    """Asks the browser itself: WebDriver takes the content of closed `details` as hidden, whatever the sheet says."""
    return bool(browser.execute_script("return arguments[0].checkVisibility()", element))


def top_of_content(browser: Any) -> int:
    """Returns how far down the content begins."""
    edge = "return document.getElementById('content').getBoundingClientRect().top"
    return int(browser.execute_script(edge))


def test_a_reload_shows_the_state_without_the_banner_of_before(browser, visiting):
    walk = next(one for one in WALKS if one.name == "desk_report-saved")
    visiting(walk, "ar")
    shown = browser.current_url
    assert browser.find_elements(By.CSS_SELECTOR, ".notice.success")

    browser.refresh()

    assert shown.endswith(walk.address.removesuffix("?done=refer"))
    assert not browser.find_elements(By.CSS_SELECTOR, ".notice.success")


def test_a_form_with_a_file_is_sent_once_however_often_its_button_is_pressed(browser, visiting):
    visiting(Walk("my_transaction_entry", "good", NEW, "my-transactions"), "ar")
    press_twice = """
        const isHeld = [], button = document.querySelector("button[value=send]");
        addEventListener("submit", (event) => isHeld.push(event.defaultPrevented));
        button.click(); button.click();
        return isHeld;
    """

    assert browser.execute_script(press_twice) == [False, True]


def test_an_owner_is_searched_with_the_keyboard_alone(browser, visiting, portal):
    visiting(Walk("sec_permits", "good", "/sec/permits"), "ar")
    browser.find_element(By.ID, "owner_number").send_keys("1000000008", Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    ActionChains(browser).send_keys(Keys.TAB, "C-1", Keys.ENTER).perform()
    WebDriverWait(browser, 10).until(lambda page: "search=" in page.current_url)

    assert SEARCHES in portal.asked
    assert "1000000008" not in browser.current_url
    assert browser.find_elements(By.CSS_SELECTOR, "td a")


def test_a_fault_of_the_gateway_leads_to_its_input(browser, visiting):
    visiting(next(one for one in WALKS if one.name == "sec_permits-fault"), "ar")

    browser.find_element(By.CSS_SELECTOR, ".problem a").send_keys(Keys.ENTER)

    assert browser.switch_to.active_element.get_attribute("id") == "issued_from"
    assert browser.find_element(By.ID, "issued_from").get_attribute("value") == "1447/12/30"


def test_after_the_sign_out_back_shows_nothing(browser, visiting, portal):
    visiting(Walk("sec_permit", "good", PERMIT_PAGE), "ar")
    assert "مريم" in browser.page_source

    browser.find_element(By.CSS_SELECTOR, ".who button").click()
    WebDriverWait(browser, 10).until(lambda page: page.current_url.endswith("/sec?signed-out"))
    browser.back()

    WebDriverWait(browser, 10).until(lambda page: "signed-out" not in page.current_url)
    assert "مريم" not in browser.page_source
    assert "/sec?to=" in browser.current_url


def test_after_a_sign_out_back_shows_nothing_of_the_page_on_which_the_sign_in_ended(
    browser, visiting, portal
):
    """Chromium keeps that page whole in its memory, in spite of `no-store`."""
    visiting(Walk("home", "good", "/", task=None), "ar")
    sign_in(browser, portal, "dispatch")
    person = browser.find_element(By.CSS_SELECTOR, ".who bdi").text
    browser.find_element(By.CSS_SELECTOR, ".who button").click()
    WebDriverWait(browser, 10).until(lambda page: page.current_url.endswith("/sec?signed-out"))

    browser.back()

    WebDriverWait(browser, 10).until(lambda page: "signed-out" not in page.current_url)
    assert person
    assert person not in browser.page_source


def test_what_was_typed_outlives_the_session_and_is_sent_after_a_sign_in_in_another_window(
    browser, visiting, portal
):
    walk = next(one for one in WALKS if one.name == "desk_action_entry-session-over")
    visiting(walk, "ar")
    (first,) = browser.window_handles
    browser.find_element(By.CSS_SELECTOR, "main a[target]").click()
    WebDriverWait(browser, 10).until(lambda page: len(page.window_handles) == 2)
    browser.switch_to.window(next(one for one in browser.window_handles if one != first))
    sign_in(browser, portal, walk.task)
    browser.close()
    browser.switch_to.window(first)
    sent_before = portal.asked.count(f"{REPORT_PATH}/refer")

    press(browser, FORM)
    assert portal.asked.count(f"{REPORT_PATH}/refer") == sent_before
    press(browser, FORM)

    assert portal.asked.count(f"{REPORT_PATH}/refer") == sent_before + 1
    assert browser.find_elements(By.CSS_SELECTOR, ".notice.success")


def test_a_permit_prints_with_its_number_and_its_verdict(browser, visiting):
    visiting(Walk("sec_permit", "good", PERMIT_PAGE), "ar")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = browser.find_element(By.TAG_NAME, "body").text
        hidden = browser.find_element(By.CSS_SELECTOR, ".nav").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert "1448/1312" in shown
    assert "يُطلق التيار جزئيًا" in shown
    assert "طبعها" in shown
    assert not hidden


def test_the_pages_need_no_script(browser, visiting, portal):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        visiting(Walk("sec_permits", "good", "/sec/permits"), "ar")
        browser.find_element(By.ID, "plan_number").send_keys("713/7", Keys.ENTER)
        WebDriverWait(browser, 10).until(lambda page: "plan_number=" in page.current_url)
        links = browser.find_elements(By.CSS_SELECTOR, "td a")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert PERMITS in portal.asked
    assert links


def test_an_inquiry_needs_no_script_and_leaves_no_trace_in_the_address(browser, visiting, portal):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        visiting(Walk("inquiry", "good", "/inquiry", task=None), "ar")
        browser.find_element(By.CSS_SELECTOR, 'main a[href="/inquiry?kind=report"]').click()
        browser.find_element(By.ID, "number").send_keys(REPORT, Keys.TAB)
        browser.switch_to.active_element.send_keys(MOBILE, Keys.ENTER)
        WebDriverWait(browser, 10).until(
            lambda page: page.find_elements(By.CSS_SELECTOR, "main ol li")
        )
        steps = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "main ol li")]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert browser.current_url == f"{portal.url}/inquiry"
    assert [one.partition("،")[0] for one in steps] == [
        "جديد",
        "محال إلى الإدارة المختصة",
        "قيد المعالجة",
    ]
