"""Submit, edit, correct and resubmit a permit request. Each command locks first and publishes one event of
permits.request."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands import plausibility_warnings
from permits.commands.corrected_owners import AMENDED, HAPPENED, publish_to_appeals
from permits.commands.fees import drop_proposal, fee_amount, fee_change
from permits.commands.followed_permit import before_of, stale_faults
from permits.commands.recording import lock_request, progress_of, record_request
from permits.domain import application as applications
from permits.domain import corrections, requests
from permits.domain.actors import acts_for, require_municipality
from permits.domain.application import Application
from permits.domain.corrections import district_change, merged_parts
from permits.domain.land import NO_TOWNS, Town
from permits.domain.permits import KINDS, Kind, effective_status, end_of_previous
from permits.domain.reading import Findings
from permits.domain.requests import FREED, Action, AlreadySubmitted, Status
from permits.domain.succession import keeps_owner
from permits.models import Permit, PermitRequest, RequestOwner
from saudi.days import legal_day
from saudi.text import compact, tidy


def submit(work: UnitOfWork, application: Mapping[str, Any]) -> PermitRequest:
    """Records a request as a draft; `application` has the shape of the contract's `Application`.

    Raises InvalidFields, AlreadySubmitted for a known request number, PreviousNotUsable.
    """
    municipality = application["municipality"]
    found, findings = parse_application(work, application, municipality)
    number = request_number_of(application["request_number"])
    require_number_free(work.session, municipality, number, but=None)
    row = PermitRequest(
        request_id=new_id(),
        request_number=number,
        transaction_number=transaction_number_of(application.get("transaction_number")),
        municipality=municipality,
        status=Status.DRAFT.value,
        submitted_at=work.now,
    )
    fill_request(work.session, row, found, findings)
    record_request(
        work, row, progress_of(row), "submit", "submitted", details=district_change(row.land)
    )
    work.session.add(row)
    return flush_request(work.session, row)


def resubmit(
    work: UnitOfWork, request_id: str, changes: Mapping[str, Any], *, note: str | None = None
) -> PermitRequest:
    """Resubmits a returned request. `changes`: parts of the contract's `Application` that replace the recorded
    parts. Raises InvalidFields."""
    row = lock_request(work, request_id)
    today = legal_day(work.now)
    after = requests.advance(progress_of(row), Action.RESUBMIT, today=today)
    cost = fee_amount(work.session, row, on=today)
    before = row.record()
    changed = change_request(work, row, changes) | fee_change(work.session, row, cost, on=today)
    record_request(
        work, row, after, Action.RESUBMIT, "resubmitted", note=note, details=changed or None
    )
    flush_request(work.session, row)
    publish_to_appeals(work, row, before)
    return row


def edit(
    work: UnitOfWork, request_id: str, wanted: Mapping[str, Any], *, note: str | None = None
) -> PermitRequest:
    """Edits a request. `wanted`: parts of the contract's `Application`, also kind, municipality and Balady's number.
    Publishes request.edited. Raises NotFound, IllegalTransition, InvalidFields, AlreadySubmitted."""
    row = lock_request(work, request_id)
    return _edit(work, row, wanted, note)


def correct_owners(
    work: UnitOfWork, request_id: str, wanted: Mapping[str, Any], *, note: str | None = None
) -> PermitRequest:
    """Corrects single owners by the contract's `OwnerCorrections`. Publishes request.edited, or request.amended of a
    request that ended without a permit. Raises what `edit` raises, and ChangedMeanwhile."""
    row = lock_request(work, request_id)
    corrections.require_version(wanted["version"], row.version)
    if row.status in FREED:
        return _correct_ended(work, row, wanted, note)
    owners = [owner.record() for owner in row.owners]
    changed = {"owners": corrections.corrected_owners(owners, wanted)}
    return _edit(work, row, changed, note)


def _correct_ended(
    work: UnitOfWork, row: PermitRequest, wanted: Mapping[str, Any], note: str | None
) -> PermitRequest:
    """Corrects the owners of a request that ended without a permit: a wrong number would read the request for ever.
    Raises InvalidFields, also if no owner remains."""
    before, findings = row.record(), Findings()
    owners = corrections.owners_after(before["owners"], wanted, findings)
    after = {"owners": [vars(owner) for owner in owners]}
    remains = keeps_owner(before["owners"], after["owners"])
    findings.fault("owners", None if remains else "owners-by-request")
    findings.settle()
    changes = corrections.changes(before, after)
    if not changes:
        raise InvalidFields.of("body", "no-change")
    row.owners = [RequestOwner(position=n, **owner) for n, owner in enumerate(after["owners"])]
    record_request(
        *(work, row, progress_of(row), AMENDED, HAPPENED),
        note=note,
        reason_code=row.reason_code,
        details=changes,
    )
    publish_to_appeals(work, row, before)
    return row


def _edit(
    work: UnitOfWork, row: PermitRequest, wanted: Mapping[str, Any], note: str | None
) -> PermitRequest:
    today = legal_day(work.now)
    after = requests.advance(progress_of(row), Action.EDIT, today=today)
    cost, before = fee_amount(work.session, row, on=today), row.record()
    changes = change_request(work, row, wanted)
    if not changes:
        raise InvalidFields.of("body", "no-change")
    drop_proposal(work.session, row)
    changes |= fee_change(work.session, row, cost, on=today)
    record_request(work, row, after, Action.EDIT, "edited", note=note, details=changes)
    flush_request(work.session, row)
    publish_to_appeals(work, row, before)
    return row


# What whoever carries on the works of a permit needn't tell again.
INHERITED = ("site", "clearances", "remarks")
NUMBERS = ("municipality", "request_number", "transaction_number")


def previous_permit(work: UnitOfWork, permit_id: str | None, municipality: str) -> Permit | None:
    """Returns the permit that a request follows. Raises InvalidFields for a permit of another municipality."""
    if permit_id is None:
        return None
    previous = work.session.get(Permit, permit_id)
    if previous is None or not acts_for(work.actor, previous.municipality):
        raise InvalidFields.of("previous_permit_id", "permit-unknown")
    if previous.municipality != municipality:
        raise InvalidFields.of("previous_permit_id", "permit-of-another-municipality")
    return previous


def parse_application(
    work: UnitOfWork,
    data: Mapping[str, Any],
    municipality: str,
    *,
    recorded: Mapping[str, Any] | None = None,
) -> tuple[Application, Findings]:
    """Parses an application for the actor's municipality. `recorded`: the land that the request has already. Raises
    InvalidFields, PreviousNotUsable."""
    require_municipality(work.actor, municipality)
    previous = previous_permit(work, data.get("previous_permit_id"), municipality)
    before = None
    if previous is not None:
        before = before_of(previous)
        data = _with_inherited(data, previous)
    towns, data = _with_known_towns(data, recorded)
    found, findings = applications.parse(
        data, today=legal_day(work.now), previous=before, towns=towns
    )
    if previous is not None:
        today = legal_day(work.now)
        end_of_previous(found.kind, effective_status(previous.status, previous.expires_on, today))
        _warn_of_inherited(found, previous, findings)
    return found, findings


def _with_known_towns(
    data: Mapping[str, Any], recorded: Mapping[str, Any] | None
) -> tuple[Mapping[str, Town], Mapping[str, Any]]:
    """Returns the towns whose districts are checked; none for a place that was recorded before, which keeps its
    reason."""
    if recorded is None or corrections.other_place(recorded, data["land"]):
        return catalogue.towns(), data
    kept = {**data["land"], "district_reason": recorded.get("district_reason")}
    return NO_TOWNS, {**data, "land": kept}


def _with_inherited(data: Mapping[str, Any], previous: Permit) -> Mapping[str, Any]:
    """Returns the application with parts that are left out taken from the permit whose works go on. A part that is
    null isn't known."""
    if not KINDS[Kind(data["kind"])].same_works:
        return data
    return {**{name: getattr(previous, name) for name in INHERITED}, **data}


