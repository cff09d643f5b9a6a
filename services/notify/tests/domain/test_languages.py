"""What a reader gets whose language has no text or no name."""

import pytest

from notify.domain.bill_subjects import name_thing
from notify.domain.languages import spoken


@pytest.mark.parametrize(
    ("language", "read"), [("ar", "ar"), ("en", "en"), ("ur", "ar"), ("hi", "en"), ("bn", "en")]
)
def test_a_reader_of_urdu_gets_arabic_and_readers_of_other_scripts_get_english(
    language: str, read: str
) -> None:
    assert spoken(language, ("ar", "en")) == read


def test_a_text_in_the_language_comes_in_it() -> None:
    assert spoken("ur", ("ar", "en", "ur")) == "ur"


def test_a_name_in_a_text_in_urdu_stands_in_arabic() -> None:
    assert name_thing({"type": "violation", "number": "7"}, "ur") == "المخالفة 7"
