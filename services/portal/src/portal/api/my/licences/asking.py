"""How the pages of a citizen's licences ask `licences`: reads, files, and forms that lose no typed word."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import Faults, FieldFault
from pages.site import Visit
from portal.api.asking import ServiceProblem, service_of, token_of
from portal.api.public.activities import GUIDE
from portal.api.public.asking import read_publicly
from portal.outside.services import Reply, ServiceAway

OVERVIEW = "/my/licences"
NEW, DRAFTS = f"{OVERVIEW}/new", f"{OVERVIEW}/drafts"
APPLICATIONS, HELD = f"{OVERVIEW}/applications", f"{OVERVIEW}/held"
VIOLATIONS, FILES, OBJECTIONS = (
    f"{OVERVIEW}/violations",
    f"{OVERVIEW}/files",
    f"{OVERVIEW}/objections",
)
_LICENCE_NUMBER = re.compile(r"1[0-9]{11,13}")
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
Document = Mapping[str, Any]


def faults_of(problem: Document, input_of: Callable[[str], str]) -> Faults:
    """Returns the faults that a problem names, each at its input; the problem itself where it names none."""
    named = [
        FieldFault(input_of(one["field"]), str(one["detail"])) for one in problem.get("errors", ())
    ]
    text = str(problem.get("detail") or problem.get("title") or "")
    return Faults(named or [FieldFault("", text)])


def post(visit: Visit, path: str, body: Mapping[str, Any], *, once: str | None = None) -> Reply:
    """Changes something, once for each key. Raises ServiceAway and TokenRefused."""
    return service_of(visit).post(token_of(visit), path, visit.language, body, once=once or None)


def send_files(visit: Visit) -> tuple[Sequence[str], list[FieldFault]]:
    """Sends the files of the form. Returns their ids, and why others weren't taken. Raises ServiceAway and
    TokenRefused."""
    ids, faults = [], []
    for file in flask.request.files.getlist("files"):
        if not file.filename:
            continue
        sent = (file.filename[:200], file.read(), file.mimetype)
        reply = service_of(visit).post_file(
            token_of(visit), "/v1/my/licence-attachments", visit.language, sent
        )
        if reply.is_problem:
            refusal = faults_of(reply.document, lambda _: "files").all[0].text
            text = visit.text("my_licence_file_fault", name=file.filename[:200], fault=refusal)
            faults.append(FieldFault("files", text))
        else:
            ids.append(str(reply.document["attachment_id"]))
    return ids, faults


def fetch_file(visit: Visit, path: str, name: str) -> flask.Response:
    """Fetches a file with the person's token, and keeps it nowhere. Raises Problem and TokenRefused."""
    try:
        file = service_of(visit).get_file(token_of(visit), path, visit.language)
    except ServiceAway:
        raise Problem("service-away") from None
    if file.problem is not None:
        raise ServiceProblem(file.problem)
    ending = _ENDINGS.get(file.media_type)
    if ending is None:
        raise Problem("not-found")
    return visit.send_file(file.content, f"{name}.{ending}", file.media_type)


def require_licence_number(text: str) -> str:
    """Returns a licence's number of an address. Raises Problem for anything else."""
    if not _LICENCE_NUMBER.fullmatch(text):
        raise Problem("not-found")
    return text


def list_activities(visit: Visit) -> Sequence[Document] | None:
    """Returns the activities that are licensed today; None while they can't be read."""
    try:
        reply = read_publicly(visit, "licences", GUIDE)
    except ServiceAway:
        return None
    return None if reply.is_problem else reply.document["items"]


def names_of_activities(visit: Visit) -> dict[str, str]:
    """Returns the names of the activities by code; none while they can't be read."""
    return {one["code"]: one[visit.language] for one in list_activities(visit) or ()}
