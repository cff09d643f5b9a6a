"""What is known of an application when it is sent: the sender hears it at once, and no refusal follows with a text.

A municipality's system has its answer already when its application comes here, so its application is refused or
returned by the decision instead.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict, Fault
from licences.domain.declarations import CANCEL, RENEW, Declaration
from licences.domain.licences import STOPPED, Status, renewable_from
from licences.domain.rules import Activity, Rules


class RenewalTooEarly(Conflict):
    """The licence ends later than the days before its end on which a renewal may be asked for."""

    problem = "licence-renewal-early"


class LicenceStopped(Conflict):
    """The licence is suspended, or its place is closed: nothing about it is asked for until the stop ends."""

    problem = "licence-stopped"


class LicenceOver(Conflict):
    """The licence was cancelled, for good."""

    problem = "licence-over"


def offer_faults(
    body: Mapping[str, Any], municipality: str | None, rules: Rules, *, on: date
) -> Iterator[Fault]:
    """Yields what the municipality doesn't offer on the day: an activity, its kind, so many years, so large a place.
    Fields may be missing. `municipality`: None while the place isn't known."""
    for place, asked in enumerate(body.get("activities", ())):
        if asked and "code" in asked:
            field, activity = f"activities.{place}.code", rules.activities.get(asked["code"])
            yield from _activity_faults(field, activity, body, municipality, on)


def _activity_faults(
    field: str,
    activity: Activity | None,
    body: Mapping[str, Any],
    municipality: str | None,
    on: date,
) -> Iterator[Fault]:
    if activity is None or not activity.is_offered(on):
        yield Fault(field, "activity-unknown")
        return
    if body.get("kind", "") not in {"", *activity.kinds}:
        yield Fault(field, "activity-of-another-kind")
    if municipality is None:
        return
    terms = activity.terms.get(municipality)
    if terms is None:
        yield Fault(field, "activity-not-offered")
        return
    if body.get("years", 0) > terms.years_max:
        yield Fault("years", "years-beyond", {"limit": terms.years_max})
    if terms.max_area_m2 is not None and body.get("area_m2", 0) > terms.max_area_m2:
        yield Fault("area_m2", "area-beyond", {"limit": f"{terms.max_area_m2:f}"})


def require_possible(declaration: Declaration, rules: Rules) -> None:
    """Raises LicenceStopped, LicenceOver and RenewalTooEarly for what the licence doesn't allow today: its renewal, its
    end, or a move from its place. A move may name a licence that has ended."""
    term = declaration.term
    if term is None:
        return
    if term.status in STOPPED:
        raise LicenceStopped(number=term.licence_no)
    if declaration.request in (RENEW, CANCEL) and term.status == Status.CANCELLED:
        raise LicenceOver(number=term.licence_no)
    opens_on = renewable_from(term.expires_on, rules.parameters.renewal_days)
    if declaration.request == RENEW and declaration.submitted_on < opens_on:
        raise RenewalTooEarly(number=term.licence_no, opens_on=opens_on)
