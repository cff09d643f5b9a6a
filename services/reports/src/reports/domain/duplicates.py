"""How two reports are alike without a distance between them: by mobile, landmark and district."""

from enum import IntEnum
from typing import Protocol

from saudi.text import place_key


class Alike(IntEnum):
    """Why two reports may be about one problem, the likeliest first."""

    SAME_MOBILE = 1
    SAME_LANDMARK = 2
    SAME_DISTRICT = 3


class PlacedReport(Protocol):
    """The facts of a report that this rule compares."""

    @property
    def mobile(self) -> str | None: ...
    @property
    def town(self) -> str | None: ...
    @property
    def district(self) -> str | None: ...
    @property
    def landmark(self) -> str | None: ...
    @property
    def latitude(self) -> float | None: ...


def reasons_alike(one: PlacedReport, other: PlacedReport) -> list[Alike]:
    """Returns the reasons, none for unlike reports. Two points tell more than names do, so landmark and district count
    only where one of the two has no point."""
    found = []
    if one.mobile is not None and one.mobile == other.mobile:
        found.append(Alike.SAME_MOBILE)
    if None in (one.latitude, other.latitude) and one.town == other.town:
        if _same(one.landmark, other.landmark):
            found.append(Alike.SAME_LANDMARK)
        if _same(one.district, other.district):
            found.append(Alike.SAME_DISTRICT)
    return found


def _same(one: str | None, other: str | None) -> bool:
    return bool(one and other) and place_key(one or "") == place_key(other or "")
