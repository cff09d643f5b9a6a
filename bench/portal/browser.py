"""The pages in Chromium over a slow line and with a slow processor: when the largest part is painted, and how many
bytes come with nothing in the cache."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from bench.portal.things import ASKED, asked_of
from bench.portal.visitors import INBOX, INQUIRY
from portal.domain.areas import DESK

# 3G as WebPageTest has it, and a cheap telephone: 1.6 Mbit/s, 150 ms to and fro, a quarter of this processor.
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    "--window-size=412,915",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Waits until nothing has been painted or loaded for a second.
_PAINTED = """
const done = arguments[arguments.length - 1];
let last = performance.now(), largest = 0;
new PerformanceObserver(list => {
  largest = list.getEntries().at(-1).startTime;
  last = performance.now();
}).observe({type: "largest-contentful-paint", buffered: true});
const wait = () => {
  if (document.readyState !== "complete" || performance.now() - last < 1000) return setTimeout(wait, 50);
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  done({lcp_ms: largest, bytes: loaded.reduce((sum, one) => sum + one.transferSize, 0),
        html_bytes: loaded[0].transferSize, requests: loaded.length, title: document.title});
};
wait();
"""


def measure(portal: str, officer_cookie: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Returns the figures of both pages, the median of some visits each."""
    with _chromium(folder) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        secret = {"name": DESK.cookie, "value": officer_cookie, "secure": True, "path": "/"}
        # Chromium sends a Secure cookie to localhost, but takes one for an address of https only.
        where = portal.replace("http:", "https:")
        driver.execute_cdp_cmd("Network.setCookie", {**secret, "url": where, "httpOnly": True})
        visits: dict[str, Callable[[], None]] = {
            "inquiry": lambda: _inquire(driver, portal),
            "inbox": lambda: _open_inbox(driver, portal),
        }
        return {name: _visit(driver, visit, rounds) for name, visit in visits.items()}


def _visit(driver: webdriver.Chrome, visit: Callable[[], None], rounds: int) -> dict[str, Any]:
    seen = []
    for _ in range(rounds):
        _throttle(driver)
        visit()
        seen.append(driver.execute_async_script(_PAINTED))
        if not seen[-1]["lcp_ms"]:
            raise SystemExit(f"Chromium painted nothing of «{seen[-1]['title']}»")
    return {
        "lcp_ms": round(median(one["lcp_ms"] for one in seen)),
        **{name: seen[-1][name] for name in ("bytes", "html_bytes", "requests")},
    }


def _throttle(driver: webdriver.Chrome) -> None:
    """Sets the line and the processor, and empties the cache."""
    driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", LINE)
    driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _inquire(driver: webdriver.Chrome, portal: str) -> None:
    """Opens the form, fills it in and sends it; the answer is what is measured."""
    asked = asked_of(0)
    driver.get(f"{portal}{INQUIRY}?kind={ASKED}")
    driver.find_element(By.ID, "number").send_keys(asked.number)
    driver.find_element(By.ID, "proof").send_keys(asked.mobile)
    before = driver.title
    driver.find_element(By.CSS_SELECTOR, "main form button").click()
    ends = time.monotonic() + 20
    while driver.title == before and time.monotonic() < ends:
        time.sleep(0.05)
    if driver.title == before:
        raise SystemExit("Chromium got no answer to an inquiry")


def _open_inbox(driver: webdriver.Chrome, portal: str) -> None:
    driver.get(portal + INBOX)
    if not driver.current_url.endswith(INBOX):
        raise SystemExit(f"Chromium was led to {driver.current_url} instead of the inbox")


@contextmanager
def _chromium(folder: Path) -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = next(filter(None, map(shutil.which, _NAMES)))
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'chromium'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()
