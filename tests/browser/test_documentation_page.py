"""The page /docs of a service, as a clerk's developer uses it: in Arabic, with a token pasted in, tried out."""

import base64
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from joserfc.jwk import KeySet, RSAKey
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as become
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

from chassis.data.db import Database
from chassis.http.texts import fill
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import TestJwks, database_url, issuer_key, settings, token
from permits.app import SERVICE

__all__ = ["database_url", "issuer_key", "settings", "token"]


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    names = (
        *("cursor_key", "sealing_key", "blind_index_key", "personal_data_key"),
        *("contact_key", "inquiry_key", "subject_key", "payer_key", "document_key"),
        "person_key",
    )
    keys = {name: base64.urlsafe_b64encode(name.encode().ljust(32)).decode() for name in names}
    return {**keys, "files_folder": tmp_path_factory.mktemp("files")}


@pytest.fixture(scope="module")
def address(settings: Any, issuer_key: RSAKey) -> Iterator[str]:
    """The service permits, with real commits, on a port of its own."""
    keys = KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))])
    database = Database(settings.database_url)
    web = build(Process(SERVICE, settings, database), jwks=TestJwks(keys))
    server = make_server("127.0.0.1", 0, web.app.wsgi, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    database.dispose()


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> webdriver.Chrome:
    browser.get(f"{address}/docs")
    wait_for_element(browser, "#operations-requests-list_permit_requests")
    return browser


def wait_for_element(browser: webdriver.Chrome, selector: str) -> Any:
    """The element, once it can be seen."""
    place = (By.CSS_SELECTOR, selector)
    return WebDriverWait(browser, 20).until(become.visibility_of_element_located(place))


def click(browser: webdriver.Chrome, selector: str) -> None:
    found = wait_for_element(browser, selector)
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", found
    )


def test_the_page_is_in_arabic_first_and_runs_from_the_right(page: webdriver.Chrome) -> None:
    direction = page.execute_script("return getComputedStyle(document.body).direction")
    summaries = [
        one.text for one in page.find_elements(By.CLASS_NAME, "opblock-summary-description")
    ]

    assert direction == "rtl"
    assert "رخص البناء" in page.title
    assert len(summaries) > 30
    assert all("\u0620" <= text[0] <= "\u064a" for text in summaries)


def test_a_pasted_token_opens_an_operation(
    page: webdriver.Chrome, token: Callable[..., dict[str, str]]
) -> None:
    sent = token("permits.read")["Authorization"].removeprefix("Bearer ")
    operation = "#operations-requests-list_permit_requests"

    click(page, ".btn.authorize")
    wait_for_element(page, ".modal-ux input").send_keys(sent)
    click(page, ".modal-ux .btn.authorize")
    click(page, ".modal-ux .btn-done")
    click(page, f"{operation} .opblock-summary-control")
    click(page, f"{operation} .try-out__btn")
    click(page, f"{operation} .btn.execute")

    assert wait_for_element(
        page, f"{operation} .live-responses-table tbody .response-col_status"
    ).text.startswith("200")


# What a person reads → how it has to stand on the line, from the left.
LINES = {
    "date": "2026/12/24",
    "mobile": "+966******567",
    "identity": "10******08",
    "plan": "713/7",
}
IN_ORDER = """
const [text, part] = arguments, line = document.createElement('p');
line.textContent = text;
document.body.replaceChildren(line);
const node = line.firstChild, start = text.indexOf(part), places = [];
for (let i = start; i < start + part.length; i++) {
    const range = document.createRange();
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    places.push([range.getClientRects()[0].left, text[i]]);
}
return places.sort((a, b) => a[0] - b[0]).map(place => place[1]).join('');
"""


@pytest.mark.parametrize("name", LINES)
def test_a_number_in_a_text_is_not_turned_round(page: webdriver.Chrome, name: str) -> None:
    part = LINES[name]
    text = fill("آخر قيمة مسجلة {value}.", {"value": part}, "ar")

    assert page.execute_script(IN_ORDER, text, part) == part


def test_without_isolates_the_page_would_turn_it_round(page: webdriver.Chrome) -> None:
    assert (
        page.execute_script(IN_ORDER, "الجوال +966******567.", "+966******567") != "+966******567"
    )
