"""A further row of a fee in a version of the rules."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from operator import itemgetter
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from licences.catalogue import fee_limits, first_rules, municipalities
from licences.domain.rule_documents import rule_faults
from licences.domain.rule_rows import FeeRow, place_of_row, with_fee_row

BEGUN = "2026-01-01"
FIRST, LAST = date(2027, 1, 1), date(2027, 3, 31)


def with_row(row: FeeRow, until: str | None = None) -> Any:
    """The first rules with the row, where the fee's own row ends on `until`."""
    document = deepcopy(dict(first_rules()))
    for fee in document["fees"]:
        if fee["code"] == row.code and until:
            fee["until"] = until
    return with_fee_row(document, row, fee_limits())


def rows_of(document: Any, code: str = "sign") -> list[tuple[int, str, str | None]]:
    rows = [one for one in document["fees"] if one["code"] == code]
    return [(one["halalas"], one["since"], one.get("until")) for one in rows]


@pytest.mark.parametrize(
    ("until", "after"),
    [
        (None, [(10000, "2027-04-01", None)]),
        ("2027-04-01", [(10000, "2027-04-01", "2027-04-01")]),
        ("2027-03-31", []),
        ("2027-02-01", []),
    ],
)
def test_after_the_last_day_of_a_row_the_row_before_holds_again(
    until: str | None, after: list[tuple[int, str, str | None]]
) -> None:
    document = with_row(FeeRow(code="sign", halalas=15000, since=FIRST, until=LAST), until)

    assert rows_of(document) == [
        (10000, BEGUN, "2026-12-31"),
        (15000, "2027-01-01", "2027-03-31"),
        *after,
    ]
    assert rule_faults(document, municipalities=municipalities()) == []


def test_a_row_that_is_replaced_holds_again_too() -> None:
    row = FeeRow(code="sign", halalas=15000, since=date.fromisoformat(BEGUN), until=LAST)

    assert rows_of(with_row(row)) == [
        (15000, BEGUN, "2027-03-31"),
        (10000, "2027-04-01", None),
    ]


@pytest.mark.parametrize("until", [date(2027, 2, 28), LAST, date(2027, 6, 30), None])
def test_a_row_is_corrected_as_if_it_had_never_been_added(until: date | None) -> None:
    wrong = with_row(FeeRow(code="sign", halalas=15000, since=FIRST, until=LAST))
    right = FeeRow(code="sign", halalas=12000, since=FIRST, until=until)

    corrected = with_fee_row(wrong, right, fee_limits())

    assert rows_of(corrected) == rows_of(with_row(right))
    assert rule_faults(corrected, municipalities=municipalities()) == []


def test_a_row_between_other_amounts_gives_its_days_to_the_row_before() -> None:
    later = with_row(FeeRow(code="sign", halalas=20000, since=date(2027, 4, 1)))
    wrong = FeeRow(code="sign", halalas=15000, since=FIRST, until=LAST)
    right = FeeRow(code="sign", halalas=12000, since=FIRST, until=date(2027, 1, 31))

    corrected = with_fee_row(with_fee_row(later, wrong, fee_limits()), right, fee_limits())

    assert sorted(rows_of(corrected), key=itemgetter(1)) == [
        (10000, BEGUN, "2026-12-31"),
        (12000, "2027-01-01", "2027-01-31"),
        (10000, "2027-02-01", "2027-03-31"),
        (20000, "2027-04-01", None),
    ]


def test_a_row_that_ends_before_it_begins_has_this_fault_alone() -> None:
    row = FeeRow(code="sign", halalas=15000, since=LAST, until=FIRST)
    document = with_row(row)

    faults = rule_faults(document, municipalities=municipalities())
    assert [(one.field, one.code) for one in faults] == [
        (f"{place_of_row(document, row)}until", "before-start")
    ]


def test_a_row_keeps_to_the_limits_of_the_form() -> None:
    document = deepcopy(dict(first_rules()))
    full = {**document, "fees": document["fees"] * 200}
    form = contracts.openapi("licences")["components"]["schemas"]["RuleDocument"]["properties"]
    most = form["fees"]["items"]["properties"]["halalas"]["maximum"]
    row = FeeRow(code="sign", halalas=most, since=FIRST)

    limits = fee_limits()
    assert len(with_fee_row(document, row, limits)["fees"]) < form["fees"]["maxItems"] == 200
    assert (limits.halalas, limits.rows) == (most, 200)
    with pytest.raises(InvalidFields, match="maximum"):
        with_fee_row(document, replace(row, halalas=most + 1), limits)
    with pytest.raises(InvalidFields, match="too-many"):
        with_fee_row(full, row, limits)
