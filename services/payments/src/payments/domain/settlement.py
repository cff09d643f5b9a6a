"""The bank's settlement of a day: its days, its lines, and its comparison with the payments of the notices."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict
from saudi.days import RIYADH
from saudi.money import parse_riyals

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
MOST_HALALAS = 99_999_999_999  # as in contracts
DAYS_BACK, MOST_DAYS_BACK = 7, 366
MOST_DAYS_TOLD_LATE = 31
# The field of an Unreadable about the first line, and of one about a line of too many cells.
HEADING, CELLS = "heading", "cells"
COLUMNS = ("line_id", "reference", "bill_number", "amount")


def last_day(now: datetime, hour: int) -> date:
    """Returns the last day whose settlement is due, in Riyadh: yesterday, from this hour on."""
    local = now.astimezone(RIYADH)
    return local.date() - timedelta(days=1 if local.hour >= hour else 2)


def is_over(day: date, now: datetime) -> bool:
    """Returns whether the day is over in Riyadh. Until then money may arrive, and the day can't be reconciled."""
    return day < now.astimezone(RIYADH).date()


def reconciliation_day(paid_at: datetime, received_at: datetime) -> date:
    """Returns the day in Riyadh with which a payment is reconciled: the day of payment.

    The day of receipt counts instead when the notice gives a day in the future, or a day so long ago that its
    settlement can't be fetched any more.
    """
    paid_on, received_on = paid_at.astimezone(RIYADH).date(), received_at.astimezone(RIYADH).date()
    late = (received_on - paid_on).days
    return paid_on if 0 <= late <= MOST_DAYS_TOLD_LATE else received_on


@dataclass(frozen=True, kw_only=True)
class PaymentCount:
    """Payments of a day: all payments, and the payments that weren't dismissed."""

    payments: int
    standing: int


NO_PAYMENTS = PaymentCount(payments=0, standing=0)


@dataclass(frozen=True, kw_only=True)
class LastReconciliation:
    """When a day was reconciled last, and the payments of the day at that time."""

    at: datetime
    count: PaymentCount


def is_outdated(day: date, last: LastReconciliation, count: PaymentCount) -> bool:
    """Returns whether a day has to be reconciled again: the day wasn't over, or a payment of the day arrived or was
    dismissed since. Payments are counted, because the time of a receipt doesn't show whether the payment was committed
    before the comparison."""
    return not is_over(day, last.at) or last.count != count


def days_due(
    last: date,
    reconciled: Mapping[date, LastReconciliation],
    counts: Mapping[date, PaymentCount] | None = None,
) -> list[date]:
    """Returns the days up to `last` that have to be reconciled, oldest first, a year back at most.

    These are the days of the last week, the missing days since the first reconciled day (a settlement may be away for
    longer than a week), and days whose payments have changed since.
    """
    counts = counts or {}
    earliest = last - timedelta(days=MOST_DAYS_BACK - 1)
    first = max(min([*reconciled, last - timedelta(days=DAYS_BACK - 1)]), earliest)
    days = {first + timedelta(days=count) for count in range((last - first).days + 1)}
    days |= {day for day in counts if earliest <= day <= last}
    return [
        day
        for day in sorted(days)
        if day not in reconciled or is_outdated(day, reconciled[day], counts.get(day, NO_PAYMENTS))
    ]


class TookMoneyOfDay(Conflict):
    """A person who entered money of a day doesn't reconcile that day."""

    problem = "took-money-of-day"


class Unreadable(ValueError):
    """A malformed settlement. `line` counts from 1, in a file the heading and blank lines too; 0 means the whole
    document."""

    def __init__(self, line: int, field: str) -> None:
        super().__init__(f"line {line}: {field}")
        self.line = line
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the bank. `reference` is the payment's: the bill system's number, or the counter's receipt."""

    line_id: str
    reference: str
    bill_number: str | None
    amount_halalas: int


@dataclass(frozen=True, kw_only=True)
class ComparedPayment:
    """A payment beside the bank's lines. `notices`: bill number and amount of each notice of the payment."""

    payment_id: str
    reference: str
    bill_number: str | None
    amount_halalas: int
    suspended: bool = False
    dismissed: bool = False
    notices: frozenset[tuple[str, int]] = frozenset()


class Kind(StrEnum):
    """`unnoticed`: the bank has the payment, and no notice arrived. `unsettled`: a notice arrived, and the bank doesn't
    have the payment. `in-suspense`: both agree, and a clerk has to decide. `dismissed-settled`: two people dismissed
    the payment, and the bank has it. `told-differently`: two notices of the payment disagree."""

    UNNOTICED = "unnoticed"
    UNSETTLED = "unsettled"
    AMOUNT = "amount"
    BILL = "bill"
    TWICE = "twice"
    IN_SUSPENSE = "in-suspense"
    DISMISSED_SETTLED = "dismissed-settled"
    TOLD_DIFFERENTLY = "told-differently"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A difference between the bank's lines and a payment. The amount of a missing side is None."""

    kind: Kind
    reference: str
    bill_number: str | None
    line_halalas: int | None = None
    payment_halalas: int | None = None
    payment_id: str | None = None


