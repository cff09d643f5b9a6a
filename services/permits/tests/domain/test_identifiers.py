"""Numbers as people write them, by the vectors of the domain study."""

import pytest

from permits.domain import identifiers


@pytest.mark.parametrize(
    "number", ["1000000008", "1012345672", "1101798278", "1090000009", "1900000009"]
)
def test_a_valid_national_id_passes(number: str) -> None:
    assert identifiers.identity_fault("national_id", number) is None


@pytest.mark.parametrize("number", ["2000000006", "2123456788", "2345678904", "2456789011"])
def test_a_valid_iqama_passes(number: str) -> None:
    assert identifiers.identity_fault("iqama", number) is None


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
        ("national_id", "10123456x2", "digits"),
        ("national_id", "101234567²", "digits"),
        ("unified_number", "1010246192", "prefix"),
        ("border_number", "1000000008", "prefix"),
    ],
)
def test_a_wrong_identity_is_refused_with_its_reason(id_type: str, number: str, code: str) -> None:
    assert identifiers.identity_fault(id_type, number) == code


@pytest.mark.parametrize(
    ("id_type", "number"), [("unified_number", "7000000005"), ("border_number", "4012345671")]
)
def test_unified_and_border_numbers_have_no_check_digit(id_type: str, number: str) -> None:
    assert identifiers.identity_fault(id_type, number) is None


def test_arabic_indic_digits_are_folded_before_the_check() -> None:
    assert identifiers.fold_digits("١٠١٢٣٤٥٦٧٢") == "1012345672"
    assert identifiers.fold_digits("۱۰۱۲۳۴۵۶۷۲") == "1012345672"
    assert identifiers.identity_fault("national_id", "١٠١٢٣٤٥٦٧٢") == "digits"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("٤٢٢ / ٣ ج", "422/3 ج"),
        ("713 / 7", "713/7"),
        ("713/7", "713/7"),
        (" 415/جـ ", "415/ج"),
        ("\u200f3/15\u200e", "3/15"),
        ("1264", "1264"),
        ("بدون  مخطط", "بدون مخطط"),
    ],
)
def test_plan_numbers_have_one_spelling_to_compare_by(written: str, key: str) -> None:
    assert identifiers.plan_key(written) == key
    assert identifiers.plan_number_fault(written) is None


def test_a_plan_number_has_text_and_at_most_20_characters() -> None:
    assert identifiers.plan_number_fault("ـ ") == "required"
    assert identifiers.plan_number_fault("1" * 20) is None
    assert identifiers.plan_number_fault("1" * 21) == "too-long"


@pytest.mark.parametrize(
    ("deed_type", "number", "code"),
    [
        ("electronic", "912304005678", None),
        ("electronic", "91230400567", "length"),
        ("electronic", "91230400567x", "digits"),
        ("registry", "1234567890123456", None),
        ("registry", "912304005678", "length"),
        ("legacy", "331", None),
        ("legacy", "331/ب", None),
        ("legacy", "", "required"),
    ],
)
def test_deeds_come_in_three_forms(deed_type: str, number: str, code: str | None) -> None:
    assert identifiers.deed_number_fault(deed_type, number) == code


def test_swapped_coordinates_are_refused() -> None:
    assert identifiers.coordinates_fault(26.5639, 50.0012) is None
    assert identifiers.coordinates_fault(50.0012, 26.5639) == "coordinates-swapped"


def test_a_point_outside_the_governorate_is_only_noticed() -> None:
    assert not identifiers.outside_governorate(26.6634, 49.9616)
    assert identifiers.outside_governorate(24.71, 46.67)


@pytest.mark.parametrize(
    ("value", "zero", "code"),
    [
        (1250.50, False, None),
        (0.01, False, None),
        (-1, False, "positive"),
        (0, False, "positive"),
        (0, True, None),
        (-1, True, "positive"),
        (1.234, False, "decimals"),
        (500, False, None),
        (1e7, False, None),
    ],
)
def test_a_measure_is_more_than_nothing_with_two_decimals(
    value: float, zero: bool, code: str | None
) -> None:
    assert identifiers.measure_fault(value, zero=zero) == code
