"""A map of the governorate on which a click chooses a point, without a script. Pure.

The map is drawn of the towns' centres and has no streets. The first click zooms in, the second one chooses.
"""

from dataclasses import dataclass
from math import cos, radians

from saudi.coordinates import QATIF

# Pixels of each side: fits into the smallest telephone without being scaled, because a browser counts a click in the
# pixels that it shows.
SIDE = 288
CLOSEST = 1
_ZOOM = 4
_SPAN = QATIF.north - QATIF.south
_MIDDLE = ((QATIF.north + QATIF.south) / 2, (QATIF.east + QATIF.west) / 2)
# A degree of longitude is shorter than a degree of latitude, and the map is as wide as high.
_SHORTER = cos(radians(_MIDDLE[0]))
KILOMETRES_A_DEGREE = 111.2


@dataclass(frozen=True)
class MapView:
    """What the map shows: the point in its middle, and how close; level 0 is the whole governorate."""

    latitude: float
    longitude: float
    level: int

    @property
    def height(self) -> float:
        """Returns the degrees of latitude that the map shows."""
        return _SPAN / float(_ZOOM**self.level)

    @property
    def width(self) -> float:
        """Returns the degrees of longitude that the map shows."""
        return self.height / _SHORTER

    @property
    def kilometres(self) -> float:
        """Returns how wide the map is on the ground."""
        return self.height * KILOMETRES_A_DEGREE


WHOLE = MapView(*_MIDDLE, 0)


def read_view(latitude: str, longitude: str) -> MapView:
    """Returns the view of an address: close to a point of the governorate, else the whole governorate."""
    try:
        point = float(latitude), float(longitude)
    except ValueError:
        return WHOLE
    return MapView(*point, CLOSEST) if QATIF.contain(*point) else WHOLE


def point_at(view: MapView, x: int, y: int) -> tuple[float, float] | None:
    """Returns latitude and longitude of a click; None beyond the governorate, and for the corner 0/0, which a browser
    sends when a key is pressed instead."""
    if (x, y) == (0, 0) or not (0 <= x <= SIDE and 0 <= y <= SIDE):
        return None
    latitude = view.latitude + view.height * (0.5 - y / SIDE)
    longitude = view.longitude + view.width * (x / SIDE - 0.5)
    return (latitude, longitude) if QATIF.contain(latitude, longitude) else None


def place_of(view: MapView, latitude: float, longitude: float) -> tuple[float, float] | None:
    """Returns where on the map a point lies; None for a point beside the map."""
    x = (0.5 + (longitude - view.longitude) / view.width) * SIDE
    y = (0.5 - (latitude - view.latitude) / view.height) * SIDE
    return (x, y) if 0 <= x <= SIDE and 0 <= y <= SIDE else None
