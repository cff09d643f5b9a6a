"""What a licence's document says: its content, as plain values, of the licence as it is."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from chassis.core.refusals import Conflict

PROFESSIONAL = "professional"
KINDS = {
    "shop": "shop_licence",
    "engineering_office": "office_licence",
    PROFESSIONAL: "professional_licence",
}
# The parts of the place that are printed.
_PLACE = ("town", "district", "street", "plan", "plot", "latitude", "longitude")


class NothingToPrint(Conflict):
    """Only a valid licence has a document."""

    problem = "document-not-available"


class Licensed(Protocol):
    """A licence as it's kept."""

    @property
    def licence_no(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def municipality(self) -> str: ...
    @property
    def establishment(self) -> str | None: ...
    @property
    def trade_name(self) -> dict[str, Any] | None: ...
    @property
    def activities(self) -> list[dict[str, Any]]: ...
    @property
    def body(self) -> Any: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def expires_on(self) -> date: ...


def content_of(licence: Licensed) -> dict[str, Any]:
    """What is printed, as JSON values. Raises NothingToPrint for a licence whose personal data were emptied."""
    if licence.body is None:
        raise NothingToPrint
    place: Mapping[str, Any] = licence.body.get("place") or {}
    return {
        "kind": licence.kind,
        "number": licence.licence_no,
        "municipality": licence.municipality,
        "establishment": licence.establishment,
        "trade_name": licence.trade_name,
        "holder": licence.body["owner"]["name"],
        "activities": licence.activities,
        "issued_on": licence.issued_on.isoformat(),
        "expires_on": licence.expires_on.isoformat(),
        "area_m2": str(licence.body["area_m2"]) if licence.body.get("area_m2") else None,
        "place": {name: place.get(name) for name in _PLACE},
    }
