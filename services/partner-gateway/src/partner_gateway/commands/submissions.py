"""Submissions of municipalities: checked, kept as a row without personal data, published with the body sealed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, Refusal, not_blank
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish, publish_all
from partner_gateway import events
from partner_gateway.domain import applications
from partner_gateway.domain.applications import Activity, CheckFacts, Reach, Town
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
class Submitter:
    """The sender, the municipality that it submits for, and the settings with the keys that seal and find
    submissions."""

    sender: Sender
    reach: Reach
    settings: Settings


@dataclass(frozen=True)
class Line:
    """A line of a batch that can be read: its reference, and the application."""

    number: int
    reference: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class LineResult:
    """The outcome of a line: the application's id, an earlier one when `is_repeated`, or the refusal."""

    number: int
    reference: str
    application_id: str | None = None
    is_repeated: bool = False
    refusal: Refusal | None = None


def submit_application(
    work: UnitOfWork, submitter: Submitter, body: Mapping[str, Any]
) -> LicenceApplication:
    """Submits a new application. Raises InvalidFields."""
    applications.check_application(body, submitter.reach, _check_facts(work, [body]))
    return _submit(work, submitter, events.SUBMITTED, "issue", body)


def table_faults(
    work: UnitOfWork, body: Mapping[str, Any], *, kind: str, attributes: Mapping[str, str]
) -> list[Fault]:
    """Returns what the tables of activities and towns show of the accepted fields of a body with faults. A caller
    that is no municipality is refused once the form is right."""
    try:
        reach = applications.reach_of(kind, attributes)
    except applications.NoMunicipality:
        return []
    return list(applications.table_faults(body, reach, _check_facts(work, [body])))


def line_faults(
    work: UnitOfWork, reach: Reach, bodies: Mapping[int, Mapping[str, Any]]
) -> Mapping[int, list[Fault]]:
    """Returns line → what the rules and the tables show of the accepted fields of an application that the schema
    refuses, so that a line names its faults at once."""
    known = _check_facts(work, bodies.values())
    return {
        number: [
            Fault(f"application.{fault.field}", fault.code, fault.params)
            for fault in (
                *applications.form_faults(body),
                *applications.table_faults(body, reach, known),
            )
        ]
        for number, body in bodies.items()
    }


