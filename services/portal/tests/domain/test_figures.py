"""Which figures are published, and in which months things are counted."""

from collections import defaultdict
from datetime import date
from itertools import product

import pytest

from portal.domain.figures import (
    DECIDED,
    LEAST,
    OPENED,
    SERIES,
    Figure,
    MonthCount,
    branch_figures_of,
    figures_of,
    months_before,
    publish,
)

TODAY = date(2026, 11, 30)
FEW, HIDDEN = Figure(None, is_few=True), Figure(None)


def counted(month, count, *, kind="report", by=OPENED, category=None, branch=None):
    return MonthCount(kind, by, month, category, None, count, branch)


def by_category(series, one):
    return one.category if series.parts else None


def figures(code, *counts):
    return figures_of(SERIES[code], counts, TODAY, by_category)


def test_the_months_are_the_twelve_whole_months_before_today():
    months = months_before(TODAY)

    assert (months[0], months[-1], len(months)) == (date(2025, 11, 1), date(2026, 10, 1), 12)
    assert months_before(date(2026, 1, 5))[-1] == date(2025, 12, 1)


def test_a_month_before_the_first_count_of_any_series_is_left_out():
    months = figures("transactions", counted("2026-09", 7))

    assert [(one.month.month, one.total) for one in months] == [(9, Figure(0)), (10, Figure(0))]
    assert figures("transactions") == []


def test_only_things_of_the_series_are_counted_by_its_day():
    (month,) = figures(
        "reports",
        counted("2026-10", 20),
        counted("2026-10", 9, by=DECIDED),
        counted("2026-10", 8, kind="transaction"),
    )

    assert month.total == Figure(20)


@pytest.mark.parametrize("count", range(1, LEAST))
def test_a_count_that_may_point_to_a_person_is_not_published(count):
    assert publish({"": count}) == (FEW, {"": FEW})


def test_nothing_and_five_are_published():
    assert publish({"": 0})[0] == Figure(0)
    assert publish({"": 5})[0] == Figure(5)


def test_a_second_part_is_left_out_so_that_the_first_one_cannot_be_computed():
    total, parts = publish({"roads": 40, "cleaning": 12, "animals": 2, "parks": 0})

    assert total == Figure(54)
    assert parts == {
        "roads": Figure(40),
        "cleaning": HIDDEN,
        "animals": FEW,
        "parks": Figure(0),
    }


def test_the_sum_is_left_out_where_the_parts_that_are_left_out_are_few_together():
    assert publish({"shops": 4, "offices": 4}) == (HIDDEN, {"shops": FEW, "offices": FEW})


def test_the_sum_is_left_out_where_only_few_counts_would_make_it():
    few = {"shops": FEW, "offices": FEW, "practices": FEW}

    assert publish(dict.fromkeys(few, 4)) == (HIDDEN, few)
    assert publish(dict.fromkeys("abcd", 1)) == (HIDDEN, dict.fromkeys("abcd", FEW))


@pytest.mark.parametrize(("parts", "most"), [(1, 13), (2, 13), (3, 13), (4, 9)])
def test_no_count_follows_from_what_is_published_even_for_who_knows_the_rule(parts, most):
    possible = defaultdict(list)
    for sums in product(range(most), repeat=parts):
        total, shown = publish(dict(enumerate(sums)))
        if total.count is None or total.count < most:
            possible[total, *shown.values()].append((sum(sums), *sums))

    for published, counts in possible.items():
        for figure, values in zip(published, map(set, zip(*counts, strict=True)), strict=True):
            assert figure.count not in range(1, LEAST)
            assert figure.count is not None or len(values) > 1, (published, counts)


def branches_of_month(*counts):
    """Returns the sum and the branches of a month, as they are published."""
    totals = figures("reports", *counts)
    (month,) = branch_figures_of(
        SERIES["reports"], counts, TODAY, totals, ("saihat", "safwa", "tarout")
    )
    return month.total, month.parts


def test_branches_divide_the_sum_by_the_same_rule_against_small_counts():
    total, branches = branches_of_month(
        *(counted("2026-10", 20, branch=one) for one in ("saihat", "tarout")),
        counted("2026-10", 2, branch="safwa"),
    )

    assert total == Figure(42)
    assert branches == {"safwa": FEW, "saihat": HIDDEN, "tarout": Figure(20)}


def test_where_the_sum_is_left_out_beside_its_parts_no_branch_tells_the_sum():
    total, branches = branches_of_month(
        counted("2026-10", 7, category="roads", branch="saihat"),
        counted("2026-10", 1, category="parks", branch="saihat"),
    )

    assert total == Figure(None)
    assert set(branches.values()) == {HIDDEN}


def test_where_the_branches_would_take_the_sum_with_them_the_sum_stays_alone():
    total, branches = branches_of_month(
        counted("2026-10", 5, branch="saihat"), counted("2026-10", 1, branch="safwa")
    )

    assert total == Figure(6)
    assert set(branches.values()) == {HIDDEN}
