"""The promises about licences, each as a function from a run's evidence to its faults. Nothing here runs or waits."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from tests.faults.findings import Promises, Wrong, grouped

from .evidence import Application, Bill, Event, Evidence, Invoice, Licence
from .submissions import HEARS, Wanted

ISSUED, REFUSED = "issued", "refused"
_DECIDED = (
    "sa.gov.qatif.licences.application.issued.v1",
    "sa.gov.qatif.licences.application.refused.v1",
)


class Case:
    """The evidence with what several promises look up in it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def accepted(self) -> dict[str, Wanted]:
        """Application → what was submitted under the id."""
        return {
            application_id: self.evidence.wanted[number]
            for number, ids in self.evidence.answered.items()
            for application_id in ids
        }

    @cached_property
    def applications(self) -> dict[str, Application]:
        return {one.application_id: one for one in self.evidence.applications}

    @cached_property
    def licences(self) -> dict[str, list[Licence]]:
        """Application → the licences that came of it."""
        return grouped(self.evidence.licences, "application_id")

    @cached_property
    def invoices(self) -> dict[str, list[Invoice]]:
        """Application → its invoices."""
        return grouped(self.evidence.invoices, "application_id")

    @cached_property
    def bills(self) -> dict[str, list[Bill]]:
        """Application → its bills, also those of an invoice that licences doesn't know."""
        return grouped(self.evidence.bills, "subject_id")

    @cached_property
    def decisions(self) -> Counter[str]:
        """Application → how often its end was published."""
        return Counter(one.subject for one in self.evidence.events if one.type in _DECIDED)

    @cached_property
    def events(self) -> dict[str, Event]:
        return {one.event_id: one for one in self.evidence.events}


promise = PROMISES = Promises(Case)


@promise("what is in order is accepted")
def find_unaccepted_applications(case: Case) -> Wrong:
    for key, why in case.evidence.refused:
        yield key, f"it was refused: {why}"
    for number in case.evidence.wanted if case.evidence.is_over else ():
        if not case.evidence.answered.get(number):
            yield str(number), "it was never answered"


@promise("what is accepted is there")
def find_lost_applications(case: Case) -> Wrong:
    for application_id, wanted in case.accepted.items() if case.evidence.is_over else ():
        row = case.applications.get(application_id)
        if row is None:
            yield application_id, f"number {wanted.number} was accepted, and licences has none such"
        elif row.municipality != wanted.municipality:
            yield application_id, f"{wanted.municipality} sent it, and it's {row.municipality}'s"


@promise("an application is accepted once")
def find_doubled_applications(case: Case) -> Wrong:
    for number, ids in case.evidence.answered.items():
        if len(set(ids)) > 1:
            yield str(number), f"sent again it became another one: {', '.join(sorted(set(ids)))}"
    for application_id in case.applications.keys() | case.evidence.shown.keys():
        # Before all were answered, some are there whose client doesn't know it yet.
        if case.evidence.is_over and application_id not in case.accepted:
            yield application_id, "it's there, and nobody was ever answered with it"


@promise("each is decided once, and right")
def find_wrong_decisions(case: Case) -> Wrong:
    for application_id, wanted in case.accepted.items() if case.evidence.is_over else ():
        row = case.applications.get(application_id)
        right = REFUSED if wanted.is_minor else ISSUED
        if row is not None and row.status != right:
            yield application_id, f"it should be {right}, and is {row.status}"
    for application_id, times in case.decisions.items():
        if times > 1:
            yield application_id, f"its end was published {times} times"


@promise("each licence is issued once")
def find_wrong_issues(case: Case) -> Wrong:
    for application_id, row in case.applications.items():
        found = case.licences[application_id]
        if len(found) != (row.status == ISSUED):
            yield application_id, f"it's {row.status}, and has {len(found)} licences"
        elif found and found[0].licence_no != row.licence_no:
            yield (
                application_id,
                f"it names {row.licence_no}, and its licence {found[0].licence_no}",
            )


@promise("numbers are unique")
def find_shared_numbers(case: Case) -> Wrong:
    yield from _repeated(one.licence_no for one in case.evidence.licences)
    yield from _repeated(one.application_no for one in case.evidence.applications)


def _repeated(numbers: Iterable[str]) -> Wrong:
    for number, times in Counter(numbers).items():
        if times > 1:
            yield number, f"{times} bear it"


@promise("each fee is billed once, to the halala")
def find_wrong_bills(case: Case) -> Wrong:
    registered = Counter(case.evidence.registered)
    for application_id, wanted in case.accepted.items():
        invoices, bills = case.invoices[application_id], case.bills[application_id]
        amounts = [one.amount_halalas for one in (*invoices, *bills)]
        most = 1 if wanted.fee else 0
        if len(invoices) > most or len(bills) > most:
            yield application_id, f"it has {len(invoices)} invoices and {len(bills)} bills"
        elif any(amount != wanted.fee for amount in amounts):
            yield application_id, f"{wanted.fee} halalas are due, and it was billed {amounts}"
        elif case.evidence.is_over and len(amounts) != 2 * most:
            yield application_id, f"{wanted.fee} halalas are due, and it has {len(amounts)} of two"
        for bill in bills:
            if registered[bill.bill_id] > 1 or (
                case.evidence.is_over and not registered[bill.bill_id]
            ):
                yield application_id, f"the bill system has it {registered[bill.bill_id]} times"


@promise("what is issued was paid for")
def find_unpaid_licences(case: Case) -> Wrong:
    for application_id, wanted in case.accepted.items():
        row = case.applications.get(application_id)
        if row is None or row.status != ISSUED or not wanted.fee:
            continue
        invoices = [one.status for one in case.invoices[application_id]]
        came = [
            amount
            for bill in case.bills[application_id]
            for amount in case.evidence.paid.get(bill.bill_id, ())
        ]
        if invoices != ["paid"] or came != [wanted.fee]:
            yield application_id, f"of {wanted.fee} halalas came {came}; its invoices: {invoices}"


@promise("the feed tells each change once")
def find_missed_and_doubled_changes(case: Case) -> Wrong:
    for reader, heard in case.evidence.heard.items():
        times = Counter(event_id for event_id, _, _ in heard)
        for event_id, one in case.events.items():
            if one.municipality not in HEARS[reader]:
                continue
            if times[event_id] > 1 or (case.evidence.is_over and not times[event_id]):
                yield one.subject, f"{reader} heard {one.type} {times[event_id]} times"


@promise("nobody hears of others")
def find_changes_of_others(case: Case) -> Wrong:
    for reader, heard in case.evidence.heard.items():
        for event_id, subject, _ in heard:
            one = case.events.get(event_id)
            if one is not None and one.municipality not in HEARS[reader]:
                yield subject, f"{reader} heard of {one.municipality}"


@promise("a thing's changes come in order")
def find_disorder(case: Case) -> Wrong:
    for reader, heard in case.evidence.heard.items():
        last: dict[str, int] = {}
        for _, subject, version in heard:
            if version < last.get(subject, 0):
                yield subject, f"{reader} heard version {version} behind {last[subject]}"
            last[subject] = version


@promise("the gateway shows what was decided")
def find_wrong_statuses_at_the_gateway(case: Case) -> Wrong:
    for application_id, row in case.applications.items() if case.evidence.is_over else ():
        shown = case.evidence.shown.get(application_id)
        if shown != row.status:
            yield application_id, f"it's {row.status}, and the gateway says {shown}"
