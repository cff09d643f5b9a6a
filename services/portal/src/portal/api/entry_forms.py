"""A page with a form that changes one thing at the service of the person's task.

Each form is an `EntryForm`. What a person types survives a worn-out token, an absent service, a lost answer and a fault
elsewhere in the form.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import flask
from werkzeug.datastructures import FileStorage

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.form_documents import (
    DOCUMENTS,
    documents_of,
    is_about_files,
    shown_documents,
    upload_of,
)
from portal.api.listing import done_of
from portal.api.saved_forms import LOST_FILE, FormPage, Upload
from portal.domain.entry_form import EntryField, input_of, read_entry
from portal.domain.inputs import read_input
from portal.outside.services import Reply

Choices = Sequence[tuple[str, str]]
_PHOTO, _PHOTO_FILE = "photo", "photo_file"
# Beside the fields: the key under which the service carries the form out once.
KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What stands around the fields: the thing in rows of words and value, the lists to choose from by the name of the
    field, `groups` of choices for a choice of several, the `papers` of which a file may be one, and what the fields
    begin with. `warning` names a text that says before the fields why the form will be refused, and the way on; there
    are `<warning>` and `<warning>_words`. `is_closed`: the form can only be refused, so the page has what stands around
    the fields alone."""

    warning: str = ""
    is_closed: bool = False
    facts: Sequence[tuple[str, Any]] = ()
    lists: Mapping[str, Choices] = field(default_factory=dict)
    groups: Mapping[str, Sequence[tuple[str, Choices]]] = field(default_factory=dict)
    papers: Choices = ()
    blank: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EntryForm:
    """A form. `name` begins the names of its texts; `address` is its page, `back` the page behind it. `look` asks for
    the surroundings, `send` sends what was typed with its key, `target` says where the answer leads. `post_to`: where a
    form with a photo or documents is sent, because that path takes more bytes; `upload` sends a file. `needs_photo`:
    the service refuses the form without its photo. `conflicts`: refusals of somebody who was slower; the form is then
    sent with the present version, which stands in a hidden field. `missing`: statuses of a thing that isn't the
    person's. `show_answer` shows an answer that is shown once, in the place of `target`; None leads to `target`.
    `done`: the words that lead back to the form's own page; there is a text `form_<word>_done` of each."""

    name: str
    address: str
    back: str
    fields: tuple[EntryField, ...]
    look: Callable[[], Surroundings]
    send: Callable[[Mapping[str, str]], Reply]
    target: Callable[[Mapping[str, Any]], str]
    post_to: str = ""
    upload: Callable[[FileStorage], Reply] | None = None
    needs_photo: bool = False
    conflicts: Collection[str] = ()
    missing: Collection[int] = (403, 404)
    show_answer: Callable[[Mapping[str, Any]], flask.Response | None] | None = None
    done: Collection[str] = ()


def show_form(visit: Visit, form: EntryForm) -> flask.Response:
    """Shows the form; what waited for a new token is filled in again."""
    kept = saved_forms.restore(visit)
    around = form.look()
    typed = read_entry(form.fields, around.blank if kept is None else kept)
    typed[KEY] = (kept or {}).get(KEY) or str(uuid4())
    lost_photo = LOST_FILE in (kept or ())
    return _render(
        visit,
        form,
        typed,
        around=around,
        was_kept=kept is not None,
        lost_photo=lost_photo,
        done=done_of(visit, form.done),
    )


def submit_form(visit: Visit, form: EntryForm) -> flask.Response:
    """Sends the form, and leads to the page of its answer. A photo is sent first, so that no fault elsewhere in the
    form loses it."""
    typed = {**read_entry(form.fields, _sent(visit, form)), KEY: read_input(visit.form, KEY)}
    page = FormPage(
        address=form.address,
        show=partial(_render, visit, form),
        input_of=partial(input_of, fields=form.fields),
        saved_at=form.back,
        conflicts=form.conflicts,
        missing=form.missing,
        unsaved=[one.name for one in form.fields if not one.is_saved],
    )
    answer = saved_forms.send(
        visit,
        page,
        typed,
        lambda: form.send(typed),
        upload=_upload_of(visit, form, typed),
        stays=is_about_files(visit),
    )
    if isinstance(answer, flask.Response):
        return answer
    shown = form.show_answer(answer) if form.show_answer else None
    return visit.see_other(form.target(answer)) if shown is None else shown


def _sent(visit: Visit, form: EntryForm) -> dict[str, str]:
    """Returns what the browser sent. A choice of several is one text with spaces between the codes."""
    several = [one.name for one in form.fields if one.kind == "checks"]
    return {
        **visit.form.to_dict(),
        **{name: " ".join(visit.form.getlist(name)) for name in several},
        DOCUMENTS: documents_of(visit),
    }


def _upload_of(visit: Visit, form: EntryForm, typed: dict[str, str]) -> Upload | None:
    """Returns how the file is sent that the form has chosen, if any."""
    if form.upload and any(one.kind == "documents" for one in form.fields):
        return upload_of(visit, typed, form.upload)
    photo, upload = flask.request.files.get(_PHOTO_FILE), form.upload
    if upload is None or photo is None or not photo.filename:
        return None

    def send() -> Reply | None:
        sent = upload(photo)
        if sent.is_problem:
            return sent
        typed[_PHOTO] = str(sent.document["attachment_id"])
        return None

    def check() -> Reply:
        """Lets the service name the other faults: without its photo it refuses the form. The key isn't used up."""
        return form.send({**typed, _PHOTO: "", KEY: str(uuid4())})

    return Upload(
        send=send,
        input_of=by_field({"file": _PHOTO}),
        check=check if form.needs_photo else None,
    )


def _render(
    visit: Visit,
    form: EntryForm,
    typed: Mapping[str, str],
    *,
    around: Surroundings | None = None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    is_away: bool = False,
    conflict: str | None = None,
    **notices: Any,
) -> flask.Response:
    """Renders the form. While the service is away the form stands alone, with what was typed."""
    shown = around or (Surroundings() if is_away else _find_surroundings(form))
    if conflict:
        hidden = (one.name for one in form.fields if one.kind == "hidden")
        typed = {**typed, **{name: shown.blank.get(name, "") for name in hidden}}
    empty = {"was_kept": False, "lost_photo": False, "conflict": conflict, "done": None}
    return visit.render(
        "entry_form.html",
        status=status,
        has_script=form.upload is not None,
        faults=faults,
        form=form,
        typed=typed,
        warning=shown.warning,
        is_closed=shown.is_closed,
        facts=shown.facts,
        lists={
            one.name: with_chosen(shown.lists.get(one.name, ()), typed[one.name])
            for one in form.fields
        },
        groups=shown.groups,
        papers=shown.papers,
        documents=shown_documents(visit, typed),
        is_away=is_away,
        **{**empty, **notices},
    )


def _find_surroundings(form: EntryForm) -> Surroundings:
    """Returns the surroundings of a form that was sent; none while the service is away. Raises TokenRefused."""
    try:
        return form.look()
    except Problem:
        return Surroundings()


def with_chosen(choices: Choices, chosen: str) -> Choices:
    """Returns the choices with the chosen one, also when the list couldn't be asked for."""
    is_there = not chosen or any(code == chosen for code, _ in choices)
    return choices if is_there else [*choices, (chosen, chosen)]
