"""The result of an examination and why a request ended, as the contract shows them to whom the one table names."""

from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from health_certs.api.edge import View
from health_certs.domain.readers import MAY_READ_RESULT, Reader
from health_certs.models import Request
from health_certs.queries.examinations import ResultFound, result_of
from saudi.formats import with_hijri


def examination_view(session: Session, row: Request, reader: Reader) -> View:
    """The contract's Examination. Raises NotFound to whom the table doesn't name, as if there were nothing."""
    if not MAY_READ_RESULT[reader]:
        raise NotFound
    found: ResultFound = result_of(session, row)
    view = {
        "result": found.result,
        "examined_on": found.examined_on,
        "centre": found.centre,
        "entered_at": found.entered_at,
        "end_reason": found.end_reason,
    }
    return with_hijri(view, frozenset(("examined_on",)))
