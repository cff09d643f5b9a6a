"""The documents that bear numbers: for `health-certs numbers check`."""

from typing import Any

from sqlalchemy import Integer, Select, cast, func, select

from health_certs.models import Certificate, Request


def requests() -> Select[str, int, int]:
    """Municipality, Hijri year and number of every request."""
    return _numbered(Request.municipality, Request.request_no)


def certificates() -> Select[str, int, int]:
    """The same of every certificate."""
    return _numbered(Certificate.municipality, Certificate.certificate_no)


def _numbered(municipality: Any, number: Any) -> Select[str, int, int]:
    year = cast(func.substr(number, 1, 4), Integer).label("year")
    place = cast(func.substr(number, 8), Integer).label("number")
    return select(municipality.label("branch"), year, place)
