"""Files of a service: fetched with the person's own token, sent on, and kept nowhere; and files that people send."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import flask
from werkzeug.datastructures import FileStorage

from chassis.http.problems import Problem
from pages.forms import FieldFault, place_faults
from pages.site import Visit
from portal.api.asking import ServiceProblem, service_of, token_of
from portal.outside.services import FileReply, Reply, ServiceAway

PDF, PHOTOS = "application/pdf", ("image/jpeg", "image/png")
_CSV, _YAML = "text/csv; charset=utf-8", "application/yaml"
# Media types that a service sends as a file, with the ending of the name. Anything else isn't sent on.
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", PDF: "pdf"}
_LONGEST_NAME = 120


def send_file_of(
    visit: Visit, path: str, name: str, *, media_types: Collection[str] = tuple(_ENDINGS)
) -> flask.Response:
    """Sends the file at a path of the page's service; `name` is without its ending. A file of another media type
    counts as not found. Raises Problem and TokenRefused."""
    return send_fetched(visit, _fetch_file(visit, path), name, media_types=media_types)


def send_fetched(
    visit: Visit, found: FileReply, name: str, *, media_types: Collection[str] = tuple(_ENDINGS)
) -> flask.Response:
    """Sends a file that `require_file` returned; `name` is without its ending. Raises Problem."""
    media_type = found.media_type.partition(";")[0].strip()
    if media_type not in media_types:
        raise Problem("not-found")
    return visit.send_file(found.content, f"{name}.{_ENDINGS[media_type]}", media_type)


def send_csv_of(
    visit: Visit, path: str, name: str, query: Mapping[str, Any] | None = None
) -> flask.Response:
    """Sends the table at a path of the page's service; `name` is without its ending. Raises Problem and
    TokenRefused."""
    return visit.send_file(_fetch_file(visit, path, query).content, f"{name}.csv", _CSV)


def send_yaml_of(visit: Visit, path: str, name: str) -> flask.Response:
    """Sends the YAML at a path of the page's service; `name` is without its ending. Raises Problem and TokenRefused."""
    return visit.send_file(_fetch_file(visit, path).content, f"{name}.yaml", _YAML)


def _fetch_file(visit: Visit, path: str, query: Mapping[str, Any] | None = None) -> FileReply:
    try:
        found = service_of(visit).get_file(token_of(visit), path, visit.language, query)
    except ServiceAway:
        raise Problem("service-away") from None
    return require_file(found)


def require_file(found: FileReply) -> FileReply:
    """Returns a service's answer that is a file. Raises ServiceProblem."""
    if found.problem is not None:
        raise ServiceProblem(found.problem)
    return found


def chosen_file(name: str) -> FileStorage | None:
    """Returns the file that the form has chosen at an input, if any."""
    file = flask.request.files.get(name)
    return file if file is not None and file.filename else None


def post_upload(
    visit: Visit, path: str, file: FileStorage, *, media_type: str | None = None
) -> Reply:
    """Sends a file of the form to a path of the page's service. `media_type`: in place of what the browser says.
    Raises ServiceAway and TokenRefused."""
    sent = (name_of(file), file.read(), media_type or file.mimetype)
    return service_of(visit).post_file(token_of(visit), path, visit.language, sent)


def post_uploads(visit: Visit, path: str, name: str) -> tuple[list[str], list[FieldFault]]:
    """Sends the files that the form has chosen at an input. Returns their ids, and why others weren't taken. Raises
    ServiceAway and TokenRefused."""
    ids, faults = [], []
    for file in flask.request.files.getlist(name):
        if not file.filename:
            continue
        reply = post_upload(visit, path, file)
        if reply.is_problem:
            refusal = place_faults(reply.document, lambda _: name).all[0].text
            text = visit.text("file_fault", name=name_of(file), fault=refusal)
            faults.append(FieldFault(name, text))
        else:
            ids.append(str(reply.document["attachment_id"]))
    return ids, faults


def name_of(file: FileStorage) -> str:
    """Returns the name of a file, in one line and shortened."""
    return " ".join((file.filename or "").split())[:_LONGEST_NAME]


def require_id(text: str) -> UUID:
    """Returns an id of an address or a form. Raises Problem for anything else: an address of a service has no other
    text."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem("not-found") from None
