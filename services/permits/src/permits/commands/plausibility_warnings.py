"""Plausibility warnings of requests and permits, including other permits and requests on the plot."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from chassis.core.refusals import Fault
from permits import catalogue
from permits.domain import older, plausibility_warnings
from permits.domain.owners import WITHOUT_NUMBER, lacks_number
from permits.domain.permits import KINDS, STATUS_TITLES, Kind, Status
from permits.domain.plausibility_warnings import (
    PLOT_IN_USE,
    PLOT_STOPPED,
    PlotStopped,
    plot_stopped,
    site_warnings,
)
from permits.domain.requests import ENDS
from permits.models import AttachedFile, Permit, PermitRequest
from saudi.text import compact, number_key

LIVE = (Status.VALID.value, Status.SUSPENDED.value)
MOST_NAMED, MOST_STOPS = 5, 10
MOST_WITHOUT_NUMBER = 20  # an answer has room for 50 warnings
Warnings = list[dict[str, Any]]
NOT_ATTACHED: dict[str, Any] = {"field": "source.files", "code": "source-not-attached"}


def warnings_of_request(session: Session, row: PermitRequest) -> Warnings:
    """Returns the warnings of a request's data as they are."""
    odd = _data_warnings(row)
    return odd + _plot_warnings(session, row, stopped_permits(session, row))


def look_at_plot(session: Session, row: PermitRequest) -> list[Permit]:
    """Renews the warnings about the plot of the locked request. Returns the stopped permits on the plot."""
    stops = stopped_permits(session, row)
    others = [one for one in row.warnings if one["code"] not in (PLOT_IN_USE, PLOT_STOPPED)]
    row.warnings = others + _plot_warnings(session, row, stops)
    return stops


def _plot_warnings(session: Session, row: PermitRequest, stops: Sequence[Permit]) -> Warnings:
    odd: Warnings = []
    if row.previous_permit_id is None:
        odd = _plot_in_use(session, row, request_id=row.request_id)
    found = [_stop_reference(stop) for stop in stops]
    return odd + (stored_warnings([plot_stopped("land.plots", found)]) if found else [])


def stopped_permits(session: Session, row: PermitRequest) -> list[Permit]:
    """Returns the permits on the plot that the municipality has suspended or cancelled, the newest first. A request
    that carries on the works of another permit starts no works, so only that permit's own status stops the request."""
    if KINDS[Kind(row.kind)].same_works or row.plan_key is None or not row.plot_keys:
        return []
    by_municipality = Permit.cancellation["for_owner"].as_boolean().is_distinct_from(true())
    statement = select(Permit).where(
        Permit.plan_key == row.plan_key,
        Permit.plot_keys.overlap(row.plot_keys),
        or_(
            Permit.status == Status.SUSPENDED.value,
            and_(Permit.status == Status.CANCELLED.value, by_municipality),
        ),
    )
    newest = statement.order_by(Permit.issued_on.desc(), Permit.permit_id)
    return list(session.scalars(newest.limit(MOST_STOPS)))


def require_named(stops: Sequence[Permit], despite: Collection[str]) -> None:
    """Raises PlotStopped unless `despite` names each stopped permit: what was stopped isn't had again by another
    request without a decision that knows of it."""
    named = {compact(number) for number in despite}
    missing = [stop for stop in stops if compact(stop.permit_number) not in named]
    if missing:
        raise PlotStopped([_stop_words(stop) for stop in missing])


def require_named_before(session: Session, row: PermitRequest) -> None:
    """Raises PlotStopped for a permit on the plot that was stopped, or stopped once more, after the approval."""
    known = [one for one in row.warnings if one["code"] == PLOT_STOPPED]
    named = {stop for one in known for found in one["params"]["found"] for stop in found["stops"]}
    new = [stop for stop in stopped_permits(session, row) if not named.issuperset(_stops_of(stop))]
    require_named(new, ())


def _stops_of(stop: Permit) -> list[str]:
    """Returns the ids of the suspensions that stand, or the permit's id for its cancellation."""
    if stop.status == Status.CANCELLED:
        return [stop.permit_id]
    return [one.get("suspension_id") or stop.permit_id for one in stop.grounds]


def _stop_reference(stop: Permit) -> dict[str, Any]:
    """Returns a stopped permit as the warning names it: with its number also at another branch, because whoever
    approves has to name it, and with what stands against it."""
    at = stop.municipality
    named = plausibility_warnings.plot_reference("permit", stop.permit_number, at, at=at)
    return {
        **named,
        "permit_id": stop.permit_id,
        "stops": _stops_of(stop),
        "status": stop.status,
        "reason": _stop_reason(stop),
    }


