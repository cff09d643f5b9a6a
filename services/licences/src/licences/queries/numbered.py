"""The documents that bear numbers: for `licences numbers check`."""

from typing import Any

from sqlalchemy import Integer, Select, cast, func, select

from licences.models import Application, Licence


def applications() -> Select[str, int, int]:
    """Municipality, Hijri year and number of every application."""
    return _numbered(Application.municipality, Application.application_no)


def licences() -> Select[str, int, int]:
    """The same of every licence."""
    return _numbered(Licence.municipality, Licence.licence_no)


def _numbered(municipality: Any, number: Any) -> Select[str, int, int]:
    year = cast(func.substr(number, 1, 4), Integer).label("year")
    place = cast(func.substr(number, 7), Integer).label("number")
    return select(municipality.label("branch"), year, place)
