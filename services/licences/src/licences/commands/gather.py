"""Gathers the facts about an application: the recorded facts, and those of this service's own tables."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import towns
from licences.commands.other_licences import predecessors_of, replaced_licence, stopped_fact
from licences.domain.conditions import PERMIT_EXPIRED, PERMIT_FOLLOWED
from licences.domain.declarations import ISSUE, RENEW, Declaration, Term, declaration_from
from licences.domain.facts import (
    CERTIFICATE_VALID,
    HEALTH,
    PERMIT,
    STOPPED,
    VIOLATIONS,
    Certificate,
    Fact,
    Facts,
    health_fact,
)
from licences.models import Application, KnownHealthCertificate, KnownPermit, Licence, Violation
from licences.models import Fact as FactRow
from saudi.branches import GOVERNORATE
from saudi.days import legal_day

# Permits of a building follow one another for its whole life; a ring of permits would be somebody's mistake.
_MOST_PERMITS = 20


def declaration_of(session: Session, row: Application) -> Declaration:
    """Returns the application as the rules see it."""
    return declaration_from(
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
    work: UnitOfWork,
    row: Application,
    declaration: Declaration,
    *,
    on: date,
    recorded: Facts | None = None,
) -> Facts:
    """Returns the newest fact of each name, for a decision on the day. An event about a building permit comes before
    what an officer saw of the permit. `recorded`: the recorded facts, for a caller that has read them."""
    if recorded is None:
        recorded = recorded_facts(work.session, row.application_id)
    facts = dict(recorded)
    facts[VIOLATIONS] = _violations_fact(work, declaration)
    if declaration.request != RENEW:
        facts[STOPPED] = stopped_fact(work, row, declaration)
    if (permit := permit_fact(work.session, declaration, town=row.town, on=on)) is not None:
        facts[PERMIT] = permit
    verified = facts.get(HEALTH)
    if (health := certificates_fact(work.session, row, verified, on=on)) is not None:
        facts[HEALTH] = health
    return facts


def recorded_facts(session: Session, application_id: str) -> dict[str, Fact]:
    """Returns the newest recorded fact of each name. A row without a value voids the facts of its name before it."""
    return recorded_facts_of(session, [application_id])[application_id]


def recorded_facts_of(
    session: Session, application_ids: Collection[str]
) -> dict[str, dict[str, Fact]]:
    """Returns the newest recorded fact of each name, by application. One statement reads the facts of all."""
    statement = (
        select(FactRow)
        .where(FactRow.application_id.in_(application_ids))
        .order_by(FactRow.fact_id)
        .execution_options(populate_existing=True)
    )
    found: dict[str, dict[str, Fact]] = {one: {} for one in application_ids}
    for row in session.scalars(statement):
        facts = found[str(row.application_id)]
        facts.pop(row.name, None)
        if row.value is not None:
            facts[row.name] = Fact(row.name, row.value, Source.read(row.source), row.valid_until)
    return found


def record_fact(work: UnitOfWork, application_id: str, fact: Fact) -> None:
    """Records a fact, which is written with the next query. Earlier facts of the same name stay in the table, and don't
    count any more."""
    work.session.add(
        FactRow(
            application_id=application_id,
            name=fact.name,
            value=dict(fact.value),
            source=fact.source.record(),
            known_at=work.now,
            valid_until=fact.valid_until,
        )
    )


def void_facts(work: UnitOfWork, application_id: str, names: Iterable[str]) -> None:
    """Records that nothing is known under these names any more. The earlier facts stay in the table."""
    known = recorded_facts(work.session, application_id)
    source = Source("licences", rfc3339(work.now)).record()
    for name in (name for name in names if name in known):
        work.session.add(
            FactRow(
                application_id=application_id,
                name=name,
                value=None,
                source=source,
                known_at=work.now,
            )
        )
    work.session.flush()


# Violations.


def _violations_fact(work: UnitOfWork, declaration: Declaration) -> Fact:
    unpaid = unpaid_final_violations(
        work.session,
        owner_number=declaration.owner,
        establishment=declaration.establishment,
        licence_no=declaration.term.licence_no if declaration.term else None,
    )
    source = Source("licences", rfc3339(work.now))
    return Fact(VIOLATIONS, {"unpaid_final": list(unpaid)}, source)


def unpaid_final_violations(
    session: Session,
    *,
    owner_number: str | None,
    establishment: str | None,
    licence_no: str | None,
) -> Sequence[str]:
    """Returns the numbers of the final, unpaid violations of this person, establishment or licence, oldest first."""
    index = keys_of(session).index
    numbers = [number for number in (owner_number, establishment) if number]
    keys = [key for number in numbers for key in index.keys(number)]
    offender: list[ColumnElement[bool]] = [Violation.offender_key.in_(keys)] if keys else []
    if licence_no is not None:
        offender.append(Violation.licence_no == licence_no)
    if not offender:
        return ()
    unpaid = Violation.final, Violation.paid_at.is_(None), Violation.ended_at.is_(None)
    statement = select(Violation.violation_no).where(or_(*offender), *unpaid)
    return session.scalars(statement.order_by(Violation.observed_at)).all()


# The building permit.


def permit_fact(
    session: Session, declaration: Declaration, *, town: str | None, on: date
) -> Fact | None:
    """Returns the state of the building permit that the application names, by the newest of its successors: a landlord
    who changes the contractor closes no shop.

    The status `expired` is computed, as permits does. A permit that is followed by an unknown successor keeps its own
    status, because events come in any order.
    """
    named = _named_permit(session, declaration, town) if declaration.permit is not None else None
    if named is None:
        return None
    row = _latest_permit(session, named)
    past = row.status == "valid" and row.expires_on < on
    status = PERMIT_EXPIRED if past else row.status
    value = {"permit_key": declaration.permit, "status": status, "use_class": row.use_class}
    return Fact(PERMIT, value, Source("permits", rfc3339(row.changed_at), row.permit_number))


def _named_permit(
    session: Session, declaration: Declaration, town: str | None
) -> KnownPermit | None:
    """Returns the permit of the place's municipality, or else the governorate's permit of this number: numbers are
    unique within a municipality only."""
    place = towns().named(town) if town else None
    here = place.municipality if place else declaration.municipality
    nearer = case((KnownPermit.municipality == here, 0), else_=1)
    statement = (
        select(KnownPermit)
        .where(KnownPermit.number_key == declaration.permit)
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


# Health certificates.


def certificates_fact(
    session: Session, row: Application, verified: Fact | None, *, on: date
) -> Fact | None:
    """Returns the share of workers with a health certificate on the day. `verified`: what an officer saw on paper."""
    licences = _licences_counted(session, row)
    applications = {row.application_no}
    if licences:
        named = select(Application.application_no).where(Application.licence_no.in_(licences))
        applications.update(session.scalars(named))
    certificates = _certificates_of(session, licences, applications)
    return health_fact(certificates, verified, workers=row.workers, on=on)


def _licences_counted(session: Session, row: Application) -> set[str]:
    """Returns the licence of the application and the licence that its shop moves from, with their predecessors: the
    workers move with the shop. The workers of a licence that another licence replaced already went elsewhere."""
    replaced = replaced_licence(session, row)
    if replaced is not None and replaced.replaced_by not in (None, row.licence_no):
        replaced = None
    named = {number for number in (row.licence_no, replaced and replaced.licence_no) if number}
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
        session, {row.replaced_by for row in rows if row.replaced_by}
    )
    return [
        Certificate(
            worker=row.worker,
            status=CERTIFICATE_VALID if row.replaced_by in awaited else row.status,
            valid_until=row.valid_until,
            changed_at=row.changed_at,
        )
        for row in rows
    ]


def _replacements_not_received(session: Session, replacements: Collection[str]) -> set[str]:
    """Returns the numbers of replacement certificates whose own event has not arrived."""
    if not replacements:
        return set()
    received = session.scalars(
        select(KnownHealthCertificate.certificate_no).where(
            KnownHealthCertificate.certificate_no.in_(sorted(replacements))
        )
    )
    return set(replacements) - set(received)
