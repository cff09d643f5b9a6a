"""What people bring meets what's stored, in every spelling."""

import pytest

from saudi.finding import (
    NO_PLAN,
    asked_key,
    asked_name_parts,
    found_plan_key,
    name_parts,
    place_keys,
    stored_forms,
)
from saudi.land import plan_key
from saudi.text import number_key, place_key

LAND = {
    "plan_number": "422/3 ج",
    "plots": ["215 أ", "٢١٦"],
    "town": "القطيف",
    "district": "حي البديعة",
    "deed": {"type": "legacy", "number": "٣٣١", "date_hijri": "1374/08/12", "issuer": None},
}


def test_land_is_kept_as_it_is_asked_for() -> None:
    keys = place_keys(LAND)

    assert keys.plan == found_plan_key("٤٢٢/٣ج") == "422/3 ج"
    assert keys.plots == [plan_key("215أ"), plan_key("216")]
    assert keys.district == place_key("البديعه")
    assert keys.town == place_key("قطيف")
    assert keys.deed == number_key("331")


@pytest.mark.parametrize("words", ["بدون مخطط", "بلا مخطط", "بدون"])
def test_land_without_a_plan_is_found_by_the_words(words: str) -> None:
    assert found_plan_key(words) == NO_PLAN == place_keys({**LAND, "plan_number": None}).plan


@pytest.mark.parametrize("asked", [None, "", "\u200b"])
def test_what_shows_no_sign_selects_nothing(asked: str | None) -> None:
    assert asked_key(number_key, asked) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("حسن بن علي آل تجربة (بيانات تجريبية)", ["حسن", "علي", "تجربه", "التجربه"]),
        ("عبد الله محمد محمد", ["عبدالله", "محمد"]),
        ("فَاطِمَة  بنت أحمد", ["فاطمه", "احمد"]),
    ],
)
def test_a_name_is_found_by_its_whole_parts(name: str, parts: list[str]) -> None:
    assert name_parts(name) == parts


def test_servants_of_god_are_one_part_with_the_article_too() -> None:
    assert name_parts("زهراء العبد الله") == name_parts("زهراء العبدالله")
    assert asked_name_parts("العبد الله زهراء") == ["العبدالله", "زهرا"]


@pytest.mark.parametrize(
    ("asked", "forms"),
    [
        ("ابراهيم", ["ابراهيم", "الابراهيم"]),
        ("الابراهيم", ["الابراهيم"]),
        ("عبدالله", ["عبدالله", "العبدالله"]),
    ],
)
def test_a_part_without_the_article_finds_the_part_with_it(asked: str, forms: list[str]) -> None:
    assert stored_forms(asked) == forms


FAMILY = ["آل سعود", "ال سعود", "أل سعود", "السعود", "آلسعود", "آل السعود"]


@pytest.mark.parametrize("asked", FAMILY)
def test_a_family_with_al_is_asked_for_in_one_way_however_it_is_spelled(asked: str) -> None:
    assert asked_name_parts(asked) == ["السعود"]


@pytest.mark.parametrize("written", FAMILY)
def test_a_family_with_al_is_stored_so_that_each_spelling_finds_it(written: str) -> None:
    assert "السعود" in name_parts(written)


def test_a_family_with_al_is_found_without_it_too_and_al_alone_is_no_part() -> None:
    assert name_parts("حسن آل سعود") == ["حسن", "سعود", "السعود"]
    assert asked_name_parts("سعود حسن") == ["سعود", "حسن"]
    assert (name_parts("آل"), asked_name_parts("حسن آل")) == ([], ["حسن"])