def _stop_words(stop: Permit) -> dict[str, str]:
    branch = catalogue.municipality(stop.municipality)
    titles = dict(zip(("ar", "en"), STATUS_TITLES[Status(stop.status)], strict=True))
    return {
        name: f"{stop.permit_number}، {branch[name]}، {titles[name]}: {_stop_reason(stop)}"
        for name in ("ar", "en")
    }


def _stop_reason(stop: Permit) -> str:
    stopped: Mapping[str, str] = stop.suspension or stop.cancellation or {}
    return stopped.get("reason", "")


def warnings_of_permit(session: Session, permit: Permit) -> Warnings:
    """Returns the warnings of a permit's data as they are today, also after a correction."""
    odd = _data_warnings(permit) + _owners_without_number(permit)
    if not permit.verified:
        odd += [] if _has_source(session, permit) else [NOT_ATTACHED]
        odd += _number_elsewhere(session, permit)
    if permit.status in LIVE:
        odd += _plot_in_use(session, permit, request_id=permit.request_id)
    return odd


def _owners_without_number(permit: Permit) -> Warnings:
    places = (
        place
        for place, owner in enumerate(permit.owners)
        if lacks_number(owner.owner_type, owner.id_type)
    )
    return [
        {"field": f"owners.{place}.id_type", "code": WITHOUT_NUMBER}
        for place in islice(places, MOST_WITHOUT_NUMBER)
    ]


def stored_warnings(odd: Iterable[Fault]) -> Warnings:
    """Returns warnings as a request stores them; `params` only for a number or a day."""
    return [
        {"field": one.field, "code": one.code, **({"params": one.params} if one.params else {})}
        for one in odd
    ]


def _has_source(session: Session, permit: Permit) -> bool:
    scans = select(AttachedFile.attachment_id).where(
        AttachedFile.thing_type == permit.aggregate_type, AttachedFile.thing_id == permit.permit_id
    )
    return session.scalar(scans.limit(1)) is not None


def _number_elsewhere(session: Session, permit: Permit) -> Warnings:
    key = number_key(permit.permit_number)
    known = permits_of_other_origins(session, permit.municipality, permit.origin, [key])
    return stored_warnings(
        plausibility_warnings.number_elsewhere(older.NUMBER, *known[number]) for number in known
    )


def permits_of_other_origins(
    session: Session, municipality: str, origin: str, numbers: Sequence[str]
) -> dict[str, tuple[str, date]]:
    """Returns the origin and the day of a permit that the branch has under one of the numbers from another origin."""
    statement = select(Permit.permit_number, Permit.origin, Permit.issued_on).where(
        Permit.municipality == municipality,
        Permit.origin != origin,
        func.lower(Permit.permit_number).in_(numbers),
    )
    rows = session.execute(statement.order_by(Permit.issued_on)).all()
    return {number_key(number): (other, issued_on) for number, other, issued_on in rows}


def _data_warnings(row: Permit | PermitRequest) -> Warnings:
    odd = plausibility_warnings.place_warnings(
        row.municipality, row.land, row.building, catalogue.towns()
    )
    return stored_warnings([*odd, *site_warnings(row.site, row.land, row.use_class)])


def _plot_in_use(
    session: Session, row: Permit | PermitRequest, *, request_id: str | None
) -> Warnings:
    """Returns a warning with the other live permits and requests of the same plan and plot. Several permits of one
    building don't count. Without a plan nobody can tell."""
    if row.plan_key is None or not row.plot_keys:
        return []
    permits = select(Permit.permit_number, Permit.municipality).where(
        Permit.plan_key == row.plan_key,
        Permit.plot_keys.overlap(row.plot_keys),
        Permit.status.in_(LIVE),
    )
    requests = select(PermitRequest.request_number, PermitRequest.municipality).where(
        PermitRequest.plan_key == row.plan_key,
        PermitRequest.plot_keys.overlap(row.plot_keys),
        PermitRequest.request_id.is_distinct_from(request_id),
        PermitRequest.status.not_in([end.value for end in ENDS]),
        PermitRequest.previous_permit_id.is_(None),
    )
    if isinstance(row, Permit):
        permits = permits.where(Permit.building_id != row.building_id)
    else:
        permits = permits.where(Permit.request_id.is_distinct_from(request_id))
    newest = permits.order_by(Permit.issued_on.desc(), Permit.permit_id)
    latest = requests.order_by(PermitRequest.submitted_at.desc(), PermitRequest.request_id)
    found = [
        plausibility_warnings.plot_reference(kind, *one, at=row.municipality)
        for kind, statement in (("permit", newest), ("request", latest))
        for one in session.execute(statement.limit(MOST_NAMED))
    ]
    return (
        stored_warnings([plausibility_warnings.plot_in_use("land.plots", found)]) if found else []
    )
