"""Reads: offerings within an officer's reach, published offerings, their questions and editions, releases of OCDS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.files.attachments import Attachment
from saudi.branches import bound
from saudi.text import search_key
from tenders.domain.actors import require_reach
from tenders.domain.documents import names_file
from tenders.domain.offerings import BidsAreSealed
from tenders.lookups import MODELS, editions_of, follower_of_link
from tenders.models import (
    BookletPurchase,
    Follower,
    Lease,
    OcdsRelease,
    Offering,
    OfferingT,
    Question,
    Tender,
)

MOST_QUESTIONS, MOST_RELEASES, MOST_ENTRIES = 1_000, 100, 100


@dataclass(frozen=True, kw_only=True)
class Search:
    """The filters of a list, which combine. `words`: a part of the title, or the whole number. A tender has a
    `category`, a lease a `kind`."""

    status: str | None = None
    municipality: str | None = None
    number: str | None = None
    words: str | None = None
    category: str | None = None
    kind: str | None = None


def list_offerings(
    session: Session, model: type[OfferingT], actor: Actor, search: Search, page: PageRequest
) -> Page[OfferingT]:
    """Returns the offerings within the officer's reach, the newest draft first. Raises InvalidFields for a cursor of
    another search."""
    reach = bound(actor.attributes)
    statement = _matching(model, search)
    if reach is not None:
        statement = statement.where(model.municipality == reach)
    binding = {"list": model.aggregate_type, "reach": reach, **vars(search)}
    key = (model.drafted_at, _key_of(model))
    return keyset(session, statement, key, page, search=binding, newest_first=True)


def list_published(
    session: Session, model: type[OfferingT], search: Search, page: PageRequest
) -> Page[OfferingT]:
    """Returns what everybody reads, the newest publication first. A draft isn't among it, whatever the filters say."""
    statement = _matching(model, search).where(model.published_at.is_not(None))
    binding = {"list": f"public {model.aggregate_type}", **vars(search)}
    key = (model.published_at, _key_of(model))
    return keyset(session, statement, key, page, search=binding, newest_first=True)


def _matching(model: type[OfferingT], search: Search) -> "Select[OfferingT]":
    statement = select(model)
    for name in ("status", "municipality", "number", "category", "kind"):
        value = getattr(search, name)
        if value is not None:
            statement = statement.where(getattr(model, name) == value)
    if search.words is not None:
        words = search_key(search.words.lower())
        found = (func.strpos(model.search, words) > 0) | (model.number == words)
        statement = statement.where(found if words else literal(False))
    return statement


def _key_of(model: type[Any]) -> Any:
    return model.tender_id if model is Tender else model.lease_id


def get_offering(
    session: Session, model: type[OfferingT], actor: Actor, offering_id: str
) -> OfferingT:
    """Raises NotFound."""
    row = session.get(model, offering_id)
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def published_file(session: Session, attachment_id: str) -> tuple[Offering, Attachment]:
    """Returns a file of any published edition, and its offering. Raises NotFound, also for a file of a draft."""
    file = session.get(Attachment, attachment_id)
    if file is None or file.owner_id is None or file.owner_type not in MODELS:
        raise NotFound
    editions = editions_of(session, file.owner_id)
    if not any(names_file(one.documents, attachment_id) for one in editions):
        raise NotFound
    return session.get_one(MODELS[file.owner_type], file.owner_id), file


def is_followed(session: Session, token: str) -> bool:
    """Returns whether a follower's texts have the link."""
    return session.scalar(select(Follower.follower_id).where(follower_of_link(token))) is not None


def questions_of(
    session: Session, offering_id: str, *, answered_only: bool = False
) -> Sequence[Question]:
    """Returns the questions: those that wait for an answer before the others, then the oldest first; to the public the
    answered ones only."""
    statement = select(Question).where(Question.offering_id == offering_id)
    if answered_only:
        statement = statement.where(Question.answered_at.is_not(None))
    is_over = or_(Question.answered_at.is_not(None), Question.dismissed_at.is_not(None))
    order = (is_over, Question.asked_at, Question.question_id)
    return session.scalars(statement.order_by(*order).limit(MOST_QUESTIONS)).all()


