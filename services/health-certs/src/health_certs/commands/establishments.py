"""Keeps what licences publishes about licences and applications, and finds the establishment that a request names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.refusals import InvalidFields
from health_certs.domain.access import Applicant
from health_certs.domain.requests import CANCELLED, ISSUED, Place
from health_certs.models import KnownApplication, KnownLicence, Request

# A shop moves at most so often while a request of its worker is open.
MOVES_FOLLOWED = 8


def licence_row(event: Received, *, now: datetime) -> dict[str, Any]:
    """Returns a licence's state as a row."""
    state = event.data
    return {
        "licence_id": event.subject,
        "version": event.sequence,
        "licence_no": state["licence_no"],
        "municipality": state["municipality"],
        "status": state["status"],
        "establishment": state["establishment"],
        "trade_name": (state["trade_name"] or {}).get("ar"),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "replaced_by": state["replaced_by"],
        "changed_at": now,
    }


def application_row(event: Received, *, now: datetime) -> dict[str, Any]:
    """Returns the state of an application for a licence as a row."""
    names = ("application_no", "municipality", "status", "establishment", "licence_no")
    state = {name: event.data[name] for name in names}
    return {
        "application_id": event.subject,
        "version": event.sequence,
        **state,
        "changed_at": now,
    }


def keep_licences(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the newest state of several licences; an older version never overwrites a newer one."""
    session.execute(_KEEP_LICENCE, rows)


def keep_applications(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the newest state of several applications; an older version never overwrites a newer one."""
    session.execute(_KEEP_APPLICATION, rows)


def _upsert_of(table: Any) -> Insert:
    """Returns the upsert of a table's newer rows, made once: building it costs more than running it."""
    statement = insert(table)
    state = {one.name: statement.excluded[one.name] for one in table.columns if not one.primary_key}
    newer = table.c.version < statement.excluded.version
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=state, where=newer
    )


_KEEP_LICENCE = _upsert_of(KnownLicence.__table__)
_KEEP_APPLICATION = _upsert_of(KnownApplication.__table__)


def chosen_place(
    session: Session,
    choice: Mapping[str, Any] | None,
    *,
    on: date,
    delegate: Applicant | None = None,
) -> Place | None:
    """Returns the place of the contract's EstablishmentChoice; None without a choice. Raises InvalidFields for a place
    that is unknown, or isn't good on the day. `delegate`: an applicant who isn't the worker; an unknown place and
    another establishment's place have one answer for a delegate."""
    if choice is None:
        return None
    numbers = [choice.get("licence_no"), choice.get("application_no")]
    if numbers.count(None) != 1:
        raise InvalidFields.of("establishment", "one-number")
    place = find_place(session, licence_no=numbers[0], application_no=numbers[1])
    if delegate is not None and (place is None or place.number not in delegate.establishments):
        raise InvalidFields.of("establishment", "not-acted-for")
    if place is None or not place.is_good(on):
        raise InvalidFields.of("establishment", "establishment-unknown")
    return place


def good_places(session: Session, requests: Sequence[Request], *, on: date) -> Mapping[str, Place]:
    """Returns the requests' places by the ids of the requests. Leaves out a place that has come to nothing, or that
    belongs to another establishment by now. Reads the place of one shop's workers once."""
    read: dict[tuple[str | None, str | None], Place | None] = {}
    good = {}
    for request in requests:
        numbers = (request.licence_no, request.application_no)
        if numbers not in read:
            read[numbers] = find_place(session, licence_no=numbers[0], application_no=numbers[1])
        place = read[numbers]
        if place is not None and place.keeps_workers(on) and place.number == request.establishment:
            good[request.request_id] = place
    return good


def find_place(
    session: Session, *, licence_no: str | None, application_no: str | None
) -> Place | None:
    """Returns the place of a licence's or an application's number."""
    if licence_no is not None:
        return licence_place(session, licence_no)
    return application_place(session, application_no) if application_no is not None else None


def licence_place(session: Session, licence_no: str) -> Place | None:
    """Returns the place of a licence, or of the licence that replaced it when the shop moved."""
    licence = _find_licence(session, licence_no)
    if licence is None:
        return None
    licence = _latest_replacement(session, licence)
    return Place(
        status=licence.status,
        municipality=licence.municipality,
        number=licence.establishment,
        trade_name=licence.trade_name,
        licence_no=licence.licence_no,
        application_no=None,
        ends_on=licence.expires_on,
    )


def _latest_replacement(session: Session, licence: KnownLicence) -> KnownLicence:
    """Follows the replacements of a licence as far as they're known. A worker's request moves with the shop: else the
    paid certificate would name no establishment."""
    for _ in range(MOVES_FOLLOWED):
        if licence.status != CANCELLED or licence.replaced_by is None:
            break
        replacement = _find_licence(session, licence.replaced_by)
        if replacement is None:
            break
        licence = replacement
    return licence


def _find_licence(session: Session, licence_no: str) -> KnownLicence | None:
    return session.scalar(select(KnownLicence).where(KnownLicence.licence_no == licence_no))


def application_place(session: Session, application_no: str) -> Place | None:
    """Returns the place of an application. Once the licence that was issued for it is known, returns the licence's
    place: the two events come in two topics."""
    application = session.scalar(
        select(KnownApplication).where(KnownApplication.application_no == application_no)
    )
    if application is None:
        return None
    licence_no = application.licence_no
    licence = licence_place(session, licence_no) if licence_no else None
    if licence is not None and application.status == ISSUED:
        return licence
    return Place(
        status=application.status,
        municipality=application.municipality,
        number=application.establishment,
        trade_name=None,
        licence_no=None,
        application_no=application.application_no,
        ends_on=None,
    )