def _warn_of_inherited(found: Application, previous: Permit, findings: Findings) -> None:
    """Warns the reviewer of a policy or an approval that comes from an earlier permit, because it may have ended."""
    if not KINDS[found.kind].same_works:
        return
    parts = asdict(found)
    for name in INHERITED:
        if parts[name] is not None and parts[name] == getattr(previous, name):
            findings.warn(name, f"{name}-from-previous", permit_number=previous.permit_number)


def fill_request(
    session: Session, row: PermitRequest, found: Application, findings: Findings
) -> None:
    """Writes the parsed application and its warnings to the request."""
    row.kind = found.kind.value
    _set_previous(session, row, found.previous_permit_id)
    row.use_class = found.use_class
    row.owners = [RequestOwner(position=n, **vars(owner)) for n, owner in enumerate(found.owners)]
    row.representative = asdict(found.representative) if found.representative else None
    row.place(asdict(found.land))
    row.building = asdict(found.building)
    row.engineering_office = asdict(found.engineering_office)
    row.contractor = asdict(found.contractor) if found.contractor else None
    row.supervising_office = asdict(found.supervising_office) if found.supervising_office else None
    row.site = asdict(found.site) if found.site else None
    row.clearances = asdict(found.clearances) if found.clearances else None
    row.remarks = found.remarks
    row.insulation_pledge = found.insulation_pledge
    row.construction_state = found.construction_state
    parsed_odd = plausibility_warnings.stored_warnings(findings.warnings)
    row.warnings = parsed_odd + plausibility_warnings.warnings_of_request(session, row)


