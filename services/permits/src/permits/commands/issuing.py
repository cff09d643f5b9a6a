"""The issue of a permit: the request ends, the permit begins, the permit before it gives way."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from permits.commands.carrying import carry_insulation, carry_occupancy
from permits.commands.duties import note_on, separated
from permits.commands.following_releases import carry_release
from permits.commands.recording import (
    lock_permit,
    lock_request,
    next_number,
    progress_of,
    record_permit,
    record_request,
)
from permits.domain import permits, requests
from permits.domain.actors import Actor
from permits.domain.following import expiry_of, keeps_insulation
from permits.domain.older import Origin, require_verified
from permits.domain.permits import VALIDITY_YEARS, Kind, Status
from permits.domain.requests import Action
from permits.models import Permit, PermitOwner, PermitRequest
from saudi.days import legal_day


def issue_permit(
    session: Session,
    actor: Actor,
    request_id: str,
    *,
    note: str | None = None,
    validity_years: int = VALIDITY_YEARS,
    insulation_years: int = 0,
    now: datetime,
) -> Permit:
    """Publishes request.issued, permit.issued, and the previous permit's end; its release of current goes along, and so
    does its insulation (certificate.carried).

    Raises NotFound, IllegalTransition, PaymentMissing, PreviousNotUsable, PermitUnverified, DutiesSeparated.
    """
    request = lock_request(session, actor, request_id)
    today = legal_day(now)
    after = requests.issue(progress_of(request), today=today)
    of = (request.aggregate_type, request.request_id)
    warned = separated(session, actor, Action.ISSUE, request.municipality, of, now=now)
    note_on(request, warned)
    previous = _previous(session, actor, request)
    if previous is not None:
        require_verified(previous.permit_number, verified=previous.verified)
    ends_as = _end_of(previous, Kind(request.kind), today) if previous else None
    number, year = next_number(session, "permit", request.municipality, today)
    ending = previous if ends_as is not None else None
    permit = _permit_of(request, previous, issued_on=today)
    permit.expires_on = expiry_of(
        *(Kind(request.kind), today, validity_years), ending.expires_on if ending else None
    )
    permit.permit_number, permit.year_hijri = number, year
    if previous is not None:
        permit.predecessor = _named(previous)
    record_request(
        session, request, after, actor, Action.ISSUE, "issued",
        now=now, note=note, permit=permit, details=warned,
    )  # fmt: skip
    keeps = previous is not None and _keeps(permit, previous, ends_as)
    if previous is not None and ends_as is not None:
        _take_over(permit, previous, keeps=keeps)
        _end(session, actor, previous, ends_as, successor=permit, now=now)
    session.add(permit)
    record_permit(session, permit, actor, Action.ISSUE, "issued", now=now, note=note)
    if previous is not None and ends_as is not None:
        if keeps:
            _carry(session, actor, previous, permit, insulation_years=insulation_years, now=now)
        carry_release(session, actor, previous, permit, now=now)
    return permit


def _carry(
    session: Session,
    actor: Actor,
    previous: Permit,
    permit: Permit,
    *,
    insulation_years: int,
    now: datetime,
) -> None:
    """What stays true of the building goes along."""
    session.flush()
    carry_insulation(session, actor, previous, permit, validity_years=insulation_years, now=now)
    if _keeps_occupancy(permit):
        carry_occupancy(session, actor, previous, permit, now=now)


def _keeps(permit: Permit, previous: Permit, ends_as: Status | None) -> bool:
    """Whether the building's insulation goes along: the previous permit ends with this one, on the same land, and
    nothing was added."""
    return ends_as is not None and keeps_insulation(Kind(permit.kind), previous, permit)


def _end_of(previous: Permit, kind: Kind, today: date) -> Status | None:
    status = permits.effective_status(previous.status, previous.expires_on, today)
    return permits.end_of_previous(kind, status)


def _keeps_occupancy(permit: Permit) -> bool:
    """People who may live there go on living there after a renewal and a change of who builds. A new owner asks for
    himself, since the certificate bears his address, and another use is certified as another use."""
    return permit.kind in (
        Kind.RENEWAL,
        Kind.CHANGE_OF_CONTRACTOR,
        Kind.CHANGE_OF_SUPERVISOR,
    )


def _take_over(permit: Permit, previous: Permit, *, keeps: bool) -> None:
    """What the permit has of the one that it takes the place of."""
    permit.building_id = previous.building_id or previous.permit_id
    if keeps:
        permit.works_since = previous.since
    if keeps and _keeps_occupancy(permit):
        permit.occupancy, previous.occupancy = previous.occupancy, None


def _previous(session: Session, actor: Actor, request: PermitRequest) -> Permit | None:
    if request.previous_permit_id is None:
        return None
    return lock_permit(session, actor, request.previous_permit_id)


def _end(
    session: Session,
    actor: Actor,
    previous: Permit,
    ends_as: Status,
    *,
    successor: Permit,
    now: datetime,
) -> None:
    previous.status, previous.successor = ends_as.value, _named(successor)
    action = "renew" if ends_as is Status.RENEWED else "supersede"
    note = successor.request_number
    record_permit(session, previous, actor, action, ends_as.value, now=now, note=note)


def _named(permit: Permit) -> dict[str, str]:
    return {"permit_id": permit.permit_id, "permit_number": permit.permit_number}


def _permit_of(request: PermitRequest, previous: Permit | None, *, issued_on: date) -> Permit:
    permit_id = new_id()
    permit = Permit(
        permit_id=permit_id,
        building_id=permit_id,
        municipality=request.municipality,
        kind=request.kind,
        works=permits.works_of(
            Kind(request.kind),
            permits.going_on(previous.works, previous.status) if previous else None,
        ),
        use_class=request.use_class,
        status=Status.VALID.value,
        issued_on=issued_on,
        works_since=issued_on,
        previous_permit_id=request.previous_permit_id,
        predecessor=None,
        successor=None,
        origin=Origin.SYSTEM.value,
        verified=True,
        source=None,
        request_id=request.request_id,
        request_number=request.request_number,
        transaction_number=request.transaction_number,
        building=request.building,
        engineering_office=request.engineering_office,
        representative=request.representative,
        contractor=request.contractor,
        supervising_office=request.supervising_office,
        site=request.site,
        clearances=request.clearances,
        remarks=request.remarks,
        insulation_pledge=request.insulation_pledge,
        suspension=None,
        cancellation=None,
        completion=None,
        owners=[PermitOwner(position=o.position, **o.record()) for o in request.owners],
    )
    permit.place(request.land)
    return permit
