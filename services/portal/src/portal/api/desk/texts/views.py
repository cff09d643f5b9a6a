"""The texts of SMS: which there are, and one with its wording, the draft that waits, and the wordings before."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages.site import Visit
from portal.api.asking import ServiceProblem, answer_or_problem, post
from portal.api.listing import done_of
from portal.domain import tasks
from portal.outside.services import ServiceAway

PATH, TEMPLATES = "/desk/texts", "/v1/templates"
DONE = ("propose", "approve", "withdraw", "restore")


def show_texts(visit: Visit) -> flask.Response:
    """GET /desk/texts: texts with a draft first, then all texts by title."""
    items = answer_or_problem(visit, TEMPLATES)["items"]
    title = f"title_{visit.language}"
    rows = sorted(items, key=lambda one: (one["draft"] is None, one[title]))
    return visit.render("desk_texts.html", rows=rows, title=title)


def show_text(visit: Visit, template_id: UUID) -> flask.Response:
    """GET /desk/texts/{id}."""
    template = answer_or_problem(visit, f"{TEMPLATES}/{template_id}")
    versions = answer_or_problem(visit, f"{TEMPLATES}/{template_id}/versions")["items"]
    draft = template["draft"]
    return visit.render(
        "desk_text.html",
        text=template,
        address=f"{PATH}/{template_id}",
        title=template[f"title_{visit.language}"],
        draft=draft,
        preview=preview_of(visit, template_id, draft or template),
        versions=versions,
        may_approve=bool(draft)
        and not draft["is_own"]
        and tasks.APPROVE_TEXTS in visit.known.scopes,
        done=done_of(visit, DONE),
    )


def preview_of(visit: Visit, template_id: UUID, wording: Mapping[str, Any]) -> Any:
    """Returns how a wording reads with the longest values, and its parts. None where the service refuses the wording,
    because its rules have changed. Raises Problem and TokenRefused."""
    body = {name: wording[name] for name in ("body_ar", "body_en", "further")}
    try:
        reply = post(visit, f"{TEMPLATES}/{template_id}/preview", body)
    except ServiceAway:
        return None
    if reply.status == 400:
        return None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document
