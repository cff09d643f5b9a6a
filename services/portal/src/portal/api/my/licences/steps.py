"""The form of an application in steps. `licences` keeps the draft after each, so that a person comes back to it."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_of, ask, post, put
from portal.api.files import require_id
from portal.api.my.licences import forms
from portal.api.my.licences.asking import (
    DRAFTS,
    NEW,
    OVERVIEW,
    Document,
    names_of_activities,
    require_licence_number,
)
from portal.api.my.licences.drafts import (
    DRAFTS_ASKED,
    MINE_ASKED,
    address_of_step,
    faults_of_draft,
    find_draft,
    typed_of_draft,
)
from portal.api.my.licences.overview import done_at_licences
from portal.api.public.activities import KINDS
from portal.api.saved_forms import FormPage
from portal.domain import licence_form
from portal.domain.desk_actions import version_of
from portal.domain.licence_form import FIRST_STEP, STEPS, Typed
from portal.domain.place_map import WHOLE, read_view
from portal.outside.services import ServiceAway

_START = "/v1/my/licence-application-start"
# Beside the first step: the key under which a draft is kept once, and what it begins with: an ended application that
# is sent again, or a licence that moves.
_HIDDEN = ("key", "again", "move")
# Beside a step of a draft: the version that was read, and what it had in the step.
_READ = ("version", "base")
_CHANGED = "application-draft-changed"
_INPUT_OF_DRAFT = by_field({"establishment": "establishment-unified_number"})


def show_new(visit: Visit) -> flask.Response:
    """GET /my/licences/new: the first step, filled in from an ended application (`again`), from a licence that moves
    (`move`), or with an activity. A draft begins with the first saving."""
    kept = saved_forms.restore(visit)
    if kept is not None:
        return _show_new(visit, kept, was_kept=True)
    again, move = visit.query.get("again", ""), visit.query.get("move", "")
    try:
        typed = _begin(visit, again, move)
    except ServiceAway:
        raise Problem("service-away") from None
    chosen = {} if again or move else _chosen_in_finder(visit)
    hidden = {"key": str(uuid4()), "again": again, "move": move}
    return _show_new(visit, {**typed, **chosen, **hidden})


def _chosen_in_finder(visit: Visit) -> Typed:
    """Returns the activity of the address, and its kind of licence where the address names one."""
    kind = visit.query.get("kind", "")
    named = {"kind": kind} if kind in KINDS else {}
    return {"activity-0": visit.query.get("activity", ""), **named}


def _begin(visit: Visit, again: str, move: str) -> Typed:
    """Returns what a new draft begins with. Raises ServiceAway, ServiceProblem and Problem."""
    if again:
        return _typed_of_application(visit, require_id(again))
    if move:
        licence = answer_of(visit, f"/v1/my/licences/{require_licence_number(move)}")
        old = _typed_of_application(visit, licence["application_id"])
        return licence_form.moved(old, licence["licence_no"])
    return licence_form.fill_in({"kind": "shop", "owner-language": visit.language})


def _typed_of_application(visit: Visit, application_id: Any) -> Typed:
    sent = answer_of(visit, f"{MINE_ASKED}/{application_id}/form")
    return licence_form.typed_of(sent["form"], forms.listed_places())


def submit_new(visit: Visit) -> flask.Response:
    """POST /my/licences/new: keeps a draft with the first step, once for each form, and with what is known of the
    person already."""
    hidden = {name: visit.form.get(name, "") for name in _HIDDEN}
    typed = {**_read_step(visit, FIRST_STEP), **hidden}
    page = FormPage(
        address=NEW, show=partial(_show_new, visit), input_of=_INPUT_OF_DRAFT, saved_at=OVERVIEW
    )

    def keep() -> Any:
        begun = _begin(visit, hidden["again"], hidden["move"])
        known = {} if hidden["again"] or hidden["move"] else _known_of_person(visit)
        if typed["kind"] == "professional":
            known = licence_form.without_establishment(known)
        whole = {**begun, **known, **typed}
        form = {"typed": licence_form.typed_part(whole), "again": hidden["again"]}
        return post(visit, DRAFTS_ASKED, {"form": form}, once=typed["key"])

    outcome = saved_forms.send(visit, page, typed, keep)
    if isinstance(outcome, flask.Response):
        return outcome
    return _lead_to_next_step(visit, outcome, FIRST_STEP)


def _known_of_person(visit: Visit) -> Typed:
    """Returns the inputs that `licences` knows of the person; none where it knows nothing."""
    reply = ask(visit, _START)
    if reply.is_problem:
        return {}
    known = licence_form.typed_of(reply.document, forms.listed_places())
    return {name: text for name, text in known.items() if text}


def _read_step(visit: Visit, step: str) -> Typed:
    """Returns what was typed in the inputs of a step."""
    typed = licence_form.read_form(lambda name: visit.form.get(name, ""))
    return {name: typed[name] for name in licence_form.inputs_of(step)}


def show_draft(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}: leads to the first step in which something is missing, or to the review."""
    draft = find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    faults = faults_of_draft(visit, typed_of_draft(draft))
    lacking = {licence_form.step_of_input(one.field) for one in faults}
    step = next((one for one in STEPS if one in lacking), None)
    address = f"{DRAFTS}/{draft_id}/review" if step is None else address_of_step(draft_id, step)
    return visit.see_other(address)


