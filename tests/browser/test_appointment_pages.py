"""The page behind an appointment's text, and the page that a camera opens from its ticket: both languages, axe, no
script, a small telephone."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

from appointments.app import SERVICE
from appointments.commands import booking, schedule, tickets
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR, service_as
from appointments.domain.persons import parse_person
from appointments.models import Department
from appointments.sample import sample_plan
from appointments.slots import free_slots, list_departments
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import database_url, settings
from saudi.days import legal_day

__all__ = ["database_url", "settings"]

NAME = "علي آل تجربة (بيانات تجريبية)"
MOBILES = (f"05000000{number:02}" for number in count(1))  # a person has three appointments at most
both = pytest.mark.parametrize("language", ["ar", "en"])


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, str]:
    names = ("sealing", "blind_index", "contact", "inquiry", "subject", "document")
    rings = {
        f"{name}_key": f"1:{letter * 43}" for name, letter in zip(names, "ACEIMQ", strict=True)
    }
    return {"cursor_key": "k" * 43, **rings}


@pytest.fixture(scope="module")
def process(settings: Any) -> Iterator[Process[Any, Any]]:
    with closing(Process(SERVICE, settings, Database(settings.database_url))) as process:
        yield process


@pytest.fixture(scope="module")
def address(process: Process[Any, Any]) -> Iterator[str]:
    """The service appointments, with real commits, on a port of its own."""
    server = make_server("127.0.0.1", 0, build(process).app.wsgi, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def _open_department(work: UnitOfWork) -> Department:
    """Returns the department of all tests of this file."""
    if found := list_departments(work.session, "saihat"):
        return found[0]
    row = schedule.add_department(work, municipality="saihat", code="customer-service")
    work.session.flush()
    today, plan = legal_day(work.now), sample_plan()
    schedule.set_plan(work, row.department_id, valid_from=today, plan=plan, preview=False)
    return row


@pytest.fixture
def booked(process: Process[Any, Any]) -> tuple[str, str]:
    """An appointment some days ahead: its id, and the key of its text."""
    now = datetime.now(UTC)
    days = (legal_day(now) + timedelta(days=3), legal_day(now) + timedelta(days=20))
    with process.transaction() as context:
        work = UnitOfWork(context.session, service_as("desk"), now)
        row = _open_department(work)
        slot, *_ = free_slots(work.session, row.department_id, "inquiry", days=days, now=now)
        visitor = UnitOfWork(context.session, VISITOR, now)
        seat = booking.hold_slot(
            visitor, row.department_id, "inquiry", slot.span.starts_at, device_key="device-1"
        )
        work.session.flush()
        key = HoldKey(seat.seat_id, "device-1")
        limits, person = context.settings.booking_limits, {"name": NAME, "mobile": next(MOBILES)}
        made, token = booking.book(visitor, key, parse_person(person), limits=limits)
        return made.appointment_id, token


@pytest.fixture
def link(address: str, booked: tuple[str, str]) -> str:
    return f"{address}/a/{booked[1]}"


@pytest.fixture
def code_page(address: str, process: Process[Any, Any], booked: tuple[str, str]) -> str:
    """The address in the code of the appointment's ticket."""
    with process.transaction() as context:
        work = UnitOfWork(context.session, VISITOR, datetime.now(UTC))
        code = tickets.make_ticket(work, booked[0], context.resources.signing).code
    return f"{address}/documents/{code.partition('#')[0].rpartition('/')[2]}"


@pytest.fixture
def look_at(
    browser: webdriver.Chrome, violations: Callable[[], list[str]]
) -> Callable[[str, str], None]:
    """`look_at(address, "ar")`: the page is there, sound, and fits a telephone of 320 px."""

    def look_at(url: str, language: str) -> None:
        metrics = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        try:
            browser.get(f"{url}?lang={language}")
            width = browser.execute_script("return document.documentElement.scrollWidth")
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        (heading,) = browser.find_elements(By.TAG_NAME, "h1")
        root = browser.find_element(By.TAG_NAME, "html")
        assert width <= 320
        assert root.get_attribute("lang") == language
        assert browser.title.startswith(heading.text)
        assert violations() == []

    return look_at


@both
def test_the_page_of_a_link_is_sound(look_at: Any, link: str, language: str) -> None:
    look_at(link, language)


@both
def test_the_page_of_a_wrong_link_is_sound(look_at: Any, address: str, language: str) -> None:
    look_at(f"{address}/a/unknown-key", language)


@both
def test_the_page_of_a_ticket_is_sound(look_at: Any, code_page: str, language: str) -> None:
    look_at(code_page, language)


@both
def test_the_page_of_an_unknown_code_is_sound(look_at: Any, address: str, language: str) -> None:
    look_at(f"{address}/documents/{'A' * 22}", language)


def test_an_appointment_is_cancelled_without_script_and_the_ticket_says_so(
    browser: webdriver.Chrome, link: str, code_page: str
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(code_page)
        before = browser.find_element(By.CSS_SELECTOR, ".verdict .extent").text
        browser.get(link)
        browser.find_element(By.CSS_SELECTOR, ".details summary").click()
        button = "//input[@value='cancel']/following::button[1]"
        browser.find_element(By.XPATH, button).click()
        WebDriverWait(browser, 10).until(
            lambda page: page.find_elements(By.CSS_SELECTOR, ".notice.success")
        )
        browser.get(code_page)
        after = browser.find_element(By.CSS_SELECTOR, ".verdict .extent").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert (before, after) == ("سارٍ", "ملغى")
