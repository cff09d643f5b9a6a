"""The place of a thing in the language of the page."""

import pytest

from portal.api.places import place_of, place_of_lease, town_names

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


@pytest.mark.parametrize(
    ("municipality", "district", "shown"),
    [("saihat", "النسيم", "Al Nasim"), ("qatif", "سيهات", "Saihat"), ("saihat", "بلا", "بلا")],
)
def test_a_lease_names_its_district_in_english_where_the_list_does(municipality, district, shown):
    lease = {"municipality": municipality, "site": {"district": district}}

    assert f">{shown}</bdi>" in place_of_lease(lease, "en")
    assert f">{district}</bdi>" in place_of_lease(lease, "ar")


def test_the_towns_of_a_centre_have_their_english_names():
    assert town_names(["سيهات", "بلا"], "en") == "Saihat, بلا"
    assert town_names(["سيهات", "تاروت"], "ar") == "سيهات، تاروت"


def test_a_thing_without_a_place_shows_none():
    assert place_of(None, "ar") is None
