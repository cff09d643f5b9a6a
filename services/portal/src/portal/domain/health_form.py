"""The forms of a worker: an application for a health certificate, its renewal, another centre. Pure."""

from collections.abc import Mapping
from typing import Any

from portal.domain.entry_form import EntryField, body_of

ID_TYPES = ("iqama", "national_id", "border_number")
SEXES = ("male", "female")
_NUMBERS = (
    EntryField("licence_no", "code", 14, "establishment.licence_no"),
    EntryField("application_no", "code", 15, "establishment.application_no"),
)
_MUNICIPALITY = EntryField("municipality", "choice")
_PERMIT = EntryField("residence_permit_until", "day")
CENTRE = (EntryField("centre", "choice"),)
_PHOTO = EntryField("photo", "photo")
APPLICATION = (
    EntryField("profession", "choice"),
    EntryField("name_ar", "line", 150, "worker.name.ar"),
    EntryField("name_en", "line", 150, "worker.name.en"),
    EntryField("id_type", "radios", path="worker.id_type"),
    EntryField("id_number", "code", 20, "worker.id_number"),
    _PERMIT,
    EntryField("nationality", "choice", path="worker.nationality"),
    EntryField("birth_date", "day", path="worker.birth_date"),
    EntryField("sex", "radios", path="worker.sex"),
    EntryField("mobile", "code", 20, "worker.mobile"),
    EntryField("language", "choice", path="worker.language"),
    *_NUMBERS,
    _MUNICIPALITY,
    *CENTRE,
    _PHOTO,
)
RENEWAL = (
    EntryField("certificate_no", "hidden"),
    *_NUMBERS,
    _MUNICIPALITY,
    _PERMIT,
    EntryField("mobile", "code", 20),
    *CENTRE,
    _PHOTO,
)
# What the desk of health education records: a passed course, or that passes of a course are void.
_COURSE = EntryField("course", "choice")
EDUCATION: Mapping[str, tuple[EntryField, ...]] = {
    "enter": (_COURSE, EntryField("language", "choice"), EntryField("passed_on", "day")),
    "void": (_COURSE, EntryField("reason", "radios")),
}


def application_body(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of an application."""
    return _of_place(body_of(APPLICATION, typed))


def renewal_body(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a renewal. The certificate stands in the path."""
    body = _of_place(body_of(RENEWAL, typed))
    del body["certificate_no"]
    return body


def _of_place(body: dict[str, Any]) -> dict[str, Any]:
    """A worker without an establishment names the municipality; where there is an establishment, its place counts."""
    if not body["establishment"]:
        return {**body, "establishment": None}
    return {name: value for name, value in body.items() if name != "municipality"}
