"""Receipts: a little after it accepted a message a provider reports its fate by itself, until the sender takes it."""

import heapq
import itertools
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Condition, Event, Thread

from devstack.sms_provider.faults import Switches
from devstack.sms_provider.ledger import Ledger, Row
from devstack.sms_provider.settings import STYLES, Settings

AGAIN_SECONDS, TRIES = 2.0, 150


@dataclass(order=True)
class _Due:
    at: float
    number: int
    row: Row = field(compare=False)
    fate: str = field(compare=False)
    last: bool = field(compare=False)
    tries: int = field(compare=False, default=0)


class Receipts:
    """Posts each receipt to `<receipts>/<provider>`; some threads, so that a slow sender holds up no other."""

    def __init__(self, settings: Settings, ledger: Ledger, switches: Switches) -> None:
        self._settings = settings
        self._ledger = ledger
        self._switches = switches
        self._heap: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._stop = Event()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(4)]

    def start(self) -> None:
        """Begins with what a killed stand-in still owed."""
        for row in self._ledger.untold():
            self.expect(row)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5)

    def expect(self, row: Row) -> None:
        """Plans the receipts of an accepted message: `sent`, then its end."""
        faults = self._switches.of(row.provider)
        if not self._settings.receipts or self._draws(row, "lost", faults.lost):
            return
        fate = "failed" if self._draws(row, "failed", faults.failed) else "delivered"
        now = time.monotonic()
        self._plan(_Due(now + faults.receipt_seconds / 2, 0, row, "sent", False))
        self._plan(_Due(now + faults.receipt_seconds, 0, row, fate, True))
        if self._draws(row, "repeated", faults.repeated):
            self._plan(_Due(now + faults.receipt_seconds * 1.5, 0, row, fate, False))
            self._plan(_Due(now + faults.receipt_seconds * 2, 0, row, "sent", False))

    def _draws(self, row: Row, word: str, rate: float) -> bool:
        return self._switches.chance(row.provider, row.reference, word, rate)

    def _plan(self, due: _Due) -> None:
        due.number = next(self._numbers)
        with self._changed:
            heapq.heappush(self._heap, due)
            self._changed.notify()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            if self._post(due.row, due.fate):
                if due.last:
                    self._ledger.told(due.row, due.fate)
            elif due.tries < TRIES:
                due.tries += 1
                due.at = time.monotonic() + AGAIN_SECONDS
                self._plan(due)

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._stop.is_set():
                wait = self._heap[0].at - time.monotonic() if self._heap else 60.0
                if wait <= 0:
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
        return None

    def _post(self, row: Row, fate: str) -> bool:
        now = datetime.now(UTC).isoformat()
        if STYLES[row.provider] == "form":
            body = {"MessageID": row.message_id, "CorrelationID": row.reference}
            body |= {"Status": fate.capitalize(), "Timestamp": now}
        else:
            body = {"messageId": row.message_id, "reference": row.reference}
            body |= {"status": fate, "time": now}
        request = urllib.request.Request(
            f"{self._settings.receipts}/{row.provider}",
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Receipt-Token": self._settings.providers[row.provider].receipt_token,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False
