"""The promises about money, each as a function from a run's evidence to its faults. Nothing here runs or waits."""

from collections import Counter, defaultdict
from functools import cached_property

from tests.faults.findings import Promises, Wrong

from .evidence import Bill, Evidence, Paid, Payment


class Case:
    """The evidence with what several promises look up in it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def bills(self) -> dict[str, Bill]:
        return {bill.bill_id: bill for bill in self.evidence.bills}

    @cached_property
    def settled(self) -> list[Payment]:
        return [one for one in self.evidence.payments if one.settled_halalas is not None]

    @cached_property
    def paid_whole(self) -> dict[str, list[Paid]]:
        """Bill → the payments of its very amount."""
        found: dict[str, list[Paid]] = defaultdict(list)
        for one in self.evidence.paid:
            if one.amount_halalas == self.bills[one.bill_id].amount_halalas:
                found[one.bill_id].append(one)
        return found


promise = PROMISES = Promises(Case)


@promise("every invoice has its bill")
def find_invoices_without_bill(case: Case) -> Wrong:
    amounts = {bill.invoice_id: bill.amount_halalas for bill in case.evidence.bills}
    for invoice, amount in case.evidence.invoices.items() if case.evidence.is_over else ():
        if amounts.get(invoice) != amount:
            yield invoice, f"it's of {amount} halalas, and its bill of {amounts.get(invoice)}"


@promise("one registration each")
def find_doubled_registrations(case: Case) -> Wrong:
    for reference, count in Counter(case.evidence.registered).items():
        if count > 1:
            yield reference, f"the bill system got it {count} times"


@promise("every payment is known once, to the halala")
def find_lost_and_doubled_payments(case: Case) -> Wrong:
    told = Counter(one.reference for one in case.evidence.paid)
    amounts = {one.reference: one.amount_halalas for one in case.evidence.paid}
    kept: dict[str, list[int]] = defaultdict(list)
    for one in case.evidence.payments:
        kept[one.reference].append(one.amount_halalas)
    for reference in sorted(told.keys() | kept.keys()):
        if reference not in told:
            yield reference, "nobody paid it"
        elif len(kept[reference]) > 1 or (case.evidence.is_over and not kept[reference]):
            yield reference, f"it was paid once and is known {len(kept[reference])} times"
        elif kept[reference] and kept[reference] != [amounts[reference]]:
            yield (
                reference,
                f"{amounts[reference]} halalas came, and {kept[reference][0]} are known",
            )


@promise("a bill is settled once, whole")
def find_wrong_settlements(case: Case) -> Wrong:
    for bill_id, count in Counter(one.bill_id for one in case.settled).items():
        if count > 1:
            yield str(bill_id), f"{count} payments settle it"
    for one in case.settled:
        bill = case.bills.get(one.bill_id or "")
        if bill is None or not bill.amount_halalas == one.amount_halalas == one.settled_halalas:
            yield one.reference, f"it settles {one.settled_halalas} halalas of {bill}"


@promise("a bill that was paid is settled")
def find_unsettled_bills(case: Case) -> Wrong:
    """But for one whose invoice was withdrawn: then the order of the two decides, and the money waits."""
    settled = {one.bill_id for one in case.settled}
    for bill_id in case.paid_whole if case.evidence.is_over else ():
        bill = case.bills[bill_id]
        if bill_id not in settled and bill.invoice_id not in case.evidence.withdrawn:
            yield bill.invoice_id, f"it was paid whole, and its bill is {bill.status}"


@promise("no settlement without money")
def find_settlements_without_money(case: Case) -> Wrong:
    settled = {one.bill_id for one in case.settled}
    for bill in case.evidence.bills:
        if (bill.status == "settled") != (bill.bill_id in settled):
            yield bill.invoice_id, f"it's {bill.status}, and its payments say something else"
    for one in case.settled:
        if one.bill_id not in case.paid_whole:
            yield one.reference, "it settles a bill that nobody has paid whole"


@promise("the owner is told once")
def find_untold_settlements(case: Case) -> Wrong:
    told = Counter(case.evidence.told)
    settled = {bill.invoice_id for bill in case.evidence.bills if bill.status == "settled"}
    for invoice in sorted(settled | told.keys()):
        if told[invoice] != (invoice in settled):
            yield invoice, f"its settlement was published {told[invoice]} times"


@promise("a withdrawn invoice is settled or cancelled")
def find_open_withdrawn_bills(case: Case) -> Wrong:
    for bill in case.evidence.bills if case.evidence.is_over else ():
        is_withdrawn = bill.invoice_id in case.evidence.withdrawn
        if is_withdrawn and bill.status not in {"settled", "cancelled"}:
            yield bill.invoice_id, f"it was withdrawn, and its bill is {bill.status}"
