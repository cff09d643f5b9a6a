"""Identity numbers, by published vectors of the algorithm and low sequences that nobody bears."""

from collections.abc import Callable

import pytest

from saudi.establishments import (
    parse_commercial_register,
)
from saudi.ids import mask_id, parse_civil_id, parse_id, with_check_digit

Refused = Callable[..., str]


@pytest.mark.parametrize(
    "number", ["1000000008", "1012345672", "1101798278", "1090000009", "1900000009"]
)
def test_a_valid_national_id_is_read(number: str) -> None:
    assert parse_id("national_id", number) == number
    assert parse_civil_id(number) == number


@pytest.mark.parametrize("number", ["2000000006", "2123456788", "2345678904", "2456789011"])
def test_a_valid_iqama_is_read(number: str) -> None:
    assert parse_id("iqama", number) == number
    assert parse_civil_id(number) == number


@pytest.mark.parametrize(
    "written",
    ["١٠١٢٣٤٥٦٧٢", "۱۰۱۲۳۴۵۶۷۲", "1012 345 672", " 1012345672 ", "\u200f1012345672\u200f"],
)
def test_a_number_is_read_in_either_digits_with_spaces_and_marks(written: str) -> None:
    assert parse_id("national_id", written) == "1012345672"
    assert parse_civil_id(written) == "1012345672"


@pytest.mark.parametrize(
    ("id_type", "number", "code"),
    [
        ("national_id", "1012345671", "check-digit"),
        ("national_id", "1102798278", "check-digit"),
        ("iqama", "2123456787", "check-digit"),
        ("national_id", "3012345678", "prefix"),
        ("national_id", "0112345678", "prefix"),
        ("national_id", "2000000006", "prefix"),
        ("iqama", "1000000008", "prefix"),
        ("national_id", "101234567", "length"),
        ("national_id", "10123456722", "length"),
        ("national_id", "", "length"),
        ("national_id", "10123456x2", "digits"),
        ("national_id", "101234567²", "digits"),
        ("unified_number", "1010246192", "prefix"),
        ("border_number", "1000000008", "prefix"),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(
    refused: Refused, id_type: str, number: str, code: str
) -> None:
    assert refused(parse_id, id_type, number) == code


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("unified_number", "7000000005"),
        ("unified_number", "7000000001"),
        ("border_number", "3012345678"),
        ("border_number", "4012345671"),
        ("border_number", "5012345670"),
    ],
)
def test_unified_and_border_numbers_have_no_check_digit(id_type: str, number: str) -> None:
    assert parse_id(id_type, number) == number


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1012345671", "check-digit"),
        ("7000000005", "civil-id"),
        ("¹012345672", "civil-id"),
        ("12", "civil-id"),
    ],
)
def test_what_is_no_civil_id_is_refused(refused: Refused, number: str, code: str) -> None:
    assert refused(parse_civil_id, number) == code


def test_the_check_digit_is_the_one_that_passes() -> None:
    assert with_check_digit("100000000") == "1000000008"
    assert with_check_digit("200000000") == "2000000006"


def test_a_masked_number_can_be_recognised_and_not_read_off() -> None:
    assert mask_id("1000000008") == "10******08"


@pytest.mark.parametrize("number", ["2053000123", "1010246192", "٢٠٥٣٠٠٠١٢٣"])
def test_an_old_commercial_register_has_ten_digits_without_a_check(number: str) -> None:
    assert len(parse_commercial_register(number)) == 10


@pytest.mark.parametrize(
    ("number", "code"), [("ABC", "digits"), ("7000000005", "prefix"), ("205300012", "length")]
)
def test_what_is_no_commercial_register_is_refused(
    refused: Refused, number: str, code: str
) -> None:
    assert refused(parse_commercial_register, number) == code
