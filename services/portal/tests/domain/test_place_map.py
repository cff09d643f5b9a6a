"""A click on the map leads to a point, and the point lies where the click was."""

import pytest

from portal.domain.place_map import CLOSEST, SIDE, WHOLE, MapView, place_of, point_at, read_view
from saudi.coordinates import QATIF

SAIHAT = (26.4834, 50.0468)
NEAR = MapView(*SAIHAT, CLOSEST)


@pytest.mark.parametrize("view", [WHOLE, NEAR])
@pytest.mark.parametrize("click", [(144, 144), (60, 200), (200, 90)])
def test_the_point_of_a_click_lies_where_the_click_was(view, click):
    point = point_at(view, *click)

    assert place_of(view, *point) == pytest.approx(click)


def test_the_middle_of_a_view_is_its_point():
    assert point_at(NEAR, SIDE // 2, SIDE // 2) == pytest.approx(SAIHAT)


def test_the_whole_map_shows_the_whole_governorate():
    for latitude in (QATIF.south, QATIF.north):
        for longitude in (QATIF.west, QATIF.east):
            assert place_of(WHOLE, latitude, longitude) is not None


def test_the_closest_view_is_ten_kilometres_wide():
    assert NEAR.kilometres == pytest.approx(9.7, abs=0.1)


@pytest.mark.parametrize("click", [(0, 0), (-1, 5), (5, SIDE + 1)])
def test_a_key_and_a_click_beside_the_map_choose_nothing(click):
    assert point_at(WHOLE, *click) is None


def test_a_point_beyond_the_governorate_is_not_chosen():
    assert point_at(MapView(QATIF.north, QATIF.west, CLOSEST), 10, 10) is None


@pytest.mark.parametrize("typed", [("", ""), ("x", "50"), ("24.7", "46.7"), ("nan", "50")])
def test_an_address_without_a_point_of_the_governorate_shows_the_whole(typed):
    assert read_view(*typed) == WHOLE
