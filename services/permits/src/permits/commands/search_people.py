"""Search for people, and record who searched in the same transaction, so that no answer leaves without its record.
Nothing is published. `index_names` keeps the parts of names searchable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from chassis.access.quotas import LimitReached, Policy
from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.advisory import one_at_a_time
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.domain import people
from permits.domain.actors import Actor, bound
from permits.domain.people import DAY, HOUR, Look, Sought
from permits.models import (
    Permit,
    PermitNamePart,
    PermitOwner,
    PermitRequest,
    PersonSearch,
    PersonSought,
    RequestNamePart,
    RequestOwner,
)
from saudi.branches import own_municipality
from saudi.days import legal_day
from saudi.finding import FAMILY, SERVANT, name_parts, stored_forms

MOST = 50
PER_HOUR, PER_DAY = "person-searches-per-hour", "person-searches-per-day"


@dataclass(frozen=True)
class PersonFindings:
    """Newest first, at most fifty of each; `more`: there are others."""

    permits: Sequence[Permit]
    requests: Sequence[PermitRequest]
    more: bool


@dataclass(frozen=True)
class _LookResult:
    """The result of a look: the person searched for, by a keyed hash; the people whose data were shown; and their
    number."""

    kind: Look
    searched_key: str | None
    owner_keys: Iterable[str]
    found: int


@dataclass(frozen=True)
class _DisclosureSearch:
    """The disclosure to which a page belongs."""

    owner_key: str


def search(work: UnitOfWork, wanted: Mapping[str, Any]) -> PersonFindings:
    """Searches for a person. `wanted`: the contract's `PersonSearch`. Raises InvalidFields, LimitReached."""
    sought, reason = people.parse_search(wanted), not_blank(wanted["reason"], "reason")
    charge_quota(work)
    permits, requests = (
        _find_permits(work, sought),
        _find_requests(work, sought),
    )
    key = keys_of(work.session).index.key(sought.text)
    of = _shown_keys(work.session, sought, permits, requests)
    seen = _LookResult(sought.kind, key, of, len(permits) + len(requests))
    _record_search(work, seen, reason)
    more = max(len(permits), len(requests)) > MOST
    return PersonFindings(permits[:MOST], requests[:MOST], more)


def record_look(
    work: UnitOfWork, kind: Look, owners: Sequence[PermitOwner | RequestOwner], reason: str
) -> None:
    """Records that somebody sees whole numbers of owners, or a paper that shows whole numbers. Raises LimitReached."""
    charge_quota(work)
    keys = {owner.id_key for owner in owners if owner.id_key is not None}
    _record_search(work, _LookResult(kind, None, keys, len(owners)), reason)


def disclose(work: UnitOfWork, wanted: Mapping[str, Any], page: PageRequest) -> Page[PersonSearch]:
    """Returns who looked for the owner with a number, newest first. `wanted` is the contract's `LookDisclosure`. Raises
    InvalidFields, LimitReached."""
    number, reason = people.number_of(wanted["id_number"]), not_blank(wanted["reason"], "reason")
    charge_quota(work)
    found = looks_at_owner(work.session, number, page)
    key = keys_of(work.session).index.key(number)
    _record_search(work, _LookResult(Look.DISCLOSURE, key, {key}, len(found.rows)), reason)
    return found


def looks_at_owner(session: Session, number: str, page: PageRequest) -> Page[PersonSearch]:
    """Returns who looked for the owner with the number, newest first. Raises InvalidFields for a cursor of another
    owner."""
    index = keys_of(session).index
    about = select(PersonSought.search_id).where(PersonSought.owner_key.in_(index.keys(number)))
    statement = select(PersonSearch).where(PersonSearch.search_id.in_(about))
    key = (PersonSearch.at, PersonSearch.search_id)
    search_of = _DisclosureSearch(index.key(number))
    return keyset(session, statement, key, page, search=search_of, newest_first=True)


def charge_quota(work: UnitOfWork) -> None:
    """Counts one more look of the person; two looks at the same time wait for each other. Raises LimitReached."""
    one_at_a_time(work.session, "person-search", work.actor.subject)
    limits = people.limits_of(catalogue.search_limits(), _branch(work.actor), legal_day(work.now))
    for name, most, seconds in ((PER_HOUR, limits.per_hour, HOUR), (PER_DAY, limits.per_day, DAY)):
        _require_left(work, Policy(name, most, seconds))


