"""Requests for the workers of an establishment, from a table. Each row succeeds or fails by itself, and no row is taken
twice.

The table is kept, and the list's deadline takes its rows in batches, each in a transaction of its own (ADR 54). A batch
that a killed process began is begun again; a finished batch stays finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.access.revocations import was_revoked_since
from chassis.core.actors import Actor, SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, NotFound
from chassis.data.deadlines import set_deadline
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from health_certs import catalogue
from health_certs.commands.apply import apply, photo_name
from health_certs.commands.establishments import chosen_place
from health_certs.commands.uniqueness import CertificateHeld, RequestOpen, lock_worker
from health_certs.domain.access import Applicant
from health_certs.domain.worker_lists import Line, request_of
from health_certs.models import RequestList, RequestListRow
from saudi.days import legal_day
from saudi.text import compact

ACCEPTED, ALREADY, REFUSED = "accepted", "already", "refused"
LIST = "list"  # a kind of deadlines
# Rows of one transaction. The series of numbers is locked until the transaction ends, some tenths of a second.
BATCH = 25
# Beneath the hour for which revocations are known (chassis.access.revocations).
WAITS_AT_MOST = timedelta(hours=1)
_NO_PHOTO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Outcome:
    """What became of a row."""

    outcome: str
    request_no: str | None = None
    certificate_no: str | None = None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True)
class ListChoice:
    """What holds for all rows. `establishment`: the contract's EstablishmentChoice; `centre`: for rows that name no
    centre."""

    establishment: Mapping[str, Any]
    centre: str | None


def send_list(
    work: UnitOfWork, applicant: Applicant, lines: Sequence[Line], choice: ListChoice
) -> RequestList:
    """Keeps the table, and has its first rows taken at once. Raises InvalidFields for an establishment that isn't good,
    or for which the applicant doesn't act."""
    today = legal_day(work.now)
    place = chosen_place(work.session, choice.establishment, on=today, delegate=applicant)
    if place is None or place.number is None:
        raise InvalidFields.of("establishment", "not-acted-for")
    row = RequestList(
        list_id=new_id(),
        establishment=place.number,
        licence_no=choice.establishment.get("licence_no"),
        application_no=choice.establishment.get("application_no"),
        centre=choice.centre,
        sender=work.actor.subject,
        sent_by=_sender_document(work.actor, applicant),
        sent_at=work.now,
    )
    work.session.add(row)
    work.record_change(row, "send", details={"rows": len(lines)})
    work.session.flush()
    work.session.add_all(
        RequestListRow(list_id=row.list_id, row=line.row, cells=dict(line.cells), faults=[])
        for line in lines
    )
    work.session.flush()
    set_deadline(work.session, RequestList.aggregate_type, row.list_id, LIST, work.now)
    return row


def take_next_rows(work: UnitOfWork, list_id: str) -> None:
    """Takes the next rows of a list, in the order of the file. The last row ends the list. Each row has a savepoint, so
    that a faulty row undoes no other row.

    A delegation that ended since the list was sent ends the list: its rows are refused. So does an hour of waiting,
    after which nobody knows any more whether the delegation ended.

    All workers of the batch are locked first, in the order of their numbers, and before the first number is drawn:
    otherwise two batches could wait for each other."""
    row = work.lock(RequestList, list_id)
    waiting = _waiting_rows(work.session, list_id)
    if row.done_at is not None or not waiting:
        return
    refusal = _refusal_of_list(work, row)
    if refusal is not None:
        _refuse_waiting_rows(work.session, list_id, refusal)
        _finish(work, row)
        return
    for number in sorted({compact(one.cells.get("id_number", "")) for one in waiting}):
        lock_worker(work.session, number)
    sender, applicant = _sender(row)
    work = work.acting_as(sender)
    named = {"licence_no": row.licence_no, "application_no": row.application_no}
    choice = ListChoice(named, row.centre)
    photos = _unclaimed_photos(work.session, sender)
    for one in waiting:
        _keep_outcome(one, _apply_row(work, applicant, Line(one.row, one.cells), choice, photos))
    work.session.flush()
    if len(waiting) == BATCH and _waiting_rows(work.session, list_id):
        set_deadline(work.session, RequestList.aggregate_type, list_id, LIST, work.now)
    else:
        _finish(work, row)


