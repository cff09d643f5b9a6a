"""A page with a form that changes one thing at the service of the person's task.

Each form is an `EntryForm`. What a person types survives a worn-out token, an absent service, a lost answer and a fault
elsewhere in the form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flask
from werkzeug.datastructures import FileStorage

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import ServiceProblem
from portal.commands import sessions
from portal.domain.entry_form import EntryField, read_entry, with_inputs
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

Choices = Sequence[tuple[str, str]]
# Stands in a kept form whose photo didn't reach the service.
_LOST_PHOTO = "lost_photo"
_PHOTO, _PHOTO_FILE = "photo", "photo_file"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What stands around the fields: the thing in rows of words and value, the lists to choose from by the name of the
    field, and what the fields begin with."""

    facts: Sequence[tuple[str, Any]] = ()
    lists: Mapping[str, Choices] = field(default_factory=dict)
    blank: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EntryForm:
    """A form. `name` begins the names of its texts; `address` is its page, `back` the page behind it. `look` asks for
    the surroundings, `send` sends what was typed, `target` says where the answer leads. `post_to`: where a form with a
    photo is sent, because that path takes more bytes; `upload` sends the photo."""

    name: str
    address: str
    back: str
    fields: tuple[EntryField, ...]
    look: Callable[[], Surroundings]
    send: Callable[[Mapping[str, str]], Reply]
    target: Callable[[Mapping[str, Any]], str]
    post_to: str = ""
    upload: Callable[[FileStorage], Reply] | None = None


def show_form(visit: Visit, form: EntryForm) -> flask.Response:
    """Shows the form; what waited for a new token is filled in again."""
    with visit.process.database.transaction() as session:
        key = visit.query.get("form", "")
        kept = queries.saved_form(session, visit.known.session_id, key)
    try:
        around = form.look()
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    typed = read_entry(form.fields, around.blank if kept is None else kept)
    lost_photo = _LOST_PHOTO in (kept or ())
    return _render(
        visit, form, typed, around=around, was_kept=kept is not None, lost_photo=lost_photo
    )


def submit_form(visit: Visit, form: EntryForm) -> flask.Response:
    """Sends the form, and leads to the page of its answer. A photo is sent first, so that no fault elsewhere in the
    form loses it."""
    typed = read_entry(form.fields, visit.form)
    photo = flask.request.files.get(_PHOTO_FILE) if form.upload else None
    has_photo = bool(photo and photo.filename)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, form, typed, lost_photo=has_photo)
    try:
        if has_photo and photo and form.upload:
            sent = form.upload(photo)
            if sent.is_problem:
                return _show_refusal(
                    visit, form, typed, sent, fields=(EntryField(_PHOTO, path="file"),)
                )
            typed = {**typed, _PHOTO: str(sent.document["attachment_id"])}
        reply = form.send(typed)
        if reply.is_problem:
            return _show_refusal(visit, form, typed, reply, fields=form.fields)
    except TokenRefused:
        return _keep_and_renew(visit, form, typed, lost_photo=has_photo and not typed.get(_PHOTO))
    except ServiceAway:
        return _render(visit, form, typed, around=Surroundings(), is_away=True, status=503)
    return visit.see_other(form.target(reply.document))


def _keep_and_renew(
    visit: Visit, form: EntryForm, typed: dict[str, str], *, lost_photo: bool
) -> flask.Response:
    kept = {**typed, _LOST_PHOTO: "yes"} if lost_photo else typed
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, kept, visit.now)
    return visit.see_other(f"{form.address}?form={key}")


def _show_refusal(
    visit: Visit,
    form: EntryForm,
    typed: dict[str, str],
    reply: Reply,
    *,
    fields: Sequence[EntryField],
) -> flask.Response:
    """Shows why nothing was changed, beside the inputs. Raises TokenRefused."""
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    inputs = {one.name: one.name for one in fields}
    faults = faults_of_problem(with_inputs(reply.document, fields), inputs)
    return _render(visit, form, typed, faults=faults, status=reply.status)


def _render(
    visit: Visit,
    form: EntryForm,
    typed: Mapping[str, str],
    *,
    around: Surroundings | None = None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    """Renders the form. While the service is away the form stands alone, with what was typed."""
    shown = around or _look_again(form)
    empty = {"is_away": False, "was_kept": False, "lost_photo": False}
    return visit.render(
        "entry_form.html",
        status=status,
        faults=faults,
        form=form,
        typed=typed,
        facts=shown.facts,
        lists={
            one.name: with_chosen(shown.lists.get(one.name, ()), typed[one.name])
            for one in form.fields
        },
        **{**empty, **notices},
    )


def _look_again(form: EntryForm) -> Surroundings:
    """Returns the surroundings of a form that was sent; none while the service is away. Raises TokenRefused."""
    try:
        return form.look()
    except Problem:
        return Surroundings()


def with_chosen(choices: Choices, chosen: str) -> Choices:
    """Returns the choices with the chosen one, also when the list couldn't be asked for."""
    is_there = not chosen or any(code == chosen for code, _ in choices)
    return choices if is_there else [*choices, (chosen, chosen)]
