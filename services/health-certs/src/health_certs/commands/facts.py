"""Gathers the facts by which requests are decided, in three statements for one request or many."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from health_certs import catalogue
from health_certs.domain.certificates import Status
from health_certs.domain.decision import Facts, Needs, Pass, Result
from health_certs.domain.examinations import Accepted, counting_entry
from health_certs.domain.reference import Profession, Rules
from health_certs.domain.requests import Place
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
    key, payment = request.request_id, request.payment
    return Facts(
        education=passes_of(session, [request]).get(key),
        payment=Source.read(payment) if payment else None,
        revocation=_revocations(session, [request]).get(key),
    )


def facts_of_all(session: Session, requests: Sequence[Request]) -> Mapping[str, Facts]:
    """Returns the facts of several requests, by their ids."""
    passes, revocations = passes_of(session, requests), _revocations(session, requests)
    found = {}
    for request, entries in zip(requests, _entries_about(session, requests), strict=True):
        key = request.request_id
        weighed = [one.opened()[0] for one in entries]
        of_request = [one for one in weighed if one.request_id == key]
        found[key] = Facts(
            education=passes.get(key),
            payment=Source.read(request.payment) if request.payment else None,
            examination=_result(counting_entry(weighed, key, request.revision)),
            own_examination=_result(counting_entry(of_request, key, request.revision)),
            revocation=revocations.get(key),
        )
    return found


def passes_of(session: Session, rows: Sequence[Request | Certificate]) -> Mapping[str, Pass]:
    """Returns, by the id of the request, the worker's longest pass of the profession's course, whichever request the
    pass was entered for."""
    return dict(_passes(session, rows))


def lacks_education(
    session: Session, row: Request | Certificate, place: Place, today: date
) -> bool:
    """Returns whether the place's municipality asks for health education in the row's profession, and the worker has no
    good pass."""
    asked = catalogue.rulebook().of(place.municipality, today).education_asked
    if not asked or profession_of(row).course is None:
        return False
    education = passes_of(session, [row]).get(row.request_id)
    return education is None or today > education.valid_until


def _passes(session: Session, rows: Sequence[Request | Certificate]) -> Iterator[tuple[str, Pass]]:
    wanted = []
    for row in rows:
        course = profession_of(row).course
        if course is not None and row.worker_number is not None:
            wanted.append((row, course.code))
    if not wanted:
        return
    statement = (
        select(Education)
        .where(
            Education.worker_key.in_(_worker_keys(session, [row for row, _ in wanted])),
            Education.course.in_({code for _, code in wanted}),
            Education.voided_at.is_(None),
        )
        .order_by(Education.valid_until.desc(), Education.education_id)
    )
    longest_first = session.scalars(statement).all()
    for row, code in wanted:
        of_worker = (
            one
            for one in longest_first
            if (one.course, one.worker_number) == (code, row.worker_number)
        )
        longest = next(of_worker, None)
        if longest is not None:
            yield row.request_id, _pass(longest)


def _worker_keys(session: Session, rows: Sequence[Request | Certificate]) -> Collection[str]:
    """Returns the keyed hashes of the rows' workers, under every key in use. A row that this session has written holds
    the number instead of the hash, so found rows are compared by the number."""
    index = keys_of(session).index
    return {key for row in rows if row.worker_number for key in index.keys(row.worker_number)}


def _pass(row: Education) -> Pass:
    source = Source("officer", rfc3339(row.entered_at), row.education_id, row.entered_by)
    return Pass(row.course, row.valid_until, source)


def _entries_about(
    session: Session, requests: Sequence[Request]
) -> Sequence[Sequence[Examination]]:
    """Returns the accepted entries by which each request is decided: its own, and those about its worker for other
    requests, also for requests that have ended."""
    counting = Examination.counts_for(
        [request.request_id for request in requests], _worker_keys(session, requests)
    )
    found = [
        (one, one.worker_number) for one in session.scalars(select(Examination).where(counting))
    ]
    return [
        [
            one
            for one, number in found
            if one.request_id == request.request_id or number == request.worker_number is not None
        ]
        for request in requests
    ]


def _result(counting: Accepted | None) -> Result | None:
    if counting is None:
        return None
    at = rfc3339(counting.entered_at)
    source = Source("medical_centre", at, counting.examination_id, counting.centre)
    return Result(counting.fit, source)


def _revocations(session: Session, requests: Sequence[Request]) -> Mapping[str, Source]:
    """Returns, by the id of the request, the last revocation of a certificate of the worker for which no officer has
    cleared the worker."""
    statement = select(Certificate).where(
        Certificate.worker_key.in_(_worker_keys(session, requests)),
        Certificate.status == Status.REVOKED.value,
        Certificate.cleared_at.is_(None),
    )
    revoked = session.scalars(statement.order_by(Certificate.changed_at)).all()
    return {
        request.request_id: Source("officer", rfc3339(one.changed_at), one.certificate_no)
        for request in requests
        for one in revoked
        if one.worker_number == request.worker_number is not None
    }
