"""The point of an application for a licence: whether a latitude or a longitude can't be in the governorate. Pure."""

from collections.abc import Mapping

from portal.domain.licence_form import FIELD_OF_INPUT
from saudi.coordinates import QATIF

LATITUDE, LONGITUDE = "place-latitude", "place-longitude"
# Input → the least and the greatest number of degrees.
RANGES: Mapping[str, tuple[float, float]] = {
    LATITUDE: (QATIF.south, QATIF.north),
    LONGITUDE: (QATIF.west, QATIF.east),
}


def outside_inputs(typed: Mapping[str, str]) -> list[str]:
    """Returns the inputs whose number lies outside the governorate. Returns none for a latitude and a longitude in each
    other's place, which another fault names."""
    degrees = {name: _read(typed, name) for name in RANGES}
    if _is_within(LATITUDE, degrees[LONGITUDE]) and _is_within(LONGITUDE, degrees[LATITUDE]):
        return []
    return [name for name, one in degrees.items() if one is not None and not _is_within(name, one)]


def has_both(typed: Mapping[str, str]) -> bool:
    """Returns whether latitude and longitude are numbers."""
    return all(_read(typed, name) is not None for name in RANGES)


def _read(typed: Mapping[str, str], name: str) -> float | None:
    value = FIELD_OF_INPUT[name].value(typed.get(name, ""))
    return value if isinstance(value, float) else None


def _is_within(name: str, degrees: float | None) -> bool:
    least, greatest = RANGES[name]
    return degrees is not None and least <= degrees <= greatest
