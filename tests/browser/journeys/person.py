"""A person at a browser: what the hand does and what the eye reads, by the words on the page."""

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import Select, WebDriverWait

PAGE_S, ARRIVES_S = 20, 60
CONTROLS = "main a, main button, a, button"
LABELS = "main label, label"
# Signs that show the direction of the text beside them.
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# The first element with these words and nothing else, else the first that begins with them, else the first that has
# them. `beside`: the element has to stand in the smallest part of the page that has these other words too.
_FIND = """
const [selector, words, beside] = arguments;
const textOf = one => (one.innerText || one.textContent)
  .replace(/[\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/g, '').replace(/\\s+/g, ' ').trim();
const distance = one => {
  let steps = 0;
  for (let part = one; part && part !== document.body; part = part.parentElement, steps++)
    if (textOf(part).includes(beside)) return steps;
  return Infinity;
};
let found = selector.split(', ').flatMap(one => [...document.querySelectorAll(one)]);
found = found.filter(one => textOf(one).includes(words));
if (beside) {
  const least = Math.min(...found.map(distance));
  found = found.filter(one => distance(one) === least && least !== Infinity);
}
const chosen = found.find(one => textOf(one) === words)
  || found.find(one => textOf(one).startsWith(words)) || found[0];
for (let part = chosen; part; part = part.parentElement) if (part.tagName === 'DETAILS') part.open = true;
return chosen;
"""
Found = TypeVar("Found")


class Person:
    """Somebody with a browser of their own. `known`: how system.json names the person, None for a visitor."""

    def __init__(self, driver: Any, window: str, portal: str, known: dict[str, Any] | None) -> None:
        self._driver, self._window = driver, window
        self._portal, self._known = portal, known

    # ------------------------------------------------------------------------------------------------- going about

    def open(self, address: str) -> None:
        """Opens an address of the portal, or a whole address."""
        self.browser.get(address if "://" in address else self._portal + address)

    def sign_in(self, area: str, task: str) -> None:
        """Chooses a task of an area, and signs in with name and password; for another task the browser is known."""
        assert self._known is not None
        self.open(f"/{area}?tasks=all")
        self.press(beside=task)
        if self.browser.find_elements(By.ID, "password"):
            for name in ("username", "password"):
                self.browser.find_element(By.ID, name).send_keys(self._known[name])
        self._leave(self.browser.find_element(By.CSS_SELECTOR, "main form button"))

    def sign_in_nationally(self, task: str = "كل معاملاتي مع البلدية") -> None:
        """Chooses a task of «My page», and signs in with the national login: the number, then the telephone."""
        assert self._known is not None
        self.open("/my?tasks=all")
        self.press(beside=task)
        if "/authorize" not in self.address:
            return
        self._leave(self.browser.find_element(By.CSS_SELECTOR, "button[value=national-login]"))
        self.browser.find_element(By.ID, "id_number").send_keys(self._known["id_number"])
        self._leave(self.browser.find_element(By.CSS_SELECTOR, "form button"))
        number = self.browser.find_element(By.CSS_SELECTOR, "[data-number]").text
        self._leave(self.browser.find_element(By.XPATH, f"//button[text()='{number}']"))

    def press(self, words: str = "", *, beside: str = "") -> None:
        """Presses a button or follows a link by its words, and waits for the page that comes. `beside`: words of the
        row or the card in which it stands."""
        self._leave(self._find(CONTROLS, words, beside))

    # ---------------------------------------------------------------------------------------------------- the form

    def fill(self, label: str, text: str) -> None:
        """Types into the field of a label, instead of what stands there."""
        field = self._field(label)
        field.clear()
        field.send_keys(text)

    def choose(self, label: str, words: str) -> None:
        """Chooses from the list of a label the line with these words."""
        options = Select(self._field(label)).options
        lines = [_plain(one.get_attribute("textContent")) for one in options]
        place = next((at for at, line in enumerate(lines) if line == words), None)
        if place is None:
            place = next(at for at, line in enumerate(lines) if words in line)
        options[place].click()

    def tick(self, label: str, *, beside: str = "") -> None:
        """Ticks a box, or one of several answers, by its words."""
        self._find(LABELS, label, beside).click()

    def attach(self, label: str, path: str) -> None:
        """Chooses a file for the field of a label."""
        self._field(label).send_keys(path)

    def value_of(self, label: str) -> str:
        """Returns what stands in the field of a label."""
        return str(self._field(label).get_attribute("value"))

    # ---------------------------------------------------------------------------------------------------- the page

    @property
    def address(self) -> str:
        return str(self.browser.current_url)

    def read(self) -> str:
        """Returns the words of the page."""
        return _plain(self.browser.find_element(By.TAG_NAME, "main").text)

    def heading(self) -> str:
        return _plain(self.browser.find_element(By.TAG_NAME, "h1").text)

    def read_value(self, key: str) -> str:
        """Returns what stands beside a key of a summary."""
        keys = self.browser.find_elements(By.TAG_NAME, "dt")
        row = next(one for one in keys if _plain(one.text) == key)
        return _plain(row.find_element(By.XPATH, "following-sibling::dd").text)

    def await_words(self, *words: str) -> None:
        """Loads the page again until it has all these words."""
        await_condition(lambda: self._has(words) or self._load_again(), lambda: self.read())

    # ------------------------------------------------------------------------------------------------------ inside

    @property
    def browser(self) -> Any:
        """Returns the driver, in this person's window."""
        self._driver.switch_to.window(self._window)
        return self._driver

    def _find(self, selector: str, words: str, beside: str = "") -> Any:
        found = self.browser.execute_script(_FIND, selector, words, beside)
        assert found is not None, f"no «{words}»{beside and f' beside «{beside}»'}: {self._told()}"
        return found

    def _field(self, label: str) -> Any:
        found = self._find(LABELS, label)
        return self.browser.find_element(By.ID, found.get_attribute("for"))

    def _leave(self, element: Any) -> None:
        """Presses, and waits until another page is there, which doesn't go on by itself."""
        before = self.browser.find_element(By.TAG_NAME, "html")
        element.click()
        # For a moment chromedriver knows neither page, and says so by an error of its own.
        wait = WebDriverWait(self.browser, PAGE_S, 0.05, ignored_exceptions=[WebDriverException])
        wait.until(expected_conditions.staleness_of(before))
        wait.until(lambda page: not page.find_elements(By.ID, "reopened"))

    def _has(self, words: tuple[str, ...]) -> bool:
        try:
            page = self.read()
        except (StaleElementReferenceException, WebDriverException):
            return False
        return all(one in page for one in words)

    def _load_again(self) -> None:
        self.browser.get(self.address)

    def _told(self) -> str:
        return f"{self.address}: {self.read()[:1500]}"


def _plain(text: str | None) -> str:
    return " ".join(_DIRECTIONS.sub("", text or "").split())


def await_condition(
    ask: Callable[[], Found | None], explain: Callable[[], Any] = lambda: ""
) -> Found:
    """Returns what `ask` finds at last. Fails with what `explain` returns when the time is over."""
    deadline = time.monotonic() + ARRIVES_S
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not within {ARRIVES_S} s: {explain()}"
        time.sleep(0.2)
    return found
