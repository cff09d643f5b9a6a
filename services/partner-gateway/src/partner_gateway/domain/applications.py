"""Rules of what municipalities submit: who sees what, and what is checked before it's accepted.

What depends on the day, and on what others know, is decided by licences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.core.refusals import (
    Conflict,
    Fault,
    IllegalTransition,
    InvalidFields,
    NotFound,
    Refusal,
)
from saudi import Malformed
from saudi.coordinates import check_within
from saudi.days import parse_day
from saudi.establishments import parse_commercial_register
from saudi.ids import IdType, parse_id
from saudi.mobiles import parse_mobile
from saudi.text import place_key, require_script

GOVERNORATE, BRANCH = "municipality", "affiliated_municipality"
PROFESSIONAL, ENGINEERING_OFFICE = "professional", "engineering_office"
SUBMITTED, ISSUED = "submitted", "issued"
PARTNER = "partner"  # the channel of what is submitted here
# A correction answers what the application is returned or waits for.
CORRECTABLE = frozenset(("returned", "waiting"))
ENDED = frozenset((ISSUED, "refused", "withdrawn"))
APPLICANT, OUTSIDE_BODY, MUNICIPALITY, NOBODY = (
    "applicant",
    "outside_body",
    "municipality",
    "nobody",
)
_BY_APPLICANT = frozenset(("returned", "awaiting_payment"))
# A licence that may still be renewed or cancelled; whether it's early or late enough is decided by licences.
IN_LIFE = frozenset(("valid", "suspended"))
LONGEST_WAIT = 10.0

CORRECTION: Mapping[str, str] = {"ar": "التصحيح", "en": "correct"}


class NoMunicipality(Refusal):
    """The caller's organisation isn't a municipality."""

    problem = "municipality-only"


class OtherMunicipality(Refusal):
    """The governorate's municipality sees the things of others and doesn't touch them."""

    problem = "other-municipality"


class RenewalTooEarly(Conflict):
    """The licence ends later than the days before its end on which a renewal may be asked for."""

    problem = "licence-renewal-early"


@dataclass(frozen=True)
class Reach:
    """The municipality for which a caller submits. `sees_all`: the caller sees the things of all municipalities
    (Qatif)."""

    municipality: str
    sees_all: bool

    @property
    def bound(self) -> str | None:
        """Returns the only municipality that the caller sees; None when the caller sees all."""
        return None if self.sees_all else self.municipality

    def check_seen(self, municipality: str | None) -> None:
        """Raises NotFound for a thing of another municipality, and for one that isn't there (None)."""
        if municipality is None or self.bound not in (None, municipality):
            raise NotFound

    def check_own(self, municipality: str) -> None:
        """Raises OtherMunicipality for a thing that's seen and isn't one's own."""
        if municipality != self.municipality:
            raise OtherMunicipality


def reach_of(organisation_kind: str, attributes: Mapping[str, str]) -> Reach:
    """Returns the reach of the municipality of the registration, which the token carries. Raises NoMunicipality."""
    municipality = attributes.get("municipality")
    if organisation_kind not in (GOVERNORATE, BRANCH) or not municipality:
        raise NoMunicipality
    return Reach(municipality, sees_all=organisation_kind == GOVERNORATE)


@dataclass(frozen=True)
class Terms:
    """The terms at which a municipality offers an activity."""

    max_area_m2: float | None
    years_max: int


@dataclass(frozen=True)
class Activity:
    """An activity as `licences` published it; `terms` by the municipality's code."""

    kinds: frozenset[str]
    in_force_from: date
    in_force_until: date | None
    terms: Mapping[str, Terms]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Activity":
        """Reads the state in contracts/events/licences/activity.v1.schema.json."""
        until = state["in_force_until"]
        return cls(
            kinds=frozenset(state["kinds"]),
            in_force_from=date.fromisoformat(state["in_force_from"]),
            in_force_until=date.fromisoformat(until) if until else None,
            terms={
                code: Terms(one["max_area_m2"], one["years_max"])
                for code, one in state["municipalities"].items()
            },
        )

    def is_in_force(self, today: date) -> bool:
        until = self.in_force_until
        return self.in_force_from <= today and (until is None or today <= until)


