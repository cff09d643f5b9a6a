"""An application in steps: the form, the files, the review that sends. `licences` keeps the draft, sealed."""

import json
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import (
    ServiceProblem,
    answer_if_shown,
    answer_or_problem,
    post,
    put,
    service_of,
    token_of,
)
from portal.api.files import require_id
from portal.api.my.licences import forms
from portal.api.my.licences.asking import (
    APPLICATIONS,
    DRAFTS,
    NEW,
    OVERVIEW,
    Document,
    names_of_activities,
    require_licence_number,
    send_files,
)
from portal.api.my.licences.overview import done_of, render_application
from portal.api.public.activities import FEE
from portal.api.public.asking import read_publicly
from portal.api.saved_forms import FormPage
from portal.domain import licence_form
from portal.domain.licence_form import FIELDS, Typed, input_of_fault
from portal.outside.services import ServiceAway, TokenRefused

_DRAFTS, _MINE = "/v1/my/licence-drafts", "/v1/my/licence-applications"
# Beside the form: the key under which a draft is kept once, and the ended application that is sent again.
_HIDDEN = ("key", "again")
_INPUT_OF_DRAFT = by_field({"establishment": "establishment-unified_number"})


def show_new(visit: Visit) -> flask.Response:
    """GET /my/licences/new: an empty form, or one filled in from an ended application (`again`), from a licence that
    moves (`move`), or with an activity. A draft begins with the first saving."""
    kept = saved_forms.restore(visit)
    typed = kept or {**_begin(visit), "key": str(uuid4()), "again": visit.query.get("again", "")}
    return _show_new(visit, typed, was_kept=kept is not None)


def _begin(visit: Visit) -> Typed:
    if again := visit.query.get("again"):
        return _typed_of_application(visit, require_id(again))
    if number := visit.query.get("move"):
        licence = answer_or_problem(visit, f"/v1/my/licences/{require_licence_number(number)}")
        old = _typed_of_application(visit, licence["application_id"])
        return licence_form.moved(old, licence["licence_no"])
    return licence_form.fill_in({"kind": "shop", "activity-0": visit.query.get("activity", "")})


def _typed_of_application(visit: Visit, application_id: Any) -> Typed:
    sent = answer_or_problem(visit, f"{_MINE}/{application_id}/form")
    return licence_form.typed_of(sent["form"], forms.listed_places())


