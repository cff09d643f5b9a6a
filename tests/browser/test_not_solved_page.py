"""The page behind the link of a closing text, as a telephone shows it: Arabic first, one button, no script, and axe."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as become
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import text
from werkzeug.serving import make_server

from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import database_url, settings
from reports.app import SERVICE
from reports.commands import ending, filing, treatment
from reports.domain.actors import service_as
from reports.domain.reports import Reopening

__all__ = ["database_url", "settings"]

REPORT = {
    "channel": "call",
    "category": "light-out",
    "description": "مصباح مطفأ (بيانات تجريبية)",
    "location": {"town": "سيهات"},
    "reporter": {"name": "علي آل تجربة (بيانات تجريبية)", "mobile": "0500000001"},
}
DESK = service_as("desk")


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    names = (
        "cursor_key",
        "sealing_key",
        "blind_index_key",
        "contact_key",
        "inquiry_key",
        "subject_key",
        "person_key",
    )
    keys = {name: base64.urlsafe_b64encode(name.encode().ljust(32)).decode() for name in names}
    return {**keys, "files_folder": tmp_path_factory.mktemp("files")}


@pytest.fixture(scope="module")
def database(settings: Any) -> Iterator[Database]:
    database = Database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def address(settings: Any, database: Database) -> Iterator[str]:
    """The service reports, with real commits, on a port of its own."""
    web = build(Process(SERVICE, settings, database))
    server = make_server("127.0.0.1", 0, web.app.wsgi, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def link(address: str, database: Database) -> Callable[..., str]:
    """`link()` → the link of a report that was just closed; `link(days=6)` of one closed so long ago."""

    def link(days: int = 0) -> str:
        now = datetime.now(UTC) - timedelta(days=days)
        rule = Reopening(timedelta(days=5), 2)
        with database.transaction() as session:
            work = UnitOfWork(session, DESK, now)
            row = filing.file_report(work, REPORT)
            treatment.resolve(work, row.report_id, text="استُبدل")
            ending.close(work, row.report_id, rule=rule)
            data = session.execute(
                text("SELECT convert_from(data, 'UTF8')::json FROM outbox ORDER BY id DESC LIMIT 1")
            ).scalar_one()["data"]
            (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
        return f"{address}/r/{contact.token}"

    return link


@pytest.fixture
def phone(browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """A window as narrow as the narrowest telephone."""
    wide = browser.get_window_size()
    browser.set_window_size(320, 800)
    yield browser
    browser.set_window_size(wide["width"], wide["height"])


def heading(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "h1").text


def wait(browser: webdriver.Chrome) -> WebDriverWait[webdriver.Chrome]:
    return WebDriverWait(browser, 10)


def test_the_page_has_nothing_that_axe_complains_of(
    browser: webdriver.Chrome, link: Any, violations: Any
) -> None:
    asking = link()
    for url in (asking, f"{asking}/rating", link(days=6), asking.rpartition("/")[0] + "/x"):
        for language in ("ar", "en"):
            browser.get(f"{url}?lang={language}")
            assert violations() == []
            assert browser.title.startswith(heading(browser))
            assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1


def test_arabic_runs_from_the_right_and_english_is_one_step_away(
    browser: webdriver.Chrome, link: Any
) -> None:
    browser.get(link())
    root = browser.find_element(By.TAG_NAME, "html")
    assert (root.get_attribute("lang"), root.value_of_css_property("direction")) == ("ar", "rtl")

    browser.find_element(By.LINK_TEXT, "English").click()

    root = browser.find_element(By.TAG_NAME, "html")
    assert (root.get_attribute("lang"), root.value_of_css_property("direction")) == ("en", "ltr")
    assert heading(browser) == "Is the problem still there?"


def test_the_page_fits_the_narrowest_telephone_and_the_thumb(
    phone: webdriver.Chrome, link: Any
) -> None:
    phone.get(link())

    assert phone.execute_script("return document.documentElement.scrollWidth") <= 500
    overflow = phone.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    assert phone.find_element(By.CSS_SELECTOR, "main button").size["height"] >= 44


def test_the_keyboard_alone_reopens_the_report_and_the_next_visit_says_so(
    browser: webdriver.Chrome, link: Any
) -> None:
    url = link()
    browser.get(url)
    assert heading(browser) == "هل ما زالت المشكلة قائمة؟"

    for _ in range(4):  # the skip link, the banner, the language, the field
        ActionChains(browser).send_keys(Keys.TAB).perform()
    browser.switch_to.active_element.send_keys("ما زال المصباح مطفأ (بيانات تجريبية)", Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)

    wait(browser).until(
        become.text_to_be_present_in_element((By.TAG_NAME, "h1"), "أُعيد فتح البلاغ")
    )
    assert browser.find_elements(By.TAG_NAME, "button") == []
    browser.get(url)
    assert heading(browser) == "أُعيد فتح البلاغ"
