"""Files of a service: fetched with the person's own token, sent on, and kept nowhere."""

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api import areas
from portal.api.asking import ServiceProblem, service_of, token_of
from portal.outside.services import ServiceAway, TokenRefused

# What a service sends as a file. Anything else isn't sent on.
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def send_file_of(visit: Visit, path: str, name: str) -> flask.Response:
    """Sends the file at a path of the visitor's service. Raises Problem."""
    try:
        found = service_of(visit).get_file(token_of(visit), path, visit.language)
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    except ServiceAway:
        raise Problem("service-away") from None
    if found.problem is not None:
        raise ServiceProblem(found.problem)
    ending = _ENDINGS.get(found.media_type.partition(";")[0])
    if ending is None:
        raise Problem("not-found")
    return visit.send_file(found.content, f"{name}.{ending}", found.media_type)