def count_waiting_questions(session: Session, offering_ids: Sequence[str]) -> dict[str, int]:
    """Returns for each offering how many questions are neither answered nor dismissed; offerings without one are left
    out."""
    statement = (
        select(Question.offering_id, func.count().label("waiting"))
        .where(
            Question.offering_id.in_(offering_ids),
            Question.answered_at.is_(None),
            Question.dismissed_at.is_(None),
        )
        .group_by(Question.offering_id)
    )
    return {row.offering_id: row.waiting for row in session.execute(statement)}


def get_question(session: Session, question_id: str) -> tuple[Question, Offering]:
    """Returns a question and its offering. Raises NotFound."""
    question = session.get(Question, question_id)
    if question is None:
        raise NotFound
    found = (session.get(model, question.offering_id) for model in MODELS.values())
    return question, next(row for row in found if row is not None)


def booklet_buyers(session: Session, actor: Actor, lease_id: str) -> Sequence[BookletPurchase]:
    """Returns the purchases of a lease's booklet that were ever paid, the first payment first. A buyer whose money went
    back stays among them. Raises NotFound, and before the opening BidsAreSealed, whether or not somebody bought."""
    if get_offering(session, Lease, actor, lease_id).opened_at is None:
        raise BidsAreSealed
    which = (BookletPurchase.lease_id == lease_id, BookletPurchase.bought_at.is_not(None))
    order = (BookletPurchase.bought_at, BookletPurchase.booklet_id)
    return session.scalars(select(BookletPurchase).where(*which).order_by(*order)).all()


def newest_changes(session: Session) -> list[Any]:
    """Returns the published offerings that changed last, for the feed."""
    found: list[Any] = []
    for model in MODELS.values():
        published = select(model).where(model.published_at.is_not(None))
        found += session.scalars(published.order_by(model.changed_at.desc()).limit(MOST_ENTRIES))
    return sorted(found, key=lambda row: (row.changed_at, row.number), reverse=True)[:MOST_ENTRIES]


def list_releases(
    session: Session, offering: str, *, ocid: str | None, after: int
) -> Sequence[OcdsRelease]:
    """Returns the releases behind a place, the oldest first, and one more than a page has."""
    statement = _released(select(OcdsRelease), offering, ocid).where(OcdsRelease.serial > after)
    return session.scalars(statement.order_by(OcdsRelease.serial).limit(MOST_RELEASES + 1)).all()


def list_processes(
    session: Session, offering: str, *, ocid: str | None, after: int
) -> Sequence[Sequence[OcdsRelease]]:
    """Returns the releases of each process whose first release lies behind a place, and one process more than a page
    has. The oldest process is first."""
    earlier = aliased(OcdsRelease)
    of_process = (earlier.ocid == OcdsRelease.ocid, earlier.serial < OcdsRelease.serial)
    statement = _released(select(OcdsRelease.ocid), offering, ocid)
    statement = statement.where(OcdsRelease.serial > after, ~exists().where(*of_process))
    ocids = session.scalars(statement.order_by(OcdsRelease.serial).limit(MOST_RELEASES + 1)).all()
    which = select(OcdsRelease).where(OcdsRelease.ocid.in_(ocids)).order_by(OcdsRelease.serial)
    by_ocid: dict[str, list[OcdsRelease]] = {one: [] for one in ocids}
    for release in session.scalars(which):
        by_ocid[release.ocid].append(release)
    return list(by_ocid.values())


def _released(statement: Any, offering: str, ocid: str | None) -> Any:
    statement = statement.where(OcdsRelease.offering_type == offering)
    return statement if ocid is None else statement.where(OcdsRelease.ocid == ocid)


def numbered(model: type[Any]) -> Select[str, int, int]:
    """Selects municipality, Hijri year and serial of every tender, or of every lease, for `numbers check`."""
    year = cast(func.substr(model.number, 1, 4), Integer).label("year")
    serial = cast(func.substr(model.number, 8), Integer).label("number")
    statement = select(model.municipality.label("branch"), year, serial)
    return statement.where(model.number.is_not(None))