def _require_left(work: UnitOfWork, policy: Policy) -> None:
    """There's room again once the look falls out of the window that's now the limit's last."""
    since = work.now - timedelta(seconds=policy.seconds)
    made = select(PersonSearch.at).where(
        PersonSearch.subject == work.actor.subject, PersonSearch.at > since
    )
    last = made.order_by(PersonSearch.at.desc()).offset(max(0, policy.limit - 1)).limit(1)
    full = work.session.scalar(last) if policy.limit else work.now
    if full is not None:
        raise LimitReached(policy, max(1, int((full - since).total_seconds())))


def _record_search(work: UnitOfWork, seen: _LookResult, reason: str) -> None:
    work.session.add(
        PersonSearch(
            search_id=new_id(),
            at=work.now,
            subject=work.actor.subject,
            name=work.actor.name,
            client_id=work.actor.client_id,
            municipality=_branch(work.actor),
            kind=seen.kind.value,
            searched_key=seen.searched_key,
            reason=reason,
            found=seen.found,
            people=[PersonSought(owner_key=key) for key in sorted(seen.owner_keys)],
        )
    )


def _branch(actor: Actor) -> str:
    return own_municipality(actor.attributes) or ""


def _shown_keys(
    session: Session, sought: Sought, permits: Sequence[Permit], requests: Sequence[PermitRequest]
) -> set[str]:
    """Returns the keys of the people whom a search shows: the person with the number or the people with the name, and
    the owners whom such a person represents."""
    shown: list[Permit | PermitRequest] = [*permits[:MOST], *requests[:MOST]]
    represented = [row for row in shown if _is_agent(row, sought)]
    found: set[str | None] = {owner.id_key for row in represented for owner in row.owners}
    if sought.number is not None:
        found.add(keys_of(session).index.key(sought.number))
        return {key for key in found if key is not None}
    found |= {row.agent_key for row in represented}
    for belongs_to, part, rows in (
        (PermitOwner.permit_id, PermitNamePart, [row.permit_id for row in permits[:MOST]]),
        (RequestOwner.request_id, RequestNamePart, [row.request_id for row in requests[:MOST]]),
    ):
        owner = belongs_to.class_
        named = _bearing_name(session, sought, belongs_to, part).with_only_columns(owner.id_key)
        found |= set(session.scalars(named.where(belongs_to.in_(rows))))
    return {key for key in found if key is not None}


def _find_permits(work: UnitOfWork, sought: Sought) -> Sequence[Permit]:
    owned = _ownership(work.session, sought, PermitOwner.permit_id, PermitNamePart)
    statement = (
        select(Permit)
        .where(
            or_(Permit.permit_id.in_(owned), _is_represented(work.session, sought, Permit)),
            *_within_branch(Permit, work.actor),
        )
        .order_by(Permit.issued_on.desc(), Permit.permit_id.desc())
        .limit(MOST + 1)
        .options(selectinload(Permit.owners))
    )
    return work.session.scalars(statement).all()


def _find_requests(work: UnitOfWork, sought: Sought) -> Sequence[PermitRequest]:
    owned = _ownership(work.session, sought, RequestOwner.request_id, RequestNamePart)
    statement = (
        select(PermitRequest)
        .where(
            or_(
                PermitRequest.request_id.in_(owned),
                _is_represented(work.session, sought, PermitRequest),
            ),
            *_within_branch(PermitRequest, work.actor),
        )
        .order_by(PermitRequest.submitted_at.desc(), PermitRequest.request_id.desc())
        .limit(MOST + 1)
        .options(selectinload(PermitRequest.owners))
    )
    return work.session.scalars(statement).all()


def _within_branch(
    model: type[Permit] | type[PermitRequest], actor: Actor
) -> list[ColumnElement[bool]]:
    own = bound(actor)
    return [] if own is None else [model.municipality == own]


def _ownership(
    session: Session,
    sought: Sought,
    belongs_to: InstrumentedAttribute[str],
    part: type[PermitNamePart] | type[RequestNamePart],
) -> Select[str]:
    """Selects the rows that the sought owners own, by the column `belongs_to`. `part`: the table of name parts."""
    index, owner = keys_of(session).index, belongs_to.class_
    if sought.number is not None:
        return select(belongs_to).where(owner.id_key.in_(index.keys(sought.number)))
    return _bearing_name(session, sought, belongs_to, part)


