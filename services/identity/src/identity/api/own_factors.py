"""The page of a person's own second factors: see, add and remove them, and make new recovery codes.

The page belongs to the session of the browser. Each change asks for a code, so that an open session alone changes
nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flask

from identity.api.oauth_request import read_parameters
from identity.api.pages import Browser, page
from identity.api.second_step import key_values
from identity.commands import factors, second_steps, sessions
from identity.context import Call
from identity.domain.errors import OAuthRefusal
from identity.models import Person

_PAGE, _REQUEST = "factors.html", b"own factors"


@dataclass(frozen=True)
class _Visit:
    """The browser, its form, and the person of its session."""

    call: Call
    browser: Browser
    values: dict[str, str]
    person: Person

    def show(self, template: str = _PAGE, *, status: int = 200, **context: Any) -> flask.Response:
        lang = "ar" if self.values.get("lang") == "en" else "en"
        shown = page(
            self.call,
            template,
            self.values,
            status=status,
            csrf_token=self.browser.csrf_token(),
            toggle=f"?lang={lang}",
            **context,
        )
        return self.browser.keep(shown)

    def show_factors(self, notice: str | None = None, done: str | None = None) -> flask.Response:
        session, person_id = self.call.session, self.person.person_id
        return self.show(
            status=403 if notice else 200,
            notice=notice,
            done=done,
            factors=second_steps.factors_of(session, person_id),
            codes_left=second_steps.recovery_codes_left(session, person_id),
        )


def show_own_factors(call: Call, lang: str | None = None) -> flask.Response:
    """GET /factors."""
    return _visit(call, {"lang": lang or call.language}, lambda visit: visit.show_factors())


def change_own_factors(call: Call) -> flask.Response:
    """POST /factors."""
    try:
        values = read_parameters(flask.request.form)
    except OAuthRefusal:
        values = {}
    values.setdefault("lang", call.language)
    return _visit(call, values, _change)


def _visit(
    call: Call, values: dict[str, str], respond: Callable[[_Visit], flask.Response]
) -> flask.Response:
    browser = Browser(call)
    browser.begin()
    found = sessions.resume_employee(call.session, browser.cookie, call.now)
    if found is None:
        return browser.keep(page(call, "factors_signed_out.html", values, status=403))
    return respond(_Visit(call, browser, values, found[1]))


def _change(visit: _Visit) -> flask.Response:
    if not visit.browser.sent_our_form(visit.values):
        return visit.show_factors("expired")
    action, _, about = visit.values.get("action", "").partition(":")
    change = _CHANGES.get(action)
    return change(visit, about) if change else visit.show_factors()


def _remove(visit: _Visit, factor_id: str) -> flask.Response:
    call, typed = visit.call, visit.values.get("code", "")
    notice = factors.remove_own_factor(
        call.session, call.settings, visit.person.person_id, factor_id, typed, call.now
    )
    return visit.show_factors(notice) if notice else visit.show("factor_removed.html")


def _make_codes(visit: _Visit, _about: str) -> flask.Response:
    person = _proven(visit)
    if isinstance(person, str):
        return visit.show_factors(person)
    codes = factors.make_own_recovery_codes(visit.call.session, person, visit.call.now)
    return visit.show("new_recovery_codes.html", codes=codes)


def _add(visit: _Visit, _about: str) -> flask.Response:
    person = _proven(visit)
    if isinstance(person, str):
        return visit.show_factors(person)
    step = second_steps.begin_adding(
        visit.call.session, person, browser=visit.browser.cookie, about=_REQUEST, now=visit.call.now
    )
    return visit.show("add_key.html", **key_values(step, person))


def _confirm(visit: _Visit, _about: str) -> flask.Response:
    call = visit.call
    step = second_steps.find_step(call.session, visit.browser.cookie, _REQUEST, call.now)
    if step is None or step.person_id != visit.person.person_id:
        return visit.show_factors("expired")
    notice = second_steps.finish_adding(call.session, step, visit.values.get("code", ""), call.now)
    if notice is None:
        return visit.show_factors(done="factor_added")
    if notice == second_steps.EXPIRED:
        return visit.show_factors(notice)
    return visit.show("add_key.html", status=403, notice=notice, **key_values(step, visit.person))


def _proven(visit: _Visit) -> Person | str:
    call = visit.call
    return factors.check_own_code(
        call.session,
        call.settings,
        visit.person.person_id,
        visit.values.get("code", ""),
        now=call.now,
    )


_CHANGES: Mapping[str, Callable[[_Visit, str], flask.Response]] = {
    "remove": _remove,
    "new-codes": _make_codes,
    "add": _add,
    "confirm": _confirm,
}
