"""The establishment that a request names, as licences told last."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from health_certs.domain.establishments import CANCELLED, ISSUED, Place
from health_certs.models import KnownApplication, KnownLicence, Request

# So often a shop moves at most while a request of its worker is open.
MOVES_FOLLOWED = 8


def licence_place(session: Session, licence_no: str) -> Place | None:
    """Of a licence, or of the one that took its place when the shop moved; None for one that isn't known."""
    found = _known(session, licence_no)
    if found is None:
        return None
    found = _where_it_moved(session, found)
    return Place(
        status=found.status,
        municipality=found.municipality,
        number=found.establishment,
        trade_name=found.trade_name,
        licence_no=found.licence_no,
        application_no=None,
        ends_on=found.expires_on,
    )


def _where_it_moved(session: Session, licence: KnownLicence) -> KnownLicence:
    """The last known of the licences that took each other's place, from the one on. A worker's request goes with the
    shop: else its paid certificate would be issued for none."""
    for _ in range(MOVES_FOLLOWED):
        if licence.status != CANCELLED or licence.replaced_by is None:
            break
        following = _known(session, licence.replaced_by)
        if following is None:
            break
        licence = following
    return licence


def _known(session: Session, licence_no: str) -> KnownLicence | None:
    return session.scalar(select(KnownLicence).where(KnownLicence.licence_no == licence_no))


def application_place(session: Session, application_no: str) -> Place | None:
    """Of an application; of the licence that was issued for it, once that's known: their events come in two topics."""
    found = session.scalar(
        select(KnownApplication).where(KnownApplication.application_no == application_no)
    )
    if found is None:
        return None
    licence = licence_place(session, found.licence_no) if found.licence_no else None
    if licence is not None and found.status == ISSUED:
        return licence
    return Place(
        status=found.status,
        municipality=found.municipality,
        number=found.establishment,
        trade_name=None,
        licence_no=None,
        application_no=found.application_no,
        ends_on=None,
    )


def places_of(session: Session, rows: Sequence[Request], *, on: date) -> Mapping[str, Place]:
    """The requests' establishments, by the requests' ids; nothing without one, and for one whose licence or application
    came to nothing or is another establishment's by now. Of workers of one shop it's read once."""
    known: dict[tuple[str | None, str | None], Place | None] = {}
    found = {}
    for row in rows:
        name = (row.licence_no, row.application_no)
        if name not in known:
            known[name] = named(session, licence_no=name[0], application_no=name[1])
        place = known[name]
        if place is not None and place.is_good(on) and place.number == row.establishment:
            found[row.request_id] = place
    return found


def chosen(session: Session, named_by: Mapping[str, Any] | None, *, on: date) -> Place | None:
    """The establishment of the contract's EstablishmentChoice; None for none. Raises InvalidFields for one that isn't
    known, or isn't good on the day."""
    if named_by is None:
        return None
    numbers = [named_by.get("licence_no"), named_by.get("application_no")]
    if numbers.count(None) != 1:
        raise InvalidFields.of("establishment", "one-number")
    found = named(session, licence_no=numbers[0], application_no=numbers[1])
    if found is None or not found.is_good(on):
        raise InvalidFields.of("establishment", "establishment-unknown")
    return found


def named(session: Session, *, licence_no: str | None, application_no: str | None) -> Place | None:
    """The establishment of a licence's or an application's number."""
    if licence_no is not None:
        return licence_place(session, licence_no)
    return application_place(session, application_no) if application_no is not None else None
