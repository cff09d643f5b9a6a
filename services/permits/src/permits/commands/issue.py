"""Issue a permit: the request ends, the permit begins, the previous permit ends, and what belongs to the building moves
to the new permit."""

from datetime import date

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from permits.commands import plausibility_warnings
from permits.commands.followed_permit import lock_followed, watch_followers
from permits.commands.insulation_state import issue_waiting, lock_insulation
from permits.commands.occupancy import end_occupancy
from permits.commands.recording import (
    lock_request,
    next_number,
    progress_of,
    record_certificate,
    record_permit,
    record_request,
    require_separation,
    warn_of_duty,
)
from permits.commands.release_state import carry_release, lock_certificates, lock_open_release
from permits.domain import permits, requests
from permits.domain.certificates import CertificateKind
from permits.domain.certificates import Status as CertificateStatus
from permits.domain.older import Origin
from permits.domain.permits import VALIDITY_YEARS, Kind, Status
from permits.domain.requests import Action
from permits.domain.succession import expiry_of, keeps_insulation
from permits.models import Permit, PermitOwner, PermitRequest
from saudi.days import legal_day

_OPEN_OCCUPANCY = (CertificateStatus.PENDING, CertificateStatus.ISSUED)


def issue_permit(
    work: UnitOfWork,
    request_id: str,
    *,
    note: str | None = None,
    validity_years: int = VALIDITY_YEARS,
    insulation_years: int = 0,
) -> Permit:
    """Publishes request.issued, permit.issued, and the previous permit's end. The previous permit's release of current
    and its insulation move along (certificate.carried).

    Locks the request, the previous permit, its certificates and its release, then draws the number: a transaction that
    holds a number series waits for no row. Looks at the previous permit and at the plot again, because both may have
    changed since the approval. Raises NotFound, IllegalTransition, PaymentMissing, DutiesSeparated, PlotStopped, and
    what `lock_followed` raises.
    """
    request, today = lock_request(work, request_id), legal_day(work.now)
    after = requests.issue(progress_of(request), today=today)
    of = (request.aggregate_type, request.request_id)
    warned = require_separation(work, Action.ISSUE, request.municipality, of)
    warn_of_duty(request, warned)
    followed = lock_followed(work, request)
    previous, ends_as = (followed.permit, followed.ends_as) if followed else (None, None)
    if previous is not None:
        lock_certificates(work, previous)
        lock_open_release(work, previous)
    plausibility_warnings.require_named_before(work.session, request)
    number, year = next_number(work.session, "permit", request.municipality, today)
    permit = _new_permit(request, previous, issued_on=today)
    permit.permit_number, permit.year_hijri = number, year
    ends_on = previous.expires_on if previous is not None and ends_as is not None else None
    permit.expires_on = expiry_of(Kind(request.kind), today, validity_years, ends_on)
    record_request(
        work, request, after, Action.ISSUE, "issued", note=note, permit=permit, details=warned
    )
    keeps = previous is not None and _insulation_moves(permit, previous, ends_as)
    if previous is not None and ends_as is not None:
        _take_over(permit, previous, keeps=keeps)
        if not (keeps and _occupancy_moves(permit)):
            end_occupancy(work, previous)
        _end_previous(work, previous, ends_as, successor=permit)
    work.session.add(permit)
    record_permit(work, permit, Action.ISSUE, "issued", note=note)
    if previous is not None and ends_as is not None:
        if keeps:
            _carry_certificates(work, previous, permit, insulation_years=insulation_years)
        carry_release(work, previous, permit)
    return permit


def _carry_certificates(
    work: UnitOfWork, previous: Permit, permit: Permit, *, insulation_years: int
) -> None:
    """Moves what stays true of the building to the new permit."""
    work.session.flush()
    carry_insulation(work, previous, permit, validity_years=insulation_years)
    if _occupancy_moves(permit):
        carry_occupancy(work, previous, permit)


def _insulation_moves(permit: Permit, previous: Permit, ends_as: Status | None) -> bool:
    """Returns whether the building's insulation moves: the previous permit ends with the new permit, on the same
    land, and nothing was added."""
    return ends_as is not None and keeps_insulation(Kind(permit.kind), previous, permit)


def _occupancy_moves(permit: Permit) -> bool:
    """Returns whether the occupancy certificate moves: people go on living there after a renewal and a change of
    builder. A new owner asks for a certificate, because the certificate shows the owner's address; another use is
    certified anew."""
    return permit.kind in (Kind.RENEWAL, Kind.CHANGE_OF_CONTRACTOR, Kind.CHANGE_OF_SUPERVISOR)


def _take_over(permit: Permit, previous: Permit, *, keeps: bool) -> None:
    """Copies what the permit takes over from the permit that it replaces."""
    permit.building_id = previous.building_id or previous.permit_id
    if keeps:
        permit.works_since = previous.since
    if keeps and _occupancy_moves(permit):
        permit.occupancy, previous.occupancy = previous.occupancy, None


def _end_previous(
    work: UnitOfWork, previous: Permit, ends_as: Status, *, successor: Permit
) -> None:
    previous.status = ends_as.value
    previous.successor = {**_permit_reference(successor), "kind": successor.kind}
    action = "renew" if ends_as is Status.RENEWED else "supersede"
    note = successor.request_number
    record_permit(work, previous, action, ends_as.value, note=note)
    watch_followers(work, previous)


def _permit_reference(permit: Permit) -> dict[str, str]:
    return {"permit_id": permit.permit_id, "permit_number": permit.permit_number}


def _new_permit(request: PermitRequest, previous: Permit | None, *, issued_on: date) -> Permit:
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
        predecessor=_permit_reference(previous) if previous else None,
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


def carry_insulation(
    work: UnitOfWork, before: Permit, after: Permit, *, validity_years: int = 0
) -> None:
    """Moves every insulation certificate of the previous permit, with its entries, to the new permit. Publishes
    certificate.carried of each, so that the new owner hears of it, and certificate.issued of a certificate that
    waited for a valid permit."""
    for row in lock_insulation(work, before).rows:
        row.permit_id, row.permit_number = after.permit_id, after.permit_number
        note = before.permit_number
        record_certificate(work, row, "carry", "carried", note=note)
    issue_waiting(work, after, validity_years=validity_years)


def carry_occupancy(work: UnitOfWork, before: Permit, after: Permit) -> None:
    """Moves the occupancy certificates of the previous permit, asked for or issued, to its renewal. Publishes
    certificate.carried of each."""
    for row in lock_certificates(work, before):
        if row.kind == CertificateKind.OCCUPANCY and row.status in _OPEN_OCCUPANCY:
            row.permit_id, row.permit_number = after.permit_id, after.permit_number
            record_certificate(work, row, "carry", "carried", note=before.permit_number)
