"""Reasons that leave the house carry no number of a person."""

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain.reading import is_publishable_number, published_reason


@pytest.mark.parametrize(
    "text",
    [
        "راجعوا صاحب الهوية 1000000008",
        "جوال المالك ٠٥٠١٢٣٤٥٦٧",
        "اتصلوا على +966 50 123 4567",
        "050-123-4567",
    ],
)
def test_a_reason_with_the_number_of_a_person_is_refused(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        published_reason(text)

    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("reason", "personal-number")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "مخالفة البناء للرخصة 1448/1312 في القطعة 215 من المخطط 713/7",
        "خطاب الدفاع المدني رقم 44120981 بتاريخ 2026/11/24",
    ],
)
def test_a_reason_may_name_permits_plans_letters_and_days(text: str) -> None:
    assert published_reason(text) == text


@pytest.mark.parametrize(
    ("number", "publishable"),
    [
        ("SEC-TI-2026-00417", True),
        ("10455821", True),
        ("1000000009", True),
        ("1000000008", False),
        ("A/1000000008", False),
        ("0501234567", False),
        ("966501234567", False),
    ],
)
def test_a_certificates_number_is_none_of_a_person(number: str, publishable: bool) -> None:
    assert is_publishable_number(number) is publishable