def correct_application(
    work: UnitOfWork, submitter: Submitter, application_id: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """Sends a returned or waiting application again. Raises NotFound, OtherMunicipality, IllegalTransition,
    InvalidFields."""
    row = work.lock(LicenceApplication, application_id)
    submitter.reach.check_seen(row.municipality)
    submitter.reach.check_own(row.municipality)
    applications.check_correctable(row.status, is_corrected=row.corrected_version == row.version)
    applications.check_application(body, submitter.reach, _check_facts(work, [body]))
    row.corrected_version, row.sent = row.version, row.sent + 1
    work.session.flush()
    _publish(work, submitter, row, events.CORRECTED, body, licence_no=None)
    return row


def withdraw_application(
    work: UnitOfWork, submitter: Submitter, application_id: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """Asks licences to withdraw an application that was submitted here. Raises NotFound, OtherMunicipality,
    IllegalTransition, and InvalidFields for a reason that says nothing."""
    row = work.lock(LicenceApplication, application_id)
    submitter.reach.check_seen(row.municipality)
    submitter.reach.check_own(row.municipality)
    is_corrected = row.corrected_version == row.version
    channel = row.state["channel"] if row.state else applications.PARTNER
    applications.check_withdrawable(row.status, channel=channel, is_corrected=is_corrected)
    not_blank(body["reason"], "reason")
    row.corrected_version, row.sent = row.version, row.sent + 1
    work.session.flush()
    _publish(work, submitter, row, events.WITHDRAWAL_REQUESTED, body, licence_no=None)
    return row


def request_renewal(
    work: UnitOfWork, submitter: Submitter, licence_no: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """Raises NotFound, OtherMunicipality, IllegalTransition, RenewalTooEarly."""
    licence = _licence(work, submitter, licence_no)
    applications.check_in_life("renew", licence.status)
    opens_on = date.fromisoformat(licence.state["renewable_from"])
    applications.check_renewable(licence.licence_no, opens_on, legal_day(work.now))
    return _submit(work, submitter, events.RENEWAL_REQUESTED, "renew", body, licence)


def request_cancellation(
    work: UnitOfWork, submitter: Submitter, licence_no: str, body: Mapping[str, Any]
) -> LicenceApplication:
    """Raises NotFound, OtherMunicipality, IllegalTransition."""
    licence = _licence(work, submitter, licence_no)
    applications.check_in_life("cancel", licence.status)
    return _submit(work, submitter, events.CANCELLATION_REQUESTED, "cancel", body, licence)


def submit_batch(work: UnitOfWork, submitter: Submitter, lines: Sequence[Line]) -> list[LineResult]:
    """Submits the lines of a batch, and returns their outcomes in the same order. A faulty line doesn't stop the
    others."""
    known = _check_facts(work, [line.body for line in lines])
    checked = {line.number: _refusal(line, submitter.reach, known) for line in lines}
    good = [line for line in lines if checked[line.number] is None]
    # Look references up first: one may be kept under an older key, which the unique index doesn't compare.
    found = _applications_by_reference(work, submitter, good)
    ids = _insert(
        work,
        submitter,
        [line for line in good if _application_with_reference(submitter, line, found) is None],
    )
    # Find references that another batch took at the same moment, or an earlier line of this batch.
    found |= _applications_by_reference(
        work, submitter, [line for line in good if line.number not in ids]
    )
    publish_all(
        work.session,
        [
            _event(work, submitter, ids[line.number], line.body)
            for line in good
            if line.number in ids
        ],
    )
    return [_outcome(submitter, line, checked[line.number], ids, found) for line in lines]


def _submit(
    work: UnitOfWork,
    submitter: Submitter,
    participle: str,
    request: str,
    body: Mapping[str, Any],
    licence: Licence | None = None,
) -> LicenceApplication:
    row = LicenceApplication(**_columns(work, submitter, request, body), sent=1)
    if licence is not None:
        row.kind, row.licence_no = licence.kind, licence.licence_no
    work.session.add(row)
    work.session.flush()
    _publish(work, submitter, row, participle, body, licence_no=row.licence_no)
    return row


def _columns(
    work: UnitOfWork, submitter: Submitter, request: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "application_id": new_id(),
        "version": 0,
        "municipality": submitter.sender.municipality,
        "request": request,
        "status": applications.SUBMITTED,
        "submitted_at": work.now,
        "kind": body.get("kind"),
    }


def _publish(
    work: UnitOfWork,
    submitter: Submitter,
    row: LicenceApplication,
    participle: str,
    body: Mapping[str, Any],
    *,
    licence_no: str | None,
) -> None:
    event = events.submission(
        submitter.sender, participle, application_id=row.application_id, licence_no=licence_no,
        sequence=row.sent, body=body, sealer=submitter.settings.submissions, now=work.now,
    )  # fmt: skip
    publish(work.session, event)


def _event(
    work: UnitOfWork, submitter: Submitter, application_id: str, body: Mapping[str, Any]
) -> Any:
    return events.submission(
        submitter.sender, events.SUBMITTED, application_id=application_id, licence_no=None,
        sequence=1, body=body, sealer=submitter.settings.submissions, now=work.now,
    )  # fmt: skip


def _licence(work: UnitOfWork, submitter: Submitter, licence_no: str) -> Licence:
    """Returns the licence of that number, if the sender may touch it. Raises NotFound, OtherMunicipality."""
    statement = select(Licence).where(Licence.licence_no == licence_no)
    row = work.session.scalars(statement).one_or_none()
    submitter.reach.check_seen(row.municipality if row else None)
    assert row is not None  # noqa: S101 - what isn't there isn't seen
    submitter.reach.check_own(row.municipality)
    return row


def _check_facts(work: UnitOfWork, bodies: Iterable[Mapping[str, Any]]) -> CheckFacts:
    codes = {
        code
        for body in bodies
        for one in body.get("activities") or ()
        if (code := applications.activity_code(one)) is not None
    }
    rows = work.session.scalars(select(LicenceActivity).where(LicenceActivity.code.in_(codes)))
    found = {row.code: Activity.of(row.state) for row in rows}
    return CheckFacts(found, _towns(), legal_day(work.now))


def _refusal(line: Line, reach: Reach, known: CheckFacts) -> Refusal | None:
    try:
        applications.check_application(line.body, reach, known)
    except InvalidFields as refusal:
        return InvalidFields(
            Fault(f"application.{fault.field}", fault.code, fault.params)
            for fault in refusal.faults
        )
    return None


def _insert(work: UnitOfWork, submitter: Submitter, lines: Sequence[Line]) -> dict[int, str]:
    """Line → id of each application that's new. In the order of their keys, so that two batches with the same
    references wait for each other and don't deadlock."""
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    for line in lines:
        key, body = _reference(submitter, line)
        columns = {**_columns(work, submitter, "issue", line.body), "sent": 1}
        rows.setdefault(
            key,
            (
                line.number,
                {
                    **columns,
                    "reference": line.reference,
                    "reference_key": key,
                    "reference_body": body,
                },
            ),
        )
    if not rows:
        return {}
    ordered = [rows[key] for key in sorted(rows)]
    statement = _LINES.returning(LicenceApplication.application_id)
    new = set(work.session.scalars(statement, [columns for _, columns in ordered]))
    return {
        number: columns["application_id"]
        for number, columns in ordered
        if columns["application_id"] in new
    }


def _applications_by_reference(
    work: UnitOfWork, submitter: Submitter, lines: Sequence[Line]
) -> dict[str, LicenceApplication]:
    """Returns the applications that have these references already, by the keys of all key versions."""
    if not lines:
        return {}
    keys = [
        key
        for line in lines
        for key in submitter.settings.blind_index.keys(_reference_text(submitter, line))
    ]
    statement = select(LicenceApplication).where(LicenceApplication.reference_key.in_(keys))
    return {str(row.reference_key): row for row in work.session.scalars(statement)}


def _application_with_reference(
    submitter: Submitter, line: Line, found: Mapping[str, LicenceApplication]
) -> LicenceApplication | None:
    """Returns the application that has the line's reference."""
    keys = submitter.settings.blind_index.keys(_reference_text(submitter, line))
    return next((found[key] for key in keys if key in found), None)


def _outcome(
    submitter: Submitter,
    line: Line,
    refusal: Refusal | None,
    ids: Mapping[int, str],
    found: Mapping[str, LicenceApplication],
) -> LineResult:
    if refusal is not None:
        return LineResult(line.number, line.reference, refusal=refusal)
    if line.number in ids:
        return LineResult(line.number, line.reference, ids[line.number])
    row = _application_with_reference(submitter, line, found)
    assert row is not None  # noqa: S101 - what wasn't inserted was found
    if row.reference_body not in submitter.settings.blind_index.keys(_digest(line.body)):
        return LineResult(line.number, line.reference, refusal=ReferenceUsed())
    return LineResult(line.number, line.reference, row.application_id, is_repeated=True)


def _reference(submitter: Submitter, line: Line) -> tuple[str, str]:
    index = submitter.settings.blind_index
    return index.key(_reference_text(submitter, line)), index.key(_digest(line.body))


def _reference_text(submitter: Submitter, line: Line) -> str:
    sender = submitter.sender
    return json.dumps(
        ["licence_application.reference", sender.municipality, sender.client_id, line.reference]
    )


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True)
    return f"licence_application.body/{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def _towns() -> Mapping[str, Town]:
    """Returns the towns of contracts/reference/places.yaml, by `place_key`."""
    places = contracts.read("reference/places.yaml")
    return {
        place_key(one["ar"]): Town(
            one["ar"],
            one["municipality"],
            frozenset(place_key(part["ar"]) for part in one.get("districts") or ()),
        )
        for one in places["towns"]
    }