@dataclass(frozen=True)
class Town:
    """A town of the governorate, its municipality, and the `place_key` of each of its listed districts. A town without
    a list takes any district."""

    name: str
    municipality: str
    districts: frozenset[str]


@dataclass(frozen=True)
class CheckFacts:
    """The facts by which an application is checked: the activities that it names, and the governorate's towns by
    `place_key`."""

    activities: Mapping[str, Activity]
    towns: Mapping[str, Town]
    today: date


def check_application(body: Mapping[str, Any], reach: Reach, known: CheckFacts) -> None:
    """Raises InvalidFields that names every field at fault."""
    faults = [*form_faults(body), *table_faults(body, reach, known)]
    if faults:
        raise InvalidFields(faults)


def form_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields the faults of an application by itself. Parts may be missing, and days are texts of either calendar."""
    yield from _activity_faults(body)
    yield from _establishment_faults(body)
    for role in ("owner", "manager"):
        if person := body.get(role):
            yield from _person_faults(role, person)
    place = body.get("place") or {}
    if {"latitude", "longitude"} <= place.keys():
        yield from _malformed("place.latitude", check_within, place["latitude"], place["longitude"])
    lease = body.get("lease") or {}
    # The days may stand as they were typed, each of its own calendar: as texts they have no order.
    if {"starts_on", "ends_on"} <= lease.keys() and (
        parse_day(lease["starts_on"]) >= parse_day(lease["ends_on"])
    ):
        yield Fault("lease.ends_on", "lease-order")
    if body.get("kind") == ENGINEERING_OFFICE and not body.get("engineering"):
        yield Fault("engineering", "required")


def _activity_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    activities = body.get("activities")
    if not activities or not all(isinstance(one, Mapping) for one in activities):
        return
    codes = [one.get("code") for one in activities]
    if len(set(codes)) < len(codes):
        yield Fault("activities", "activity-repeated")
    if sum(one.get("main") is True for one in activities) != 1:
        yield Fault("activities", "one-main-activity")


def _establishment_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    establishment = body.get("establishment")
    if establishment is None:
        if body.get("kind") not in (None, PROFESSIONAL):
            yield Fault("establishment", "required")
        return
    if number := establishment.get("unified_number"):
        yield from _malformed(
            "establishment.unified_number", parse_id, IdType.UNIFIED_NUMBER, number
        )
    if number := establishment.get("cr_number"):
        yield from _malformed("establishment.cr_number", parse_commercial_register, number)
    trade_name = establishment.get("trade_name") or {}
    for language in ("ar", "en"):
        if name := trade_name.get(language):
            path = f"establishment.trade_name.{language}"
            yield from _malformed(path, require_script, name, language)


def _person_faults(role: str, person: Mapping[str, Any]) -> Iterator[Fault]:
    if person.get("id_number") and person.get("id_type"):
        yield from _malformed(f"{role}.id_number", parse_id, person["id_type"], person["id_number"])
    if person.get("mobile"):
        yield from _malformed(f"{role}.mobile", parse_mobile, person["mobile"])


def _malformed(path: str, parse: Any, *values: Any) -> Iterator[Fault]:
    try:
        parse(*values)
    except Malformed as error:
        yield Fault(path, error.code, error.params)


# The faults of an activity that hold in every municipality.
_EVERYWHERE = ("activity-unknown", "activity-of-another-kind")


def table_faults(body: Mapping[str, Any], reach: Reach, known: CheckFacts) -> Iterator[Fault]:
    """Yields the faults that the tables of activities and towns show. Parts may be missing. For a place elsewhere no
    fault names what the sender's municipality offers, because the place isn't there."""
    place = body.get("place") or {}
    is_elsewhere = _lies_elsewhere(known.towns.get(place_key(place.get("town", ""))), reach)
    for index, asked in enumerate(body.get("activities") or ()):
        code = activity_code(asked)
        if code is not None:
            activity = known.activities.get(code)
            for field, fault, params in _offer_faults(activity, body, reach, known.today):
                if is_elsewhere and fault not in _EVERYWHERE:
                    continue
                yield Fault(field or f"activities.{index}.code", fault, params)
    if "town" in place:
        yield from _place_faults(place, reach, known.towns)


def _lies_elsewhere(town: Town | None, reach: Reach) -> bool:
    return town is not None and town.municipality != reach.municipality and not reach.sees_all


def activity_code(asked: Any) -> str | None:
    """Returns the code of an item of `activities`, None for an item at fault."""
    return asked.get("code") if isinstance(asked, Mapping) else None


def _place_faults(
    place: Mapping[str, Any], reach: Reach, towns: Mapping[str, Town]
) -> Iterator[Fault]:
    town = towns.get(place_key(place["town"]))
    if town is None:
        yield Fault("place.town", "town-unknown")
        return
    if _lies_elsewhere(town, reach):
        yield Fault("place.town", "town-elsewhere")
    district = place.get("district")
    if town.districts and district is not None and place_key(district) not in town.districts:
        yield Fault("place.district", "district-elsewhere", {"town": town.name})


def _offer_faults(
    activity: Activity | None, body: Mapping[str, Any], reach: Reach, today: date
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(field, code, what fills its words); the field is empty for the activity's own."""
    if activity is None or not activity.is_in_force(today):
        yield "", "activity-unknown", {}
        return
    if body.get("kind") is not None and body["kind"] not in activity.kinds:
        yield "", "activity-of-another-kind", {}
    terms = activity.terms.get(reach.municipality)
    if terms is None:
        yield "", "activity-not-offered", {}
        return
    if body.get("years", 0) > terms.years_max:
        yield "years", "years-beyond", {"limit": terms.years_max}
    if terms.max_area_m2 is not None and body.get("area_m2", 0) > terms.max_area_m2:
        yield "area_m2", "area-beyond", {"limit": terms.max_area_m2}


