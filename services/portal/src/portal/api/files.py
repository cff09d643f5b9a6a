"""Files of a service: fetched with the person's own token, sent on, and kept nowhere."""

from collections.abc import Collection

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import ServiceProblem, service_of, token_of
from portal.outside.services import ServiceAway

PDF = "application/pdf"
# Media types that a service sends as a file, with the ending of the name. Anything else isn't sent on.
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", PDF: "pdf"}


def send_file_of(
    visit: Visit, path: str, name: str, *, media_types: Collection[str] = tuple(_ENDINGS)
) -> flask.Response:
    """Sends the file at a path of the visitor's service; `name` is without its ending. A file of another media type
    counts as not found. Raises Problem."""
    try:
        found = service_of(visit).get_file(token_of(visit), path, visit.language)
    except ServiceAway:
        raise Problem("service-away") from None
    if found.problem is not None:
        raise ServiceProblem(found.problem)
    media_type = found.media_type.partition(";")[0].strip()
    if media_type not in media_types:
        raise Problem("not-found")
    return visit.send_file(found.content, f"{name}.{_ENDINGS[media_type]}", media_type)
