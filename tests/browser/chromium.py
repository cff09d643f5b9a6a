"""Chromium for tests, headless and without a network of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1280,1000"),
)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def started_chromium(profile: Path, *, several: bool = False) -> Iterator[webdriver.Chrome]:
    """A running Chromium with a fresh profile, under any of the names that `deploy/setup` knows. `several`: the test
    makes more profiles in it, for which WebDriver BiDi is needed."""
    options = Options()
    options.binary_location = next(filter(None, map(shutil.which, CHROMIUM)))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "ar,en"})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.enable_bidi = several
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()
