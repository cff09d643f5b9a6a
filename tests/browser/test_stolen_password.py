"""A stolen password enrols no second factor: the pages of administrators and the sign-in, with the real `identity`."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from devstack.one_time_codes import current_codes, new_secret
from devstack.stand_in_processes import public_jwk

from .conftest import CLIENT_KEY, PASSWORD
from .test_second_factor_pages import press, shown_key

sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from portal_walks import FORM
from portal_walks import press as press_button
from running_portal import KEYS, portal_environment, running_portal

DESK, GAS = "journey-desk", "journey-gas"
HUDA, HUDAS_PASSWORD = "journey-gas.huda", "a sentence nobody knows"
ADMINISTRATORS = ("journey.first", "journey.second")
GUESS = "abcd-efgh-jkmn-pqrs"
PEOPLE = "/desk/administration/people"
# The codes of the administrators' telephones; each counts once.
Codes = dict[str, Iterator[str]]


def register_document(portal_url: str, callback: str, secrets: dict[str, str]) -> dict[str, Any]:
    """Two administrators of the municipality, and a company that demands the second factor."""
    return {
        "organisations": [
            {
                "code": GAS,
                "kind": "partner",
                "name": {"ar": "شركة الغاز (بيانات تجريبية)", "en": "Gas company (trial data)"},
                "second_factor": "demanded",
            }
        ],
        "people": [
            {
                "username": username,
                "display_name": "مسؤول تجريبي (بيانات تجريبية)",
                "organisation": "qatif",
                "role": "administrator",
                "scopes": ["identity.admin"],
                "password": PASSWORD,
                "totp_secret": secret,
            }
            for username, secret in secrets.items()
        ],
        "clients": [
            {
                "client_id": DESK,
                "kind": "staff",
                "organisation": "qatif",
                "name": {"ar": "مكتب موظفي البلدية", "en": "Municipality desk"},
                "jwks": {"keys": [public_jwk(KEYS["DESK"])]},
                "redirect_uris": [f"{portal_url}/desk/signed-in"],
                "scopes": ["identity.admin"],
                "exchange_audiences": ["identity"],
                "dpop_bound": True,
            },
            {
                "client_id": GAS,
                "kind": "staff",
                "organisation": GAS,
                "name": {"ar": "مكتب الغاز", "en": "Gas desk"},
                "jwks": {"keys": [CLIENT_KEY.as_dict(private=False)]},
                "redirect_uris": [callback],
                "scopes": ["building-permits.read"],
            },
        ],
    }


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    return {one: new_secret() for one in ADMINISTRATORS}


@pytest.fixture(scope="module")
def pages(
    site: Any, postgres_server: Any, secrets: dict[str, str], tmp_path_factory: Any
) -> Iterator[str]:
    """The address of the portal, whose `identity` is the real one."""
    port = site.free_port()
    address = f"http://localhost:{port}"
    file = tmp_path_factory.mktemp("journey") / "register.json"
    file.write_text(json.dumps(register_document(address, site.application.address, secrets)))
    site.provision(file)
    environment = portal_environment(
        site,
        postgres_server.fresh_database("portal_stolen_password"),
        port,
        PORTAL_DESK_CLIENT_ID=DESK,
        PORTAL_IDENTITY_URL=site.issuer,
    )
    with running_portal(environment):
        yield address


@pytest.fixture
def administrator(
    browser: Any, site: Any, pages: str, secrets: dict[str, str]
) -> Callable[[str], Any]:
    """`administrator("journey.first")` → the browser of that person, signed in with both factors, in English."""
    codes: Codes = {one: current_codes(secret) for one, secret in secrets.items()}

    def sign_in(username: str) -> Any:
        browser.get(f"{pages}/assets/pages.css")
        browser.delete_all_cookies()
        browser.add_cookie({"name": "language", "value": "en", "path": "/", "secure": True})
        forget_identity(browser, site)
        browser.get(f"{pages}/desk/sign-in/administration")
        press(browser, "sign-in", username=username, password=PASSWORD)
        press(browser, "verify-code", code=next(codes[username]))
        WebDriverWait(browser, 10).until(lambda page: page.current_url == pages + PEOPLE)
        return browser

    return sign_in


def forget_identity(browser: Any, site: Any) -> None:
    browser.get(f"{site.issuer}/assets/identity.css")
    browser.delete_all_cookies()


def sign_in_as_huda(browser: Any, site: Any) -> None:
    """Signs in with name and password, as the person or a thief does."""
    forget_identity(browser, site)
    browser.get(site.url(client_id=GAS, scope="building-permits.read", lang="en"))
    press(browser, "sign-in", username=HUDA, password=HUDAS_PASSWORD)


def buttons(browser: Any) -> set[str]:
    """The ways on from a page of the sign-in."""
    found = browser.find_elements(By.CSS_SELECTOR, "button[value]")
    return {one.get_attribute("value") for one in found}


def follow(browser: Any, words: str) -> None:
    browser.find_element(By.LINK_TEXT, words).click()


def links(browser: Any) -> set[str]:
    return {one.text for one in browser.find_elements(By.CSS_SELECTOR, "main a")}


def register_huda(browser: Any, pages: str) -> str:
    """Registers the person. Returns the address of the person's page."""
    browser.get(f"{pages}/desk/administration/new/people?organisation={GAS}")
    assert browser.find_element(By.ID, "username").get_attribute("value") == f"{GAS}."
    typed = {"display_name": "هدى (بيانات تجريبية)", "role": "officer", "password": HUDAS_PASSWORD}
    for name, text in {"username": "huda", **typed}.items():
        browser.find_element(By.ID, name).send_keys(text)
    browser.find_element(By.CSS_SELECTOR, "input[value='building-permits.read']").click()
    press_button(browser, FORM)
    return str(browser.current_url.partition("?")[0])


