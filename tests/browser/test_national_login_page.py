"""A citizen's sign-in as people meet it: our page, the stand-in's two, and what our page says when nobody came back
recognised; in Arabic and English, on a telephone, and through axe."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

CITIZEN = "1000000016"
both = pytest.mark.parametrize("language", ["ar", "en"])
Browser = webdriver.Chrome
HEADINGS = {"ar": "الدخول عبر النفاذ الوطني الموحد", "en": "Sign in with the national login"}
ENDS = {
    "refuse": {"ar": "رفضتم طلب الدخول", "en": "refused in the national login"},
    "late": {"ar": "في الوقت المحدد", "en": "did not come in time"},
    "another": {"ar": "رفضتم طلب الدخول", "en": "refused in the national login"},
}


@pytest.fixture
def asked(site: Any) -> Callable[..., str]:
    """`asked(language)` → where the citizens' portal sends a browser."""

    def url(language: str) -> str:
        return site.url(client_id="citizens-portal", scope="my-delegations.write", lang=language)

    return url


@pytest.fixture
def phone(browser: Browser) -> Iterator[Browser]:
    """The narrowest telephone."""
    narrow = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def press(browser: Browser, selector: str) -> None:
    browser.find_element(By.CSS_SELECTOR, selector).click()


def wait_for_element(browser: Browser, selector: str) -> Any:
    """What the page that is on its way shows there."""
    there = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, selector))
    return WebDriverWait(browser, 10).until(there)


def to_the_telephone(browser: Browser, url: str) -> str:
    """As far as the page that shows the number; answers it."""
    browser.get(url)
    press(browser, "button[value=national-login]")
    wait_for_element(browser, "#id_number").send_keys(CITIZEN)
    press(browser, "button")
    return str(wait_for_element(browser, ".number").text)


@both
def test_no_page_on_the_way_has_anything_that_axe_complains_of(
    browser: Browser, asked: Any, violations: Any, language: str
) -> None:
    browser.get(asked(language))
    assert browser.find_element(By.TAG_NAME, "h1").text == HEADINGS[language]
    assert violations() == []

    press(browser, "button[value=national-login]")
    wait_for_element(browser, "#id_number").send_keys("1000000017")
    assert violations() == []
    press(browser, "button")
    wait_for_element(browser, "[role=alert]")
    assert violations() == []

    browser.find_element(By.ID, "id_number").send_keys(CITIZEN)
    press(browser, "button")
    wait_for_element(browser, ".number")
    assert violations() == []


@both
def test_who_chooses_the_number_that_the_screen_shows_is_signed_in(
    browser: Browser, asked: Any, arrived: Any, language: str
) -> None:
    number = to_the_telephone(browser, asked(language))

    press(browser, f"button[value='{number}']")

    assert "code" in arrived()


@both
@pytest.mark.parametrize("end", sorted(ENDS))
def test_what_went_wrong_is_told_in_the_language_of_the_page_and_can_be_tried_again(
    browser: Browser, site: Any, asked: Any, violations: Any, language: str, end: str
) -> None:
    number = to_the_telephone(browser, asked(language))
    chosen = f"button[value='{end}']"
    if end == "another":
        chosen = f".phone button:not([value='{number}']):not([value=refuse]):not([value=late])"

    press(browser, chosen)

    alert = wait_for_element(browser, "[role=alert]")
    assert ENDS[end][language] in alert.text
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    assert browser.switch_to.active_element == alert
    assert violations() == []
    assert site.application.received == []
    press(browser, "button[value=national-login]")
    assert wait_for_element(browser, "#id_number").is_displayed()


def test_a_callback_that_nobody_waits_for_is_told(
    browser: Browser, site: Any, violations: Any
) -> None:
    browser.get(f"{site.issuer}/national-login/callback?state={'A' * 43}&code=x")

    assert wait_for_element(browser, "[role=alert]").is_displayed()
    assert violations() == []


@both
def test_the_pages_fit_the_narrowest_telephone_and_the_thumb(
    phone: Browser, asked: Any, language: str
) -> None:
    def fits() -> None:
        width = phone.execute_script("return document.documentElement.scrollWidth")
        heights = [one.size["height"] for one in phone.find_elements(By.TAG_NAME, "button")]
        assert width <= 320
        assert min(heights) >= 44, heights

    phone.get(asked(language))
    fits()
    press(phone, "button[value=national-login]")
    wait_for_element(phone, "#id_number").send_keys(CITIZEN)
    fits()
    press(phone, "button")
    wait_for_element(phone, ".number")
    fits()
