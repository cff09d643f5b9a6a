"""Enters passed courses of health education, as an officer reads them from the education centre's list."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs import catalogue
from health_certs.commands.decide import redecide_worker
from health_certs.domain.access import require_access
from health_certs.domain.requests import Action, require_open
from health_certs.models import Education, Request
from saudi.days import legal_day


def enter_pass(work: UnitOfWork, request_id: str, body: Mapping[str, Any]) -> Request:
    """Enters a pass of the request's worker: course, language, day. The pass counts for every open request of the
    worker, and each request is decided anew. The requests are locked together, in order, and none is locked before.
    Raises NotFound, IllegalTransition and InvalidFields."""
    request = work.session.get(Request, request_id)
    if request is None:
        raise NotFound
    require_access(work.actor, request.municipality)
    require_open(request.status, Action.ENTER_EDUCATION)
    course = catalogue.professions().courses.get(body["course"])
    if course is None:
        raise InvalidFields.of("course", "course-unknown")
    passed_on: date = body["passed_on"]
    if passed_on > legal_day(work.now) or course.good_until(passed_on) < legal_day(work.now):
        raise InvalidFields.of("passed_on", "pass-not-good")
    number = request.worker_number or ""
    work.session.add(
        Education(
            education_id=new_id(),
            worker_number=number,
            worker_key=number,
            course=course.code,
            language=body["language"],
            passed_on=passed_on,
            valid_until=course.good_until(passed_on),
            entered_by=work.actor.name or work.actor.subject,
            entered_at=work.now,
        )
    )
    work.record_action(request, Action.ENTER_EDUCATION)
    work.session.flush()
    redecide_worker(work, number)
    return request
