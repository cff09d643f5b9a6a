"""How the pages of a citizen's licences ask `licences`: reads, files, and forms that lose no typed word."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.http.problems import Problem
from pages.forms import FieldFault
from pages.site import Visit
from portal.api.files import post_uploads
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
    return post_uploads(visit, "/v1/my/licence-attachments", "files")


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
