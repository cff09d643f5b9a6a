"""Correct the owners on everything of a permit's line, and publish anew what shows the owners.

The events of certificates, releases, appeals and requests carry the owners' sealed contacts and keyed hashes. A
consumer knows a thing by the thing's last event alone, so without an event of its own a thing would open to the former
number. The event is `…amended`: nothing else of the thing changes, and nobody gets a text.

A permit that carries on another permit was issued to the owners of that permit. A wrong number was copied with them, so
the line is corrected together: the replaced permits, back to the last sale, and the requests that follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.followed_permit import warn_of_corrected_owner
from permits.commands.recording import (
    progress_of,
    record_appeal,
    record_certificate,
    record_permit,
    record_request,
)
from permits.commands.release_state import record_release
from permits.domain.actors import require_access
from permits.domain.corrections import Changes, changes, corrected_numbers
from permits.domain.inquiry import reached_by
from permits.domain.permits import Kind
from permits.domain.requests import Status
from permits.domain.succession import same_owners
from permits.models import Appeal, Certificate, Permit, PermitOwner, PermitRequest, Release

AMENDED, VERIFIED = "amend_owners", "verify_owners"
HAPPENED = "amended"
Owners = list[dict[str, Any]]
Agents = tuple[dict[str, Any] | None, dict[str, Any] | None]  # the representative before, and now


@dataclass(frozen=True)
class OwnerLine:
    """The locked things that have owners of their own beside a permit. `permits`: the permits that the permit carries
    on, newest first; `requests`: those from which the permits were issued, and those that follow the permits and
    haven't become a permit; `changes`: what was corrected, by the thing's id."""

    permits: Sequence[Permit] = ()
    requests: Sequence[PermitRequest] = ()
    changes: Mapping[str, Changes] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnedThings:
    """The locked things whose events show the owners of a permit, beside the permit."""

    permits: Sequence[Permit] = ()
    requests: Sequence[PermitRequest] = ()
    appeals: Sequence[Appeal] = ()
    certificates: Sequence[Certificate] = ()
    releases: Sequence[Release] = ()
    changes: Mapping[str, Changes] = field(default_factory=dict)


def lock_line(work: UnitOfWork, permit_id: str) -> OwnerLine:
    """Locks the line of a permit: requests, then permits, the oldest first, as a command does that looks for a
    building's newest permit. Call it before the permit is locked. Raises NotFound."""
    permit = work.session.get(Permit, permit_id)
    if permit is None:
        raise NotFound
    require_access(work.actor, permit.municipality)
    replaced = _replaced_permits(work.session, permit)
    line = [permit, *replaced]
    issued_from = [one.request_id for one in line if one.request_id]
    follows = PermitRequest.previous_permit_id.in_([one.permit_id for one in line])
    is_open_or_ended = and_(follows, PermitRequest.status != Status.ISSUED.value)
    is_of_line = or_(PermitRequest.request_id.in_(issued_from), is_open_or_ended)
    requests = work.lock_where(PermitRequest, is_of_line)
    for one in reversed(replaced):
        work.lock(Permit, one.permit_id)
    return OwnerLine(replaced, requests)


def _replaced_permits(session: Session, permit: Permit) -> list[Permit]:
    """Returns the permits that a permit carries on, newest first, back to the last sale."""
    found: list[Permit] = []
    while permit.previous_permit_id and permit.kind != Kind.OWNERSHIP_TRANSFER:
        previous = session.get_one(Permit, permit.previous_permit_id)
        if previous.successor is None or previous.successor["permit_id"] != permit.permit_id:
            break
        found.append(previous)
        permit = previous
    return found


def correct_line(
    permit: Permit, line: OwnerLine, before: Mapping[str, Any], wanted: Mapping[str, Any]
) -> OwnerLine:
    """Writes the corrected owners and representative of the locked permit to its line. `before`: the permit's record
    before the correction; `wanted`: the contract's `OwnerCorrections`. Returns the things that have other readers now.

    A replaced permit gets all owners of the permit, if it had the same owners. A request that follows gets only the
    corrected numbers, because people treat the request by what it says: any other difference sends it back.
    """
    was, agents = before["owners"], (before["representative"], permit.representative)
    replaced = list(takewhile(lambda one: same_owners(_owners_of(one), was), line.permits))
    corrected = {one.permit_id: _replace_owners(one, permit, agents) for one in replaced}
    of_line = {one.permit_id for one in (permit, *replaced)}
    issued_from = {one.request_id for one in (permit, *replaced)}
    numbers = corrected_numbers(was, _owners_of(permit), wanted.get("remove") or ())
    shown: list[PermitRequest] = []
    for request in line.requests:
        if request.request_id in issued_from:
            shown.append(request)
        elif request.previous_permit_id in of_line and (
            changed := _correct_numbers(request, numbers, agents)
        ):
            corrected[request.request_id] = changed
            shown.append(request)
    return OwnerLine(replaced, shown, corrected)


