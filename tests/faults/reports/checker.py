"""The promises about texts, each as a function from a run's evidence to its faults. Nothing here runs or waits."""

import re
from collections import Counter
from functools import cached_property

from tests.faults.findings import Promises, Wrong

from notify.catalogue import read_wordings
from notify.domain.texts import PLACEHOLDER

from .evidence import Accepted, Evidence, Stored

RECEIPT, CLOSURE = "report-received", "report-closed"
_SHIPPED = read_wordings()
WORDINGS = {name: _SHIPPED[name]["text"]["ar"] for name in (RECEIPT, CLOSURE)}
_SHAPES = {
    name: re.compile(".+".join(re.escape(one) for one in PLACEHOLDER.split(words)[::2]))
    for name, words in WORDINGS.items()
}
# States in which notify says that a provider has a message, or may have it.
HANDED = frozenset(("accepted", "delivered", "failed", "unconfirmed"))
SURE = frozenset(("accepted", "delivered"))


class Case:
    """The evidence with what several promises look up in it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def reports(self) -> dict[int, Stored]:
        return {report.number: report for report in self.evidence.reports}

    @cached_property
    def closed(self) -> list[Stored]:
        return [report for report in self.evidence.reports if report.status == "closed"]

    def number_of(self, row: Accepted) -> int:
        return self.evidence.mobiles[row.mobile]

    def counted(self, template: str) -> Counter[int]:
        """Counts the texts of a template by the client's number."""
        rows = self.evidence.ledger
        return Counter(self.number_of(row) for row in rows if has_words_of(row, template))


def has_words_of(row: Accepted, template: str) -> bool:
    """Returns whether a text has the template's shipped words."""
    return _SHAPES[template].fullmatch(row.text) is not None


promise = PROMISES = Promises(Case)


@promise("acknowledged is stored")
def find_lost_calls(case: Case) -> Wrong:
    by_id = {report.report_id: report for report in case.evidence.reports}
    for entry in case.evidence.history:
        if entry.kind != "ok" or not entry.about:
            continue
        report = by_id.get(entry.about)
        if report is None:
            yield entry.about, f"{entry.operation} was answered, and there is no such report"
        elif entry.operation == "close" and report.status != "closed":
            yield entry.about, f"its closure was answered, and it's {report.status}"


@promise("every report has its receipt")
def find_missing_receipts(case: Case) -> Wrong:
    counts = case.counted(RECEIPT)
    for report in case.evidence.reports if case.evidence.is_over else ():
        if not counts[report.number]:
            yield report.report_id, "no provider has a receipt for it"


@promise("one receipt each")
def find_doubled_receipts(case: Case) -> Wrong:
    yield from _doubled_texts(case, RECEIPT)


@promise("every closure has its text")
def find_missing_closures(case: Case) -> Wrong:
    counts = case.counted(CLOSURE)
    for report in case.closed if case.evidence.is_over else ():
        if not counts[report.number]:
            yield report.report_id, "it's closed, and no provider has the text"


@promise("one closing text each")
def find_doubled_closures(case: Case) -> Wrong:
    yield from _doubled_texts(case, CLOSURE)


def _doubled_texts(case: Case, template: str) -> Wrong:
    for number, count in case.counted(template).items():
        if count > 1 and number in case.reports:
            yield case.reports[number].report_id, f"the telephone got it {count} times"


@promise("no ghosts")
def find_ghosts(case: Case) -> Wrong:
    closed = {report.number for report in case.closed}
    for row in case.evidence.ledger:
        number = case.number_of(row)
        if number not in case.reports:
            yield row.reference, "a text about a report that isn't stored"
        elif has_words_of(row, CLOSURE) and number not in closed:
            yield case.reports[number].report_id, "a text about a closure that isn't stored"


@promise("a text is of its own report")
def find_texts_of_other_reports(case: Case) -> Wrong:
    for row in case.evidence.ledger:
        report = case.reports.get(case.number_of(row))
        if report is not None and f" {report.report_number}" not in row.text:
            yield report.report_id, "the telephone got the text of another report"


@promise("notify knows what it sent")
def find_unknown_texts(case: Case) -> Wrong:
    known = {message.message_id: message for message in case.evidence.messages}
    accepted = {row.reference for row in case.evidence.ledger}
    for reference in sorted(accepted):
        message = known.get(reference)
        if message is None or message.state not in HANDED:
            yield reference, f"a provider has it, and notify says {message and message.state}"
    for message in known.values():
        if message.state in SURE and message.message_id not in accepted:
            yield message.about_id, f"{message.template} is {message.state}, and no provider has it"
