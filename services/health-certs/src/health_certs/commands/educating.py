"""Health education, as its officer enters it from the education centre's list."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import record_action
from health_certs import catalogue
from health_certs.commands import deciding
from health_certs.domain.actors import Actor, require_access
from health_certs.domain.education import good_until
from health_certs.domain.requests import Action, require_open
from health_certs.models import Education, Request
from saudi.days import legal_day


def enter(
    session: Session, actor: Actor, request_id: str, body: Mapping[str, Any], *, now: datetime
) -> Request:
    """A passed course of the request's worker: course, language, the day of the pass. It counts for every open request
    of the worker, and each is decided anew; they're locked together, in order, and none before. Raises NotFound,
    IllegalTransition and InvalidFields."""
    row = session.get(Request, request_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    require_open(row.status, Action.ENTER_EDUCATION)
    course = catalogue.professions().courses.get(body["course"])
    if course is None:
        raise InvalidFields.of("course", "course-unknown")
    passed_on: date = body["passed_on"]
    if passed_on > legal_day(now) or good_until(passed_on, course.months) < legal_day(now):
        raise InvalidFields.of("passed_on", "pass-not-good")
    number = row.worker_number or ""
    session.add(
        Education(
            education_id=new_id(),
            worker_number=number,
            worker_key=number,
            course=course.code,
            language=body["language"],
            passed_on=passed_on,
            valid_until=good_until(passed_on, course.months),
            entered_by=actor.name or actor.subject,
            entered_at=now,
        )
    )
    record_action(session, row, actor, Action.ENTER_EDUCATION, now=now)
    session.flush()
    deciding.of_worker(session, number, now=now)
    return row