def submit_new(visit: Visit) -> flask.Response:
    """POST /my/licences/new: keeps a draft, once for each form."""
    typed = _read(visit)
    page = FormPage(
        address=NEW, show=partial(_show_new, visit), input_of=_INPUT_OF_DRAFT, saved_at=OVERVIEW
    )
    outcome = saved_forms.send(
        visit, page, typed, lambda: post(visit, _DRAFTS, _draft_of(typed), once=typed["key"])
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(_step_after(visit, outcome["draft_id"]))


def _read(visit: Visit) -> Typed:
    hidden = {name: visit.form.get(name, "") for name in _HIDDEN}
    return {**licence_form.read_form(lambda name: visit.form.get(name, "")), **hidden}


def _draft_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a draft. The draft belongs to the establishment, so that all who act for it find it."""
    establishment = typed["establishment-unified_number"]
    form = {"typed": licence_form.typed_part(typed), "again": typed["again"]}
    return {"form": form, **({"establishment": establishment} if establishment else {})}


def _step_after(visit: Visit, draft_id: str) -> str:
    stays = visit.form.get("action") == "keep"
    return f"{DRAFTS}/{draft_id}?done=kept" if stays else f"{DRAFTS}/{draft_id}/files"


def _show_new(visit: Visit, typed: Typed, **shown: Any) -> flask.Response:
    return _show_form(visit, typed, address=NEW, draft_id=None, **shown)


def _show_form(
    visit: Visit, typed: Typed, *, address: str, draft_id: Any, **shown: Any
) -> flask.Response:
    return forms.render_form(
        visit,
        "my_licence_form.html",
        licence_form.fill_in(typed) | {name: typed.get(name, "") for name in _HIDDEN},
        fields=FIELDS,
        action=address,
        draft_id=draft_id,
        done=done_of(visit),
        purpose="draft",
        missing=(),
        reasons=(),
        back=OVERVIEW,
        **shown,
    )


# A draft that is kept.


def show_draft(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}: step 1, the form."""
    draft = _find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    kept = saved_forms.restore(visit)
    return _show_draft(visit, draft_id, kept or _typed_of(draft), was_kept=kept is not None)


def submit_draft(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}: keeps what was typed, and goes on."""
    typed = _read(visit)
    page = FormPage(
        address=f"{DRAFTS}/{draft_id}",
        show=partial(_show_draft, visit, draft_id),
        input_of=_INPUT_OF_DRAFT,
    )
    outcome = saved_forms.send(
        visit,
        page,
        typed,
        lambda: put(visit, f"{_DRAFTS}/{draft_id}", _draft_of(typed)),
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(_step_after(visit, str(draft_id)))


def _show_draft(visit: Visit, draft_id: UUID, typed: Typed, **shown: Any) -> flask.Response:
    return _show_form(visit, typed, address=f"{DRAFTS}/{draft_id}", draft_id=draft_id, **shown)


def _find_draft(visit: Visit, draft_id: UUID) -> Document | None:
    """Returns the draft; None once it was sent or dropped. Raises Problem and TokenRefused."""
    draft: Document | None = answer_if_shown(visit, f"{_DRAFTS}/{draft_id}", hidden=(404,))
    return draft


def _typed_of(draft: Document) -> Typed:
    return {**licence_form.read_draft(draft["form"]), "key": ""}


def drop_draft(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/drop: removes a draft with its files."""
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{DRAFTS}/{draft_id}")
    try:
        reply = service_of(visit).delete(token_of(visit), f"{_DRAFTS}/{draft_id}", visit.language)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem and reply.status != 404:
        raise ServiceProblem(reply)
    return visit.see_other(f"{OVERVIEW}?done=dropped")


def show_files(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}/files: step 2, the papers that the activity needs, and the files."""
    return _show_files(visit, draft_id)


def _show_files(
    visit: Visit, draft_id: UUID, *, faults: Faults = NO_FAULTS, status: int = 200
) -> flask.Response:
    draft = _find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    return visit.render(
        "my_licence_files.html",
        status=status,
        faults=faults,
        done=done_of(visit),
        draft=draft,
        estimate=_estimate(visit, _typed_of(draft)),
        address=f"{DRAFTS}/{draft_id}",
    )


def submit_files(visit: Visit) -> flask.Response:
    """POST /my/licences/files: sends files, and gives them to the draft or the application that the form names. The
    path names neither, because it takes more bytes than other forms."""
    owner, owner_id = visit.form.get("owner", ""), require_id(visit.form.get("id", ""))
    address = f"{DRAFTS}/{owner_id}/files" if owner == "draft" else f"{APPLICATIONS}/{owner_id}"
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{address}?done=lost")
    try:
        ids, faults = send_files(visit)
        faults = [*faults, *(_attach(visit, owner, owner_id, ids) if ids else ())]
    except TokenRefused:
        return visit.see_other(f"{address}?done=lost")
    except ServiceAway:
        faults = [FieldFault("files", visit.text("my_licence_files_away"))]
    if not faults:
        return visit.see_other(f"{address}?done=attached" if ids else address)
    show = _show_files if owner == "draft" else render_application
    return show(visit, owner_id, faults=Faults(faults), status=400)


def _attach(visit: Visit, owner: str, owner_id: UUID, ids: Any) -> tuple[FieldFault, ...]:
    """Gives files to their owner. Returns why they weren't taken."""
    if owner == "draft":
        draft = answer_or_problem(visit, f"{_DRAFTS}/{owner_id}")
        named = {"establishment": draft["establishment"]} if draft["establishment"] else {}
        reply = put(
            visit,
            f"{_DRAFTS}/{owner_id}",
            {"form": draft["form"], **named, "files": list(ids)},
        )
    else:
        reply = post(visit, f"{_MINE}/{owner_id}/files", {"files": list(ids)})
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    return place_faults(reply.document, lambda _: "files").all if reply.is_problem else ()


def show_review(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}/review: step 3, everything once more, and the fee."""
    return _show_review(visit, draft_id)


def submit_application(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/review: sends the application. The draft is the key, so it's sent once. A draft
    that somebody changed since the review is shown again: who sends an application has read it."""
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{DRAFTS}/{draft_id}/review")
    draft = _find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    if visit.form.get("seen") != _digest_of(draft):
        return _show_review(visit, draft_id, is_changed=True, status=409)
    typed = _typed_of(draft)
    again = f"&again={typed['again']}" if typed["again"] else ""
    try:
        reply = post(
            visit,
            f"{_MINE}?draft={draft_id}{again}",
            licence_form.application_of(typed),
            once=str(draft_id),
        )
    except ServiceAway:
        return _show_review(visit, draft_id, is_away=True, status=503)
    if not reply.is_problem:
        return visit.see_other(f"{APPLICATIONS}/{reply.document['application_id']}?done=sent")
    if reply.status in (403, 404):
        return visit.see_other(f"{OVERVIEW}?done=gone")
    faults = place_faults(reply.document, input_of_fault)
    if any(one.field for one in faults.all):
        return _show_draft(visit, draft_id, typed, faults=faults, status=reply.status)
    return _show_review(visit, draft_id, faults=faults, status=reply.status)


def _digest_of(draft: Document) -> str:
    """Returns what tells a draft, with its files, from the draft after a change."""
    content = [draft["form"], draft["establishment"], draft["files"]]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _show_review(
    visit: Visit,
    draft_id: UUID,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    is_changed: bool = False,
    status: int = 200,
) -> flask.Response:
    """Renders the review. While the service is away the page says so without the draft, and its button sends again."""
    draft = None if is_away else _find_draft(visit, draft_id)
    if draft is None and not is_away:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    typed = _typed_of(draft) if draft is not None else None
    return visit.render(
        "my_licence_review.html",
        status=status,
        faults=faults,
        is_away=is_away,
        is_changed=is_changed,
        seen=_digest_of(draft) if draft is not None else visit.form.get("seen", ""),
        draft=draft,
        parts=_parts_of(visit, typed) if typed else (),
        estimate=_estimate(visit, typed) if typed else None,
        address=f"{DRAFTS}/{draft_id}",
    )


def _parts_of(visit: Visit, typed: Typed) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns the parts of the form that have something in them: labels, and what was typed or chosen."""
    names = names_of_activities(visit)
    chosen = [
        (forms.label_of(visit, name), names.get(typed[name], typed[name]))
        for name in licence_form.ACTIVITIES
        if typed[name]
    ]
    place = typed[licence_form.PLACE].replace(licence_form.PLACE_MARK, "، ")
    before = {
        "licence": chosen,
        "place": [(forms.label_of(visit, licence_form.PLACE), place)] if place else [],
    }
    parts = []
    for name, fields in licence_form.SECTIONS.items():
        filled = [
            (forms.label_of(visit, one.input), forms.words_of_choice(visit, one, typed[one.input]))
            for one in fields
            if typed[one.input]
        ]
        if rows := [*before.get(name, []), *filled]:
            parts.append((name, rows))
    return parts


def _estimate(visit: Visit, typed: Typed) -> Document | None:
    """Returns what the licence costs today and which papers it needs; None while that can't be told."""
    question = licence_form.fee_question(typed)
    if question is None:
        return None
    try:
        reply = read_publicly(visit, "licences", FEE, question)
    except ServiceAway:
        return None
    document: Document = reply.document
    return None if reply.is_problem else document
