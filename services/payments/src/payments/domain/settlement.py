"""The bank's settlement of a day, line by line, and what it has in common with what we were told."""

import csv
import io
import re
from collections import Counter, defaultdict
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
COLUMNS = ("line_id", "reference", "bill_number", "amount")


def last_day(now: datetime, hour: int) -> date:
    """The last day in Riyadh whose settlement is due: yesterday, from this hour on."""
    local = now.astimezone(RIYADH)
    return local.date() - timedelta(days=1 if local.hour >= hour else 2)


def is_over(day: date, now: datetime) -> bool:
    """Whether it's over in Riyadh: a day that isn't can't be reconciled, for money may still come."""
    return day < now.astimezone(RIYADH).date()


def day_with(paid_at: datetime, received_at: datetime) -> date:
    """The day in Riyadh with which a payment is reconciled: that of its payment; that of its receipt when it's told to
    be of a later day, or of one so long ago that nobody may ask for its settlement any more."""
    paid_on, received_on = paid_at.astimezone(RIYADH).date(), received_at.astimezone(RIYADH).date()
    late = (received_on - paid_on).days
    return paid_on if 0 <= late <= MOST_DAYS_TOLD_LATE else received_on


@dataclass(frozen=True, kw_only=True)
class Came:
    """Payments of a day: all that we were told of, and those that weren't dismissed."""

    payments: int
    standing: int


NONE_CAME = Came(payments=0, standing=0)


@dataclass(frozen=True, kw_only=True)
class Made:
    """When a day was reconciled last, and what had come by then."""

    at: datetime
    came: Came


def has_moved(day: date, made: Made, came: Came) -> bool:
    """Whether a day has to be reconciled again: it wasn't over, or a payment of it came or was dismissed since.
    Payments are counted, for the time of a receipt doesn't tell whether it was committed when they were compared."""
    return not is_over(day, made.at) or made.came != came


def days_due(
    last: date, made: Mapping[date, Made], came: Mapping[date, Came] | None = None
) -> list[date]:
    """The days up to `last` that have to be reconciled, the oldest first: those of a week, all that are missing since
    the first one that was `made`, for a settlement may be away for longer than a week, and all of which something
    `came` that none has seen. A year back at most."""
    came = came or {}
    earliest = last - timedelta(days=MOST_DAYS_BACK - 1)
    first = max(min([*made, last - timedelta(days=DAYS_BACK - 1)]), earliest)
    days = {first + timedelta(days=count) for count in range((last - first).days + 1)}
    days |= {day for day in came if earliest <= day <= last}
    return [
        day
        for day in sorted(days)
        if day not in made or has_moved(day, made[day], came.get(day, NONE_CAME))
    ]


class TookMoneyOfDay(Conflict):
    """Who entered money of a day doesn't say what the bank has of it."""

    problem = "took-money-of-day"


class Unreadable(ValueError):
    """A settlement that isn't of its form. `line` counts from 1; 0: the whole of it."""

    def __init__(self, line: int, field: str) -> None:
        super().__init__(f"line {line}: {field}")
        self.line = line
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Line:
    """`reference` is the payment's: the bill system's number, or the counter's receipt."""

    line_id: str
    reference: str
    bill_number: str | None
    amount_halalas: int


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A payment as it was told to us. `told`: the amounts and bill numbers of all its notices."""

    payment_id: str
    reference: str
    bill_number: str | None
    amount_halalas: int
    suspended: bool = False
    dismissed: bool = False
    told: frozenset[tuple[str, int]] = frozenset()


class Kind(StrEnum):
    """`unnoticed`: the bank has it, and nobody told us. `unsettled`: we were told, and the bank hasn't it.
    `in-suspense`: both agree, and a clerk has to decide. `dismissed-settled`: two people held that it never came, and
    the bank has it. `told-differently`: two notices of the payment disagree."""

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
    """Either side is None where it's missing."""

    kind: Kind
    reference: str
    bill_number: str | None
    line_halalas: int | None = None
    payment_halalas: int | None = None
    payment_id: str | None = None


def compare(lines: Iterable[Line], payments: Iterable[Taken]) -> tuple[int, list[Difference]]:
    """(number of payments that met their line in all, the differences in the order of their references)."""
    of_reference: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        of_reference[line.reference].append(line)
    taken = {one.reference: one for one in payments}
    matched, found = 0, []
    for reference in sorted(of_reference.keys() | taken.keys()):
        both = _pair(of_reference.get(reference, []), taken.get(reference))
        matched += not both
        found += both
    return matched, found


def _pair(lines: Sequence[Line], payment: Taken | None) -> list[Difference]:
    if payment is None:
        return [_of(Kind.UNNOTICED, lines[0], None), *_twice(lines, None)]
    if not lines:
        return [_of(Kind.UNSETTLED, None, payment)]
    line, found = lines[0], []
    if line.amount_halalas != payment.amount_halalas:
        found.append(_of(Kind.AMOUNT, line, payment))
    if line.bill_number is not None and line.bill_number != payment.bill_number:
        found.append(_of(Kind.BILL, line, payment))
    if len(payment.told) > 1:
        found.append(_of(Kind.TOLD_DIFFERENTLY, line, payment))
    if payment.suspended:
        found.append(_of(Kind.IN_SUSPENSE, line, payment))
    if payment.dismissed:
        found.append(_of(Kind.DISMISSED_SETTLED, line, payment))
    return [*found, *_twice(lines, payment)]


def _twice(lines: Sequence[Line], payment: Taken | None) -> list[Difference]:
    return [_of(Kind.TWICE, line, payment) for line in lines[1:]]


def _of(kind: Kind, line: Line | None, payment: Taken | None) -> Difference:
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


def lines_of(document: Mapping[str, Any], day: date) -> list[Line]:
    """The bill system's answer: {day, count, lines: [{line_id, payment, bill_number, amount}]}. Raises Unreadable when
    it's of another day or the count isn't that of the lines: half a settlement is none."""
    rows = document["lines"]
    if document["day"] != day.isoformat() or document["count"] != len(rows):
        raise Unreadable(0, "count")
    return _unique(
        _line(number, {**row, "reference": row["payment"]}) for number, row in enumerate(rows, 1)
    )


def read_csv(text: str) -> list[Line]:
    """A file of the bank about a counter's terminal or deposits: a heading and the columns `line_id,reference,
    bill_number,amount`. Raises Unreadable."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Unreadable(0, "heading")
        rows = list(reader)
    except csv.Error:
        raise Unreadable(reader.line_num, "csv") from None
    return _unique(_line(number, row) for number, row in enumerate(rows, 1))


def _line(number: int, row: Mapping[str, Any]) -> Line:
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


def _unique(lines: Iterable[Line]) -> list[Line]:
    found = list(lines)
    if repeated := [
        key for key, count in Counter(one.line_id for one in found).items() if count > 1
    ]:
        place = [one.line_id for one in found].index(repeated[0])
        raise Unreadable(place + 1, "line_id")
    return found
