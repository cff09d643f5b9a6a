"""Gathers the facts that requests are decided by: two statements, for one request as for many."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from health_certs import catalogue
from health_certs.domain.decision import Asked
from health_certs.domain.examinations import ACCEPTED, Accepted, counting
from health_certs.domain.facts import Educated, Examined, Facts, Source
from health_certs.domain.professions import Profession
from health_certs.domain.rules import Rules
from health_certs.models import Certificate, Education, Examination, Request
from saudi.days import legal_day


def rules_for(row: Request) -> Rules:
    """Those of the day on which it was asked: what was told then is what it's decided by."""
    return catalogue.rulebook().of(row.municipality, legal_day(row.submitted_at))


def profession_of(row: Request | Certificate) -> Profession:
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
    return facts_of_all(session, [row])[row.request_id]


def public_facts_of(session: Session, row: Request) -> Facts:
    """Without the examination, whose entries aren't read: who may not know a result can't tell it by the time that
    takes."""
    educated, payment = educated_of(session, [row]), row.payment
    return Facts(educated.get(row.request_id), Source.read(payment) if payment else None)


def facts_of_all(session: Session, rows: Sequence[Request]) -> Mapping[str, Facts]:
    """The same of several, by their ids."""
    educated, examined = educated_of(session, rows), dict(_examined(session, rows))
    return {
        row.request_id: Facts(
            educated.get(row.request_id),
            Source.read(row.payment) if row.payment else None,
            examined.get(row.request_id),
        )
        for row in rows
    }


def educated_of(session: Session, rows: Sequence[Request | Certificate]) -> Mapping[str, Educated]:
    """The worker's pass of the profession's course that is good for longest, whichever request it was entered for; by
    the id of the request."""
    return dict(_educated(session, rows))


def _educated(
    session: Session, rows: Sequence[Request | Certificate]
) -> Iterator[tuple[str, Educated]]:
    index, asked = keys_of(session).index, []
    for row in rows:
        course = profession_of(row).course
        if course is not None and row.worker_number is not None:
            asked.append((row, course.code, index.keys(row.worker_number)))
    if not asked:
        return
    statement = (
        select(Education)
        .where(
            Education.worker_key.in_([key for _, _, keys in asked for key in keys]),
            Education.course.in_({code for _, code, _ in asked}),
        )
        .order_by(Education.valid_until.desc(), Education.education_id)
    )
    passes = session.scalars(statement).all()
    for row, code, keys in asked:
        found = (one for one in passes if one.course == code and one.worker_key in keys)
        for best in list(found)[:1]:
            yield row.request_id, _pass(best)


def _pass(found: Education) -> Educated:
    source = Source("officer", rfc3339(found.entered_at), found.education_id, found.entered_by)
    return Educated(found.course, found.valid_until, source)


def _examined(session: Session, rows: Sequence[Request]) -> Iterator[tuple[str, Examined]]:
    statement = select(Examination).where(
        Examination.request_id.in_([row.request_id for row in rows]),
        Examination.status == ACCEPTED,
        Examination.entry.is_not(None),
    )
    entries: dict[str | None, list[Accepted]] = defaultdict(list)
    for one in session.scalars(statement):
        entries[one.request_id].append(one.opened()[0])
    for row in rows:
        found = counting(entries[row.request_id], row.revision)
        if found is not None:
            at = rfc3339(found.entered_at)
            source = Source("medical_centre", at, found.examination_id, found.centre)
            yield row.request_id, Examined(found.fit, source)
