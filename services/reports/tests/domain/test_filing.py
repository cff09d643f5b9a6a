"""What is reported is read in any usual spelling, and every field at fault is named at once."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from reports.catalogue import catalogue, governorate
from reports.domain.filing import Filing, parse

MARK = "(بيانات تجريبية)"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "app",
        "category": "pothole",
        "description": f"حفرة {MARK}",
        "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
        "reporter": {"name": f"علي آل تجربة {MARK}", "mobile": "0500000001"},
        **changes,
    }


def read(**changes: Any) -> Filing:
    return parse(body(**changes), catalogue(), governorate(), confirmed=False)


def faults(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as caught:
        read(**changes)
    return [(one.field, one.code) for one in caught.value.faults]


def test_a_mobile_in_arabic_digits_is_kept_as_e164() -> None:
    filing = read(reporter={"name": "علي آل تجربة", "mobile": "٠٥٠ ٠٠٠ ٠٠٠١"})

    assert filing.reporter.mobile == "+966500000001"


def test_a_citizen_says_who_he_is() -> None:
    assert faults(reporter={}) == [("reporter.name", "required"), ("reporter.mobile", "required")]


@pytest.mark.parametrize("channel", ["call", "observer", "social", "open311"])
def test_by_other_channels_nobody_needs_to_be_named(channel: str) -> None:
    assert read(channel=channel, reporter={}).reporter.record() is None


def test_a_mobile_is_confirmed_only_by_whoever_vouches_for_it() -> None:
    filing = parse(body(), catalogue(), governorate(), confirmed=True)

    assert filing.reporter.confirmed
    assert not read().reporter.confirmed


def test_the_town_decides_the_branch() -> None:
    place = read(location={"town": "دارين"}).place

    assert (place.municipality, place.guessed, place.town) == ("tarout", False, "دارين")


def test_without_a_town_the_branch_is_that_of_the_nearest_centre_and_guessed() -> None:
    place = read(location={"latitude": 26.66, "longitude": 49.97}).place

    assert (place.municipality, place.guessed, place.town) == ("safwa", True, None)


def test_a_district_is_written_as_the_list_has_it() -> None:
    place = read(location={"town": "القطيف", "district": "حي خزامي"}).place

    assert place.district == "الخزامى"


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ({}, ("location", "location-missing")),
        (
            {"latitude": 50.0468, "longitude": 26.4834},
            ("location.latitude", "coordinates-swapped"),
        ),
        ({"latitude": 24.7, "longitude": 46.7}, ("location.latitude", "coordinates-outside")),
        # Dammam, within the governorate's box
        ({"latitude": 26.4207, "longitude": 50.0888}, ("location.latitude", "coordinates-outside")),
        ({"latitude": 26.5}, ("location.longitude", "required")),
        ({"town": "رأس تنورة"}, ("location.town", "town-unknown")),
        ({"district": "الزمرد"}, ("location.district", "district-without-town")),
    ],
)
def test_a_place_that_is_none_is_refused(location: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults(location=location) == [fault]


def test_all_faults_are_named_at_once() -> None:
    found = faults(category="nothing", description=" … ", location={}, reporter={"mobile": "013"})

    assert found == [
        ("category", "category-unknown"),
        ("reporter.name", "required"),
        ("reporter.mobile", "mobile"),
        ("location", "location-missing"),
        ("description", "required"),
    ]


@pytest.mark.parametrize(
    ("category", "extra", "found"),
    [
        ("construction-rubble", {}, [("extra.volume", "required")]),
        ("construction-rubble", {"volume": "huge"}, [("extra.volume", "enum")]),
        ("pothole", {"volume": "truck"}, [("extra.volume", "unknown")]),
        ("container-request", {"houses": "كثير"}, [("extra.houses", "number")]),
        ("container-request", {"houses": "nan"}, [("extra.houses", "number")]),
        ("container-request", {"houses": True}, [("extra.houses", "number")]),
        ("facade-poor", {"seen": ["paint", "moon"]}, [("extra.seen", "enum")]),
        (
            "spoiled-food",
            {"shop_name": "بقالة", "seen_at": "أمس"},
            [("extra.seen_at", "moment-format")],
        ),
    ],
)
def test_what_the_type_asks_is_checked(
    category: str, extra: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert faults(category=category, extra=extra) == found


def test_answers_are_kept_in_one_form() -> None:
    seen = read(category="facade-poor", extra={"seen": ["cables", "paint", "paint"]})
    houses = read(category="container-request", extra={"houses": "١٢"})

    assert seen.extra == {"seen": ["paint", "cables"]}
    assert houses.extra == {"houses": 12}
