"""The days of the rows of a version: when it changes, rows that never hold, days that no row has."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from licences.catalogue import first_rules, municipalities
from licences.domain.rule_days import MOST_DAYS, days_of_change
from licences.domain.rule_documents import rule_faults

FIRST_DAY = "2027-01-01"
BEFORE = deepcopy(dict(first_rules()))
SMALL = BEFORE["fees"][0]
FEES = len(BEFORE["fees"])
Document = dict[str, Any]


def proposal(change: Callable[[Document], None], before: Any = BEFORE) -> Document:
    document: Document = deepcopy(before)
    document["version"], document["effective_from"] = "2027.1", FIRST_DAY
    change(document)
    return document


def faults(change: Callable[[Document], None], before: Any = BEFORE) -> list[tuple[str, str]]:
    found = rule_faults(
        proposal(change, before),
        municipalities=municipalities(),
        after=date(2026, 12, 1),
        before=before,
    )
    return [(one.field, one.code) for one in found]


def row(since: str, until: str | None = None, **changes: Any) -> Document:
    return {**SMALL, "since": since, "until": until, **changes}


def with_rows(*rows: Document) -> Callable[[Document], None]:
    """Replaces the rows of the fee of small activities."""

    def change(document: Document) -> None:
        document["fees"] = [one for one in document["fees"] if one["code"] != SMALL["code"]]
        document["fees"].extend(rows)

    return change


def with_activity(**changes: Any) -> Callable[[Document], None]:
    return lambda document: document["activities"][0].update(changes)


def test_a_version_changes_on_the_days_on_which_a_row_begins_or_has_ended() -> None:
    def change(document: Document) -> None:
        with_rows(row("2026-01-01", "2027-02-28"), row("2027-03-01", halalas=9_999_900))(document)
        document["activities"][0]["in_force_until"] = "2027-06-30"
        document["activities"][1]["in_force_from"] = "2026-06-01"

    assert days_of_change(proposal(change)) == [
        date(2027, 1, 1),
        date(2027, 3, 1),
        date(2027, 7, 1),
    ]


def test_a_version_without_later_rows_changes_on_its_first_day_alone() -> None:
    assert days_of_change(proposal(lambda _: None)) == [date(2027, 1, 1)]


def test_a_version_changes_on_a_dozen_days_and_each_further_day_is_named() -> None:
    def monthly(count: int) -> Callable[[Document], None]:
        """Rows of a day each, from 2 January on; the last one doesn't end."""
        days = [date(2027, 1, 1) + timedelta(days=place) for place in range(count)]
        rows = [row(str(day), str(day)) for day in days[:-1]]
        return with_rows(*rows, row(str(days[-1])))

    assert faults(monthly(MOST_DAYS)) == []
    assert faults(monthly(MOST_DAYS + 2)) == [
        ("fees.16.until", "rule-days-many"),
        ("fees.17.since", "rule-days-many"),
        ("fees.17.until", "rule-days-many"),
        ("fees.18.since", "rule-days-many"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [row("2026-01-01", "2026-12-31"), row("2027-01-01", halalas=40_000)],
        [row("2026-01-01", "2026-06-30"), row("2026-07-01", halalas=40_000)],
        [row("2027-01-01", halalas=40_000)],
        [row("2026-01-01", "2027-06-30")],
        [],
    ],
)  # fmt: skip
def test_the_row_that_a_later_row_follows_may_stay(rows: list[Document]) -> None:
    assert faults(with_rows(*rows)) == []


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        # A new amount for days that are over when the version begins.
        ([row("2026-01-01", "2026-06-30"), row("2026-07-01", "2026-08-31", halalas=40_000),
          row("2026-09-01")], [f"fees.{FEES}.until"]),
        # The fee would end before the version begins.
        ([row("2026-01-01", "2026-12-31")], [f"fees.{FEES - 1}.until"]),
        # Every such row is named.
        ([row("2025-01-01", "2025-06-30"), row("2025-07-01", "2025-12-31"), row("2026-01-01")],
         [f"fees.{FEES - 1}.until", f"fees.{FEES}.until"]),
    ],
)  # fmt: skip
def test_a_row_that_never_holds_is_named(rows: list[Document], places: list[str]) -> None:
    assert faults(with_rows(*rows)) == [(place, "rule-row-past") for place in places]


def test_an_activity_ends_after_the_version_begins_unless_it_had_ended() -> None:
    ended = with_activity(in_force_until="2026-06-30")
    before = proposal(ended)

    assert faults(ended) == [("activities.0.in_force_until", "rule-row-past")]
    assert faults(lambda _: None, before) == []
    assert faults(with_activity(in_force_until="2026-07-31"), before) == [
        ("activities.0.in_force_until", "rule-row-past")
    ]


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([row("2027-03-01")], [f"fees.{FEES - 1}.since"]),
        ([row("2026-01-01", "2026-12-31"), row("2027-03-01")], [f"fees.{FEES}.since"]),
        ([row("2026-01-01", "2027-01-31"), row("2027-02-02", "2027-02-28"), row("2027-03-02")],
         [f"fees.{FEES}.since", f"fees.{FEES + 1}.since"]),
    ],
)  # fmt: skip
def test_days_on_which_a_fee_has_no_row_are_named(rows: list[Document], places: list[str]) -> None:
    assert faults(with_rows(*rows)) == [(place, "rule-days-open") for place in places]


def test_days_without_a_row_may_stay_as_they_are_in_force() -> None:
    hole = [row("2026-01-01", "2027-01-31"), row("2027-03-01")]
    before = proposal(with_rows(*hole))

    wider = [row("2026-01-01", "2027-01-31"), row("2027-03-15")]
    assert faults(with_rows(*hole), before) == []
    assert faults(with_rows(*wider), before) == [(f"fees.{FEES}.since", "rule-days-open")]


def test_a_new_fee_begins_on_any_day_and_has_no_hole() -> None:
    def change(*rows: Document) -> Callable[[Document], None]:
        return lambda document: document["fees"].extend(rows)

    begun = row("2027-03-01", "2027-04-30", code="season")
    again = row("2028-03-01", code="season")
    pause = row("2027-05-01", "2028-02-29", code="season", halalas=0)

    assert faults(change(begun)) == []
    assert faults(change(begun, again)) == [(f"fees.{FEES + 1}.since", "rule-days-open")]
    assert faults(change(begun, pause, again)) == []


def test_an_activity_that_is_offered_is_not_without_a_day() -> None:
    later = with_activity(in_force_from="2027-03-01")

    assert faults(later) == [("activities.0.in_force_from", "rule-days-open")]
    assert faults(lambda _: None, proposal(later)) == []


def test_a_row_that_ends_before_it_begins_has_this_fault_alone() -> None:
    rows = [row("2026-01-01", "2026-12-31"), row("2027-01-01", "2026-06-30")]

    assert faults(with_rows(*rows)) == [(f"fees.{FEES}.until", "before-start")]


def test_days_at_the_ends_of_the_calendar_are_read() -> None:
    rows = [row("0001-01-01", "9999-12-31"), row("9999-12-31")]

    assert faults(with_rows(*rows)) == [(f"fees.{FEES}.since", "rule-fee-twice")]
