"""Requests for the workers of an establishment by a table: each row for itself, none twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import Fault, InvalidFields, NotFound
from chassis.data.aggregates import Actor
from chassis.data.sealed import keys_of
from chassis.files.attachments import Attachment
from health_certs import catalogue
from health_certs.commands import applying, held, places
from health_certs.commands.held import CertificateHeld
from health_certs.domain.applicants import Applicant
from health_certs.domain.sheets import Line, request_of
from saudi.days import legal_day
from saudi.text import compact

ACCEPTED, ALREADY, REFUSED = "accepted", "already", "refused"
_NO_PHOTO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Outcome:
    """What became of a row."""

    row: int
    outcome: str
    request_no: str | None = None
    certificate_no: str | None = None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True)
class Chosen:
    """What holds for all rows: the contract's EstablishmentChoice, and the centre of those that name none."""

    establishment: Mapping[str, Any]
    centre: str | None


def apply_all(
    session: Session,
    actor: Actor,
    own: Applicant,
    lines: Sequence[Line],
    chosen: Chosen,
    *,
    now: datetime,
) -> Sequence[Outcome]:
    """A savepoint for each row, so that one at fault takes nothing with it. Whoever asks for one of the workers at the
    same moment waits: for all of them, in order, before the first number is drawn, or two would wait for each other.
    Raises InvalidFields for an establishment that isn't good, or isn't the caller's."""
    place = places.chosen(session, chosen.establishment, on=legal_day(now))
    if place is None or place.number not in own.establishments:
        raise InvalidFields.of("licence_no", "not-acted-for")
    for number in sorted({compact(line.cells.get("id_number", "")) for line in lines}):
        held.one_at_a_time(session, number)
    photos = _photos(session, actor)
    return [_apply(session, actor, own, line, (chosen, photos), now=now) for line in lines]


def _apply(
    session: Session,
    actor: Actor,
    own: Applicant,
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
            row = applying.apply(session, actor, own, body, now=now)
        return Outcome(line.row, ACCEPTED, request_no=row.request_no)
    except InvalidFields as refusal:
        return Outcome(line.row, REFUSED, faults=refusal.faults)
    except applying.RequestOpen as refusal:
        return Outcome(line.row, ALREADY, request_no=refusal.request_no)
    except CertificateHeld as refusal:
        return Outcome(line.row, ALREADY, certificate_no=refusal.certificate_no)
    except NotFound:  # the photo was another row's, or is nobody's by now
        return Outcome(line.row, REFUSED, faults=[Fault("photo", "photo-unknown")])


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
        .where(Attachment.uploader == applying.uploader_of(actor), Attachment.owner_id.is_(None))
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
