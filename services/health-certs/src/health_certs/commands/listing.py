"""Requests for the workers of an establishment by a table: each row for itself, none twice.

A table is kept, and its rows are taken some at a time, each time in a transaction of their own, by the list's deadline
(ADR 54): what a killed process had begun is begun again, and what was done stays done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, NotFound
from chassis.data.aggregates import lock, record_change
from chassis.data.deadlines import set_deadline
from chassis.data.sealed import keys_of
from chassis.files.attachments import Attachment, uploader_of
from health_certs import catalogue
from health_certs.commands import applying, held, places
from health_certs.commands.held import CertificateHeld
from health_certs.domain.applicants import Applicant
from health_certs.domain.sheets import Line, request_of
from health_certs.models import RequestList, RequestListRow
from saudi.days import legal_day
from saudi.text import compact

ACCEPTED, ALREADY, REFUSED = "accepted", "already", "refused"
LIST = "list"  # a kind of deadlines
# Rows of one transaction: the series of numbers is locked until its end, some tenths of a second.
AT_ONCE = 25
_NO_PHOTO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Outcome:
    """What became of a row."""

    outcome: str
    request_no: str | None = None
    certificate_no: str | None = None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True)
class Chosen:
    """What holds for all rows: the contract's EstablishmentChoice, and the centre of those that name none."""

    establishment: Mapping[str, Any]
    centre: str | None


@dataclass(frozen=True)
class Sender:
    """Who sent a list, and in whose name its rows are asked for."""

    actor: Actor
    own: Applicant


def send(
    session: Session, sender: Sender, lines: Sequence[Line], chosen: Chosen, *, now: datetime
) -> RequestList:
    """Keeps the table, and lets its first rows be taken at once. Raises InvalidFields for an establishment that isn't
    good, or isn't the caller's."""
    place = places.chosen(session, chosen.establishment, on=legal_day(now))
    if place is None or place.number is None or place.number not in sender.own.establishments:
        raise InvalidFields.of("licence_no", "not-acted-for")
    row = RequestList(
        list_id=new_id(),
        establishment=place.number,
        licence_no=chosen.establishment.get("licence_no"),
        application_no=chosen.establishment.get("application_no"),
        centre=chosen.centre,
        sender=sender.actor.subject,
        sent_by=_sealed(sender),
        sent_at=now,
    )
    session.add(row)
    record_change(session, row, sender.actor, "send", now=now, details={"rows": len(lines)})
    session.flush()
    session.add_all(
        RequestListRow(list_id=row.list_id, row=line.row, cells=dict(line.cells), faults=[])
        for line in lines
    )
    session.flush()
    set_deadline(session, RequestList.aggregate_type, row.list_id, LIST, now)
    return row


def take_some(session: Session, list_id: str, *, now: datetime) -> None:
    """The next rows of a list, in the order of the file; the last of them ends it. A savepoint for each row, so that
    one at fault takes nothing with it. Whoever asks for one of the workers at the same moment waits: for all of these,
    in order, before the first number is drawn, or two would wait for each other."""
    row = lock(session, RequestList, list_id)
    waiting = _waiting(session, list_id)
    if row.done_at is not None or not waiting:
        return
    for number in sorted({compact(one.cells.get("id_number", "")) for one in waiting}):
        held.one_at_a_time(session, number)
    sender, chosen = _sender(row), _chosen(row)
    photos = _photos(session, sender.actor)
    for one in waiting:
        line = Line(one.row, one.cells)
        _settle(one, _apply(session, sender, line, (chosen, photos), now=now))
    session.flush()
    if len(waiting) == AT_ONCE and _waiting(session, list_id):
        set_deadline(session, RequestList.aggregate_type, list_id, LIST, now)
    else:
        row.done_at, row.sent_by = now, None
        record_change(session, row, sender.actor, "finish", now=now)


def _waiting(session: Session, list_id: str) -> Sequence[RequestListRow]:
    statement = (
        select(RequestListRow)
        .where(RequestListRow.list_id == list_id, RequestListRow.outcome.is_(None))
        .order_by(RequestListRow.row)
        .limit(AT_ONCE)
    )
    return session.scalars(statement).all()


def _settle(row: RequestListRow, done: Outcome) -> None:
    """What the row said is gone with it: what was good stands in its request, and what wasn't is the sender's to
    mend."""
    row.cells = None
    row.outcome, row.request_no = done.outcome, done.request_no
    row.certificate_no = done.certificate_no
    row.faults = [{**vars(fault), "params": dict(fault.params)} for fault in done.faults]


def _sealed(sender: Sender) -> dict[str, Any]:
    actor, own = sender.actor, sender.own
    return {
        "client_id": actor.client_id,
        "name": actor.name,
        "organisation": actor.organisation,
        "id_number": own.id_number,
        "as": own.name,
        "mobile": own.mobile,
    }


def _sender(row: RequestList) -> Sender:
    """As he was when he sent it, for the list's establishment alone."""
    told = row.sent_by
    actor = SystemActor(row.sender, told["client_id"], told["name"], told["organisation"])
    own = Applicant(
        subject=row.sender,
        id_number=told["id_number"],
        name=told["as"],
        establishments=frozenset((row.establishment,)),
        mobile=told["mobile"],
    )
    return Sender(actor, own)


def _chosen(row: RequestList) -> Chosen:
    named = {"licence_no": row.licence_no, "application_no": row.application_no}
    return Chosen(named, row.centre)


def _apply(
    session: Session,
    sender: Sender,
    line: Line,
    given: tuple[Chosen, Mapping[str, str]],
    *,
    now: datetime,
) -> Outcome:
    chosen, photos = given
    try:
        body = request_of(line, *_words(), chosen.centre)
        photo = _photo(session, body["photo"], photos)
        body |= {"establishment": chosen.establishment, "photo": photo}
        with session.begin_nested():
            row = applying.apply(session, sender.actor, sender.own, body, now=now)
        return Outcome(ACCEPTED, request_no=row.request_no)
    except InvalidFields as refusal:
        return Outcome(REFUSED, faults=refusal.faults)
    except applying.RequestOpen as refusal:
        return Outcome(ALREADY, request_no=refusal.request_no)
    except CertificateHeld as refusal:
        return Outcome(ALREADY, certificate_no=refusal.certificate_no)
    except NotFound:  # the photo was another row's, or is nobody's by now
        return Outcome(REFUSED, faults=[Fault("photo", "photo-unknown")])


def _words() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    professions, centres = catalogue.professions().by_code, catalogue.centres()
    return (
        {code: one.words for code, one in professions.items()},
        {code: one.words for code, one in centres.items()},
    )


def _photos(session: Session, actor: Actor) -> Mapping[str, str]:
    """The caller's photos that nothing has claimed, by the keyed hash of the name; of several of one name the last."""
    statement = (
        select(Attachment.name, Attachment.attachment_id)
        .where(Attachment.uploader == uploader_of(actor), Attachment.owner_id.is_(None))
        .order_by(Attachment.uploaded_at, Attachment.attachment_id)
    )
    return {name: str(attachment_id) for name, attachment_id in session.execute(statement)}


def _photo(session: Session, named: str, photos: Mapping[str, str]) -> str:
    """The id of a photo by its name, or as it is; of one that isn't there an id that nothing has. Whether it's there is
    looked at last: a row that was taken before has claimed its photo, and sending it again is no fault."""
    for key in keys_of(session).index.keys(applying.named_photo(named)):
        if key in photos:
            return photos[key]
    try:
        return str(UUID(named))
    except ValueError:
        return _NO_PHOTO
