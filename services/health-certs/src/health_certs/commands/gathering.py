"""Gathers the facts that a request is decided by."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from health_certs import catalogue
from health_certs.domain.decision import Asked
from health_certs.domain.examinations import ACCEPTED, counting
from health_certs.domain.facts import Educated, Examined, Facts, Source
from health_certs.domain.professions import Profession
from health_certs.domain.rules import Rules
from health_certs.models import Education, Examination, Request
from saudi.days import legal_day


def rules_for(row: Request) -> Rules:
    """Those of the day on which it was asked: what was told then is what it's decided by."""
    return catalogue.rulebook().of(row.municipality, legal_day(row.submitted_at))


def profession_of(row: Request) -> Profession:
    """Also of one that is on the list no more."""
    return catalogue.professions().by_code[row.profession]


def asked_of(row: Request) -> Asked:
    """The request, as the decision sees it."""
    profession, rules = profession_of(row), rules_for(row)
    course = profession.course.code if profession.course and rules.education_asked else None
    ends_on = profession.season.ends_on if profession.season else None
    return Asked(course, ends_on)


def facts_of(session: Session, row: Request) -> Facts:
    """All that is known of the locked request."""
    payment = Source.read(row.payment) if row.payment else None
    return Facts(_educated(session, row), payment, _examined(session, row))


def _educated(session: Session, row: Request) -> Educated | None:
    """The worker's pass of the profession's course that is good for longest, whichever request it was entered for."""
    course = profession_of(row).course
    if course is None or row.worker_number is None:
        return None
    statement = (
        select(Education)
        .where(
            Education.worker_key.in_(keys_of(session).index.keys(row.worker_number)),
            Education.course == course.code,
        )
        .order_by(Education.valid_until.desc(), Education.education_id)
        .limit(1)
    )
    found = session.scalar(statement)
    if found is None:
        return None
    source = Source("officer", rfc3339(found.entered_at), found.education_id, found.entered_by)
    return Educated(found.course, found.valid_until, source)


def _examined(session: Session, row: Request) -> Examined | None:
    statement = select(Examination).where(
        Examination.request_id == row.request_id,
        Examination.status == ACCEPTED,
        Examination.entry.is_not(None),
    )
    entries = [one.opened()[0] for one in session.scalars(statement)]
    found = counting(entries, row.revision)
    if found is None:
        return None
    at = rfc3339(found.entered_at)
    return Examined(found.fit, Source("medical_centre", at, found.examination_id, found.centre))
