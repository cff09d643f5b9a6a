"""Notices: a little after money came the biller is told of it, signed, until he takes it."""

import heapq
import hmac
import itertools
import json
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from threading import Condition, Event, Thread

from devstack.bill_provider.faults import Switches
from devstack.bill_provider.ledger import Ledger, Payment
from devstack.bill_provider.settings import Settings

AGAIN_SECONDS, TRIES = 1.0, 600


@dataclass(order=True)
class _Due:
    at: float
    number: int
    payment: Payment = field(compare=False)
    notice_id: str = field(compare=False)
    tries: int = field(compare=False, default=0)


def body_of(payment: Payment, notice_id: str) -> bytes:
    """The notice of a payment, the same whenever it's sent."""
    return json.dumps(
        {
            "notice_id": notice_id,
            "bill_number": payment.bill_number,
            "reference": payment.reference,
            "payment": payment.number,
            "amount": payment.amount,
            "currency": "SAR",
            "paid_at": payment.moment,
        }
    ).encode()


def signature(settings: Settings, body: bytes, moment: int) -> str:
    """The header X-Signature."""
    key = urlsafe_b64decode(settings.notice_key + "=" * (-len(settings.notice_key) % 4))
    mac = hmac.digest(key, f"{moment}.".encode() + body, "sha256").hex()
    return f"key={settings.key_number},time={moment},mac={mac}"


class Notices:
    """Some threads post, so that a slow biller holds up no other notice."""

    def __init__(self, settings: Settings, ledger: Ledger, switches: Switches) -> None:
        self._settings = settings
        self._ledger = ledger
        self._switches = switches
        self._heap: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._stop = Event()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(6)]

    def start(self) -> None:
        """Begins with what a killed stand-in still owed."""
        for payment in self._ledger.payments():
            self.expect(payment)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5)

    def expect(self, payment: Payment) -> None:
        """Plans the notices of a payment."""
        faults, number = self._switches.now, payment.number
        if not self._settings.notices or self._switches.chance(number, "lost", faults.lost):
            return
        wait = faults.notice_seconds
        if self._switches.chance(number, "late", faults.late):
            wait += faults.late_seconds
        notices = [(f"N-{number}", wait)]
        if self._switches.chance(number, "repeated", faults.repeated):
            notices += [(f"N-{number}", wait), (f"N-{number}", wait + 0.5)]
        if self._switches.chance(number, "twin", faults.twins):
            notices += [(f"T-{number}", wait)]
        told_before = {one for one, _ in notices if self._ledger.is_told(one)}
        for notice_id, seconds in notices:
            if notice_id not in told_before:
                self._plan(_Due(time.monotonic() + seconds, 0, payment, notice_id))

    def _plan(self, due: _Due) -> None:
        due.number = next(self._numbers)
        with self._changed:
            heapq.heappush(self._heap, due)
            self._changed.notify()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            if self._post(due):
                self._ledger.told(due.notice_id)
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

    def _post(self, due: _Due) -> bool:
        body = body_of(due.payment, due.notice_id)
        signed = signature(self._settings, body, int(time.time()))
        headers = {"Content-Type": "application/json", "X-Signature": signed}
        request = urllib.request.Request(self._settings.notices, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False
