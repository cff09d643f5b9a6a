"""How the pages of a citizen's licences ask `licences`: reads, files, and forms that lose no typed word."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import FieldFault, place_faults
from pages.site import Visit
from portal.api.files import name_of, post_upload
from portal.api.public.activities import GUIDE
from portal.api.public.asking import read_publicly
from portal.outside.services import ServiceAway

OVERVIEW = "/my/licences"
NEW, DRAFTS = f"{OVERVIEW}/new", f"{OVERVIEW}/drafts"
APPLICATIONS, HELD = f"{OVERVIEW}/applications", f"{OVERVIEW}/held"
VIOLATIONS, FILES, OBJECTIONS = (
    f"{OVERVIEW}/violations",
    f"{OVERVIEW}/files",
    f"{OVERVIEW}/objections",
)
_LICENCE_NUMBER = re.compile(r"1[0-9]{11,13}")
Document = Mapping[str, Any]


def send_files(visit: Visit) -> tuple[Sequence[str], list[FieldFault]]:
    """Sends the files of the form. Returns their ids, and why others weren't taken. Raises ServiceAway and
    TokenRefused."""
    ids, faults = [], []
    for file in flask.request.files.getlist("files"):
        if not file.filename:
            continue
        reply = post_upload(visit, "/v1/my/licence-attachments", file)
        if reply.is_problem:
            refusal = place_faults(reply.document, lambda _: "files").all[0].text
            text = visit.text("my_licence_file_fault", name=name_of(file), fault=refusal)
            faults.append(FieldFault("files", text))
        else:
            ids.append(str(reply.document["attachment_id"]))
    return ids, faults


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
