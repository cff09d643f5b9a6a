"""A web process and two workers of payments, and a bill system that fails by rates and tells everything twice."""

from collections import Counter

from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT
from tests.faults.trial import Outcome, Plan, in_words
from tests.faults.world import Seat, World, pair

from saudi.money import riyals

from .checker import PROMISES
from .evidence import Evidence, read
from .load import TOPIC, InvoiceLoad

# What goes wrong of all calls and notices. No reference is taken only once: a bill that is sent twice shows twice.
MISBEHAVES = {
    "rates": {
        "accept-then-timeout": 0.08,
        "accept-then-reset": 0.04,
        "accept-then-503": 0.03,
        "503": 0.05,
        "reset": 0.03,
    },
    "once": False,
    "hold_seconds": 4,
    "notice_seconds": 0.1,
    "repeated": 0.4,
    "late": 0.3,
    "late_seconds": 3,
    "twins": 0.2,
    "wrong": 0.05,
}
# The times of payments, shortened; in the same order as in operation.
TIMES = {
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "8",
    "ASK_AFTER_SECONDS": "0.5",
    "SETTLE_SECONDS": "3",
    "RETRY_SECONDS": "0.5",
    "LONGEST_RETRY_SECONDS": "2",
    "POLL_SECONDS": "0.1",
}


class PaymentWorld(World):
    name = "payments"
    seating = (Seat("identity", "serve"), Seat("payments", "serve"), *pair("payments", "work"))
    settings = {"payments": TIMES}
    provider_faults = MISBEHAVES
    lanes = {
        "processes": {
            "sigkill-payments-serve": MOMENT,
            "sigkill-payments-worker": MOMENT,
            "sigkill-payments-work": MOMENT,
            "sigstop-payments-work": ((3.0, 4.0), (3.0, 5.0)),
            "sigterm-payments-work": MOMENT,
        },
        **BACKENDS,
        "provider": {"sigkill-provider": MOMENT},
    }
    promises = PROMISES
    options = {"invoices": 1_000, "seconds": 90.0}
    bug_options = {"invoices": 120, "seconds": 12.0}
    patience_s, bug_patience_s = 180.0, 120.0
    settles_s = 4.0  # a payer may have paid between two questions
    reads = ((TOPIC, "payments"),)
    unfinished = {
        "bills": (
            "payments",
            "SELECT count(*) FROM bill WHERE left(invoice_id::text, 8) = :run AND task IS NOT NULL",
        )
    }

    def load(self, plan: Plan, run: int, history: History) -> InvoiceLoad:
        return InvoiceLoad(self, plan, run, history)

    def evidence(self, load: InvoiceLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s)

    def remains(self, load: InvoiceLoad) -> str:
        return super().remains(load) or self._unpaid(load)

    def _unpaid(self, load: InvoiceLoad) -> str:
        """Says how many bills are open for their payers, and how many notices nobody took."""
        with self.databases["payments"].transaction() as session:
            ours = {str(one) for one in session.scalars(load.bills, load.values)}
        ledger = self.ledger()
        bills = [one for one in ledger["bills"] if one["reference"] in ours]
        numbers, told = {one["bill_number"] for one in bills}, set(ledger["told"])
        unpaid = sum(one["status"] == "open" for one in bills)
        untold = sum(
            one["bill_number"] in numbers and f"N-{one['number']}" not in told
            for one in ledger["payments"]
        )
        return f"{unpaid} open bills and {untold} notices" if unpaid or untold else ""

    def headline(self, outcome: Outcome[InvoiceLoad, Evidence]) -> str:
        evidence = outcome.evidence
        states = Counter(bill.status for bill in evidence.bills)
        settled = sum(one.settled_halalas or 0 for one in evidence.payments)
        owed = sum(bill.amount_halalas for bill in evidence.bills if bill.status == "settled")
        waits = sum(one.status == "suspended" for one in evidence.payments)
        return (
            f"{len(evidence.invoices)} invoices in {outcome.seconds:.0f} s, {outcome.faults} faults;"
            f" {in_words(states)};"
            f" {len(evidence.paid)} payments, {waits} wait for a clerk; settled {riyals(settled)} of"
            f" {riyals(owed)}; {outcome.drained}"
        )


WORLD = PaymentWorld
