"""What municipalities submit: checked, kept as a row without personal data, published with its body sealed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, Refusal
from chassis.data.aggregates import lock
from chassis.events.outbox import publish, publish_all
from partner_gateway import events
from partner_gateway.domain import applications
from partner_gateway.domain.applications import Activity, Known, Reach
from partner_gateway.events import Sender
from partner_gateway.models import Licence, LicenceActivity, LicenceApplication
from partner_gateway.settings import Settings
from saudi.days import legal_day
from saudi.text import place_key

_LINES = postgresql.insert(LicenceApplication).on_conflict_do_nothing(
    index_elements=["reference_key"]
)


class ReferenceUsed(Refusal):
    """Another application of this sender has the reference."""

    problem = "reference-used"


@dataclass(frozen=True)
class Desk:
    """What a submission is taken with: the transaction, the settings, who sends it and for whom, and when."""

    session: Session
    settings: Settings
    sender: Sender
    reach: Reach
    towns: Mapping[str, str]
    now: datetime


@dataclass(frozen=True)
class Line:
    """A line of a batch that can be read: its reference, and the application."""

    number: int
    reference: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """What became of a line: the application's id, of before when `is_repeated`, or the refusal."""

    number: int
    reference: str
    application_id: str | None = None
    is_repeated: bool = False
    refusal: Refusal | None = None


def submit_application(desk: Desk, body: Mapping[str, Any]) -> LicenceApplication:
    """A new application. Raises InvalidFields."""
    applications.check_application(body, desk.reach, _known(desk, [body]))
    return _submit(desk, events.SUBMITTED, "issue", body)