def show_step(visit: Visit, draft_id: UUID, step: str) -> flask.Response:
    """GET /my/licences/drafts/{id}/steps/{step}. What the application still lacks is marked at its inputs. With `check`
    in the address its faults stand there."""
    _require_step(step)
    draft = find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    kept = saved_forms.restore(visit)
    if kept is not None:
        return _show_step(visit, draft_id, step, kept, was_kept=True)
    typed = {**_step_of_draft(draft, step), **_point_of(visit)}
    inputs = licence_form.inputs_of(step)
    here = [one for one in faults_of_draft(visit, typed) if one.field in inputs]
    lacking = {one.field for one in here if not typed[one.field]}
    faults = Faults(here if "check" in visit.query else ())
    return _show_step(visit, draft_id, step, typed, faults=faults, needed=lacking)


def _step_of_draft(draft: Document, step: str) -> Typed:
    """Returns what was typed so far, and beside it the draft as it was read."""
    typed = typed_of_draft(draft)
    return {**typed, "base": licence_form.base_of(step, typed)}


def _point_of(visit: Visit) -> Typed:
    """Returns the inputs of the point that was chosen on the map; none without one."""
    view = read_view(visit.query.get("latitude", ""), visit.query.get("longitude", ""))
    if view == WHOLE:
        return {}
    return {"place-latitude": f"{view.latitude:.4f}", "place-longitude": f"{view.longitude:.4f}"}


def _require_step(step: str) -> None:
    if step not in STEPS:
        raise Problem("not-found")


def submit_step(visit: Visit, draft_id: UUID, step: str) -> flask.Response:
    """POST /my/licences/drafts/{id}/steps/{step}: keeps the step beside the others, and goes on. Where the draft has
    changed since the form was shown, the form is shown again, beside what the draft has now."""
    _require_step(step)
    typed = {**_read_step(visit, step), **{one: visit.form.get(one, "") for one in _READ}}
    path = f"{DRAFTS_ASKED}/{draft_id}"
    page = FormPage(
        address=address_of_step(draft_id, step),
        show=partial(_show_step, visit, draft_id, step),
        input_of=_INPUT_OF_DRAFT,
        conflicts=(_CHANGED,),
    )

    def keep() -> Any:
        draft = answer_of(visit, path)
        return put(visit, path, _merge_step(draft, step, typed), version=version_of(typed))

    try:
        outcome = saved_forms.send(visit, page, typed, keep)
    except ServiceProblem as problem:
        if problem.status == 404:
            return visit.see_other(f"{OVERVIEW}?done=gone")
        raise
    if isinstance(outcome, flask.Response):
        return outcome
    return _lead_to_next_step(visit, outcome, step)