def _owners_of(thing: Permit | PermitRequest) -> Owners:
    return [owner.record() for owner in thing.owners]


def _replace_owners(permit: Permit, newest: Permit, agents: Agents) -> Changes:
    """Returns what changed."""
    before, owners = _readers_of(permit), _owners_of(newest)
    permit.owners = [PermitOwner(position=place, **owner) for place, owner in enumerate(owners)]
    _correct_agent(permit, agents)
    return changes(before, _readers_of(permit))


def _correct_numbers(
    request: PermitRequest, numbers: Mapping[str, Mapping[str, Any]], agents: Agents
) -> Changes:
    """Corrects the owners who have a former number, and the former representative. Returns what changed. Skips a
    request to transfer, which names the buyers."""
    if request.kind == Kind.OWNERSHIP_TRANSFER:
        return {}
    before = _readers_of(request)
    for owner in request.owners:
        if (now := numbers.get(owner.id_number or "")) is not None:
            owner.owner_type, owner.id_type = now["owner_type"], now["id_type"]
            owner.id_number = now["id_number"]
    _correct_agent(request, agents)
    changed = changes(before, _readers_of(request))
    if changed:
        warn_of_corrected_owner(request)
    return changed


def _readers_of(thing: Permit | PermitRequest) -> dict[str, Any]:
    return {"owners": _owners_of(thing), "representative": thing.representative}


def _correct_agent(thing: Permit | PermitRequest, agents: Agents) -> None:
    """Writes the corrected representative, or None, to a thing that has the former representative."""
    former, agent = agents
    if former is None or agent == former or thing.representative is None:
        return
    if _key_of(thing.representative) == _key_of(former):
        thing.representative = agent


def _key_of(agent: Mapping[str, Any]) -> str:
    """Returns the representative's number, or the number of the authority of a representative without a number."""
    return str(agent.get("id_number") or agent["authority_number"])


def lock_owned_things(work: UnitOfWork, permit: Permit, line: OwnerLine) -> OwnedThings:
    """Locks what shows the owners of the locked permit and of its locked line."""
    permits = [one.permit_id for one in (permit, *line.permits)]
    requests = [one.request_id for one in line.requests]
    is_about = or_(Appeal.permit_id.in_(permits), Appeal.request_id.in_(requests))
    appeals = work.lock_where(Appeal, is_about)
    certificates = work.lock_where(Certificate, Certificate.permit_id.in_(permits))
    releases = work.lock_where(Release, Release.permit_id.in_(permits))
    return OwnedThings(line.permits, line.requests, appeals, certificates, releases, line.changes)


def publish_owned_things(work: UnitOfWork, things: OwnedThings, action: str = AMENDED) -> None:
    """Publishes permit.amended, request.amended, appeal.amended, certificate.amended and release.amended of the locked
    things. `action`: as the history calls it."""
    for permit in things.permits:
        details = things.changes.get(permit.permit_id)
        record_permit(work, permit, action, HAPPENED, details=details)
    for request in things.requests:
        after, code = progress_of(request), request.reason_code
        details = things.changes.get(request.request_id)
        record_request(work, request, after, action, HAPPENED, reason_code=code, details=details)
    for appeal in things.appeals:
        record_appeal(work, appeal, _thing_of(work.session, appeal), action, HAPPENED)
    for certificate in things.certificates:
        record_certificate(work, certificate, action, HAPPENED)
    for release in things.releases:
        record_release(work, release, action, HAPPENED)


def _thing_of(session: Session, appeal: Appeal) -> Permit | PermitRequest:
    if appeal.permit_id:
        return session.get_one(Permit, appeal.permit_id)
    return session.get_one(PermitRequest, appeal.target_id)


def publish_to_appeals(work: UnitOfWork, request: PermitRequest, before: Mapping[str, Any]) -> None:
    """Publishes appeal.amended of the appeals about a locked request whose owners were corrected. `before`: the
    request's record before the correction."""
    if reached_by(before) == reached_by(request.record()):
        return
    for appeal in work.lock_where(Appeal, Appeal.request_id == request.request_id):
        record_appeal(work, appeal, request, AMENDED, HAPPENED)
