"""When two applications ask for the same licence."""

from typing import Any

import pytest

from licences.domain.declarations import are_duplicates

PLACE = {"town": "سيهات", "district": "الكوثر", "latitude": 26.48, "longitude": 50.04}


def laundry(**changes: Any) -> dict[str, Any]:
    """Returns a laundry with a lease. A named field replaces the laundry's."""
    body = {
        "activities": [{"code": "960111", "main": True}],
        "place": PLACE,
        "lease": {"ejar_no": "10423344550"},
    }
    return {**body, **changes}


def test_an_application_asks_for_what_its_repetition_asks_for() -> None:
    assert are_duplicates(laundry(), laundry())


def test_one_activity_in_common_is_enough() -> None:
    two = [{"code": "432210", "main": True}, {"code": "960111", "main": False}]

    assert are_duplicates(laundry(), laundry(activities=two))


@pytest.mark.parametrize(
    "changes",
    [
        {"activities": [{"code": "432210", "main": True}]},
        {"lease": {"ejar_no": "10423344551"}},
        {"place": {**PLACE, "town": "تاروت"}},
    ],
)
def test_another_activity_lease_or_town_makes_another_licence(changes: Any) -> None:
    assert not are_duplicates(laundry(), laundry(**changes))


@pytest.mark.parametrize(
    ("latitude", "longitude", "same"),
    [
        (26.48, 50.04, True),
        (26.4802, 50.04, True),
        (26.4803, 50.04, False),
        (26.48, 50.0402, True),
        (26.48, 50.0403, False),
    ],
)
def test_without_two_leases_some_twenty_metres_part_two_places(
    latitude: float, longitude: float, same: bool
) -> None:
    near = {**PLACE, "latitude": latitude, "longitude": longitude}

    assert are_duplicates(laundry(), laundry(lease=None, place=near)) is same
