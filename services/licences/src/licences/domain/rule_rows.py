"""Changes of single rows of the rules."""

from collections.abc import Iterable, Mapping
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
    before ends on the day before, or is replaced if it's of the same day. After the last day of the new row, it holds
    again. Raises InvalidFields for an unknown fee, and for more than the limits."""
    if row.halalas > limits.halalas:
        raise InvalidFields.of("amount", "maximum", limit=limits.halalas // 100)
    of_fee = [fee for fee in document["fees"] if fee["code"] == row.code]
    if not of_fee:
        raise InvalidFields.of("code", "rule-fee-unknown")
    newest = max(of_fee, key=lambda fee: str(fee["since"]))
    ends = {"until": row.until.isoformat()} if row.until else {}
    added = {
        **{name: value for name, value in newest.items() if name != "until"},
        "halalas": row.halalas,
        "since": row.since.isoformat(),
        **ends,
    }
    ended = [_end_before(fee, row) for fee in document["fees"]]
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
