"""Writers of changes, which are processes of the harness, and readers who ask for the changes by long poll."""

import sys
from collections.abc import Callable
from contextlib import suppress

import requests
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Tokens
from tests.faults.evidence import read_rows
from tests.faults.history import History
from tests.faults.load import Load, Piece
from tests.faults.nemesis import pause
from tests.faults.trial import Plan
from tests.faults.world import World

from devstack.machine import ROOT

from .checker import Written
from .readers import AUDIENCE, Reader, readers_of
from .writer import prepare

GATEWAY = "partner-gateway"
CLERK = "saihat.clerk"
_LEDGER = {
    "rows": (
        """SELECT event_id, subject::text, municipality, version FROM faults_ledger
        WHERE writer / 100 = :number""",
        Written,
    )
}
_DELIVERED = text(
    "SELECT event_id FROM webhook_delivery JOIN feed_event USING (event) WHERE state = 'delivered'"
    " AND subject LIKE :run"
)


class FeedLoad(Load):
    """Writers who share a run's changes, readers, and a registered address."""

    def __init__(self, world: World, plan: Plan, run: int, history: History, address: str) -> None:
        super().__init__(history)
        self._world, self._plan = world, plan
        self.values = {"number": run, "run": f"{run:08x}-%"}
        tokens = Tokens(world.description)
        urls = world.urls_of(GATEWAY)
        with world.databases[GATEWAY].transaction() as session:
            prepare(session, run)
        _register(address, urls[0], tokens)
        self.readers: list[Reader] = readers_of(urls, tokens)
        self.writers = [f"writer-{run}-{number}" for number in range(plan["writers"])]
        self._share = plan["changes"] // plan["writers"]

    def begin(self) -> None:
        super().begin()
        environment = self._world.environment(GATEWAY)
        module = [sys.executable, "-m", "tests.faults.feed.writer", str(self.values["number"])]
        for number, name in enumerate(self.writers):
            words = [*module, str(number), str(self._share), *filter(None, [self._plan.bug])]
            self._world.supervisor.start(name, words, environment, cwd=ROOT)
            self._world.supervisor.keep(name)

    def pieces(self) -> tuple[Piece, ...]:
        return ()

    def attendants(self) -> list[Callable[[], None]]:
        return [lambda reader=reader: reader.listen(self.over) for reader in self.readers]  # type: ignore[misc]

    def is_done(self) -> bool:
        with suppress(SQLAlchemyError):
            return len(self.ledger()) >= self._share * len(self.writers)
        return False

    def close(self) -> None:
        for name in self.writers:
            self._world.dismiss(name)
        super().close()

    def is_ours(self, subject: str) -> bool:
        """Returns whether a thing belongs to the run."""
        return subject.startswith(self.values["run"].rstrip("%"))

    def ledger(self) -> list[Written]:
        """Reads what the writers have committed."""
        return read_rows(self._world.databases[GATEWAY], _LEDGER, self.values)["rows"]

    def delivered(self) -> list[str]:
        """Reads what the gateway calls delivered."""
        with self._world.databases[GATEWAY].transaction() as session:
            return list(session.scalars(_DELIVERED, self.values))


def _register(address: str, gateway: str, tokens: Tokens) -> None:
    """Registers and proves the address, as the administrator of Saihat does."""
    base = f"{gateway}/v1/webhooks"
    headers = {"Authorization": f"Bearer {tokens.of(CLERK, AUDIENCE)}"}
    known = requests.get(base, headers=headers, timeout=30)
    known.raise_for_status()
    if any(one["state"] == "active" for one in known.json()["items"]):
        return
    made = requests.post(base, json={"url": address}, headers=headers, timeout=30)
    made.raise_for_status()
    place = f"{base}/{made.json()['webhook']['webhook_id']}"
    requests.post(f"{place}/challenge", headers=headers, timeout=30).raise_for_status()
    for _ in range(100):
        if requests.get(place, headers=headers, timeout=30).json()["state"] == "active":
            return
        pause(0.2)
    raise AssertionError("the address wasn't proved")