def _bearing_name(
    session: Session,
    sought: Sought,
    belongs_to: InstrumentedAttribute[str],
    part: type[PermitNamePart] | type[RequestNamePart],
) -> Select[str]:
    """Selects what is owned by owners with all parts of the name, each with or without the article. Until `permits
    index-names` has run, a family with «آل» has «آل» as a part of its own."""
    index, owner = keys_of(session).index, belongs_to.class_

    def has(one: str) -> ColumnElement[bool]:
        keys = [key for form in stored_forms(one) for key in index.keys(form)]
        found: ColumnElement[bool] = owner.parts.any(part.part_key.in_(keys))
        return found

    statement = select(belongs_to)
    for one in sought.parts:
        family = one.removeprefix(FAMILY)
        before = [and_(has(FAMILY), has(family))] if family not in ("", one) else []
        statement = statement.where(or_(has(one), *before))
    return statement


def _is_represented(
    session: Session, sought: Sought, model: type[Permit] | type[PermitRequest]
) -> ColumnElement[bool]:
    """Selects rows whose owners are represented by the person with the number, or by somebody with all parts of the
    name. A nazir or an agent comes to the counter, and the owners' names aren't his."""
    index, part_key = keys_of(session).index, model.agent_part_model.part_key
    if sought.number is not None:
        return model.agent_key.in_(index.keys(sought.number))
    keys = [[key for form in stored_forms(one) for key in index.keys(form)] for one in sought.parts]
    return and_(*(model.agent_parts.any(part_key.in_(some)) for some in keys))


def _is_agent(row: Permit | PermitRequest, sought: Sought) -> bool:
    if sought.number is not None:
        return row.agent_number == sought.number
    names = set(name_parts(row.representative["name"])) if row.representative else set()
    return all(names & set(stored_forms(one)) for one in sought.parts)


INDEX_BATCH = 500


def index_names(session: Session, *, wait: bool = False) -> int:
    """Makes the name parts of up to 500 owners of each kind anew by setting the name to itself. Returns how many
    owners changed. `wait`: waits for rows that an officer has locked; otherwise skips these rows."""
    return (
        _index_owners(session, PermitOwner, Permit.permit_id, wait)
        + _index_owners(session, RequestOwner, PermitRequest.request_id, wait)
        + _index_agents(session, Permit, Permit.permit_id, wait)
        + _index_agents(session, PermitRequest, PermitRequest.request_id, wait)
    )


def _index_owners(session: Session, model: Any, key: InstrumentedAttribute[str], wait: bool) -> int:
    belongs_to, part_key = getattr(model, key.key), model.part_model.part_key
    index = keys_of(session).index
    # «آل» alone was a part once, and «العبد» of «العبد الله».
    once = part_key.in_([*index.keys(FAMILY), *index.keys(SERVANT)])
    old = or_(~model.parts.any(), model.parts.any(once))
    found = session.scalars(select(belongs_to).where(old).limit(INDEX_BATCH)).all()
    locked = select(key).where(key.in_(set(found))).order_by(key)
    locked = locked.with_for_update(key_share=True, skip_locked=not wait)
    mine = select(model).where(old, belongs_to.in_(session.scalars(locked).all()))
    rows: Sequence[Any] = session.scalars(mine.execution_options(populate_existing=True)).all()
    stale = [row for row in rows if [one.part for one in row.parts] != list(name_parts(row.name))]
    for row in stale:
        row.name = str(row.name)
    return len(stale)


def _index_agents(
    session: Session,
    model: type[Permit] | type[PermitRequest],
    key: InstrumentedAttribute[str],
    wait: bool,
) -> int:
    """Makes the name parts of representatives from before they were found by name."""
    old = select(model).where(model.representative.is_not(None), ~model.agent_parts.any())
    locked = old.order_by(key).limit(INDEX_BATCH)
    locked = locked.with_for_update(key_share=True, skip_locked=not wait)
    rows: Sequence[Any] = session.scalars(locked.execution_options(populate_existing=True)).all()
    for row in rows:
        row.representative = dict(row.representative or {})
    return sum(bool(row.agent_parts) for row in rows)


_SUSPECTS = text(
    """SELECT count(DISTINCT coalesce(look.searched_key, sought.owner_key)), look.municipality
    FROM person_search look LEFT JOIN person_sought sought
        ON sought.search_id = look.search_id AND look.searched_key IS NULL
    WHERE look.at > :since GROUP BY look.subject, look.municipality"""
)


def count_suspects(work: UnitOfWork) -> int:
    """Returns how many employees searched for more different people within the last hour than their branch's alarm
    allows."""
    rules, day = catalogue.search_limits(), legal_day(work.now)
    counts = work.session.execute(_SUSPECTS, {"since": work.now - timedelta(seconds=HOUR)}).all()
    return sum(
        found > people.limits_of(rules, branch or "", day).alarm_people_per_hour
        for found, branch in counts
    )