def correct_application(
    desk: Desk, application_id: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """A returned or waiting application, sent again. Raises NotFound, OtherMunicipality, IllegalTransition,
    InvalidFields."""
    row = lock(desk.session, LicenceApplication, application_id)
    desk.reach.check_seen(row.municipality)
    desk.reach.check_own(row.municipality)
    applications.check_correctable(row.status, is_corrected=row.corrected_version == row.version)
    applications.check_application(body, desk.reach, _known(desk, [body]))
    row.corrected_version, row.sent = row.version, row.sent + 1
    desk.session.flush()
    _publish(desk, row, events.CORRECTED, body, licence_no=None)
    return row


def request_renewal(desk: Desk, licence_no: str, body: Mapping[str, Any]) -> LicenceApplication:
    """Raises NotFound, OtherMunicipality, IllegalTransition."""
    licence = _licence(desk, licence_no)
    applications.check_in_life("renew", licence.status)
    return _submit(desk, events.RENEWAL_REQUESTED, "renew", body, licence)


def request_cancellation(
    desk: Desk, licence_no: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """Raises NotFound, OtherMunicipality, IllegalTransition."""
    licence = _licence(desk, licence_no)
    applications.check_in_life("cancel", licence.status)
    return _submit(desk, events.CANCELLATION_REQUESTED, "cancel", body, licence)


def submit_batch(desk: Desk, lines: Sequence[Line]) -> list[Taken]:
    """What became of each line, in the order given. A line at fault keeps no other one from being accepted."""
    known = _known(desk, [line.body for line in lines])
    checked = {line.number: _refusal(line, desk.reach, known) for line in lines}
    good = [line for line in lines if checked[line.number] is None]
    # Looked up first: a reference may be kept under an older key, of which the unique index knows nothing.
    found = _of_references(desk, good)
    ids = _insert(desk, [line for line in good if _of_before(desk, line, found) is None])
    # Of another batch at the same moment, or of this one.
    found |= _of_references(desk, [line for line in good if line.number not in ids])
    publish_all(
        desk.session,
        [_event(desk, ids[line.number], line.body) for line in good if line.number in ids],
    )
    return [_taken(desk, line, checked[line.number], ids, found) for line in lines]


def _submit(
    desk: Desk,
    participle: str,
    request: str,
    body: Mapping[str, Any],
    licence: Licence | None = None,
) -> LicenceApplication:
    row = LicenceApplication(**_columns(desk, request, body), sent=1)
    if licence is not None:
        row.kind, row.licence_no = licence.kind, licence.licence_no
    desk.session.add(row)
    desk.session.flush()
    _publish(desk, row, participle, body, licence_no=row.licence_no)
    return row


def _columns(desk: Desk, request: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "application_id": new_id(),
        "version": 0,
        "municipality": desk.sender.municipality,
        "request": request,
        "status": applications.SUBMITTED,
        "submitted_at": desk.now,
        "kind": body.get("kind"),
    }


def _publish(
    desk: Desk,
    row: LicenceApplication,
    participle: str,
    body: Mapping[str, Any],
    *,
    licence_no: str | None,
) -> None:
    event = events.submission(
        desk.sender, participle, application_id=row.application_id, licence_no=licence_no,
        sequence=row.sent, body=body, sealer=desk.settings.submissions, now=desk.now,
    )  # fmt: skip
    publish(desk.session, event)


def _event(desk: Desk, application_id: str, body: Mapping[str, Any]) -> Any:
    return events.submission(
        desk.sender, events.SUBMITTED, application_id=application_id, licence_no=None,
        sequence=1, body=body, sealer=desk.settings.submissions, now=desk.now,
    )  # fmt: skip


def _licence(desk: Desk, licence_no: str) -> Licence:
    """The licence of that number, if the sender may touch it. Raises NotFound, OtherMunicipality."""
    statement = select(Licence).where(Licence.licence_no == licence_no)
    row = desk.session.scalars(statement).one_or_none()
    desk.reach.check_seen(row.municipality if row else None)
    assert row is not None  # noqa: S101 - what isn't there isn't seen
    desk.reach.check_own(row.municipality)
    return row


def _known(desk: Desk, bodies: Iterable[Mapping[str, Any]]) -> Known:
    codes = {one["code"] for body in bodies for one in body["activities"]}
    rows = desk.session.scalars(select(LicenceActivity).where(LicenceActivity.code.in_(codes)))
    found = {row.code: Activity.of(row.state) for row in rows}
    return Known(found, desk.towns, legal_day(desk.now))


def _refusal(line: Line, reach: Reach, known: Known) -> Refusal | None:
    try:
        applications.check_application(line.body, reach, known)
    except InvalidFields as refusal:
        return InvalidFields(
            Fault(f"application.{fault.field}", fault.code, fault.params)
            for fault in refusal.faults
        )
    return None


def _insert(desk: Desk, lines: Sequence[Line]) -> dict[int, str]:
    """Line → id of each application that's new. In the order of their keys, so that two batches with the same
    references wait for each other and don't deadlock."""
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    for line in lines:
        key, body = _reference(desk, line)
        columns = {**_columns(desk, "issue", line.body), "sent": 1}
        rows.setdefault(
            key, (line.number, {**columns, "reference_key": key, "reference_body": body})
        )
    if not rows:
        return {}
    ordered = [rows[key] for key in sorted(rows)]
    statement = _LINES.returning(LicenceApplication.application_id)
    new = set(desk.session.scalars(statement, [columns for _, columns in ordered]))
    return {
        number: columns["application_id"]
        for number, columns in ordered
        if columns["application_id"] in new
    }


def _of_references(desk: Desk, lines: Sequence[Line]) -> dict[str, LicenceApplication]:
    """The applications that have these references already, by the keys of all key versions."""
    if not lines:
        return {}
    keys = [key for line in lines for key in desk.settings.blind_index.keys(_named(desk, line))]
    statement = select(LicenceApplication).where(LicenceApplication.reference_key.in_(keys))
    return {str(row.reference_key): row for row in desk.session.scalars(statement)}


def _of_before(
    desk: Desk, line: Line, found: Mapping[str, LicenceApplication]
) -> LicenceApplication | None:
    """The application that has the line's reference."""
    keys = desk.settings.blind_index.keys(_named(desk, line))
    return next((found[key] for key in keys if key in found), None)


def _taken(
    desk: Desk,
    line: Line,
    refusal: Refusal | None,
    ids: Mapping[int, str],
    found: Mapping[str, LicenceApplication],
) -> Taken:
    if refusal is not None:
        return Taken(line.number, line.reference, refusal=refusal)
    if line.number in ids:
        return Taken(line.number, line.reference, ids[line.number])
    row = _of_before(desk, line, found)
    assert row is not None  # noqa: S101 - what wasn't inserted was found
    if row.reference_body not in desk.settings.blind_index.keys(_digest(line.body)):
        return Taken(line.number, line.reference, refusal=ReferenceUsed())
    return Taken(line.number, line.reference, row.application_id, is_repeated=True)


def _reference(desk: Desk, line: Line) -> tuple[str, str]:
    index = desk.settings.blind_index
    return index.key(_named(desk, line)), index.key(_digest(line.body))


def _named(desk: Desk, line: Line) -> str:
    sender = desk.sender
    return json.dumps(
        ["licence_application.reference", sender.municipality, sender.client_id, line.reference]
    )


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True)
    return f"licence_application.body/{hashlib.sha256(text.encode()).hexdigest()}"


def towns_of(places: Mapping[str, Any]) -> dict[str, str]:
    """Each town of contracts/reference/places.yaml, by `place_key`, with its municipality."""
    return {place_key(town["ar"]): town["municipality"] for town in places["towns"]}
