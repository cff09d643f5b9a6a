"""Gathers the facts that are known of an application at a time: the recorded ones, and those of other tables."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from licences.catalogue import towns
from licences.commands.other_licences import predecessors_of, replaced_licence, stopped_fact
from licences.domain.conditions import PERMIT_EXPIRED, PERMIT_FOLLOWED
from licences.domain.facts import (
    CERTIFICATE_VALID,
    HEALTH,
    PERMIT,
    STOPPED,
    VIOLATIONS,
    Certificate,
    Fact,
    Facts,
    Source,
    health_fact,
)
from licences.domain.requests import ISSUE, RENEW, Request, Term, request_from
from licences.models import Application, KnownHealthCertificate, KnownPermit, Licence, Violation
from licences.models import Fact as FactRow
from saudi.branches import GOVERNORATE
from saudi.days import legal_day


def request_of(session: Session, row: Application) -> Request:
    """The application, as the rules see it."""
    return request_from(
        row.body,
        request=row.request,
        municipality=row.municipality,
        submitted_on=legal_day(row.submitted_at),
        term=_term(session, row),
    )


def _term(session: Session, row: Application) -> Term | None:
    if row.request == ISSUE:
        licence = replaced_licence(session, row)
    else:
        licence = session.get(Licence, row.licence_id) if row.licence_id is not None else None
    if licence is None:
        return None
    return Term(licence.licence_no, licence.status, licence.expires_on)


def gather_facts(
    session: Session, row: Application, asked: Request, *, on: date, now: datetime
) -> Facts:
    """The newest fact of each name, for a decision of this day. What an event told of a building permit comes before
    what an officer saw of it."""
    found = recorded_facts(session, row.application_id)
    found[VIOLATIONS] = _violations_fact(session, asked, now)
    if asked.request != RENEW:
        found[STOPPED] = stopped_fact(session, row, asked, now=now)
    if (permit := permit_fact(session, asked, town=row.town, on=on)) is not None:
        found[PERMIT] = permit
    if (health := certificates_fact(session, row, found.get(HEALTH), on=on)) is not None:
        found[HEALTH] = health
    return found


def recorded_facts(session: Session, application_id: str) -> dict[str, Fact]:
    """The newest recorded fact of each name. A row without a value says that nothing is known any more."""
    statement = (
        select(FactRow).where(FactRow.application_id == application_id).order_by(FactRow.fact_id)
    )
    found: dict[str, Fact] = {}
    for one in session.scalars(statement):
        found.pop(one.name, None)
        if one.value is not None:
            found[one.name] = Fact(one.name, one.value, Source.read(one.source), one.valid_until)
    return found


def _violations_fact(session: Session, asked: Request, now: datetime) -> Fact:
    unpaid = unpaid_final_violations(
        session,
        owner_number=asked.owner,
        establishment=asked.establishment,
        licence_no=asked.term.licence_no if asked.term else None,
    )
    source = Source("licences", rfc3339(now))
    return Fact(VIOLATIONS, {"unpaid_final": list(unpaid)}, source)


def record_fact(session: Session, application_id: str, fact: Fact, *, now: datetime) -> None:
    """Records a fact; what was known under its name before stays, and counts no more."""
    session.add(
        FactRow(
            application_id=application_id,
            name=fact.name,
            value=dict(fact.value),
            source=fact.source.record(),
            known_at=now,
            valid_until=fact.valid_until,
        )
    )
    session.flush()


def void_facts(
    session: Session, application_id: str, names: Iterable[str], *, now: datetime
) -> None:
    """Records that nothing is known under these names any more; what was known stays, and counts no more."""
    known_now = recorded_facts(session, application_id)
    source = Source("licences", rfc3339(now)).record()
    for name in (one for one in names if one in known_now):
        session.add(
            FactRow(
                application_id=application_id, name=name, value=None, source=source, known_at=now
            )
        )
    session.flush()


def unpaid_final_violations(
    session: Session,
    *,
    owner_number: str | None,
    establishment: str | None,
    licence_no: str | None,
) -> Sequence[str]:
    """The numbers of the final violations of this person, establishment or licence whose fine isn't paid, oldest
    first."""
    index = keys_of(session).index
    keys = [key for one in (owner_number, establishment) if one for key in index.keys(one)]
    of: list[ColumnElement[bool]] = [Violation.offender_key.in_(keys)] if keys else []
    if licence_no is not None:
        of.append(Violation.licence_no == licence_no)
    if not of:
        return ()
    unpaid = Violation.final, Violation.paid_at.is_(None), Violation.ended_at.is_(None)
    statement = select(Violation.violation_no).where(or_(*of), *unpaid)
    return session.scalars(statement.order_by(Violation.observed_at)).all()


# A building's permits follow one another for its whole life; a ring of them would be somebody's mistake.
_MOST_PERMITS = 20


def permit_fact(session: Session, asked: Request, *, town: str | None, on: date) -> Fact | None:
    """By the last of the permits that followed the named one: a landlord who changes his contractor closes no shop. The
    status `expired` is computed, as permits does; what has no successor yet, since events come in any order, keeps its
    own."""
    named = _named_permit(session, asked, town) if asked.permit is not None else None
    if named is None:
        return None
    row = _latest_permit(session, named)
    past = row.status == "valid" and row.expires_on < on
    status = PERMIT_EXPIRED if past else row.status
    value = {"permit_key": asked.permit, "status": status, "use_class": row.use_class}
    return Fact(PERMIT, value, Source("permits", rfc3339(row.changed_at), row.permit_number))


def _named_permit(session: Session, asked: Request, town: str | None) -> KnownPermit | None:
    """Numbers are unique within a municipality only: that of the place's town comes first, the governorate's last."""
    found = towns().named(town) if town else None
    here = found.municipality if found else asked.municipality
    nearer = case((KnownPermit.municipality == here, 0), else_=1)
    statement = (
        select(KnownPermit)
        .where(KnownPermit.number_key == asked.permit)
        .where(KnownPermit.municipality.in_((here, GOVERNORATE)))
        .order_by(nearer, KnownPermit.changed_at.desc())
        .limit(1)
    )
    return session.scalar(statement)


def _latest_permit(session: Session, row: KnownPermit) -> KnownPermit:
    for _ in range(_MOST_PERMITS):
        if row.status not in PERMIT_FOLLOWED or row.successor is None:
            break
        following = session.get(KnownPermit, row.successor)
        if following is None:
            break
        row = following
    return row


def permit_keys_up_to(session: Session, permit_id: str) -> Sequence[str]:
    """The keys of the numbers of a permit and of those whose place it took, by which applications name them."""
    keys, ids = list[str](), [permit_id]
    for _ in range(_MOST_PERMITS):
        which = KnownPermit.successor.in_(ids) if keys else KnownPermit.permit_id.in_(ids)
        rows = session.execute(select(KnownPermit.permit_id, KnownPermit.number_key).where(which))
        fresh = [row for row in rows if row.number_key not in keys]
        if not fresh:
            break
        keys += [row.number_key for row in fresh]
        ids = [row.permit_id for row in fresh]
    return keys


def certificates_fact(
    session: Session, row: Application, seen: Fact | None, *, on: date
) -> Fact | None:
    """The fact about the workers' certificates on the day; `seen` is what an officer verified."""
    licences = _licences_counted(session, row)
    applications = {row.application_no}
    if licences:
        named = select(Application.application_no).where(Application.licence_no.in_(licences))
        applications.update(session.scalars(named))
    held = _certificates_of(session, licences, applications)
    return health_fact(held, seen, workers=row.workers, on=on)


