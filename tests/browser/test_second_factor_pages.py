"""The second step of the sign-in and the enrolment of a factor, in Arabic and English, with axe."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.ui import WebDriverWait

from devstack.one_time_codes import current_codes

from .conftest import PASSWORD, Site, wait_until_it_answers

both = pytest.mark.parametrize("language", ["ar", "en"])
NAMES = {"ar": "موظف تجريبي (بيانات تجريبية)", "en": "Trial company (trial data)"}


@pytest.fixture(scope="module")
def people(site: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A person for each test, of the electricity company, which demands no factor."""
    document = {
        "people": [
            {
                "username": f"factor.{name}.{language}",
                "display_name": NAMES["ar"],
                "organisation": "electricity",
                "role": "connection-officer",
                "scopes": ["building-permits.read", "building-permits.search"],
                "password": PASSWORD,
            }
            for name in ("enrols", "wrong", "passkey")
            for language in ("ar", "en")
        ]
    }
    file = tmp_path_factory.mktemp("factors") / "people.json"
    file.write_text(json.dumps(document))
    site.provision(file)


@pytest.fixture(scope="module")
def named_site(site: Site, people: None) -> Iterator[Site]:
    """identity once more, at `localhost`: browsers make no passkeys for an IP address."""
    port = site.free_port()
    issuer = f"http://localhost:{port}"
    environment = {**site.environment, "ISSUER": issuer, "IDENTITY_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "-m", "identity", "serve"], env=environment)
    try:
        wait_until_it_answers(issuer, server)
        yield replace(site, issuer=issuer, environment=environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(45)


@pytest.fixture
def authenticator(browser: Any, named_site: Site) -> Iterator[Any]:
    """The browser without cookies of that site, with an authenticator that verifies its user."""
    browser.get(f"{named_site.issuer}/assets/icon.svg")
    browser.delete_all_cookies()
    options = VirtualAuthenticatorOptions()
    options.transport = options.Transport.INTERNAL
    options.has_resident_key = options.has_user_verification = options.is_user_verified = True
    browser.add_virtual_authenticator(options)
    yield browser
    browser.remove_virtual_authenticator()


def enrolment_code(site: Any, username: str) -> str:
    command = [sys.executable, "-m", "identity", "enrolment-code", username]
    done = subprocess.run(command, env=site.environment, check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def press(browser: Any, action: str, **typed: str) -> None:
    """Fills the form in and presses one of its buttons."""
    page = browser.find_element(By.TAG_NAME, "html")
    for name, text in typed.items():
        browser.find_element(By.ID, name).clear()
        browser.find_element(By.ID, name).send_keys(text)
    browser.find_element(By.CSS_SELECTOR, f'button[value="{action}"]').click()
    WebDriverWait(browser, 10).until(lambda one: one.find_element(By.TAG_NAME, "html") != page)


def shown_key(browser: Any) -> str:
    return re.sub(r"[^A-Z2-7]", "", browser.find_element(By.CLASS_NAME, "key").text)


@both
def test_a_person_enrols_and_signs_in_by_a_code_and_by_a_recovery_code(
    browser, site, people, arrived, violations, language
):
    username = f"factor.enrols.{language}"
    code = enrolment_code(site, username)
    browser.get(site.url(lang=language))
    press(browser, "sign-in", username=username, password=PASSWORD)
    assert violations() == []
    press(browser, "enrol", code=code)
    assert violations() == []
    assert browser.find_element(By.CSS_SELECTOR, "[role=img] svg").is_displayed()
    key = shown_key(browser)
    codes = current_codes(key)
    press(browser, "confirm-factor", code=next(codes))
    assert violations() == []
    kept = [one.text for one in browser.find_elements(By.CSS_SELECTOR, ".codes li")]
    assert len(kept) == 10
    browser.find_element(By.CSS_SELECTOR, 'button[value="continue"]').click()
    assert "code" in arrived()

    browser.get(f"{site.issuer}/factors?lang={language}")
    assert violations() == []

    browser.delete_all_cookies()
    site.application.received.clear()
    browser.get(site.url(lang=language))
    press(browser, "sign-in", username=username, password=PASSWORD)
    assert violations() == []
    press(browser, "use-recovery")
    assert violations() == []
    browser.find_element(By.ID, "code").send_keys(kept[0])
    browser.find_element(By.CSS_SELECTOR, 'button[value="verify-recovery"]').click()
    assert "code" in arrived()


@both
def test_a_wrong_code_is_told_at_its_input(browser, site, people, violations, language):
    username = f"factor.wrong.{language}"
    enrolment_code(site, username)
    browser.get(site.url(lang=language))
    press(browser, "sign-in", username=username, password=PASSWORD)

    press(browser, "enrol", code="abcd-efgh-jkmn-pqrs")

    assert browser.find_element(By.ID, "code").get_attribute("aria-invalid") == "true"
    assert violations() == []


@both
def test_the_page_of_own_factors_says_who_is_not_signed_in(browser, site, violations, language):
    browser.get(f"{site.issuer}/factors?lang={language}")

    assert browser.find_element(By.TAG_NAME, "h1").is_displayed()
    assert violations() == []


@both
def test_a_person_enrols_a_passkey_and_signs_in_with_it(
    authenticator, named_site, arrived, violations, language
):
    browser, site, username = authenticator, named_site, f"factor.passkey.{language}"
    code = enrolment_code(site, username)
    browser.get(site.url(lang=language))
    press(browser, "sign-in", username=username, password=PASSWORD)
    press(browser, "enrol", code=code)
    assert violations() == []
    press(browser, "confirm-passkey", passkey_name="هاتف العمل")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".codes li")) == 10
    browser.find_element(By.CSS_SELECTOR, 'button[value="continue"]').click()
    assert "code" in arrived()

    browser.get(f"{site.issuer}/factors?lang={language}")
    assert "هاتف العمل" in browser.find_element(By.TAG_NAME, "main").text
    assert violations() == []
    press(browser, "add-passkey")
    assert violations() == []
    press(browser, "add-passkey")
    browser.find_element(By.ID, "passkey_name").send_keys("هاتف آخر")
    browser.find_element(By.CSS_SELECTOR, 'button[value="confirm-passkey"]').click()
    told = browser.find_element(By.CSS_SELECTOR, "[role=alert]")
    WebDriverWait(browser, 10).until(lambda _: told.text)  # this device has one already
    assert violations() == []

    browser.delete_all_cookies()
    site.application.received.clear()
    browser.get(site.url(lang=language))
    press(browser, "sign-in", username=username, password=PASSWORD)
    assert violations() == []
    browser.find_element(By.CSS_SELECTOR, 'button[value="verify-passkey"]').click()
    assert "code" in arrived()
