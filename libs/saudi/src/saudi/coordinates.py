"""Points on the map, WGS84 degrees."""

from dataclasses import dataclass

from saudi.malformed import Malformed


@dataclass(frozen=True)
class Bounds:
    """Soft bounds: a point outside is probably a typing error, and sometimes isn't."""

    south: float
    north: float
    west: float
    east: float

    def contain(self, latitude: float, longitude: float) -> bool:
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


QATIF = Bounds(south=26.40, north=26.75, west=49.80, east=50.15)


def check_order(latitude: float, longitude: float) -> None:
    """Everywhere in the Kingdom the latitude is the smaller number, so a swapped pair shows.

    Raises Malformed: `coordinates-swapped`.
    """
    if latitude >= longitude:
        raise Malformed("coordinates-swapped")


def check_within(latitude: float, longitude: float, bounds: Bounds = QATIF) -> None:
    """For what can't lie elsewhere, as a shop with a licence of the governorate.

    Raises Malformed: `coordinates-swapped`, `coordinates-outside`.
    """
    check_order(latitude, longitude)
    if not bounds.contain(latitude, longitude):
        raise Malformed("coordinates-outside")
