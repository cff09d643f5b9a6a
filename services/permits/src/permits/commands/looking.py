"""Where staff would look twice: what a rule sees by itself, and what only the other requests and permits tell."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from permits import catalogue
from permits.domain import looking
from permits.domain.boundaries import look_at_site
from permits.domain.permits import Status
from permits.domain.requests import ENDS
from permits.models import Permit, PermitRequest

LIVE = (Status.VALID.value, Status.SUSPENDED.value)
Warnings = list[dict[str, str]]
PLOT_IN_USE = {"field": "land.plots", "code": "plot-in-use"}


def of_request(session: Session, row: PermitRequest) -> Warnings:
    """The warnings of a request's data as they are."""
    odd = _of_data(row)
    if row.previous_permit_id is None and _in_use(session, row, request_id=row.request_id):
        odd.append(PLOT_IN_USE)
    return odd


def of_permit(session: Session, permit: Permit) -> Warnings:
    """The warnings of a permit's data as they are today: also after a correction."""
    odd = _of_data(permit)
    if permit.status in LIVE and _in_use(session, permit, request_id=permit.request_id):
        odd.append(PLOT_IN_USE)
    return odd


def _of_data(row: Permit | PermitRequest) -> Warnings:
    odd = looking.look(row.municipality, row.land, row.building, catalogue.towns())
    odd += look_at_site(row.site, row.land, row.use_class)
    return [{"field": one.field, "code": one.code} for one in odd]


def _in_use(session: Session, row: Permit | PermitRequest, *, request_id: str | None) -> bool:
    """Whether another live permit or request is of the same plan and one of the same plots; several permits of one
    building aren't others. Without a plan nobody can tell."""
    if row.plan_key is None or not row.plot_keys:
        return False
    permits = select(Permit.permit_id).where(
        Permit.plan_key == row.plan_key,
        Permit.plot_keys.overlap(row.plot_keys),
        Permit.status.in_(LIVE),
    )
    requests = select(PermitRequest.request_id).where(
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
    return any(session.scalar(found.limit(1)) for found in (permits, requests))


def shown(warnings: Warnings) -> list[Mapping[str, Any]]:
    """With their titles."""
    titles = ((one, looking.WARNING_TITLES[one["code"]]) for one in warnings)
    return [{**one, "title": {"ar": ar, "en": en}} for one, (ar, en) in titles]
