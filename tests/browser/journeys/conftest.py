"""The whole running system, started once for all journeys, and one Chromium in which each person has a profile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.data.db import Database
from chassis.data.sealed import use_keys
from devstack.journeys.visitor import Visitor
from devstack.run_folder import RunFolder
from devstack.running_services import ROLES
from devstack.system import System
from portal.models import WebSession
from portal.settings import Settings
from tests.browser.chromium import started_chromium

from .person import Person, await_condition

# The services whose sample data a journey begins with.
SAMPLED = ("appointments", "tenders", "reports")
SAMPLES = 8
# An inquiry is repeated until the thing is known; all people sit at one address.
UNLIMITED = {
    f"PORTAL_INQUIRIES_PER_{what}": "1000"
    for what in ("ADDRESS", "NUMBER", "NUMBER_ANYWHERE", "PROOF", "PROOF_ANYWHERE")
}


class Town(Visitor):
    """The running system beside its pages: texts, bills and rows, and who is in it."""

    def __init__(self, system: System) -> None:
        super().__init__(system.description())
        self.system = system
        self.portal = str(self.description["portal"]["url"])
        urls = self.description["databases"]
        self._databases = {name: Database(url) for name, url in urls.items()}

    def known(self, who: str) -> dict[str, Any]:
        """Returns a person of the register or a citizen, by the username."""
        everybody = (*self.description["people"], *self.description["citizens"])
        return next(one for one in everybody if one["username"] == who)

    def text_to(self, mobile: str, *words: str) -> str:
        """Returns the first text to a mobile that has all these words, once it has come."""
        return await_condition(
            lambda: next(iter(self.texts(mobile, *words)), None), lambda: self.texts(mobile)
        )

    def row(self, service: str, statement: str, **values: Any) -> Any:
        """Returns the one row that a statement finds in a service's database."""
        (found,) = self.rows(service, statement, **values)
        return found

    def rows(self, service: str, statement: str, **values: Any) -> Any:
        """Returns the rows that a statement finds or changes in a service's database."""
        with self._databases[service].transaction() as session:
            return session.execute(text(statement), values).all()

    def row_once(self, service: str, statement: str, **values: Any) -> Any:
        """Returns the row once a statement finds it."""
        (found,) = await_condition(lambda: self.rows(service, statement, **values))
        return found

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """Kills both processes of a service as kill -9 does. They run again after the block, also after one that
        failed: other journeys need them."""
        supervisor, killed = self.system.supervisor, [f"{service}/{role}" for role in ROLES]
        for name in killed:
            process = supervisor.process(name)
            process.keep = False
            process.child.kill()
        try:
            yield
        finally:
            for name in killed:
                supervisor.keep(name)
            for name, role in zip(killed, ROLES, strict=True):
                supervisor.wait_ready(name, f"{self.system.services[service].ops(role)}/readyz")

    def wear_out_tokens(self) -> None:
        """Lets the tokens of all sessions of the portal expire, as five minutes at a form do."""
        use_keys(
            self._databases["portal"], Settings.load("portal", self.system.environment("portal"))
        )
        with self._databases["portal"].transaction() as session:
            for row in session.scalars(select(WebSession)):
                tokens = {
                    name: {**kept, "caller": {**kept["caller"], "expires_at": 0}}
                    for name, kept in row.content["tokens"].items()
                }
                row.content = {**row.content, "tokens": tokens}

    def close(self) -> None:
        for database in self._databases.values():
            database.dispose()


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("journeys") / ".run"
    with System(RunFolder(folder), extra=UNLIMITED) as system:
        system.load_samples(SAMPLES, SAMPLED)
        town = Town(system)
        yield town
        town.close()


@pytest.fixture(scope="package")
def driver(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The Chromium of all journeys, gone before the system."""
    with started_chromium(tmp_path_factory.mktemp("chromium"), several=True) as driver:
        yield driver


@pytest.fixture
def at_browser(town: Town, driver: Any) -> Iterator[Callable[..., Person]]:
    """`at_browser("qatif.officer")` → that person at a browser of their own, `at_browser()` → a visitor; in English
    with `language="en"`."""
    first, profiles = driver.current_window_handle, []

    def sit_down(who: str | None = None, language: str = "ar") -> Person:
        profiles.append(driver.browser.create_user_context())
        window = driver.browsing_context.create(type="tab", user_context=profiles[-1])
        person = Person(driver, window, town.portal, town.known(who) if who else None)
        person.open(f"/?lang={language}")
        return person

    yield sit_down
    driver.switch_to.window(first)
    for profile in profiles:
        driver.browser.remove_user_context(profile)
