"""A report from the photo to its number: through the portal's pages in Chromium, to the real service `reports`."""

import base64
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import text
from werkzeug.serving import make_server

from chassis.data.db import Database
from chassis.events.contacts import contacts_of
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import database_url, settings
from reports.app import SERVICE

sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from portal_walks import DETAILS, choose_pothole, press
from running_portal import portal_environment, running_portal

__all__ = ["database_url", "settings"]

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
GPS = 0x8825
HERE = (26.4834, 50.0468)


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
    return {
        **keys,
        "vouching_key": KEY,
        "files_folder": tmp_path_factory.mktemp("files"),
        "public_reports_per_address": 3,
    }


@pytest.fixture(scope="module")
def database(settings: Any) -> Iterator[Database]:
    database = Database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def reports_url(settings: Any, database: Database) -> Iterator[str]:
    """The service `reports`, with real commits, on a port of its own."""
    web = build(Process(SERVICE, settings, database))
    server = make_server("127.0.0.1", 0, web.app.wsgi, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def pages(site: Any, postgres_server: Any, reports_url: str) -> Iterator[str]:
    """The address of the portal, whose `reports` is the real one; a proxy of ours stands in front."""
    port = site.free_port()
    address = f"http://localhost:{port}"
    environment = portal_environment(
        site,
        postgres_server.fresh_database("portal_journey"),
        port,
        VOUCHING_KEY=KEY,
        PORTAL_REPORTS_URL=reports_url,
        PORTAL_TRUSTED_PROXIES="1",
    )
    with running_portal(environment):
        yield address


@pytest.fixture
def person(browser: Any, pages: str) -> Iterator[Callable[[str], Any]]:
    """`person("203.0.113.7")` → the browser of somebody at that address, without cookies, on the first step."""

    def come(address: str) -> Any:
        browser.get(pages + "/assets/pages.css")
        browser.delete_all_cookies()
        browser.execute_cdp_cmd("Network.enable", {})
        headers = {"headers": {"X-Forwarded-For": address}}
        browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", headers)
        browser.get(f"{pages}/report?lang=ar")
        return browser

    yield come
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})
    browser.get_log("browser")


def photo(folder: Path, position: tuple[float, float]) -> str:
    """Writes a photo as a telephone does, with the place in its metadata. Returns its path."""
    image = Image.new("RGB", (640, 480), "grey")
    exif = Image.Exif()
    degrees = [(int(one), int(one % 1 * 60), round(one * 60 % 1 * 60, 3)) for one in position]
    exif[GPS] = {1: "N", 2: degrees[0], 3: "E", 4: degrees[1]}
    content = BytesIO()
    image.save(content, "JPEG", exif=exif)
    path = folder / "hole.jpg"
    path.write_bytes(content.getvalue())
    return str(path)


def heading(browser: Any) -> str:
    return str(browser.find_element(By.TAG_NAME, "h1").text)


def fill_details(browser: Any, **changes: str) -> None:
    if "latitude" in changes:
        browser.find_element(By.XPATH, "//details[.//input[@id='latitude']]/summary").click()
    for name, words in {**DETAILS, **changes}.items():
        browser.find_element(By.ID, name).send_keys(words)
    press(browser, "main .actions .button")


def row_of(database: Database, number: str) -> Any:
    with database.transaction() as session:
        statement = text("SELECT * FROM report WHERE report_number = :number")
        return session.execute(statement, {"number": number}).mappings().one()


