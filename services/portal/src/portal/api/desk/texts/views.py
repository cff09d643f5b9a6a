"""The texts of SMS: which there are, and one with its wording, the draft that waits, and the wordings before."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask
from markupsafe import Markup

from pages.marks import code
from pages.site import Visit
from pages.words import direction_of
from portal.api.asking import ServiceProblem, answer_or_problem, post
from portal.api.listing import done_of
from portal.domain import tasks
from portal.domain.languages import FURTHER
from portal.outside.services import ServiceAway

PATH, TEMPLATES = "/desk/texts", "/v1/templates"
DONE = ("propose", "approve", "withdraw", "restore")
# What a wording says of a text beside its words.
FACTS = ("kind", "when_unsure", "expires_seconds")
Row = tuple[str, Any]


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
        further=further_rows(visit, template),
        changes=changed_rows(visit, template) if draft else [],
        preview=preview_of(visit, template_id, draft or template),
        versions=versions,
        texts_of=lambda version: _texts_of(visit, version),
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


def further_rows(visit: Visit, wording: Mapping[str, Any]) -> list[Row]:
    """Returns the texts of a wording in further languages."""
    return [
        (visit.text("sms_now_further", named=visit.text(f"sms_language_{one}")), text)
        for one in FURTHER
        if (text := _text_in(wording, one))
    ]


def changed_rows(visit: Visit, template: Mapping[str, Any]) -> list[Row]:
    """Returns what approval of the draft changes beside the Arabic and the English text: each further language, with
    those that the draft drops, and the facts that differ from the present ones."""
    draft = template["draft"]
    spoken = [one for one in FURTHER if one in draft["further"] or one in template["further"]]
    languages = [
        (
            visit.text("sms_draft_further", named=visit.text(f"sms_language_{one}")),
            _text_in(draft, one) or visit.text("sms_draft_drops"),
        )
        for one in spoken
    ]
    facts = [
        (
            visit.text(f"sms_fact_{name}"),
            visit.text(
                "sms_fact_change",
                now=_words_of(visit, name, template[name]),
                then=_words_of(visit, name, draft[name]),
            ),
        )
        for name in FACTS
        if draft[name] != template[name]
    ]
    return [*languages, *facts]


def _text_in(wording: Mapping[str, Any], language: str) -> Markup | None:
    text = wording["further"].get(language)
    return None if text is None else _as_written(text, language)


def _as_written(text: str, language: str) -> Markup:
    mark = Markup('<bdi lang="{}" dir="{}">{}</bdi>')
    return mark.format(language, direction_of(language), text)


def _texts_of(visit: Visit, version: Mapping[str, Any]) -> list[Markup]:
    """Returns the text of a version in the language of the page, and its texts in further languages."""
    text = _as_written(version[f"body_{visit.language}"], visit.language)
    return [text, *(found for one in FURTHER if (found := _text_in(version, one)))]


def _words_of(visit: Visit, name: str, value: Any) -> str:
    if name == "expires_seconds":
        return code(f"{value // 3600}:{value // 60 % 60:02}:{value % 60:02}")
    return visit.words_of(f"sms_fact_{name}", value)
