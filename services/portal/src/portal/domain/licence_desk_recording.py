"""The form in which an inspector records a violation, and its body for `licences`. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from portal.domain.inputs import read_inputs
from portal.domain.report_form import PLACE_MARK
from saudi.text import fold_digits

NOTE_SIGNS = 2_000
# The holder of a licence is the offender, at the place of the shop. The inspector types both for somebody else.
OFFENDER_INPUTS = ("name", "id_type", "id_number", "mobile", "place")
LICENCE_INPUTS = ("licence_no", "municipality", "town", "district")
INPUTS = (
    *("item", "size", "note", "latitude", "longitude", "pictures", "key", "visit"),
    *(*LICENCE_INPUTS, *OFFENDER_INPUTS),
)
_ESTABLISHMENT = "unified_number"
Typed = dict[str, str]
_OF_PLACE = ("municipality", "town", "district")


def read_recording(form: Mapping[str, str]) -> Typed:
    """Returns what was typed, by the names of the inputs."""
    return read_inputs(form, INPUTS)


def filled_from_visit(
    inspection: Mapping[str, Any], application: Mapping[str, Any] | None, places: Collection[str]
) -> Typed:
    """Returns the inputs that a visit fills in: its point and its listed place; with `application`, also the offender.
    The inspector may change each. A person's number isn't shown to staff, so it's typed."""
    place, contact = inspection["place"] or {}, inspection["contact"] or {}
    code = f"{place.get('town', '')}{PLACE_MARK}{place.get('district', '')}"
    filled = {
        **{name: str(place.get(name) or "") for name in ("latitude", "longitude")},
        "place": code if code in places else "",
    }
    if application is None:
        return filled
    establishment = application["establishment"]
    trade_name = (inspection["trade_name"] or {}).get("ar")
    return {
        **filled,
        "name": (trade_name if establishment else None) or contact.get("name", ""),
        "id_type": _ESTABLISHMENT if establishment else "",
        "id_number": establishment or "",
        "mobile": contact.get("mobile", ""),
    }


def body_of(typed: Mapping[str, str], towns: Mapping[str, str]) -> dict[str, Any]:
    """Returns the contract's `NewViolation`. `towns`: town → its municipality. An empty field is left out, so that the
    service names it where it's needed."""
    place = _place_of(typed, towns)
    numbers = {name: _number_of(typed[name]) for name in ("latitude", "longitude")}
    said = {name: typed[name] for name in ("item", "note")}
    pictures = typed["pictures"].split()
    body = {**said, **place, **{name: one for name, one in numbers.items() if one is not None}}
    kept = {name: value for name, value in body.items() if value != ""}
    return {
        **kept,
        "offender": _offender_of(typed),
        **({"pictures": pictures} if pictures else {}),
    }


def _place_of(typed: Mapping[str, str], towns: Mapping[str, str]) -> dict[str, str]:
    if typed["licence_no"]:
        return {name: typed[name] for name in _OF_PLACE}
    town, _, district = typed["place"].partition(PLACE_MARK)
    return {"municipality": towns.get(town, ""), "town": town, "district": district}


def _offender_of(typed: Mapping[str, str]) -> dict[str, str]:
    size = {"size": typed["size"]} if typed["size"] else {}
    if typed["licence_no"]:
        return {"kind": "licence", "licence_no": typed["licence_no"], **size}
    is_establishment = typed["id_type"] == _ESTABLISHMENT
    fields = ("name", "id_type", "id_number", "mobile")
    filled = {name: typed[name] for name in fields if typed[name]}
    kind = "establishment" if is_establishment else "person"
    return {"kind": kind, **filled, **(size if is_establishment else {})}


def _number_of(text: str) -> float | str | None:
    """Returns a coordinate. A text that is no number goes as it was typed: the service says what is wrong."""
    if not text:
        return None
    try:
        return float(fold_digits(text).replace("٫", "."))
    except ValueError:
        return text


def input_of(field: str, typed: Mapping[str, str]) -> str:
    """Returns the input of a field of the contract; empty for a field without an input on the page."""
    name = field.removeprefix("offender.")
    if field in _OF_PLACE:
        return "" if typed["licence_no"] else "place"
    if name.startswith("pictures"):
        return "files"
    shown = ("item", "size", "note", "latitude", "longitude")
    others = () if typed["licence_no"] else ("name", "id_type", "id_number", "mobile")
    return name if name in (*shown, *others) else ""