def test_a_report_goes_from_the_photo_to_the_row_and_to_the_message(
    person: Any, database: Database, tmp_path: Path, settings: Any
) -> None:
    browser = person("203.0.113.7")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.find_element(By.ID, "photos").send_keys(photo(tmp_path, HERE))
        press(browser, "main .actions .button")
        choose_pothole(browser)
        latitude = browser.find_element(By.ID, "latitude").get_attribute("value")
        fill_details(browser)
        assert heading(browser) == "راجعوا بلاغكم"
        press(browser, "main form .button")
        number = browser.find_element(By.CSS_SELECTOR, ".extent").text
        shown = browser.page_source
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    row = row_of(database, number)
    assert latitude == "26.483400"
    assert (row["category"], row["channel"], row["status"]) == ("pothole", "web", "assigned")
    assert (row["latitude"], row["longitude"]) == HERE
    assert row["municipality"] == "saihat"
    assert DETAILS["name"] not in shown
    with database.transaction() as session:
        kept = session.execute(
            text("SELECT count(*) FROM report_photo WHERE report_id = :id"),
            {"id": row["report_id"]},
        ).scalar_one()
        event = session.execute(
            text(
                "SELECT type, convert_from(data, 'UTF8')::json AS document FROM outbox ORDER BY id DESC LIMIT 1"
            )
        ).one()
        data = event.document["data"]
        (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
    assert kept == 1
    assert event.type.endswith("report.filed.v1")
    assert contact.mobile == "+966500000001"


def test_whoever_reports_the_same_thing_next_to_it_is_shown_the_first_report(
    person: Any, database: Database, tmp_path: Path
) -> None:
    numbers = []
    for address in ("203.0.113.8", "203.0.113.9"):
        browser = person(address)
        press(browser, "main .actions .button")
        choose_pothole(browser)
        fill_details(browser, latitude="26.5639", longitude="50.0012")
        if numbers:
            assert heading(browser) == "هل هي المشكلة نفسها؟"
            assert numbers[0] in browser.page_source
            assert DETAILS["description"] not in browser.page_source
            press(browser, "main .actions .button")
        press(browser, "main form .button")
        numbers.append(browser.find_element(By.CSS_SELECTOR, ".extent").text)

    assert numbers[0] != numbers[1]


def test_two_people_behind_one_portal_are_limited_apart(person: Any) -> None:
    def file(address: str, mobile: str) -> str:
        browser = person(address)
        press(browser, "main .actions .button")
        choose_pothole(browser)
        browser.find_element(By.CSS_SELECTOR, "#place option[value='صفوى']").click()
        fill_details(browser, mobile=mobile)
        press(browser, "main form .button")
        return heading(browser)

    one = [file("198.51.100.1", "0500000002") for _ in range(4)]
    other = file("198.51.100.2", "0500000003")

    assert one == ["استلمنا بلاغكم"] * 3 + ["راجعوا بلاغكم"]
    assert other == "استلمنا بلاغكم"


def test_the_telephones_position_fills_the_two_fields(person: Any, pages: str) -> None:
    browser = person("203.0.113.10")
    granted = {"origin": pages, "permissions": ["geolocation"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", granted)
    position = {"latitude": HERE[0], "longitude": HERE[1], "accuracy": 5}
    browser.execute_cdp_cmd("Emulation.setGeolocationOverride", position)
    press(browser, "main .actions .button")
    choose_pothole(browser)

    browser.find_element(By.ID, "position").click()
    WebDriverWait(browser, 10).until(
        lambda page: page.find_element(By.ID, "latitude").get_attribute("value")
    )

    filled = [
        browser.find_element(By.ID, one).get_attribute("value") for one in ("latitude", "longitude")
    ]
    assert filled == ["26.483400", "50.046800"]
    assert browser.find_element(By.ID, "position-told").text.startswith("كُتب الموقع")


def test_the_number_prints_and_the_rest_of_the_page_does_not(person: Any) -> None:
    browser = person("203.0.113.11")
    press(browser, "main .actions .button")
    choose_pothole(browser)
    browser.find_element(By.CSS_SELECTOR, "#place option[value='سيهات|النسيم']").click()
    fill_details(browser, mobile="0500000004")
    while heading(browser) != "راجعوا بلاغكم":
        press(browser, "main .actions .button")
    press(browser, "main form .button")
    number = browser.find_element(By.CSS_SELECTOR, ".extent").text

    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        printed = browser.find_element(By.TAG_NAME, "body").text
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert number in printed
    assert "بلاغ آخر" not in printed
