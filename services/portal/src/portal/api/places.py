"""The place of a thing, in words of the page's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from pages import marks
from pages.words import AR
from portal.catalogue import english_place_names, english_site_names


def place_of(thing: Mapping[str, Any] | None, language: str) -> Markup | None:
    """Returns town and district, whose names services have in Arabic; None where neither is known. On an English page
    a name of the list of places stands in English."""
    town, district = ((thing or {}).get(name) for name in ("town", "district"))
    if not (town or district):
        return None
    if language == AR:
        return marks.arabic(" – ".join(name for name in (town, district) if name))
    english = english_place_names()
    in_english = (
        (town, english.get((town, None))),
        (district, english.get((town, district))),
    )
    return Markup(" – ").join(
        marks.code(translated) if translated else marks.arabic(name)
        for name, translated in in_english
        if name
    )


def town_names(towns: Iterable[str], language: str) -> str:
    """Returns the names of towns, which services have in Arabic."""
    if language == AR:
        return "، ".join(towns)
    return ", ".join(english_place_names().get((one, None), one) for one in towns)


def place_of_lease(lease: Mapping[str, Any], language: str) -> Markup:
    """Returns the district of a lease's site."""
    district = lease["site"]["district"]
    english = english_site_names().get((lease["municipality"], district))
    return marks.code(english) if english and language != AR else marks.arabic(district)
