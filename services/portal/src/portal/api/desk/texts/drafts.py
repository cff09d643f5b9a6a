"""A wording is written, looked at and proposed; another person approves or drops it."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import flask

from pages.forms import NO_FAULTS, Faults, by_field
from pages.marks import arabic
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, post
from portal.api.desk.action_forms import ActedThing, show_action, submit_action
from portal.api.desk.texts.views import PATH, TEMPLATES, changed_rows
from portal.api.saved_forms import FormPage
from portal.domain import tasks
from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.inputs import read_input, read_inputs
from portal.domain.languages import FURTHER
from portal.outside.services import Reply

_BODIES = ("body_ar", "body_en")
# Inputs beside Arabic and English, one for each further language.
_INPUTS = (*_BODIES, *FURTHER)
_INPUT_OF = by_field({one: one for one in _BODIES} | {f"further.{one}": one for one in FURTHER})
_PREVIEW = "preview"
_SEEN = FormField("draft_id", "hidden")


def show_draft(visit: Visit, template_id: UUID) -> flask.Response:
    """GET /desk/texts/{id}/draft: begins with the draft that waits, or with the current wording."""
    kept = saved_forms.restore(visit)
    return _show_form(visit, template_id, kept or {}, was_kept=kept is not None)


def submit_draft(visit: Visit, template_id: UUID) -> flask.Response:
    """POST /desk/texts/{id}/draft: shows how the wording reads, or proposes it."""
    typed = read_inputs(visit.form, _INPUTS)
    is_preview = read_input(visit.form, "step") == _PREVIEW
    own = f"{PATH}/{template_id}"
    page = FormPage(
        address=f"{own}/draft",
        show=partial(_show_form, visit, template_id),
        input_of=_INPUT_OF,
        saved_at=own,
        missing=(404,),
    )
    answer = saved_forms.send(
        visit, page, typed, lambda: _send(visit, template_id, typed, is_preview=is_preview)
    )
    if isinstance(answer, flask.Response):
        return answer
    if is_preview:
        return _show_form(visit, template_id, typed, preview=answer)
    return visit.see_other(f"{own}?done=propose")


def _send(visit: Visit, template_id: UUID, typed: Mapping[str, str], *, is_preview: bool) -> Reply:
    """Sends the wording. A further language without a text has none: its readers get English."""
    further = {one: typed[one] for one in FURTHER if typed[one]}
    body = {**{name: typed[name] for name in _BODIES}, "further": further}
    end = _PREVIEW if is_preview else "draft"
    return post(visit, f"{TEMPLATES}/{template_id}/{end}", body)


def _show_form(
    visit: Visit,
    template_id: UUID,
    typed: Mapping[str, Any],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    is_away: bool = False,
    was_kept: bool = False,
    conflict: str | None = None,
    preview: Any = None,
) -> flask.Response:
    """Shows the form; while the service is away it stands alone, with what was typed."""
    del conflict
    template = {} if is_away else answer_or_problem(visit, f"{TEMPLATES}/{template_id}")
    begin = template.get("draft") or template
    return visit.render(
        "desk_text_draft.html",
        status=status,
        faults=faults,
        address=f"{PATH}/{template_id}",
        text=template,
        title=template.get(f"title_{visit.language}", ""),
        typed=typed or _typed_of(begin),
        further=FURTHER,
        is_away=is_away,
        was_kept=was_kept,
        preview=preview,
    )


def _typed_of(wording: Mapping[str, Any]) -> dict[str, str]:
    """Returns what the form begins with."""
    further = {one: wording["further"].get(one, "") for one in FURTHER}
    return {**{name: wording[name] for name in _BODIES}, **further}


def _facts(visit: Visit, template: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns what an action is about: the text, its wording now, and the draft."""
    draft = template["draft"] or {}
    return [
        (visit.text("sms_title"), template[f"title_{visit.language}"]),
        (visit.text("sms_now"), arabic(template["body_ar"])),
        (visit.text("sms_draft"), arabic(draft["body_ar"]) if draft else None),
        (visit.text("sms_draft_en"), draft.get("body_en")),
        *(changed_rows(visit, template) if draft else []),
    ]


_ACTED = ActedThing(
    path=PATH,
    service_path=TEMPLATES,
    texts="sms",
    actions=by_name(
        DeskAction("approve", "draft/approval", (_SEEN,), (tasks.APPROVE_TEXTS,)),
        DeskAction("withdraw", "draft/withdrawal", (_SEEN,)),
        DeskAction("restore", "draft/shipped"),
    ),
    facts=_facts,
    lists=lambda _visit, _template: {},
    begins_with=lambda visit: {"draft_id": visit.query.get("draft", "")},
)


def show_text_action(visit: Visit, template_id: UUID, action: str) -> flask.Response:
    """GET /desk/texts/{id}/actions/{action}."""
    return show_action(visit, _ACTED, template_id, action)


def submit_text_action(visit: Visit, template_id: UUID, action: str) -> flask.Response:
    """POST /desk/texts/{id}/actions/{action}."""
    return submit_action(visit, _ACTED, template_id, action)
