"""A whole system, started once for all journeys: real processes on a real PostgreSQL and a real Kafka.

What damages it for good comes last (`LAST`).
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import requests

from chassis.data.db import Database
from chassis.data.sealed import use_keys
from devstack.journeys.visitor import Visitor
from devstack.run_folder import RunFolder
from devstack.system import System
from devstack.token import access_token
from permits import sample
from permits.settings import Settings

from .settings import SETTINGS
from .traces import Traces

LAST = ("test_worker_canaries.py", "test_canaries.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The canaries' flights damage what they cross."""
    items.sort(key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)


class Town:
    """The running system, as its users reach it."""

    def __init__(self, system: System, folder: Path, traces: Traces) -> None:
        self.system, self.folder, self.traces = system, folder, traces
        self.description = system.description()
        self.visitor = Visitor(self.description)
        self.people = sample.SampleTown()
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}
        self.databases = {
            name: Database(url) for name, url in self.description["databases"].items()
        }

    def url(self, service: str) -> str:
        return self.description["services"][service]["url"]

    def headers(self, who: str, audience: str = "partner-gateway") -> dict[str, str]:
        made, token = self._tokens.get((who, audience), (0.0, ""))
        if time.monotonic() - made > 200 or not token:
            token = access_token(self.description, who, audience)
            self._tokens[who, audience] = (time.monotonic(), token)
        return {"Authorization": f"Bearer {token}"}

    def find(self, who: str = "sec.dispatcher", **params) -> requests.Response:
        url = self.url("partner-gateway") + "/v1/building-permits"
        return requests.get(url, params=params, headers=self.headers(who), timeout=10)

    def issue(self, kind: str = "new", **changes) -> dict:
        """Issues a permit through the real commands, in one transaction."""
        application = self.people.application(kind)
        application["land"].update(changes)
        settings = Settings.load("permits", self.system.environment("permits"))
        use_keys(self.databases["permits"], settings)
        with self.databases["permits"].transaction() as session:
            return sample.issue_one(session, application, datetime.now(UTC))

    def command(self, path: str, body: dict, who: str = "qatif.officer") -> requests.Response:
        """A clerk's command by HTTP."""
        url = self.url("permits") + path
        return requests.post(url, json=body, headers=self.headers(who, "permits"), timeout=10)


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("system") / ".run"
    with Traces() as traces, System(RunFolder(folder), extra=SETTINGS | traces.extra) as system:
        town = Town(system, folder, traces)
        yield town
        for database in town.databases.values():
            database.dispose()


def until(condition, *, seconds: float = 60.0):
    """Waits until a condition holds; the time it may take is a promise, not a pause."""
    deadline = time.monotonic() + seconds
    while not (outcome := condition()):
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.1)
    return outcome


@pytest.fixture(scope="session")
def eventually():
    """`until`, for what takes ten seconds at the most."""
    return partial(until, seconds=10.0)
