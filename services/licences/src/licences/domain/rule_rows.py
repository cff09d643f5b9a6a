"""Changes of single rows of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chassis.core.refusals import InvalidFields

Document = Mapping[str, Any]
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class FeeLimits:
    """The most halalas of a fee and the most rows of fees that the form of the rules allows."""

    halalas: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class FeeRow:
    """Another amount of a fee, in halalas, from the day `since` to the day `until`, if there is one."""

    code: str
    halalas: int
    since: date
    until: date | None = None


def with_fee_row(document: Document, row: FeeRow, limits: FeeLimits) -> dict[str, Any]:
    """Returns the document with a further row of a fee, which is like the newest row of the fee. The row that holds
    before ends on the day before. After the last day of the new row, it holds again. A row of the same first day is
    taken out beforehand, as if it had never been added. Raises InvalidFields for an unknown fee, and for more than the
    limits."""
    if row.halalas > limits.halalas:
        raise InvalidFields.of("amount", "maximum", limit=limits.halalas // 100)
    if all(fee["code"] != row.code for fee in document["fees"]):
        raise InvalidFields.of("code", "rule-fee-unknown")
    before = _take_out_row_of_same_day(document["fees"], row)
    of_fee = [fee for fee in before if fee["code"] == row.code]
    newest = max(of_fee, key=lambda fee: str(fee["since"]))
    ends = {"until": row.until.isoformat()} if row.until else {}
    added = {
        **{name: value for name, value in newest.items() if name != "until"},
        "halalas": row.halalas,
        "since": row.since.isoformat(),
        **ends,
    }
    ended = [_end_before(fee, row) for fee in before]
    kept = [fee for fee in ended if (fee["code"], fee["since"]) != (row.code, added["since"])]
    last = max((place for place, fee in enumerate(kept) if fee["code"] == row.code), default=-1)
    after = _resume_after(row, of_fee)
    fees = [*kept[: last + 1], added, *after, *kept[last + 1 :]]
    if len(fees) > limits.rows:
        raise InvalidFields.of("fees", "too-many", limit=limits.rows)
    return {**document, "fees": fees}


def place_of_row(document: Document, row: FeeRow) -> str:
    """Returns where the row stands in a document that has it, such as `fees.3.`, as `rule_faults` names places."""
    first = row.since.isoformat()
    rows = [(fee["code"], fee["since"]) for fee in document["fees"]]
    return f"fees.{rows.index((row.code, first))}."


def _take_out_row_of_same_day(fees: Sequence[Document], row: FeeRow) -> Sequence[Document]:
    """Returns the rows without the fee's row of the same first day: the row before holds through the days of that row,
    and is one with the row after where that's the same amount again. The first row of a fee stays: nothing holds
    before it."""
    of_fee = {fee["since"]: fee for fee in fees if fee["code"] == row.code}
    first = row.since.isoformat()
    eve = (row.since - _DAY).isoformat()
    replaced = of_fee.get(first)
    before = next((fee for fee in of_fee.values() if fee.get("until") == eve), None)
    if replaced is None or before is None:
        return fees
    gone = [replaced]
    after = of_fee.get(_day_after(replaced))
    if after and _without_days(after) == _without_days(before):
        gone.append(after)
    extended = {name: value for name, value in before.items() if name != "until"}
    if "until" in gone[-1]:
        extended["until"] = gone[-1]["until"]
    return [
        extended if fee is before else fee for fee in fees if not any(fee is one for one in gone)
    ]


def _day_after(fee: Document) -> str:
    """Returns the day after a row's last day, or nothing for a row without one."""
    return (date.fromisoformat(fee["until"]) + _DAY).isoformat() if "until" in fee else ""


def _without_days(fee: Document) -> dict[str, Any]:
    return {name: value for name, value in fee.items() if name not in ("since", "until")}


def _end_before(fee: Document, row: FeeRow) -> Document:
    """Returns a row of the same fee ended on the day before, if it holds on the day of the new row."""
    first, last = row.since.isoformat(), fee.get("until")
    holds = fee["since"] < first and (last is None or last >= first)
    if fee["code"] != row.code or not holds:
        return fee
    return {**fee, "until": (row.since - _DAY).isoformat()}


def _resume_after(row: FeeRow, of_fee: Iterable[Document]) -> list[Document]:
    """Returns the row that the new row interrupts, from the day after the new row's last day on."""
    if row.until is None or row.until < row.since:
        return []
    first, last = row.since.isoformat(), row.until.isoformat()
    interrupted = [
        fee
        for fee in of_fee
        if fee["since"] <= first and (fee.get("until") is None or fee["until"] > last)
    ]
    return [{**fee, "since": (row.until + _DAY).isoformat()} for fee in interrupted]
