"""Forms of applications for a licence: their normal form, their municipality, and what isn't offered."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import Fault, Findings, InvalidFields
from licences.catalogue import rules_on, towns
from licences.domain.actors import Applicant, require_for_applicant
from licences.domain.applications import PARTNER
from licences.domain.forms import normalize
from licences.domain.submissions import offer_faults
from saudi.branches import GOVERNORATE

# Faults of an activity in whatever municipality its place lies.
_EVERYWHERE = ("activity-unknown", "activity-of-another-kind")


def application_faults(
    session: Session, applicant: Applicant, body: Mapping[str, Any], *, today: date
) -> list[Fault]:
    """Returns every field of a citizen's application for a new licence that is at fault. Fields that the contract
    refuses may be missing."""
    findings = Findings()
    with findings.gather():
        require_for_applicant(applicant, body, is_incomplete=True)
    return [*findings.faults, *counter_faults(session, None, body, today=today)]


def counter_faults(
    session: Session, municipality: str | None, body: Mapping[str, Any], *, today: date
) -> list[Fault]:
    """Returns every field at fault of an application that is taken or corrected at a counter. Fields that the contract
    refuses may be missing. `municipality`: the counter's; None for the municipality of the place. The rules are those
    of today, also of a correction: its own day is looked at once its form is right."""
    findings = Findings()
    with findings.gather():
        normalize(body, towns(), born_by=today)
    town = towns().named((body.get("place") or {}).get("town", ""))
    home = town.municipality if town else None
    if home is not None and municipality not in (None, home):
        findings.fault("place.town", "town-elsewhere")
        municipality = home = None
    rules = rules_on(session, today)
    findings.faults.extend(offer_faults(body, municipality or home, rules, on=today))
    return findings.faults


def faults_of_offer(
    session: Session, body: Mapping[str, Any], *, municipality: str, channel: str, on: date
) -> list[Fault]:
    """Returns what the municipality doesn't offer by the rules of the day. Returns nothing for a municipality's system,
    which the decision answers: nobody waits for an error there."""
    if channel == PARTNER:
        return []
    return list(offer_faults(body, municipality, rules_on(session, on), on=on))


def normal_form(
    body: Mapping[str, Any],
    municipality: str,
    channel: str,
    not_offered: Iterable[Fault] = (),
    *,
    on: date,
) -> dict[str, Any]:
    """Returns the body of a new licence in its normal form. Raises InvalidFields, which names every field at fault,
    with those that aren't offered, also for a place outside the municipality. Only the governorate's own system may
    submit for any place, as the gateway lets it. The gateway lets any birth date pass too: the decision answers it."""
    findings = Findings()
    with findings.gather():
        done = normalize(body, towns(), born_by=None if channel == PARTNER else on)
    home = towns().named(body["place"]["town"])
    sees_all = channel == PARTNER and municipality == GOVERNORATE
    if home is not None and home.municipality != municipality and not sees_all:
        findings.fault("place.town", "town-elsewhere")
        not_offered = [one for one in not_offered if one.code in _EVERYWHERE]
    findings.faults.extend(not_offered)
    findings.settle()
    return done


def municipality_of(body: Mapping[str, Any], *, today: date) -> str:
    """Returns the municipality in which the place lies. Raises InvalidFields for an unknown town, with all other fields
    at fault."""
    town = towns().named(body["place"]["town"])
    if town is None:
        normalize(body, towns(), born_by=today)
        raise InvalidFields.of("place.town", "town-unknown")
    return town.municipality
