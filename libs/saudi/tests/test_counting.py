"""Plurals and money."""

from collections.abc import Callable

import pytest

from saudi.money import parse_riyals, riyal_words, riyals
from saudi.plurals import DAY, HOUR, WORKING_DAY, category, counted

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "لا أيام"),
        (1, "يوم واحد"),
        (2, "يومان"),
        (3, "3 أيام"),
        (10, "10 أيام"),
        (11, "11 يومًا"),
        (99, "99 يومًا"),
        (100, "100 يوم"),
        (101, "101 يوم"),
        (102, "102 يوم"),
        (103, "103 أيام"),
        (111, "111 يومًا"),
        (1000, "1000 يوم"),
    ],
)
def test_a_noun_follows_its_number(count: int, words: str) -> None:
    assert counted(count, DAY) == words


def test_other_nouns_have_their_own_forms() -> None:
    assert counted(1, HOUR) == "ساعة واحدة"
    assert counted(3, WORKING_DAY) == "3 أيام عمل"


def test_every_number_has_one_of_six_categories() -> None:
    assert {category(count) for count in range(1000)} == {
        *("zero", "one", "two", "few", "many", "other")
    }


@pytest.mark.parametrize(
    ("written", "halalas"),
    [("1250.50", 125050), ("1,250.50", 125050), ("١٬٢٥٠٫٥٠", 125050), ("1250.5", 125050), ("0", 0)],
)
def test_riyals_are_read_as_whole_halalas(written: str, halalas: int) -> None:
    assert parse_riyals(written) == halalas


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("-1", "positive"),
        ("0.005", "decimals"),
        ("x", "number"),
        ("1000000000000", "maximum"),
        ("9" * 40, "too-long"),
    ],
)
def test_what_is_no_amount_is_refused(refused: Refused, written: str, code: str) -> None:
    assert refused(parse_riyals, written) == code


def test_an_amount_is_written_for_machines_and_for_people() -> None:
    assert riyals(125050) == "1250.50"
    assert riyals(-5) == "-0.05"
    assert riyal_words(125050) == "1,250.50 ريال"
    assert riyal_words(125050, "en") == "SAR 1,250.50"


def test_no_halala_is_lost_on_the_way() -> None:
    assert all(parse_riyals(riyals(amount)) == amount for amount in range(0, 100_000, 7))