def awaited_of(status: str, asked: Mapping[str, Any] | None) -> str:
    """Returns whose turn it is. While the applicant owes something, it's the applicant's, whoever is awaited
    besides."""
    if status in ENDED:
        return NOBODY
    if asked or status in _BY_APPLICANT:
        return APPLICANT
    return OUTSIDE_BODY if status == "waiting" else MUNICIPALITY


def check_correctable(status: str, *, is_corrected: bool) -> None:
    """Raises IllegalTransition: it isn't returned and waits for nothing, or its correction is on its way."""
    if status not in CORRECTABLE:
        raise IllegalTransition("correct", status)
    if is_corrected:
        raise IllegalTransition("correct", "corrected")


def check_withdrawable(status: str, *, channel: str, is_corrected: bool) -> None:
    """Raises IllegalTransition: the application has ended, came through another channel (its applicant withdraws it),
    or a correction or withdrawal is on its way."""
    if status in ENDED:
        raise IllegalTransition("withdraw", status)
    if channel != PARTNER:
        raise IllegalTransition("withdraw", "submitted-elsewhere")
    if is_corrected:
        raise IllegalTransition("withdraw", "corrected")


def check_renewable(licence_no: str, opens_on: date, today: date) -> None:
    """Raises RenewalTooEarly before the day from which on the licence may be renewed."""
    if today < opens_on:
        raise RenewalTooEarly(number=licence_no, opens_on=opens_on.isoformat())


def check_in_life(action: str, status: str) -> None:
    """Raises IllegalTransition for a licence that was cancelled or closed."""
    if status not in IN_LIFE:
        raise IllegalTransition(action, status)


def wait_of(prefer: str | None) -> float:
    """Returns the seconds of `wait=` in a header Prefer (RFC 7240), at most LONGEST_WAIT; 0 without one that can be
    read."""
    for preference in (prefer or "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        seconds = value.strip().strip('"')
        if name.strip().lower() == "wait" and seconds.isascii() and seconds.isdigit():
            return min(float(seconds[:4]), LONGEST_WAIT)
    return 0.0
