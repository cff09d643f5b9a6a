"""A request while it's with its applicant or the office: its data may be edited, one owner without the others. What
changed, from and to, stands in its history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from permits.commands.fees import drop_proposal, fee_amount, fee_changed
from permits.commands.filling import change, stored
from permits.commands.recording import lock_request, progress_of, record_request
from permits.domain import corrections, requests
from permits.domain.actors import Actor
from permits.domain.requests import Action
from permits.models import PermitRequest
from saudi.days import legal_day


def edit(
    session: Session,
    actor: Actor,
    request_id: str,
    wanted: Mapping[str, Any],
    *,
    note: str | None = None,
    now: datetime,
) -> PermitRequest:
    """Parts of the contract's `Application`, also kind, municipality and Balady's number. Publishes request.edited.
    Raises NotFound, IllegalTransition, InvalidFields, AlreadySubmitted."""
    row = lock_request(session, actor, request_id)
    return _edit(session, actor, row, wanted, note, now)


def correct_owners(
    session: Session,
    actor: Actor,
    request_id: str,
    wanted: Mapping[str, Any],
    *,
    note: str | None = None,
    now: datetime,
) -> PermitRequest:
    """The contract's `OwnerCorrections`. Publishes request.edited. Raises the same, and ChangedMeanwhile."""
    row = lock_request(session, actor, request_id)
    corrections.require_version(wanted["version"], row.version)
    owners = [owner.record() for owner in row.owners]
    changed = {"owners": corrections.corrected_owners(owners, wanted)}
    return _edit(session, actor, row, changed, note, now)


def _edit(
    session: Session,
    actor: Actor,
    row: PermitRequest,
    wanted: Mapping[str, Any],
    note: str | None,
    now: datetime,
) -> PermitRequest:
    today = legal_day(now)
    after = requests.advance(progress_of(row), Action.EDIT, today=today)
    cost = fee_amount(session, row, on=today)
    changes = change(session, actor, row, wanted, now)
    if not changes:
        raise InvalidFields.of("body", "no-change")
    drop_proposal(session, row)
    changes |= fee_changed(session, row, cost, on=today)
    record_request(
        session, row, after, actor, Action.EDIT, "edited", now=now, note=note, details=changes
    )
    return stored(session, row)
