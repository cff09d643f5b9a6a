"""The form of an application: its normal form, the fields at fault, and what a renewal or a correction changes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from chassis.core.refusals import Fault, Findings
from licences.domain.declarations import Towns
from saudi.coordinates import check_within
from saudi.days import parse_day
from saudi.ids import parse_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import require_script, tidy

_RENEWABLE_FIELDS = ("workers", "lease", "safety_certificate", "engineering", "building_permit_no")


def normalize(body: Mapping[str, Any], towns: Towns, *, born_by: date | None) -> dict[str, Any]:
    """Returns the body in its normal form: numbers in ASCII digits, mobiles in E.164, days in ISO 8601, towns as
    records spell them. Raises InvalidFields, which names every field at fault. Fields that the contract refuses may be
    missing, and days may stand as they were typed: the person reads the faults of the contract and of the rules at
    once. `born_by`: the last day that may be a birth date; None for any day."""
    findings = Findings()
    done = {name: _plain(value) for name, value in body.items() if value is not None}
    for role in ("owner", "manager"):
        if role in done:
            done[role] = _person(done[role], role, findings)
            _check_birth(done[role], role, findings, born_by)
    _check_activities(done.get("activities", ()), findings)
    if "place" in done:
        done["place"] = _place(done["place"], towns, findings)
    if done.get("kind", "professional") != "professional":
        if "establishment" not in done:
            findings.fault("establishment", "required")
        if done.get("area_m2") == 0:
            findings.fault("area_m2", "positive")
    check_trade_name(done.get("establishment", {}).get("trade_name", {}), findings)
    _check_lease(done.get("lease", {}), findings)
    findings.settle()
    return done


def check_trade_name(
    trade_name: Mapping[str, Any], findings: Findings, *, within: str = "establishment.trade_name"
) -> None:
    """Notes a name that isn't in the letters of its language. `within`: the field of both names."""
    for language in ("ar", "en"):
        with _note_malformed(findings, f"{within}.{language}"):
            if name := trade_name.get(language):
                require_script(name, language)


@contextmanager
def _note_malformed(findings: Findings, path: str) -> Iterator[None]:
    """Notes what was written wrong in a field."""
    try:
        yield
    except Malformed as error:
        findings.faults.append(Fault(path, error.code, error.params))


def with_confirmed_mobile(
    body: Mapping[str, Any],
    *,
    by_staff: bool,
    own_mobile: str | None = None,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns the body with `owner.confirmed`, whether the owner's mobile is known to be the owner's; ignores what
    was sent there.

    Staff and municipalities vouch for a mobile; an applicant vouches for the mobile by which the applicant signed in.
    A mobile that is the same in `before` keeps its state.
    """
    owner = body["owner"]
    known = by_staff
    if before is not None and before["owner"]["mobile"] == owner["mobile"]:
        known = bool(before["owner"].get("confirmed"))
    return {**body, "owner": {**owner, "confirmed": known or owner["mobile"] == own_mobile}}


def renewal_of(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body of a licence with what its renewal names; the rest stays."""
    named = {
        name: _plain(changes[name]) for name in _RENEWABLE_FIELDS if changes.get(name) is not None
    }
    return {**body, **named, "years": changes["years"]}


def corrected_renewal_of(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body of a corrected renewal. The owner's name and mobile may change, because the bill system
    refuses a payer for them; the owner may not. Raises InvalidFields."""
    done = renewal_of(body, changes)
    if (sent := changes.get("owner")) is None:
        return done
    findings = Findings()
    owner = _person(_plain(sent), "owner", findings)
    findings.settle()
    told = {name: owner[name] for name in ("name", "mobile")}
    return {**done, "owner": {**body["owner"], **told}}


def form_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the form of a stored body, as the contract's LicenceApplication: whoever reads the form may send the form
    again as it is."""
    form = {name: value for name, value in body.items() if name != "reason"}
    owner = {name: value for name, value in body["owner"].items() if name != "confirmed"}
    return {**form, "owner": owner}


def _person(person: dict[str, Any], role: str, findings: Findings) -> dict[str, Any]:
    done = {**person, "name": tidy(person.get("name", ""))}
    with _note_malformed(findings, f"{role}.id_number"):
        if {"id_type", "id_number"} <= person.keys():
            done["id_number"] = parse_id(person["id_type"], person["id_number"])
    with _note_malformed(findings, f"{role}.mobile"):
        if "mobile" in person:
            done["mobile"] = parse_mobile(person["mobile"])
    return done


def _check_birth(
    person: Mapping[str, Any], role: str, findings: Findings, born_by: date | None
) -> None:
    if born_by is None or "birth_date" not in person:
        return
    if parse_day(person["birth_date"]) > born_by:
        findings.fault(f"{role}.birth_date", "future-date")


def _check_lease(lease: Mapping[str, Any], findings: Findings) -> None:
    if {"starts_on", "ends_on"} <= lease.keys() and (
        parse_day(lease["ends_on"]) <= parse_day(lease["starts_on"])
    ):
        findings.fault("lease.ends_on", "before-start")


def _place(place: Mapping[str, Any], towns: Towns, findings: Findings) -> dict[str, Any]:
    """Returns the place with town and district as their lists spell them: a licence prints both."""
    with _note_malformed(findings, "place.latitude"):
        if {"latitude", "longitude"} <= place.keys():
            check_within(place["latitude"], place["longitude"])
    if "town" not in place:
        return dict(place)
    town = towns.named(place["town"])
    if town is None:
        findings.fault("place.town", "town-unknown")
        return dict(place)
    if "district" not in place:
        return {**place, "town": town.name}
    district = town.district(place["district"])
    if district is None:
        findings.fault("place.district", "district-elsewhere", town=town.name)
    return {**place, "town": town.name, "district": district or place["district"]}


def _check_activities(activities: Any, findings: Findings) -> None:
    read = [one for one in activities if one is not None]
    codes = [one["code"] for one in read if "code" in one]
    if len(set(codes)) < len(codes):
        findings.fault("activities", "not-unique")
    if read and sum(one.get("main", False) for one in read) != 1:
        findings.fault("activities", "one-main")


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return [_plain(one) for one in value] if isinstance(value, list) else value