def _set_previous(session: Session, row: PermitRequest, permit_id: str | None) -> None:
    """Keeps which permit the request follows, in the version that the applicant built on."""
    if permit_id is None:
        row.previous_version = None
    elif row.previous_permit_id != permit_id:
        row.previous_version = session.get_one(Permit, permit_id).version
    row.previous_permit_id = permit_id


def request_number_of(written: str) -> str:
    """Balady's number as it's kept."""
    return compact(written)


def transaction_number_of(written: str | None) -> str | None:
    """Returns the paper file's number as it's kept."""
    return tidy(written or "") or None


def require_number_free(
    session: Session, municipality: str, number: str, *, but: str | None
) -> None:
    """Refuses a number that another request of the municipality has. Another municipality's number, and the number
    of a request that ended without a permit, are free. Raises AlreadySubmitted."""
    known = select(PermitRequest.request_id).where(
        PermitRequest.municipality == municipality,
        PermitRequest.request_number == number,
        PermitRequest.status.not_in([one.value for one in FREED]),
    )
    if but is not None:
        known = known.where(PermitRequest.request_id != but)
    if session.scalar(known):
        raise AlreadySubmitted(request_number=number)


def flush_request(session: Session, row: PermitRequest) -> PermitRequest:
    """Returns the request in the database; somebody may have been quicker with its number. Raises AlreadySubmitted."""
    number = row.request_number
    try:
        session.flush()
    except IntegrityError as error:
        if "uq_permit_request_municipality_request_number" in str(error.orig):
            raise AlreadySubmitted(request_number=number) from None
        raise
    return row


_LEFT_OUT = object()


def _without_inherited(
    session: Session, row: PermitRequest, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the request's parts without those of its earlier previous permit, once the request follows another
    permit or is of another kind."""
    now = row.application()
    if all(wanted.get(name, now[name]) == now[name] for name in ("kind", "previous_permit_id")):
        return {}
    previous = session.get(Permit, row.previous_permit_id) if row.previous_permit_id else None
    return {
        name: _LEFT_OUT
        for name in INHERITED
        if now[name] is None or (previous is not None and now[name] == getattr(previous, name))
    }


def change_request(
    work: UnitOfWork, row: PermitRequest, wanted: Mapping[str, Any]
) -> corrections.Changes:
    """Replaces parts of the application, and numbers, of a locked request. Returns what changed; the caller records
    the change. Raises InvalidFields (also for a value that was corrected in the previous permit meanwhile),
    AlreadySubmitted, PreviousNotUsable."""
    before = {**row.application(), **{name: getattr(row, name) for name in NUMBERS}}
    wanted = {**wanted, **merged_parts(before, wanted)}
    data = {**before, **_without_inherited(work.session, row, wanted), **wanted}
    data = {name: part for name, part in data.items() if part is not _LEFT_OUT}
    found, findings = parse_application(work, data, data["municipality"], recorded=row.land)
    number = request_number_of(data["request_number"])
    require_number_free(work.session, data["municipality"], number, but=row.request_id)
    row.municipality, row.request_number = data["municipality"], number
    row.transaction_number = transaction_number_of(data["transaction_number"])
    fill_request(work.session, row, found, findings)
    _check_corrected(work.session, row)
    after = {**row.application(), **{name: getattr(row, name) for name in NUMBERS}}
    return corrections.changes(before, after)


def _check_corrected(session: Session, row: PermitRequest) -> None:
    if row.previous_permit_id is None:
        return
    previous = session.get_one(Permit, row.previous_permit_id)
    if faults := stale_faults(session, row, previous):
        raise InvalidFields(faults)
