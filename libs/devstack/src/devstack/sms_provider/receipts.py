"""Reports the fate of each accepted message a little later, until the sender takes the receipt."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from devstack.delayed_calls import DelayedCalls
from devstack.fault_switches import Switches
from devstack.sms_provider.faults import Faults
from devstack.sms_provider.ledger import Ledger, Row
from devstack.sms_provider.settings import STYLES, Settings

AGAIN_SECONDS, TRIES = 2.0, 150


@dataclass(frozen=True)
class _Receipt:
    row: Row
    fate: str
    last: bool


class Receipts:
    """Posts each receipt to `<receipts>/<provider>`."""

    def __init__(
        self, settings: Settings, ledger: Ledger, switches: Mapping[str, Switches[Faults]]
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._switches = switches
        self._calls = DelayedCalls(
            self._report, threads=4, again_seconds=AGAIN_SECONDS, tries=TRIES
        )

    def start(self) -> None:
        """Begins with the receipts that a killed stand-in still owed."""
        for row in self._ledger.rows_without_receipt():
            self.expect(row)
        self._calls.start()

    def stop(self) -> None:
        self._calls.stop()

    def expect(self, row: Row) -> None:
        """Plans the receipts of an accepted message: `sent`, then its end."""
        faults = self._switches[row.provider].now
        if not self._settings.receipts or self._draws(row, "lost", faults.lost):
            return
        fate = "failed" if self._draws(row, "failed", faults.failed) else "delivered"
        seconds = faults.receipt_seconds
        self._calls.plan(seconds / 2, _Receipt(row, "sent", False))
        self._calls.plan(seconds, _Receipt(row, fate, True))
        if self._draws(row, "repeated", faults.repeated):
            self._calls.plan(seconds * 1.5, _Receipt(row, fate, False))
            self._calls.plan(seconds * 2, _Receipt(row, "sent", False))

    def _draws(self, row: Row, word: str, rate: float) -> bool:
        return self._switches[row.provider].chance(row.reference, word, rate)

    def _report(self, receipt: _Receipt) -> bool:
        taken = self._post(receipt.row, receipt.fate)
        if taken and receipt.last:
            self._ledger.note_receipt(receipt.row, receipt.fate)
        return taken

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
