"""No number in the repository could be a living person's.

Any number with a right check digit may be somebody's, so the data use low sequences, 10000000xx and 20000000xx. Tests
may also use the vectors of the published algorithm.
"""

import pytest

from .house import check_digit_is_right, personal_numbers, place, texts

VECTORS = frozenset(
    {
        *("1012345672", "1101798278", "1090000009", "1900000009"),
        *("2123456788", "2345678904", "2456789011"),
    }
)


def test_the_house_holds_no_number_of_a_person() -> None:
    found = {}
    for path, text in texts("services", "contracts", "libs"):
        allowed = VECTORS if "tests" in path.parts else frozenset()
        if numbers := personal_numbers(text, allowed):
            found[place(path)] = numbers

    assert found == {}


@pytest.mark.parametrize("text", ["id: 1012345672", "«١٠١٢٣٤٥٦٧٢»", "2123456788,", "x=1900000009"])
def test_a_number_that_could_be_somebodys_is_found(text: str) -> None:
    assert len(personal_numbers(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("1000000008", "2000000006", "١٠٠٠٠٠٠٠٠٨"),  # low sequences
        "1012345671",  # wrong check digit
        "7000000005",  # an establishment
        "01012345672 10123456720 a1012345672",  # parts of something longer
        "retention.ms: 2592000000",  # 30 days
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert personal_numbers(text) == []


def test_the_check_digit_is_that_of_the_published_vectors() -> None:
    assert all(check_digit_is_right(number) for number in VECTORS)
    assert not any(check_digit_is_right(number) for number in ("1012345671", "1102798278"))
