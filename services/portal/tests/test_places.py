"""The place of a thing in the language of the page."""

import pytest

from portal.api.places import place_of

PLACE = {"town": "سيهات", "district": "النسيم"}


@pytest.mark.parametrize(
    ("language", "place", "shown"),
    [
        ("en", PLACE, '<bdi dir="ltr">Saihat</bdi> – <bdi dir="ltr">Al Nasim</bdi>'),
        ("en", {"town": "سيهات", "district": "بلا"}, '<bdi lang="ar" dir="rtl">بلا</bdi>'),
        ("en", {"town": None, "district": "النسيم"}, '<bdi lang="ar" dir="rtl">النسيم</bdi>'),
        ("en", {"town": "سيهات", "district": None}, '<bdi dir="ltr">Saihat</bdi>'),
        ("ar", PLACE, '<bdi lang="ar" dir="rtl">سيهات – النسيم</bdi>'),
    ],
)
def test_a_place_has_its_english_name_on_an_english_page_where_the_list_has_one(
    language, place, shown
):
    assert str(place_of(place, language)).endswith(shown)


def test_a_thing_without_a_place_shows_none():
    assert place_of(None, "ar") is None
