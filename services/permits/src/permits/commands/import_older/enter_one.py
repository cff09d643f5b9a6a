"""Enter a permit from before the system, and verify the permit by another person."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands import attach_files
from permits.commands.corrected_owners import (
    VERIFIED,
    OwnerLine,
    lock_owned_things,
    publish_owned_things,
)
from permits.commands.recording import lock_permit, record_permit, require_separation
from permits.domain import older
from permits.domain.actors import require_municipality
from permits.domain.corrections import district_change, require_version
from permits.domain.older import AlreadyEntered, Older
from permits.domain.permits import Status
from permits.models import Permit, PermitOwner
from saudi.days import hijri_year, legal_day

NUMBER_TAKEN = "uq_permit_municipality_origin_permit_number"


def enter(work: UnitOfWork, data: Mapping[str, Any]) -> Permit:
    """Enters an older permit with the scans that the actor has sent. `data`: the contract's OlderPermit with its
    days read. Publishes permit.entered, about which no owner is told. Raises InvalidFields, AlreadyEntered, and
    NotFound for another person's scan."""
    require_municipality(work.actor, data["municipality"])
    found, _ = older.parse(data, today=legal_day(work.now), towns=catalogue.towns())
    permit = new_older_permit(found, data["municipality"])
    taken = select(Permit.permit_id).where(
        Permit.municipality == permit.municipality,
        Permit.origin == permit.origin,
        Permit.permit_number == permit.permit_number,
    )
    if work.session.scalar(taken):
        raise AlreadyEntered(permit_number=found.permit_number)
    work.session.add(permit)
    try:
        record_permit(
            work,
            permit,
            "enter",
            "entered",
            note=found.source,
            details=district_change(permit.land),
        )
        work.session.flush()
    except IntegrityError as error:
        if NUMBER_TAKEN in str(error.orig):  # somebody was quicker
            raise AlreadyEntered(permit_number=found.permit_number) from None
        raise
    attach_files.add_files(work, permit, data["source"].get("files", ()), field="source.files")
    return permit


def verify(
    work: UnitOfWork,
    permit_id: str,
    *,
    version: int,
    scans: Collection[str] = (),
    note: str | None = None,
) -> Permit:
    """Verifies the permit: another person compared `version` of the permit and its `scans` with the source.
    Publishes permit.amended, and the amended event of each thing that shows the owners: they are told from now on.
    Raises NotFound, AlreadyVerified, ChangedMeanwhile (also for other scans), and DutiesSeparated for the person who
    entered or corrected the permit."""
    permit = lock_permit(work, permit_id)
    older.require_unverified(verified=permit.verified)
    require_version(version, permit.version)
    of = (permit.aggregate_type, permit.permit_id)
    warned = require_separation(work, "verify", permit.municipality, of)
    attach_files.mark_verified(work, permit, scans)
    permit.verified = True
    things = lock_owned_things(work, permit, OwnerLine())
    record_permit(work, permit, "verify", "amended", note=note, details=warned)
    publish_owned_things(work, things, VERIFIED)
    return permit


def new_older_permit(found: Older, municipality: str) -> Permit:
    """Returns the row of an older permit, in force as long as its days say."""
    parts, permit_id = found.application, new_id()
    permit = Permit(
        permit_id=permit_id,
        building_id=permit_id,
        permit_number=found.permit_number,
        year_hijri=hijri_year(found.issued_on),
        municipality=municipality,
        origin=found.origin.value,
        verified=False,
        source={"reference": found.source},
        kind=parts.kind.value,
        works=parts.works,
        use_class=parts.use_class,
        status=Status.VALID.value,
        issued_on=found.issued_on,
        expires_on=found.expires_on,
        works_since=found.issued_on,
        request_number=found.request_number,
        transaction_number=found.transaction_number,
        building=asdict(parts.building),
        engineering_office=asdict(parts.engineering_office),
        representative=asdict(parts.representative) if parts.representative else None,
        contractor=asdict(parts.contractor) if parts.contractor else None,
        supervising_office=asdict(parts.supervising_office) if parts.supervising_office else None,
        site=asdict(parts.site) if parts.site else None,
        clearances=asdict(parts.clearances) if parts.clearances else None,
        remarks=parts.remarks,
        insulation_pledge=parts.insulation_pledge,
        owners=[PermitOwner(position=n, **vars(owner)) for n, owner in enumerate(parts.owners)],
    )
    permit.place(asdict(parts.land))
    return permit