def _licences_counted(session: Session, row: Application) -> set[str]:
    """The licence that the application is about, or that its shop moves from: its workers move with it. Those of one
    that was left already went elsewhere."""
    left = replaced_licence(session, row)
    if left is not None and left.replaced_by not in (None, row.licence_no):
        left = None
    named = {one for one in (row.licence_no, left and left.licence_no) if one}
    return {number for one in named for number in predecessors_of(session, one)}


def _certificates_of(
    session: Session, licences: Collection[str], applications: Collection[str]
) -> Sequence[Certificate]:
    statement = select(KnownHealthCertificate).where(
        or_(
            KnownHealthCertificate.application_no.in_(sorted(applications)),
            KnownHealthCertificate.licence_no.in_(sorted(licences)),
        )
    )
    rows = session.scalars(statement).all()
    awaited = _replacements_not_received(
        session, {one.replaced_by for one in rows if one.replaced_by}
    )
    return [
        Certificate(
            worker=one.worker,
            status=CERTIFICATE_VALID if one.replaced_by in awaited else one.status,
            valid_until=one.valid_until,
            changed_at=one.changed_at,
        )
        for one in rows
    ]


def _replacements_not_received(session: Session, renewed: Collection[str]) -> set[str]:
    """Those of the certificates that took another's place of which nothing was told yet."""
    if not renewed:
        return set()
    known = session.scalars(
        select(KnownHealthCertificate.certificate_no).where(
            KnownHealthCertificate.certificate_no.in_(sorted(renewed))
        )
    )
    return set(renewed) - set(known)
