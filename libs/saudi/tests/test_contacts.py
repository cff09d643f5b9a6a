"""Where a person is reached: mobiles and other telephones."""

from collections.abc import Callable

import pytest

from saudi.mobiles import (
    mask_mobile,
    mobile_words,
    parse_mobile,
    parse_telephone,
    sms_recipient,
)

Refused = Callable[..., str]


@pytest.mark.parametrize(
    "written",
    [
        *("0501234567", "501234567", "966501234567", "00966501234567", "+966501234567"),
        *("+966 50 123 4567", "050-123-4567", "٠٥٠١٢٣٤٥٦٧", "\u202a+966 50 123 4567\u202c"),
    ],
)
def test_a_saudi_mobile_in_any_usual_form_is_kept_as_e164(written: str) -> None:
    assert parse_mobile(written) == "+966501234567"


@pytest.mark.parametrize(
    "written",
    [
        *("0138552222", "05012345678", "920012345", "8001234567", "940", "+97150 123 4567"),
        *("0521234567", "050FLOWERS", "0501234567 ext. 3", "x", ""),
    ],
)
def test_anything_else_is_no_saudi_mobile(refused: Refused, written: str) -> None:
    assert refused(parse_mobile, written) == "mobile"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("013 855 2222", "+966138552222"),
        ("٠٥٠١٢٣٤٥٦٧", "+966501234567"),
        ("+973 3600 0001", "+97336000001"),
        ("0097336000001", "+97336000001"),
        ("920012345", "+966920012345"),
    ],
)
def test_a_telephone_of_any_kind_and_country_is_kept_as_e164(written: str, kept: str) -> None:
    assert parse_telephone(written) == kept


@pytest.mark.parametrize("written", ["12345", "+999 1234567", "0501234567 ext. 3", "x", ""])
def test_anything_else_is_no_telephone(refused: Refused, written: str) -> None:
    assert refused(parse_telephone, written) == "telephone"


def test_a_mobile_is_shown_sent_to_and_masked_in_three_forms() -> None:
    assert mobile_words("+966501234567") == "050 123 4567"
    assert sms_recipient("+966501234567") == "966501234567"
    assert mask_mobile("+966501234567") == "+966******567"
