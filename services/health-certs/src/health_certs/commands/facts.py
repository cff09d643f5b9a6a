"""Gathers the facts by which requests are decided, in two statements for one request or many."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from health_certs import catalogue
from health_certs.domain.decision import Facts, Needs, Pass, Result
from health_certs.domain.examinations import ACCEPTED, Accepted, counting_entry
from health_certs.domain.reference import Profession, Rules
from health_certs.models import Certificate, Education, Examination, Request
from saudi.days import legal_day


def rules_for(request: Request) -> Rules:
    """Returns the rules of the day of submission: the request is decided by what applicants were told that day."""
    return catalogue.rulebook().of(request.municipality, legal_day(request.submitted_at))


def profession_of(row: Request | Certificate) -> Profession:
    """Returns the profession, also one that is no longer listed."""
    return catalogue.professions().by_code[row.profession]


def needs_of(request: Request) -> Needs:
    """Returns what the decision needs to know of the request."""
    profession, rules = profession_of(request), rules_for(request)
    course = profession.course.code if profession.course and rules.education_asked else None
    return Needs(course, profession.season.ends_on if profession.season else None)


def facts_of(session: Session, request: Request) -> Facts:
    """Returns all that is known of the locked request."""
    return facts_of_all(session, [request])[request.request_id]


def public_facts_of(session: Session, request: Request) -> Facts:
    """Returns the facts without the examination. The entries aren't read: the time that reading takes would tell a
    caller who may not know the result."""
    passes, payment = passes_of(session, [request]), request.payment
    return Facts(passes.get(request.request_id), Source.read(payment) if payment else None)


def facts_of_all(session: Session, requests: Sequence[Request]) -> Mapping[str, Facts]:
    """Returns the facts of several requests, by their ids."""
    passes, results = passes_of(session, requests), dict(_results(session, requests))
    return {
        request.request_id: Facts(
            passes.get(request.request_id),
            Source.read(request.payment) if request.payment else None,
            results.get(request.request_id),
        )
        for request in requests
    }


def passes_of(session: Session, rows: Sequence[Request | Certificate]) -> Mapping[str, Pass]:
    """Returns, by the id of the request, the worker's longest pass of the profession's course, whichever request the
    pass was entered for."""
    return dict(_passes(session, rows))


def _passes(session: Session, rows: Sequence[Request | Certificate]) -> Iterator[tuple[str, Pass]]:
    index, wanted = keys_of(session).index, []
    for row in rows:
        course = profession_of(row).course
        if course is not None and row.worker_number is not None:
            wanted.append((row, course.code, index.keys(row.worker_number)))
    if not wanted:
        return
    statement = (
        select(Education)
        .where(
            Education.worker_key.in_([key for _, _, keys in wanted for key in keys]),
            Education.course.in_({code for _, code, _ in wanted}),
        )
        .order_by(Education.valid_until.desc(), Education.education_id)
    )
    longest_first = session.scalars(statement).all()
    for row, code, keys in wanted:
        of_worker = (one for one in longest_first if one.course == code and one.worker_key in keys)
        longest = next(of_worker, None)
        if longest is not None:
            yield row.request_id, _pass(longest)


def _pass(row: Education) -> Pass:
    source = Source("officer", rfc3339(row.entered_at), row.education_id, row.entered_by)
    return Pass(row.course, row.valid_until, source)


def _results(session: Session, requests: Sequence[Request]) -> Iterator[tuple[str, Result]]:
    statement = select(Examination).where(
        Examination.request_id.in_([request.request_id for request in requests]),
        Examination.status == ACCEPTED,
        Examination.entry.is_not(None),
    )
    entries: dict[str | None, list[Accepted]] = defaultdict(list)
    for one in session.scalars(statement):
        entries[one.request_id].append(one.opened()[0])
    for request in requests:
        counting = counting_entry(entries[request.request_id], request.revision)
        if counting is not None:
            at = rfc3339(counting.entered_at)
            source = Source("medical_centre", at, counting.examination_id, counting.centre)
            yield request.request_id, Result(counting.fit, source)
