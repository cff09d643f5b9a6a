"""Sends the biller a signed notice of each payment, until the biller takes it."""

import hmac
import json
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from devstack.bill_provider.faults import Faults
from devstack.bill_provider.ledger import Ledger, Payment
from devstack.bill_provider.settings import Settings
from devstack.delayed_calls import DelayedCalls
from devstack.fault_switches import Switches

AGAIN_SECONDS, TRIES = 1.0, 600


@dataclass(frozen=True)
class _Notice:
    payment: Payment
    notice_id: str


def body_of(payment: Payment, notice_id: str) -> bytes:
    """Returns the notice of a payment, equal at each sending."""
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
    """Returns the header X-Signature."""
    key = urlsafe_b64decode(settings.notice_key + "=" * (-len(settings.notice_key) % 4))
    mac = hmac.digest(key, f"{moment}.".encode() + body, "sha256").hex()
    return f"key={settings.key_number},time={moment},mac={mac}"


class Notices:
    """Tells the biller of each payment."""

    def __init__(self, settings: Settings, ledger: Ledger, switches: Switches[Faults]) -> None:
        self._settings = settings
        self._ledger = ledger
        self._switches = switches
        self._calls = DelayedCalls(
            self._deliver, threads=6, again_seconds=AGAIN_SECONDS, tries=TRIES
        )

    def start(self) -> None:
        """Begins with the notices that a killed stand-in still owed."""
        for payment in self._ledger.payments():
            self.expect(payment)
        self._calls.start()

    def stop(self) -> None:
        self._calls.stop()

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
        taken_before = {one for one, _ in notices if self._ledger.has_taken(one)}
        for notice_id, seconds in notices:
            if notice_id not in taken_before:
                self._calls.plan(seconds, _Notice(payment, notice_id))

    def _deliver(self, one: _Notice) -> bool:
        taken = self._post(one)
        if taken:
            self._ledger.note_notice(one.notice_id)
        return taken

    def _post(self, one: _Notice) -> bool:
        body = body_of(one.payment, one.notice_id)
        signed = signature(self._settings, body, int(time.time()))
        headers = {"Content-Type": "application/json", "X-Signature": signed}
        request = urllib.request.Request(self._settings.notices, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False
