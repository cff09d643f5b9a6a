"""Reads for everybody: reports of public types, without the reporter, whom no statement loads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, defer

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.paging import Page, PageRequest, keyset
from reports.catalogue import catalogue, governorate
from reports.domain.filing import Filing
from reports.domain.places import Place, box, distance, is_listed
from reports.models import Photo, Report
from saudi.text import place_key, tidy

MOST_SIMILAR = 5
_MOST_COMPARED = 200


@dataclass(frozen=True, kw_only=True)
class PublicSearch:
    """The filters of the public list, which combine. `category`: a category of any level. `since`: the list is as long
    as the window of Open311, because no index holds the towns of reports that have ended."""

    since: datetime
    open: bool | None = None
    category: str | None = None
    town: str | None = None
    district: str | None = None


def select_public() -> Select[Report]:
    """Selects the reports of public types. The reporter can't be loaded."""
    public = sorted(code for code, one in catalogue().categories.items() if one.public)
    hidden = (defer(Report.reporter, raiseload=True), defer(Report.mobile_key, raiseload=True))
    return select(Report).where(Report.public, Report.category.in_(public)).options(*hidden)


def list_public(session: Session, search: PublicSearch, page: PageRequest) -> Page[Report]:
    """Returns the reports, newest first. Raises InvalidFields for an unknown category or town, a district without a
    town, and a cursor of another search."""
    statement = select_public().where(*_search_conditions(search))
    key = (Report.filed_at, Report.report_id)
    bound = {"list": "public", **vars(search), "since": None}
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def _search_conditions(search: PublicSearch) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = [Report.filed_at >= search.since]
    if search.open is not None:
        parts.append(and_(Report.is_open) if search.open else ~Report.is_open)
    if search.category is not None:
        types = catalogue().types_beneath(search.category)
        if not types:
            raise InvalidFields.of("category", "category-unknown")
        parts.append(Report.category.in_(sorted(types)))
    return [*parts, *_place_conditions(search)]


def _place_conditions(search: PublicSearch) -> list[ColumnElement[bool]]:
    """An unlisted district is a citizen's words, so only a report with released words is found by such a district."""
    if search.town is None:
        if search.district is not None:
            raise InvalidFields.of("district", "district-without-town")
        return []
    town = governorate().towns.get(place_key(search.town))
    if town is None:
        raise InvalidFields.of("town", "town-unknown")
    parts = [Report.town == town.name]
    if search.district is not None:
        listed = town.districts.get(place_key(search.district))
        parts.append(Report.district == (listed or tidy(search.district)))
        if listed is None:
            parts.append(Report.words_released_at.is_not(None))
    return parts


def get_public(session: Session, number: str) -> Report:
    """Returns the report. Raises NotFound, also for a report that isn't public."""
    row = session.scalar(select_public().where(Report.report_number == number))
    if row is None:
        raise NotFound
    return row


def released_pictures(session: Session, rows: Sequence[Report]) -> Mapping[str, str]:
    """Returns report id → the first released attachment."""
    statement = (
        select(Photo.report_id, Photo.attachment_id)
        .where(Photo.report_id.in_([one.report_id for one in rows]))
        .where(Photo.released_at.is_not(None))
        .order_by(Photo.report_id, Photo.position.desc())
    )
    return {row.report_id: row.attachment_id for row in session.execute(statement)}


def similar_reports(
    session: Session, filing: Filing, *, metres: int
) -> list[tuple[Report, int | None]]:
    """Returns open public reports of the same type within the metres, each with its distance; behind them reports of
    the same listed district where one of the two has no point. At most five, the nearest first."""
    place = filing.place
    statement = select_public().where(
        Report.category == filing.category.code, Report.is_open, or_(*_near(place, metres))
    )
    newest = statement.order_by(Report.filed_at.desc(), Report.report_id.desc())
    found = [
        (row, _metres_between(place, row))
        for row in session.scalars(newest.limit(_MOST_COMPARED))
        if _is_similar(place, row, metres)
    ]
    return sorted(found, key=lambda one: metres if one[1] is None else one[1])[:MOST_SIMILAR]


def _near(place: Place, metres: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if place.latitude is not None and place.longitude is not None:
        square = box(place.latitude, place.longitude, metres)
        north = Report.latitude.between(square.south, square.north)
        conditions.append(north & Report.longitude.between(square.west, square.east))
    if place.town is not None:
        conditions.append(Report.town == place.town)
    return conditions


def _is_similar(place: Place, row: Report, metres: int) -> bool:
    apart = _metres_between(place, row)
    return _is_in_district(place, row) if apart is None else apart <= metres


def _is_in_district(place: Place, row: Report) -> bool:
    """Compares listed districts only: the answer would confirm a citizen's words of an unlisted district."""
    same = (place.town, place.district) == (row.town, row.district)
    return same and bool(is_listed(place.town, place.district, governorate()))


def _metres_between(place: Place, row: Report) -> int | None:
    """Returns the distance; None where one of the two has no point."""
    here, there = _point_of(place), _point_of(row)
    return None if here is None or there is None else round(distance(here, there))


def _point_of(placed: Place | Report) -> tuple[float, float] | None:
    if placed.latitude is None or placed.longitude is None:
        return None
    return placed.latitude, placed.longitude