def compare(
    lines: Iterable[Line], payments: Iterable[ComparedPayment]
) -> tuple[int, list[Difference]]:
    """Returns the number of payments that match their line, and the differences in the order of their references."""
    lines_of_reference: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        lines_of_reference[line.reference].append(line)
    by_reference = {one.reference: one for one in payments}
    matched, found = 0, []
    for reference in sorted(lines_of_reference.keys() | by_reference.keys()):
        differences = _compare_one(
            lines_of_reference.get(reference, []), by_reference.get(reference)
        )
        matched += not differences
        found += differences
    return matched, found


def _compare_one(lines: Sequence[Line], payment: ComparedPayment | None) -> list[Difference]:
    if payment is None:
        return [_difference(Kind.UNNOTICED, lines[0], None), *_repeated_lines(lines, None)]
    if not lines:
        return [_difference(Kind.UNSETTLED, None, payment)]
    line, found = lines[0], []
    if line.amount_halalas != payment.amount_halalas:
        found.append(_difference(Kind.AMOUNT, line, payment))
    if line.bill_number is not None and line.bill_number != payment.bill_number:
        found.append(_difference(Kind.BILL, line, payment))
    if len(payment.notices) > 1:
        found.append(_difference(Kind.TOLD_DIFFERENTLY, line, payment))
    if payment.suspended:
        found.append(_difference(Kind.IN_SUSPENSE, line, payment))
    if payment.dismissed:
        found.append(_difference(Kind.DISMISSED_SETTLED, line, payment))
    return [*found, *_repeated_lines(lines, payment)]


def _repeated_lines(lines: Sequence[Line], payment: ComparedPayment | None) -> list[Difference]:
    return [_difference(Kind.TWICE, line, payment) for line in lines[1:]]


def _difference(kind: Kind, line: Line | None, payment: ComparedPayment | None) -> Difference:
    reference = line.reference if line else payment.reference if payment else ""
    number = line.bill_number if line else None
    return Difference(
        kind=kind,
        reference=reference,
        bill_number=number or (payment.bill_number if payment else None),
        line_halalas=line.amount_halalas if line else None,
        payment_halalas=payment.amount_halalas if payment else None,
        payment_id=payment.payment_id if payment else None,
    )


def read_settlement(document: Mapping[str, Any], day: date) -> list[Line]:
    """Returns the lines of the bill system's answer: {day, count, lines: [{line_id, payment, bill_number, amount}]}.
    Raises Unreadable for another day, and for another count than the number of lines: half a settlement is refused."""
    rows = document["lines"]
    if document["day"] != day.isoformat() or document["count"] != len(rows):
        raise Unreadable(0, "count")
    return _require_unique_ids(
        (number, _parse_line(number, {**row, "reference": row["payment"]}))
        for number, row in enumerate(rows, 1)
    )


def read_csv(text: str) -> list[Line]:
    """Returns the lines of the bank's file about a counter's terminal or deposits: a heading and the columns
    `line_id,reference,bill_number,amount`. Raises Unreadable."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Unreadable(0, HEADING)
        rows = [(reader.line_num, row) for row in reader]  # the reader drops blank lines
    except csv.Error:
        raise Unreadable(reader.line_num, "csv") from None
    for number, row in rows:
        if None in row:  # more cells than columns: an amount of «1,250.50» is two
            raise Unreadable(number, CELLS)
    return _require_unique_ids((number, _parse_line(number, row)) for number, row in rows)


def _parse_line(number: int, row: Mapping[str, Any]) -> Line:
    texts = {name: row.get(name) for name in ("line_id", "reference")}
    for name, text in texts.items():
        if not isinstance(text, str) or not _CODE.fullmatch(text):
            raise Unreadable(number, name)
    bill_number = row.get("bill_number") or None
    if bill_number is not None and not re.fullmatch(r"[0-9]{6,20}", str(bill_number), re.ASCII):
        raise Unreadable(number, "bill_number")
    try:
        amount = parse_riyals(row["amount"])
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Unreadable(number, "amount") from None
    if not 0 < amount <= MOST_HALALAS:
        raise Unreadable(number, "amount")
    return Line(
        line_id=str(row["line_id"]),
        reference=str(row["reference"]),
        bill_number=None if bill_number is None else str(bill_number),
        amount_halalas=amount,
    )


def _require_unique_ids(numbered: Iterable[tuple[int, Line]]) -> list[Line]:
    """Returns the lines. `numbered`: each with its place. Raises Unreadable for the first line that repeats an id."""
    found: dict[str, Line] = {}
    for number, line in numbered:
        if line.line_id in found:
            raise Unreadable(number, "line_id")
        found[line.line_id] = line
    return list(found.values())
