"""What the standard library doesn't know: Umm al-Qura and the Kingdom's telephone plan."""

from datetime import date

import pytest

from permits import contacts, hijri


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2024, 3, 11), "1445/09/01"),
        (date(2024, 7, 7), "1446/01/01"),
        (date(2024, 10, 13), "1446/04/10"),
        (date(2025, 6, 26), "1447/01/01"),
        (date(2026, 6, 16), "1448/01/01"),
        (date(2026, 11, 24), "1448/06/14"),
        (date(2024, 9, 3), "1446/02/30"),
        (date(2017, 1, 24), "1438/04/26"),
    ],
)
def test_days_have_their_umm_al_qura_date(day: date, text: str) -> None:
    assert hijri.hijri_text(day) == text
    assert hijri.hijri_year(day) == int(text[:4])
    assert hijri.exists(text)


@pytest.mark.parametrize(
    "text", ["1447/02/30", "1342/01/01", "1501/01/01", "1446/13/01", "1446-01-01"]
)
def test_days_that_never_were_do_not_exist(text: str) -> None:
    assert not hijri.exists(text)


@pytest.mark.parametrize(
    "written",
    ["0501234567", "501234567", "966501234567", "00966501234567", "+966 50 123 4567", "٠٥٠١٢٣٤٥٦٧"],
)
def test_a_saudi_mobile_in_any_usual_form_is_kept_as_e164(written: str) -> None:
    assert contacts.mobile(written) == "+966501234567"


@pytest.mark.parametrize(
    "written", ["0138552222", "05012345678", "920012345", "+97150 123 4567", "940", "x"]
)
def test_anything_else_is_no_saudi_mobile(written: str) -> None:
    assert contacts.mobile(written) is None
