"""Deeds, plans, plots, points and areas, by the spellings that Qatif's papers have."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from saudi.coordinates import QATIF, check_order, check_within
from saudi.days import parse_hijri
from saudi.land import (
    deed_date_warning,
    parse_deed_number,
    parse_plan_number,
    parse_plot,
    plan_key,
    plan_number_warning,
)
from saudi.measures import parse_decimal, parse_measure

Refused = Callable[..., str]
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("٤٢٢ / ٣ ج", "422/3 ج"),
        ("٤٢٢/٣ج", "422/3 ج"),
        ("422 /3ج", "422/3 ج"),
        ("٤٢٢/٣ـ ج", "422/3 ج"),
        ("\u200f422/3 ج", "422/3 ج"),
        ("713 / 7", "713/7"),
        ("713/7", "713/7"),
        ("۷۱۳/۷", "713/7"),
        (" 415/جـ ", "415/ج"),
        ("\u200f3/15\u200e", "3/15"),
        ("1264", "1264"),
        ("215 أ", "215 أ"),
        ("215/2", "215/2"),
        ("بدون  مخطط", "بدون مخطط"),
    ],
)
def test_plan_numbers_have_one_spelling_to_compare_by(written: str, key: str) -> None:
    assert plan_key(written) == key


def test_a_plan_number_is_kept_in_its_normal_form() -> None:
    assert parse_plan_number(" ٧١٣ / ٧ ") == "713/7"
    assert parse_plan_number("٤٢٢ / ٣ ج") == "422/3 ج"


@pytest.mark.parametrize("written", ["بدون مخطط", "بدون", "بدون  مخطـط"])
def test_words_for_no_plan_are_no_plan_number(written: str) -> None:
    assert parse_plan_number(written) is None


@pytest.mark.parametrize(
    "number", ["713/7", "422/3 ج", "415/ج", "128", "3/15", "1264", "4/27", "422/3ج"]
)
def test_the_plan_numbers_of_qatif_are_not_odd(number: str) -> None:
    assert plan_number_warning(number) is None


@pytest.mark.parametrize(
    ("number", "oddity"),
    [
        ("422\\3", "plan-number-odd"),
        ("422-3", "plan-number-odd"),
        ("422/3/1/4", "plan-number-odd"),
        ("ج", "plan-number-odd"),
        ("3/422", "plan-number-reversed"),
        ("7/713", "plan-number-reversed"),
        ("3/422 ج", "plan-number-reversed"),
    ],
)
def test_a_plan_number_that_is_probably_mistyped_is_odd(number: str, oddity: str) -> None:
    assert plan_number_warning(number) == oddity


def test_a_plan_number_has_text_and_at_most_20_characters(refused: Refused) -> None:
    assert parse_plan_number("1" * 20) == "1" * 20
    assert refused(parse_plan_number, "1" * 21) == "too-long"
    assert refused(parse_plan_number, "ـ ") == "required"


@pytest.mark.parametrize(
    ("written", "plot"), [("٢١٥", "215"), ("215 / 2", "215/2"), ("٢١٥ أ", "215 أ")]
)
def test_a_plot_is_a_number_with_a_part_or_a_letter(written: str, plot: str) -> None:
    assert parse_plot(written) == plot


def test_a_plot_has_text_and_at_most_15_characters(refused: Refused) -> None:
    assert refused(parse_plot, " ") == "required"
    assert refused(parse_plot, "1" * 16) == "too-long"


@pytest.mark.parametrize(
    ("deed_type", "written", "number"),
    [
        ("electronic", "912304005678", "912304005678"),
        ("electronic", "٩١٢٣٠٤٠٠٥٦٧٨", "912304005678"),
        ("registry", "1234 5678 9012 3456", "1234567890123456"),
        ("legacy", "٣٣١", "331"),
        ("legacy", "331/ب", "331/ب"),
        ("legacy", "331 جلد 4", "331 جلد 4"),
    ],
)
def test_deeds_come_in_three_forms(deed_type: str, written: str, number: str) -> None:
    assert parse_deed_number(deed_type, written) == number


@pytest.mark.parametrize(
    ("deed_type", "written", "code"),
    [
        ("electronic", "91230400567", "length"),
        ("electronic", "91230400567x", "digits"),
        ("electronic", "", "digits"),
        ("registry", "912304005678", "length"),
        ("legacy", "", "required"),
    ],
)
def test_a_wrong_number_of_a_deed_is_refused(
    refused: Refused, deed_type: str, written: str, code: str
) -> None:
    assert refused(parse_deed_number, deed_type, written) == code


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        ("12/8/1374", None),
        ("1448/06/14", None),
        ("1448/06/15", "deed-in-future"),
        ("1480/01/01", "deed-in-future"),
        ("1447/02/30", "hijri-date"),
        ("1320/01/01", "hijri-date"),
    ],
)
def test_an_odd_date_of_a_deed_is_noticed(written: str, warning: str | None) -> None:
    assert deed_date_warning(parse_hijri(written), today=TODAY) == warning


def test_swapped_coordinates_are_refused(refused: Refused) -> None:
    check_order(26.5639, 50.0012)
    assert refused(check_order, 50.0012, 26.5639) == "coordinates-swapped"


def test_a_point_outside_the_governorate_is_only_noticed() -> None:
    assert QATIF.contain(26.6634, 49.9616)
    assert not QATIF.contain(24.71, 46.67)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,250.50", "1250.50"),
        ("١٬٢٥٠٫٥٠", "1250.50"),
        ("1250", "1250"),
        ("-1", "-1"),
        ("0.01", "0.01"),
    ],
)
def test_a_number_is_read_with_either_decimal_sign(written: str, number: str) -> None:
    assert parse_decimal(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "x", "1.2.3", "12,50", "1e3", "NaN", "--1"])
def test_what_is_no_number_is_refused(refused: Refused, written: str) -> None:
    assert refused(parse_decimal, written) == "number"


@pytest.mark.parametrize(
    ("value", "zero"),
    [(1250.50, False), ("1,250.50", False), (0.01, False), (0, True), (1e7, False)],
)
def test_a_measure_is_more_than_nothing_with_two_decimals(value: float | str, zero: bool) -> None:
    assert parse_measure(value, zero=zero) >= 0


@pytest.mark.parametrize(
    ("value", "zero", "code"),
    [
        (-1, False, "positive"),
        (0, False, "positive"),
        (-1, True, "positive"),
        (1.234, False, "decimals"),
    ],
)
def test_a_wrong_measure_is_refused(refused: Refused, value: float, zero: bool, code: str) -> None:
    assert refused(parse_measure, value, zero=zero) == code


def test_a_shop_outside_the_governorate_is_refused(refused: Refused) -> None:
    check_within(26.48, 50.04)

    assert refused(check_within, 50.04, 26.48) == "coordinates-swapped"
    assert refused(check_within, 24.7, 46.7) == "coordinates-outside"
