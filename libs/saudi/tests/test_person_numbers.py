"""Numbers of people in texts: identity numbers and telephones never, dates and lists always."""

import random
from datetime import date, timedelta

import pytest

from saudi.person_numbers import (
    holds_long_number,
    holds_number_of_person,
    is_number_of_person,
    without_long_numbers,
)

DAY = timedelta(days=1)
OF_PEOPLE = [
    *("السائل 1000000008", "جواله ٠٥٠٠٠٠٠٠٠١", "اتصلوا على 050 000 0001", "+966 50 000 0001"),
    *("هويته 1000-0000-08", "00966500000001", "البند 3 1000000008", "2000/000/006"),
    *("050.000.0001", "050\u00a0000\u00a00001", "(050) 000-0001", "0 5 0 0 0 0 0 0 0 1"),
    *("05000\u200b00001", "راجعوا صاحب الهوية 1000000008", "050-123-4567", "050_000_0001"),
]


@pytest.mark.parametrize("text", OF_PEOPLE)
def test_a_number_of_a_person_is_found_by_both_rules(text: str) -> None:
    assert holds_number_of_person(text)
    assert holds_long_number(text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("اتصلوا على 0500000001 مساء", "اتصلوا على … مساء"),
        ("050–000—0001", "…"),
        ("+966 (50) 000 - 0001 مساء", "… مساء"),
        ("منذ 2026-11-25 قرب العمود 1234", "منذ 2026-11-25 قرب العمود 1234"),
        ("منذ 2026-11-25 جواله 0500000001", "منذ 2026-11-25 جواله …"),
    ],
)
def test_a_long_number_is_left_out_and_the_rest_stays(written: str, shown: str) -> None:
    assert without_long_numbers(written, "…") == shown


@pytest.mark.parametrize(
    "text",
    [
        *("منذ 2026-11-28 10:00 لم تُفرغ", "28/11/2026 10:00", "منذ ١٤٤٨/٠٦/١٩ ١٠:٣٠"),
        *("10:30 1448/06/19", "من 2026-11-28 - 2026-12-01", "7/12/19/23/31"),
        *("الأعمدة 1 2 3 4 5 6 7 8 9 10 مطفأة", "البيوت 112-114-116-118"),
        "مخالفة البناء للرخصة 1448/1312 في القطعة 215 من المخطط 713/7",
        "خطاب الدفاع المدني رقم 44120981 بتاريخ 2026/11/24",
    ],
)
def test_dates_times_lists_and_short_numbers_stay(text: str) -> None:
    assert without_long_numbers(text, "…") == text
    assert not holds_long_number(text)
    assert not holds_number_of_person(text)


@pytest.mark.parametrize(
    "written",
    [
        *("2012-11-28 10", "1445-01-23-45", "2012-11-2810", "05 01 23 45 67", "98 76 54 32 10"),
        "+5 6 7 8 9 10 11 12",
    ],
)
def test_a_number_in_the_shape_of_a_date_or_of_a_list_is_a_long_number(written: str) -> None:
    assert without_long_numbers(written, "…") == "…"
    assert holds_long_number(written)


@pytest.mark.parametrize(
    "text",
    [
        *("القيمة 1250000.00 ريال", "المنشأة 7000000005", "الهاتف 0138552222", "14480450000017"),
        *("الزيارة 2026-12-01 10:00", "الزيارة 1448/06/15 12:00", "1448/06/15 1448/06/16 10"),
        *("2026-12-01 10:00 - 2026-12-02 13:30", "١٤٤٨/٠٦/١٥ ١٢:٠٠", "01.12.2026 - 15.12.2026"),
        *("بين 2026-12-01 و 2026-12-15 20", "البنود 1 2 3 4 5 6 7 8 9 10", "1250000\n750"),
        "المبلغ 1000000009",
    ],
)
def test_an_amount_and_an_establishment_are_no_number_of_a_person(text: str) -> None:
    assert not holds_number_of_person(text)


def test_a_date_with_an_hour_is_no_number_of_a_person() -> None:
    """Every day of two years at every second hour: one in ten passes the check of identity numbers."""
    days = [date(2026, 1, 1) + number * DAY for number in range(730)]
    texts = [
        f"{day:{form}} {hour:02}:00"
        for form in ("%Y-%m-%d", "%Y/%m/%d")
        for day in days
        for hour in range(0, 24, 2)
    ]

    assert [text for text in texts if holds_number_of_person(text)] == []


def test_a_number_is_found_however_its_digits_are_set_apart() -> None:
    chance = random.Random(1448)
    numbers = ["0500000001", "966500000001", "1000000008", "2000000006", "1012345672", "7001234567"]

    for number in numbers * 200:
        apart = "".join(
            digit + chance.choice(["", "", " ", "-", ".", " / ", "–", "\u200f", ")("])
            for digit in number
        )
        assert without_long_numbers(f"رقمه {apart}", "…").startswith("رقمه …")
        assert holds_long_number(apart)
        assert holds_number_of_person(apart) is (number != "7001234567")


def test_digits_far_apart_are_searched_without_trying_every_way_to_part_them() -> None:
    """Fails by the time limit of a test if the search tries every way."""
    text = ("1   " * 9 + "x ") * 20_000

    assert not holds_number_of_person(text)
    assert holds_long_number(text)


@pytest.mark.parametrize(
    ("digits", "of_person"),
    [
        *(("1000000008", True), ("0501234567", True), ("966501234567", True)),
        *(("1000000009", False), ("10455821", False), ("7000000005", False)),
    ],
)
def test_digits_are_a_persons_or_not(digits: str, of_person: bool) -> None:
    assert is_number_of_person(digits) is of_person
