"""The governorate's places: municipalities, their towns, the towns' districts."""

import re

from .reading import tree

PLACES = tree()["reference/places.yaml"]
MUNICIPALITIES = PLACES["municipalities"]
TOWNS = PLACES["towns"]


def test_a_code_is_given_once() -> None:
    for listed in (MUNICIPALITIES, TOWNS):
        codes = [place["code"] for place in listed]
        assert len(codes) == len(set(codes))
        assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in codes)


def test_every_place_has_an_arabic_and_an_english_name() -> None:
    districts = [district for town in TOWNS for district in town["districts"]]

    for place in [PLACES["governorate"], *MUNICIPALITIES, *TOWNS, *districts]:
        assert re.fullmatch("[\u0620-\u064a0-9 ]+", place["ar"]), place
        assert re.fullmatch("[A-Za-z0-9' -]+", place["en"]), place


def test_every_town_belongs_to_a_municipality() -> None:
    codes = {place["code"] for place in MUNICIPALITIES}

    assert {town["municipality"] for town in TOWNS} <= codes


def test_a_town_is_known_by_its_arabic_name() -> None:
    names = [town["ar"] for town in TOWNS]

    assert len(names) == len(set(names))


def test_a_district_is_known_by_its_town_and_name() -> None:
    keys = [(town["code"], district["ar"]) for town in TOWNS for district in town["districts"]]

    assert len(keys) == len(set(keys))


def test_every_centre_lies_within_the_governorate() -> None:
    bounds = PLACES["bounds"]

    for town in (town for town in TOWNS if "centre" in town):
        centre = town["centre"]
        assert bounds["south"] <= centre["latitude"] <= bounds["north"], town["en"]
        assert bounds["west"] <= centre["longitude"] <= bounds["east"], town["en"]


def test_a_municipality_is_of_a_known_kind() -> None:
    kinds = [place["kind"] for place in MUNICIPALITIES]

    assert set(kinds) <= {"governorate", "branch", "service_office"}
    assert kinds.count("governorate") == 1
