"""What the stand-in does, without its HTTP: bills, money that comes for them, and the settlement of a day."""

from decimal import Decimal
from threading import Event
from typing import Any

from devstack.bill_provider.faults import Switches
from devstack.bill_provider.ledger import OPEN, Ledger, Payment
from devstack.bill_provider.notices import Notices
from devstack.bill_provider.settings import Settings


class NotPayable(Exception):
    """A bill that isn't open is paid by mistake only: `force` makes one."""


class House:
    """`start` begins to tell of what was paid, `stop` ends it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.ledger)
        self.switches = Switches(settings.seed)
        self.stop_holding = Event()
        self._notices = Notices(settings, self.ledger, self.switches)

    def start(self) -> None:
        self._notices.start()

    def stop(self) -> None:
        self.stop_holding.set()
        self._notices.stop()
        self.ledger.close()

    def pay(self, bill_number: str, amount: str | None = None, *, force: bool = False) -> Payment:
        """Somebody pays; a notice tells of it. Raises NotPayable for a bill that isn't open, unless `force`d, and for a
        number that's nobody's when no amount is given."""
        bill = self.ledger.numbered(bill_number)
        if (bill is None or bill.status != OPEN) and not force:
            raise NotPayable
        if bill is None and amount is None:
            raise NotPayable
        paid = amount or self._amount(bill_number, bill.amount if bill else "1.00")
        payment = self.ledger.pay(bill, bill_number, paid)
        self._notices.expect(payment)
        return payment

    def settlement(self, day: str) -> dict[str, Any]:
        """The lines of a day in Riyadh."""
        missing = self.switches.now.unsettled
        lines = [
            {
                "line_id": f"L-{one.number}",
                "payment": one.number,
                "bill_number": one.bill_number,
                "amount": one.amount,
            }
            for one in self.ledger.payments()
            if one.day.isoformat() == day
            and not self.switches.chance(one.number, "unsettled", missing)
        ]
        return {"day": day, "count": len(lines), "lines": lines}

    def _amount(self, bill_number: str, amount: str) -> str:
        if not self.switches.chance(bill_number, "wrong", self.switches.now.wrong):
            return amount
        more = self.switches.chance(bill_number, "more", 0.5)
        return f"{Decimal(amount) + (1 if more else -1):.2f}"