def _refusal_of_list(work: UnitOfWork, row: RequestList) -> Fault | None:
    """Returns the fault of all waiting rows once the sender may have lost the right to act for the establishment."""
    if work.now > row.sent_at + WAITS_AT_MOST:
        return Fault("file", "list-waited")
    names = (("delegation", f"{row.sender}/{row.establishment}"), ("person", row.sender))
    revoked = was_revoked_since(work.session, names, row.sent_at)
    return Fault("establishment", "not-acted-for") if revoked else None


def _refuse_waiting_rows(session: Session, list_id: str, fault: Fault) -> None:
    while waiting := _waiting_rows(session, list_id):
        for one in waiting:
            _keep_outcome(one, Outcome(REFUSED, faults=[fault]))
        session.flush()


def _finish(work: UnitOfWork, row: RequestList) -> None:
    row.done_at, row.sent_by = work.now, None
    work.record_change(row, "finish")


def _waiting_rows(session: Session, list_id: str) -> Sequence[RequestListRow]:
    statement = (
        select(RequestListRow)
        .where(RequestListRow.list_id == list_id, RequestListRow.outcome.is_(None))
        .order_by(RequestListRow.row)
        .limit(BATCH)
    )
    return session.scalars(statement).all()


def _sender_document(actor: Actor, applicant: Applicant) -> dict[str, Any]:
    return {
        "client_id": actor.client_id,
        "name": actor.name,
        "organisation": actor.organisation,
        "id_number": applicant.id_number,
        "as": applicant.name,
        "mobile": applicant.mobile,
    }


def _sender(row: RequestList) -> tuple[SystemActor, Applicant]:
    """Returns the sender as of the day of sending, who acts for the list's establishment only."""
    kept = row.sent_by
    actor = SystemActor(row.sender, kept["client_id"], kept["name"], kept["organisation"])
    applicant = Applicant(
        subject=row.sender,
        id_number=kept["id_number"],
        name=kept["as"],
        establishments=frozenset((row.establishment,)),
        mobile=kept["mobile"],
    )
    return actor, applicant


def _unclaimed_photos(session: Session, actor: Actor) -> Mapping[str, str]:
    """Returns the sender's unclaimed photos by the keyed hash of the name. The last photo of a name wins."""
    statement = (
        select(Attachment.name, Attachment.attachment_id)
        .where(Attachment.uploader == uploader_of(actor), Attachment.owner_id.is_(None))
        .order_by(Attachment.uploaded_at, Attachment.attachment_id)
    )
    return {name: str(attachment_id) for name, attachment_id in session.execute(statement)}


def _apply_row(
    work: UnitOfWork,
    applicant: Applicant,
    line: Line,
    choice: ListChoice,
    photos: Mapping[str, str],
) -> Outcome:
    professions, centres = catalogue.professions().by_code, catalogue.centres()
    try:
        body = request_of(
            line,
            {code: one.words for code, one in professions.items()},
            {code: one.words for code, one in centres.items()},
            choice.centre,
            catalogue.nationalities(),
        )
        photo = _photo_id(work.session, body["photo"], photos)
        body |= {"establishment": choice.establishment, "photo": photo}
        with work.session.begin_nested():
            request = apply(work, applicant, body)
        return Outcome(ACCEPTED, request_no=request.request_no)
    except InvalidFields as refusal:
        return Outcome(REFUSED, faults=refusal.faults)
    except RequestOpen as refusal:
        return Outcome(ALREADY, request_no=refusal.request_no)
    except CertificateHeld as refusal:
        return Outcome(ALREADY, certificate_no=refusal.certificate_no)
    except NotFound:  # another row has claimed the photo, or the photo is gone
        return Outcome(REFUSED, faults=[Fault("photo", "photo-unknown")])


def _photo_id(session: Session, name: str, photos: Mapping[str, str]) -> str:
    """Returns the id of a photo by its name, or the name itself if it's an id. For an unknown photo returns an id that
    no photo has: applying checks the photo last, because a row sent again has claimed its photo before, and isn't at
    fault."""
    for key in keys_of(session).index.keys(photo_name(name)):
        if key in photos:
            return photos[key]
    try:
        return str(UUID(name))
    except ValueError:
        return _NO_PHOTO


def _keep_outcome(row: RequestListRow, outcome: Outcome) -> None:
    """Keeps the outcome and forgets the cells: the request holds what was accepted, and the sender mends the rest."""
    row.cells = None
    row.outcome, row.request_no = outcome.outcome, outcome.request_no
    row.certificate_no = outcome.certificate_no
    row.faults = [{**vars(fault), "params": dict(fault.params)} for fault in outcome.faults]
