"""Bills, payments and accepted notices, in memory and in a file that survives a kill.

A change is written before it's answered, so what a biller was told survives a kill.
"""

import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from devstack.append_only_file import AppendOnlyFile
from saudi.days import RIYADH

OPEN, PAID, CANCELLED = "open", "paid", "cancelled"


@dataclass(frozen=True)
class Bill:
    """`reference` is the biller's. `amount` is a text of riyals, as the biller said it; `wanted` says what it's for."""

    bill_number: str
    reference: str
    amount: str
    due_on: str
    wanted: dict[str, Any]
    status: str = OPEN
    at: float = 0.0


@dataclass(frozen=True)
class Payment:
    """`number` is ours. `paid_at` in seconds of the epoch."""

    number: str
    bill_number: str
    reference: str | None
    amount: str
    paid_at: float

    @property
    def moment(self) -> str:
        return datetime.fromtimestamp(self.paid_at, UTC).isoformat().replace("+00:00", "Z")

    @property
    def day(self) -> date:
        """Returns the day in Riyadh."""
        return datetime.fromtimestamp(self.paid_at, RIYADH).date()


class ReferenceTaken(Exception):
    """The reference belongs to a bill of another amount."""


class Ledger:
    """Safe between threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = RLock()
        self._bills: dict[str, Bill] = {}
        self._first: dict[str, str] = {}
        self._payments: list[Payment] = []
        self._told: set[str] = set()
        self._file = AppendOnlyFile(path)
        for entry in self._file.entries():
            self._note(entry)

    def register(self, wanted: dict[str, Any], *, once: bool) -> tuple[Bill, bool]:
        """Returns the bill and whether it's new. `once`: a known reference keeps its bill. Raises ReferenceTaken."""
        reference = str(wanted["reference"])
        with self._lock:
            if once and (known := self.find(reference)) is not None:
                if known.amount != wanted["amount"]:
                    raise ReferenceTaken
                return known, False
            bill = Bill(
                bill_number=f"4482{len(self._bills) + 1:06}",
                reference=reference,
                amount=str(wanted["amount"]),
                due_on=str(wanted["due_on"]),
                wanted={name: wanted.get(name) for name in ("description", "municipality")},
                at=time.time(),
            )
            self._keep({"bill": asdict(bill)})
            return bill, True

    def cancel(self, reference: str) -> Bill | None:
        """Cancels an open bill. Returns the bill as it is now: a paid bill stays paid."""
        with self._lock:
            bill = self.find(reference)
            if bill is not None and bill.status == OPEN:
                bill = replace(bill, status=CANCELLED)
                self._keep({"bill": asdict(bill)})
            return bill

    def pay(self, bill: Bill | None, bill_number: str, amount: str) -> Payment:
        """Takes money, whatever the bill's state. `None` as the bill: nobody has the number."""
        with self._lock:
            payment = Payment(
                number=f"SP-{len(self._payments) + 1:07}",
                bill_number=bill_number,
                reference=bill.reference if bill else None,
                amount=amount,
                paid_at=time.time(),
            )
            self._keep({"payment": asdict(payment)})
            if bill is not None:
                self._keep({"bill": asdict(replace(bill, status=PAID))})
            return payment

    def note_notice(self, notice_id: str) -> None:
        """Notes that the biller has taken a notice."""
        with self._lock:
            self._keep({"told": notice_id})

    def has_taken(self, notice_id: str) -> bool:
        with self._lock:
            return notice_id in self._told

    def find(self, reference: str) -> Bill | None:
        """Returns the first bill of a reference."""
        with self._lock:
            number = self._first.get(reference)
            return self._bills.get(number) if number else None

    def numbered(self, bill_number: str) -> Bill | None:
        with self._lock:
            return self._bills.get(bill_number)

    def bills(self) -> list[Bill]:
        """Returns them, oldest first."""
        with self._lock:
            return list(self._bills.values())

    def payments(self) -> list[Payment]:
        """Returns them, oldest first."""
        with self._lock:
            return list(self._payments)

    def record(self) -> dict[str, Any]:
        """Returns what `GET /ledger` answers."""
        with self._lock:
            return {
                "bills": [asdict(one) for one in self._bills.values()],
                "payments": [asdict(one) for one in self._payments],
                "told": sorted(self._told),
            }

    def close(self) -> None:
        self._file.close()

    def _keep(self, entry: dict[str, Any]) -> None:
        self._file.append(entry)
        self._note(entry)

    def _note(self, entry: dict[str, Any]) -> None:
        if "bill" in entry:
            bill = Bill(**entry["bill"])
            self._bills[bill.bill_number] = bill
            self._first.setdefault(bill.reference, bill.bill_number)
        elif "payment" in entry:
            self._payments.append(Payment(**entry["payment"]))
        else:
            self._told.add(entry["told"])
