"""The permit that a request follows: whether it can be followed today, by what the request says, and what becomes of
open requests once it has ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import Fault
from chassis.data.aggregates import JournalEntry, history
from chassis.data.deadlines import set_deadline
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.recording import lock_permit
from permits.domain import permits
from permits.domain.fields import part_title
from permits.domain.older import require_verified
from permits.domain.permits import Action, Kind, PreviousChanged
from permits.domain.permits import Status as PermitStatus
from permits.domain.reading import Findings
from permits.domain.requests import EDITABLE, ENDS, Status
from permits.domain.succession import Before, check_following, stale_fields
from permits.models import Permit, PermitRequest
from saudi.days import legal_day

ENDED = "previous_permit_ended"
OWNER_CORRECTED = "owner-corrected"  # a warning of plausibility_warnings.py
_OWNER_WARNING = {"field": "owners", "code": OWNER_CORRECTED}


@dataclass(frozen=True)
class FollowedPermit:
    """The locked permit that a request follows. `ends_as`: what the permit becomes at the issue; None if it stays."""

    permit: Permit
    ends_as: PermitStatus | None


def lock_followed(work: UnitOfWork, request: PermitRequest) -> FollowedPermit | None:
    """Locks the permit that the locked request follows, and compares the request with the permit as it is today.
    Raises PermitUnverified, PreviousNotUsable, and PreviousChanged where the request would undo a correction."""
    if request.previous_permit_id is None:
        return None
    previous = lock_permit(work, request.previous_permit_id)
    require_verified(previous.permit_number, verified=previous.verified)
    kind, today = Kind(request.kind), legal_day(work.now)
    status = permits.effective_status(previous.status, previous.expires_on, today)
    ends_as = permits.end_of_previous(kind, status)
    findings = Findings()
    check_following(kind, before_of(previous), request.application(), findings)
    faults = [*findings.faults, *stale_faults(work.session, request, previous)]
    if _OWNER_WARNING in request.warnings:
        faults.append(Fault("owners", OWNER_CORRECTED))
    if faults:
        raise PreviousChanged(_titles(one.field for one in faults))
    return FollowedPermit(previous, ends_as)


def warn_of_corrected_owner(request: PermitRequest) -> None:
    """Warns that an owner or a representative was corrected in the locked request together with its permit. A request
    that people have reviewed, or billed to the former number, goes back once: nobody has seen it as it is. A request
    that expired may still be paid; a rejected request is reviewed from the beginning."""
    if request.status not in (*EDITABLE, Status.REJECTED, Status.CANCELLED_BY_APPLICANT):
        others = (one for one in request.warnings if one != _OWNER_WARNING)
        request.warnings = [*others, _OWNER_WARNING]


def _titles(fields: Iterable[str]) -> list[Mapping[str, str]]:
    titles = [dict(zip(("ar", "en"), part_title(one), strict=True)) for one in fields]
    return [one for place, one in enumerate(titles) if one not in titles[:place]]


def before_of(previous: Permit) -> Before:
    """Returns the previous permit as the rules of succession read it."""
    return Before(
        works=permits.going_on(previous.works, previous.status),
        land=previous.land,
        building=previous.building,
        owners=tuple(owner.record() for owner in previous.owners),
        use_class=previous.use_class,
        contractor=previous.contractor,
        supervising_office=previous.supervising_office,
    )


def stale_faults(session: Session, request: PermitRequest, previous: Permit) -> list[Fault]:
    """Returns a fault for each field in which the request has a value that was corrected in the previous permit since
    the request was submitted."""
    of = (previous.aggregate_type, previous.permit_id)
    corrected = [
        one.details
        for one in history(session, of, actions=[Action.AMEND.value])
        if one.details and _is_later(one, request)
    ]
    stale = stale_fields(Kind(request.kind), request.application(), previous.record(), corrected)
    return [Fault(field, "previous-corrected") for field in stale]


def _is_later(correction: JournalEntry, request: PermitRequest) -> bool:
    """Returns whether a correction came after the state of the permit that the applicant built on. A request from
    before migration 0002 has no version of the permit, so the moment of the submission counts."""
    if request.previous_version is None:
        return correction.at > request.submitted_at
    return correction.version > request.previous_version


def watch_followers(work: UnitOfWork, permit: Permit) -> None:
    """Makes a deadline due for each open request that follows the locked permit, which has ended: the request is locked
    before the permit, so this transaction can't change the request itself."""
    followers = select(PermitRequest.request_id).where(
        PermitRequest.previous_permit_id == permit.permit_id,
        PermitRequest.status.not_in([one.value for one in ENDS]),
    )
    for request_id in work.session.scalars(followers.order_by(PermitRequest.request_id)):
        set_deadline(work.session, PermitRequest.aggregate_type, request_id, ENDED, work.now)


def can_be_followed(request: PermitRequest, previous: Permit) -> bool:
    """Returns whether the permit is in force, suspended or expired, or finished and only referred to. Anything else
    ends it for good, except that an appeal restores a cancelled permit."""
    if previous.status == PermitStatus.SUSPENDED:
        return True
    try:
        permits.end_of_previous(Kind(request.kind), previous.status)
    except permits.PreviousNotUsable:
        return False
    return True


def ended_warning(previous: Permit) -> dict[str, Any]:
    """Returns the warning of a request whose previous permit has ended."""
    params = {"permit_number": previous.permit_number}
    return {"field": "previous_permit_id", "code": "previous-permit-ended", "params": params}