def make_code(browser: Any) -> str:
    """Makes the enrolment code. Returns what the page shows once."""
    follow(browser, "Make an enrolment code")
    press_button(browser, FORM)
    return str(browser.find_element(By.CLASS_NAME, "extent").text)


def test_a_stolen_password_enrols_no_factor_and_one_administrator_removes_none(
    administrator, browser, site, pages, arrived
):
    # An administrator registers the person, and makes a code that isn't handed to the thief.
    administrator("journey.first")
    person = register_huda(browser, pages)
    code = make_code(browser)

    # The thief has the password alone.
    sign_in_as_huda(browser, site)
    press(browser, "enrol", code=GUESS)
    assert "confirm-factor" not in buttons(browser)
    assert site.application.received == []

    # The person has the code too.
    sign_in_as_huda(browser, site)
    press(browser, "enrol", code=code)
    press(browser, "confirm-factor", code=next(current_codes(shown_key(browser))))
    browser.find_element(By.CSS_SELECTOR, 'button[value="continue"]').click()
    assert "code" in arrived()
    site.application.received.clear()

    # Afterwards the code that the thief finds enrols nothing.
    sign_in_as_huda(browser, site)
    assert "enrol" not in buttons(browser)
    assert "verify-code" in buttons(browser)

    # One administrator requests a reset, and can't confirm it.
    administrator("journey.first")
    browser.get(person)
    assert "One-time codes of an application on a telephone" in browser.page_source
    follow(browser, "Request a reset of the second factors")
    browser.find_element(By.ID, "reason").send_keys("فقدان الهاتف")
    press_button(browser, FORM)
    assert "Confirm the reset of the second factors" not in links(browser)
    browser.get(f"{person}/factor-reset-confirm")
    press_button(browser, FORM)
    assert "another one" in browser.find_element(By.ID, "problem").text

    # Another one confirms.
    administrator("journey.second")
    browser.get(person)
    follow(browser, "Confirm the reset of the second factors")
    press_button(browser, FORM)
    assert "None yet." in browser.page_source

    # The password alone enrols nothing now either.
    sign_in_as_huda(browser, site)
    press(browser, "enrol", code=code)
    assert "confirm-factor" not in buttons(browser)
    assert site.application.received == []
