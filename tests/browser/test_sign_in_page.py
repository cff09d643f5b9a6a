"""The sign-in pages as people meet them: in Arabic and English, by keyboard alone, and through axe."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

PASSWORD = "four palms by the sea"
LANGUAGES = {
    "ar": {
        "direction": "rtl",
        "heading": "تسجيل الدخول",
        "failed": "اسم المستخدم أو كلمة المرور غير صحيحة",
        "error": "خطأ: تسجيل الدخول",
        "switch": "English",
    },
    "en": {
        "direction": "ltr",
        "heading": "Sign in",
        "failed": "The username or the password is not right",
        "error": "Error: Sign in",
        "switch": "العربية",
    },
}

both = pytest.mark.parametrize("language", ["ar", "en"])


def press(browser, *keys):
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser):
    return browser.switch_to.active_element


def sign_in_by_keyboard(browser, password=PASSWORD):
    press(browser, "sara", Keys.TAB, password, Keys.ENTER)


def alert_of(browser):
    """The alert of the page that is on its way."""
    return WebDriverWait(browser, 10).until(
        expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, "[role=alert]"))
    )


def heading(browser):
    return browser.find_element(By.TAG_NAME, "h1").text


@both
def test_the_sign_in_page_has_nothing_that_axe_complains_of(browser, site, violations, language):
    browser.get(site.url(lang=language))

    assert heading(browser) == LANGUAGES[language]["heading"]
    assert violations() == []


@both
def test_a_person_signs_in_with_the_keyboard_alone(browser, site, arrived, language):
    browser.get(site.url(lang=language))

    assert focused(browser).get_attribute("id") == "username"
    sign_in_by_keyboard(browser)

    back = arrived()
    assert set(back) == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("s1", site.issuer)


@both
def test_a_wrong_password_is_told_at_once_and_the_name_is_kept(browser, site, violations, language):
    browser.get(site.url(lang=language))

    sign_in_by_keyboard(browser, "not the password")

    alert = alert_of(browser)
    assert LANGUAGES[language]["failed"] in alert.text
    assert focused(browser) == alert
    assert browser.title.startswith(LANGUAGES[language]["error"])
    assert browser.find_element(By.ID, "username").get_attribute("value") == "sara"
    assert browser.find_element(By.ID, "password").get_attribute("value") == ""
    assert site.application.received == []
    assert violations() == []


@both
def test_the_second_try_succeeds(browser, site, arrived, language):
    browser.get(site.url(lang=language))
    sign_in_by_keyboard(browser, "not the password")
    alert_of(browser)

    browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)

    assert "code" in arrived()


def test_arabic_comes_first_and_english_is_one_step_away(browser, site):
    browser.get(site.url())
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ar"

    browser.find_element(By.LINK_TEXT, "English").click()

    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert heading(browser) == "Sign in"


@both
def test_the_page_reads_in_the_direction_of_its_language(browser, site, language):
    browser.get(site.url(lang=language))

    label = browser.find_element(By.CSS_SELECTOR, "label[for=username]")
    assert label.value_of_css_property("direction") == LANGUAGES[language]["direction"]
    house = browser.find_element(By.CLASS_NAME, "house").rect["x"]
    switch = browser.find_element(By.CLASS_NAME, "toggle").rect["x"]
    assert (house > switch) is (language == "ar")


@both
def test_the_page_says_who_asks_and_for_what(browser, site, language):
    browser.get(site.url(lang=language))

    asks = browser.find_element(By.CLASS_NAME, "asks")
    names = {
        "ar": ("مكتب إيصال التيار", "شركة الكهرباء"),
        "en": ("Connection desk", "Electricity company"),
    }
    for name in names[language]:
        assert name in asks.text
    assert len(asks.find_elements(By.TAG_NAME, "li")) == 2


@both
def test_every_stop_of_the_tab_key_is_seen(browser, site, language):
    browser.get(site.url(lang=language))
    stops = set()
    for _ in range(10):  # all seven stops, the browser's own, and round again
        press(browser, Keys.TAB)
        element = focused(browser)
        if element.tag_name == "body":
            continue
        names = (element.get_attribute("class"), element.get_attribute("id"), element.tag_name)
        name = next(filter(None, names))
        stops.add(name)
        width = element.value_of_css_property("outline-width")
        assert float(width.removesuffix("px")) >= 2, f"no outline on {name}"

    buttons = {"button", "button second"}
    assert stops == {"skip", "summary", "toggle", "username", "password", *buttons}


@both
def test_the_page_fits_a_small_phone(browser, site, language):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        browser.get(site.url(lang=language))
        width = browser.execute_script("return document.documentElement.scrollWidth")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert width <= 320


def test_cancelling_goes_back_to_the_application(browser, site, arrived):
    browser.get(site.url())

    browser.find_element(By.CSS_SELECTOR, "button[value=cancel]").click()

    assert arrived()["error"] == "access_denied"


@both
def test_other_permissions_are_confirmed_on_a_page_of_their_own(
    browser, site, arrived, violations, language
):
    browser.get(site.url(lang=language))
    sign_in_by_keyboard(browser)
    arrived()
    site.application.received.clear()

    browser.get(site.url(lang=language, scope="gateway.status"))
    assert "سارة التجريبية" in browser.find_element(By.CLASS_NAME, "signed-in").text
    assert violations() == []
    browser.find_element(By.CSS_SELECTOR, "button[value=continue]").send_keys(Keys.ENTER)

    assert "code" in arrived()


@both
def test_an_address_that_is_not_registered_is_never_visited(browser, site, violations, language):
    browser.get(site.url_of_nothing(lang=language))

    assert browser.current_url.startswith(site.issuer)
    assert browser.find_element(By.CSS_SELECTOR, "[role=alert]").is_displayed()
    assert violations() == []


@both
def test_signing_out_ends_the_session(browser, site, arrived, violations, language):
    browser.get(site.url(lang=language))
    sign_in_by_keyboard(browser)
    arrived()

    browser.get(f"{site.issuer}/sign-out?lang={language}")
    assert violations() == []
    browser.find_element(By.CSS_SELECTOR, "main .button").click()
    WebDriverWait(browser, 10).until(
        lambda page: page.find_elements(By.CSS_SELECTOR, "[role=status]")
    )
    assert violations() == []

    browser.get(site.url(lang=language))
    assert browser.find_element(By.ID, "password").is_displayed()


def test_the_cookie_is_out_of_reach_of_scripts(browser, site):
    browser.get(site.url())

    assert browser.execute_script("return document.cookie") == ""
    assert [cookie["httpOnly"] for cookie in browser.get_cookies()] == [True]
