"""How long to wait, in words."""

import pytest

from saudi.waits import word_wait


@pytest.mark.parametrize(
    ("seconds", "arabic", "english"),
    [
        (0, "ثانية واحدة", "1 second"),
        (1, "ثانية واحدة", "1 second"),
        (2, "ثانيتين", "2 seconds"),
        (5, "5 ثوانٍ", "5 seconds"),
        (119, "119 ثانية", "119 seconds"),
        (120, "دقيقتين", "2 minutes"),
        (121, "3 دقائق", "3 minutes"),
        (2544, "43 دقيقة", "43 minutes"),
        (7199, "120 دقيقة", "120 minutes"),
        (7200, "ساعتين", "2 hours"),
        (86_400, "24 ساعة", "24 hours"),
    ],
)
def test_a_wait_is_told_in_the_unit_that_a_person_counts_in(
    seconds: int, arabic: str, english: str
) -> None:
    words = word_wait(seconds)
    assert (words.ar, words.en) == (arabic, english)


def test_nobody_comes_back_too_early() -> None:
    units = {"second": 1, "minute": 60, "hour": 3600}
    for seconds in range(90_000):
        count, unit = word_wait(seconds).en.split()
        assert int(count) * units[unit.removesuffix("s")] >= seconds
