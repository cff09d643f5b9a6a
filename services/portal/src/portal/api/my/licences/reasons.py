"""The page with one question, why: for the withdrawal of an application, and for the end of a licence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import flask

from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import post
from portal.api.saved_forms import FormPage
from portal.domain.inputs import read_inputs

_INPUTS = ("reason", "key")


@dataclass(frozen=True, kw_only=True)
class ReasonForm:
    """What is asked for. `path` is the service's; `done` returns the address behind it, from the service's answer;
    `number` names the thing in the heading."""

    name: str
    number: str | None
    address: str
    back: str
    path: str
    done: Callable[[Mapping[str, Any]], str]
    most: int


def show_reason(visit: Visit, form: ReasonForm) -> flask.Response:
    """Renders the form; what waited for a new token is filled in again."""
    kept = saved_forms.restore(visit)
    typed = kept or {"reason": "", "key": str(uuid4())}
    return _render(visit, form, typed, was_kept=kept is not None)


def submit_reason(visit: Visit, form: ReasonForm) -> flask.Response:
    """Sends the reason, once for each form, and leads to what came of it."""
    typed = read_inputs(visit.form, _INPUTS)
    page = FormPage(
        address=form.address,
        show=partial(_render, visit, form),
        input_of=by_field(("reason",)),
        saved_at=form.back,
    )
    body = {"reason": typed["reason"]}
    outcome = saved_forms.send(
        visit, page, typed, lambda: post(visit, form.path, body, once=typed["key"])
    )
    return outcome if isinstance(outcome, flask.Response) else visit.see_other(form.done(outcome))


def _render(
    visit: Visit,
    form: ReasonForm,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_kept: bool = False,
    status: int = 200,
) -> flask.Response:
    return visit.render(
        "my_licence_reason.html",
        status=status,
        form=form,
        typed=typed,
        faults=faults,
        is_away=is_away,
        was_kept=was_kept,
    )
