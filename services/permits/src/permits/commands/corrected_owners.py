"""Publish anew what shows the owners of a permit or request, after an officer corrected an owner.

The events of certificates, releases, appeals and requests carry the owners' sealed contacts and keyed hashes. A
consumer knows a thing by the thing's last event alone, so without an event of its own a thing would open to the former
number. The event is `…amended`: nothing else of the thing changes, and nobody gets a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from chassis.data.unit_of_work import UnitOfWork
from permits.commands.recording import (
    lock_request,
    progress_of,
    record_appeal,
    record_certificate,
    record_request,
)
from permits.commands.release_state import lock_certificates, record_release
from permits.domain.inquiry import reached_by
from permits.models import Appeal, Certificate, Permit, PermitRequest, Release

ACTION, HAPPENED = "amend_owners", "amended"


@dataclass(frozen=True)
class OwnedThings:
    """The locked things whose events show the owners of a permit, beside the permit."""

    request: PermitRequest | None = None
    appeals: Sequence[Appeal] = ()
    certificates: Sequence[Certificate] = ()
    releases: Sequence[Release] = ()


def lock_request_of(work: UnitOfWork, permit_id: str) -> PermitRequest | None:
    """Locks the request from which a permit was issued. Call it before the permit is locked. Returns None for an older
    permit and for an unknown permit. Raises NotFound for another branch's request."""
    issued_from = select(Permit.request_id).where(Permit.permit_id == permit_id)
    request_id = work.session.scalar(issued_from)
    return lock_request(work, request_id) if request_id else None


def lock_owned_things(
    work: UnitOfWork, permit: Permit, request: PermitRequest | None, before: Mapping[str, Any]
) -> OwnedThings:
    """Locks what shows the owners of the locked permit and of its locked request. `before`: the permit's record before
    the correction. Returns nothing if the owners are told and found as before."""
    if reached_by(before) == reached_by(permit.record()):
        return OwnedThings()
    of_request = [Appeal.request_id == permit.request_id] if permit.request_id else []
    appeals = work.lock_where(Appeal, or_(Appeal.permit_id == permit.permit_id, *of_request))
    certificates = lock_certificates(work, permit)
    releases = work.lock_where(Release, Release.permit_id == permit.permit_id)
    return OwnedThings(request, appeals, certificates, releases)


def publish_corrected_owners(work: UnitOfWork, permit: Permit, things: OwnedThings) -> None:
    """Publishes request.amended, appeal.amended, certificate.amended and release.amended of the locked things."""
    if (request := things.request) is not None:
        after, code = progress_of(request), request.reason_code
        record_request(work, request, after, ACTION, HAPPENED, reason_code=code)
    for appeal in things.appeals:
        record_appeal(work, appeal, permit, ACTION, HAPPENED)
    for certificate in things.certificates:
        record_certificate(work, certificate, ACTION, HAPPENED)
    for release in things.releases:
        record_release(work, release, ACTION, HAPPENED)


def publish_to_appeals(work: UnitOfWork, request: PermitRequest, before: Mapping[str, Any]) -> None:
    """Publishes appeal.amended of the appeals about a locked request whose owners were corrected. `before`: the
    request's record before the correction."""
    if reached_by(before) == reached_by(request.record()):
        return
    for appeal in work.lock_where(Appeal, Appeal.request_id == request.request_id):
        record_appeal(work, appeal, request, ACTION, HAPPENED)
