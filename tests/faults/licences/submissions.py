"""What each of a run's applications is, by its number: trades without a fee, shops with one, and owners who are too
young."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.outside_bodies.registers import with_check_digit

MARK = "بيانات تجريبية"
PLACES: Mapping[str, tuple[str, str, float, float]] = {
    "saihat": ("سيهات", "الكوثر", 26.4834, 50.0468),
    "tarout": ("تاروت", "الربيعية", 26.5711, 50.0727),
    "safwa": ("صفوى", "الروابي", 26.6634, 49.9616),
}
# Reader → the municipalities whose changes it hears.
HEARS = {
    "saihat-system": ("saihat",),
    "tarout-system": ("tarout",),
    "safwa-system": ("safwa",),
    "qatif.licence-officer": ("saihat", "tarout", "safwa"),
}
PLUMBER, LAUNDRY = "432210", "960111"
# Of the rules: a year of a small shop, and each square metre of it.
YEARLY, SQUARE_METRE = 30_000, 400


@dataclass(frozen=True)
class Wanted:
    """An application of a run. `fee` in halalas; `is_minor`: the register of persons says that its owner is sixteen."""

    run: int
    number: int
    fees_every: int

    @property
    def municipality(self) -> str:
        return list(PLACES)[self.number % len(PLACES)]

    @property
    def has_fee(self) -> bool:
        return self.number % self.fees_every == 0

    @property
    def is_minor(self) -> bool:
        return not self.has_fee and _minors(self.run, self.number).endswith("91")

    @property
    def fee(self) -> int:
        return YEARLY + SQUARE_METRE * self._area if self.has_fee else 0

    @property
    def body(self) -> dict[str, Any]:
        """Returns the application as the municipality's system sends it."""
        town, district, latitude, longitude = PLACES[self.municipality]
        body: dict[str, Any] = {
            "kind": "professional",
            "activities": [{"code": PLUMBER, "main": True}],
            "years": 1,
            "owner": {
                "name": f"مالك {self.number} ({MARK})",
                "id_type": "national_id",
                "id_number": self._owner,
                "mobile": f"05000000{self.number % 100:02}",
                "language": "ar",
            },
            "area_m2": 0,
            "workers": 0,
            "place": {
                "town": town,
                "district": district,
                "latitude": latitude,
                "longitude": longitude,
            },
        }
        return body | self._shop() if self.has_fee else body

    @property
    def _area(self) -> int:
        return 20 + self.number % 150

    @property
    def _owner(self) -> str:
        if self.is_minor:
            return _minors(self.run, self.number)
        # An ending of which the stand-in of the registers makes nothing.
        return with_check_digit(f"10{self.run % 10}{self.number % 100_000:05}3")

    def _shop(self) -> dict[str, Any]:
        return {
            "kind": "shop",
            "activities": [{"code": LAUNDRY, "main": True}],
            "establishment": {
                "unified_number": with_check_digit("7" + self._owner[1:9]),
                "trade_name": {"ar": f"مغسلة {self.number} ({MARK})"},
                "size": "micro",
            },
            "area_m2": self._area,
            "lease": {
                "ejar_no": f"104{self.number:07}0",
                "starts_on": "2026-01-01",
                "ends_on": "2028-12-31",
            },
            "workers": 2,
        }


def _minors(run: int, number: int) -> str:
    return with_check_digit(f"10{run % 10}{number % 100_000:05}9")