def _merge_step(draft: Document, step: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the draft with a step of it. With the step that names the establishment the draft belongs to it, so that
    all who act for the establishment find the draft."""
    before = licence_form.read_draft(draft["form"])
    if typed.get("kind") == "professional" and not draft["establishment"]:
        # The person hasn't chosen the establishment: a new draft begins with what is known of the person.
        before = licence_form.without_establishment(before)
    form = {"typed": licence_form.typed_part({**before, **typed}), "again": before["again"]}
    establishment = typed.get("establishment-unified_number", draft["establishment"])
    return {"form": form, **({"establishment": establishment} if establishment else {})}


def _lead_to_next_step(visit: Visit, draft: Document, step: str) -> flask.Response:
    """Leads to the list, to the map, or to the next step. What is wrong in this step is said first; what is still empty
    is said by the review."""
    if visit.form.get("action") == "keep":
        return visit.see_other(f"{OVERVIEW}?done=kept")
    if visit.form.get("action") == "map":
        return visit.see_other(f"{DRAFTS}/{draft['draft_id']}/map")
    typed = _step_of_draft(draft, step)
    here = licence_form.inputs_of(step)
    wrong = [
        one
        for one in faults_of_draft(visit, typed)
        if one.field in here and licence_form.is_said_at_once(one.field, typed)
    ]
    if wrong:
        faults = Faults(wrong)
        return _show_step(visit, draft["draft_id"], step, typed, faults=faults, status=400)
    following = licence_form.step_after(step)
    address = address_of_step(draft["draft_id"], following) if following else None
    return visit.see_other(address or f"{DRAFTS}/{draft['draft_id']}/files")


def _show_new(visit: Visit, typed: Typed, **shown: Any) -> flask.Response:
    return _show_form(visit, FIRST_STEP, typed, address=NEW, draft_id=None, **shown)


def _show_step(
    visit: Visit,
    draft_id: UUID | str,
    step: str,
    typed: Typed,
    *,
    conflict: str | None = None,
    **shown: Any,
) -> flask.Response:
    """Shows a step. To a person who was slower it says what the draft has now. What the person changed stays, and is
    sent with the version that the page shows. A step that stands in the draft already, as after a second press, leads
    on. Raises ServiceProblem, ServiceAway and TokenRefused."""
    if conflict:
        draft = answer_of(visit, f"{DRAFTS_ASKED}/{draft_id}")
        present = _step_of_draft(draft, step)
        base = typed["base"]
        typed = licence_form.merge_step(step, base, typed, present)
        if all(present[one] == typed[one] for one in licence_form.inputs_of(step)):
            return _lead_to_next_step(visit, draft, step)
        changed = licence_form.changed_inputs(step, base, present)
        typed = {**typed, **{one: present[one] for one in _READ}}
        shown["conflict"] = {
            "words": conflict,
            "is_own": draft["changed_by_caller"],
            "differences": forms.rows_of(visit, changed, present, names_of_activities(visit)),
        }
    address = address_of_step(draft_id, step)
    return _show_form(visit, step, typed, address=address, draft_id=draft_id, **shown)


def _show_form(
    visit: Visit,
    step: str,
    typed: Typed,
    *,
    address: str,
    draft_id: Any,
    conflict: Mapping[str, Any] | None = None,
    needed: Collection[str] = (),
    **shown: Any,
) -> flask.Response:
    filled = licence_form.fill_in(typed)
    return forms.render_form(
        visit,
        "my_licence_step.html",
        filled | {name: typed.get(name, "") for name in (*_HIDDEN, *_READ)},
        fields=licence_form.fields_of(step),
        asked=licence_form.open_sections_of(step, filled),
        action=address,
        draft_id=draft_id,
        conflict=conflict,
        needed=needed,
        step=step,
        done=done_at_licences(visit),
        purpose="draft",
        **shown,
    )
