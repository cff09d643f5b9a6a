"""The page of a person's own second factors: see, add and remove them, and make new recovery codes.

The page belongs to the session of the browser. Each change asks for a code or a passkey, so that an open session alone
changes nothing. A change without a code leads to the page that asks for a passkey.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from sqlalchemy.orm import Session

from identity.api.oauth_request import read_parameters
from identity.api.pages import Browser, page
from identity.api.second_step import PASSKEY, key_values
from identity.commands import factors, passkeys, second_steps, sessions
from identity.commands.second_steps import Proof
from identity.context import Call
from identity.domain.errors import OAuthRefusal
from identity.models import Factor, Person, SecondStep, SignInSession

_PAGE, _REQUEST = "factors.html", b"own factors"
_Resume = Callable[[Session, str | None, datetime], tuple[SignInSession, Person] | None]


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
            has_passkeys=bool(passkeys.passkeys_of(session, person_id)),
            may_add_passkey=passkeys.may_add(session, self.call.settings, person_id),
        )

    def show_for_passkey(
        self, template: str, passkey: str | None, **context: Any
    ) -> flask.Response:
        return self.show(template, has_script=passkey is not None, passkey=passkey, **context)


def show_own_factors(call: Call, lang: str | None = None) -> flask.Response:
    """GET /factors."""
    values = {"lang": lang or call.language}
    return _visit(call, values, sessions.resume_employee, lambda visit: visit.show_factors())


def change_own_factors(call: Call) -> flask.Response:
    """POST /factors."""
    try:
        values = read_parameters(flask.request.form)
    except OAuthRefusal:
        values = {}
    values.setdefault("lang", call.language)
    return _visit(call, values, sessions.resume_to_change, _change)


def _visit(
    call: Call,
    values: dict[str, str],
    resume: _Resume,
    respond: Callable[[_Visit], flask.Response],
) -> flask.Response:
    browser = Browser(call)
    browser.begin()
    found = resume(call.session, browser.cookie, call.now)
    if found is None:
        return browser.keep(page(call, "factors_signed_out.html", values, status=403))
    return respond(_Visit(call, browser, values, found[1]))


def _change(visit: _Visit) -> flask.Response:
    if not visit.browser.sent_our_form(visit.values):
        return visit.show_factors("expired")
    action, _, about = visit.values.get("action", "").partition(":")
    if confirm := _CONFIRMATIONS.get(action):
        return confirm(visit)
    change = _CHANGES.get(action)
    if change is None:
        return visit.show_factors()
    is_proven = visit.values.get("code") or visit.values.get("passkey")
    asked = None if is_proven else _ask_for_passkey(visit, about)
    return asked or change(visit, about)


def _ask_for_passkey(visit: _Visit, about: str) -> flask.Response | None:
    """Asks for a passkey before a change. Returns None for a person without another passkey than the one to be
    removed."""
    call, person_id = visit.call, visit.person.person_id
    if not passkeys.passkeys_of(call.session, person_id, except_factor=about):
        return None
    step = second_steps.begin_proof(
        call.session, person_id, browser=visit.browser.cookie, about=_REQUEST, now=call.now
    )
    if step is None:
        return visit.show_factors(second_steps.EXPIRED)
    asked = passkeys.ask_to_show(call.session, call.settings, step, except_factor=about)
    if asked is None:
        return None
    return visit.show_for_passkey("show_passkey.html", asked, action=visit.values["action"])


def _remove(visit: _Visit, factor_id: str) -> flask.Response:
    call, proof = visit.call, _proof(visit, except_factor=factor_id)
    notice = factors.remove_own_factor(
        call.session,
        call.settings,
        visit.person.person_id,
        factor_id,
        proof=proof,
        now=call.now,
    )
    return visit.show_factors(notice) if notice else visit.show("factor_removed.html")


def _make_codes(visit: _Visit, _about: str) -> flask.Response:
    person = _check_proof(visit)
    if isinstance(person, str):
        return visit.show_factors(person)
    codes = factors.make_own_recovery_codes(visit.call.session, person, visit.call.now)
    return visit.show("new_recovery_codes.html", codes=codes)


def _add_key(visit: _Visit, _about: str) -> flask.Response:
    step = _begin_adding(visit)
    return visit.show_factors(step) if isinstance(step, str) else _show_new_key(visit, step)


def _add_passkey(visit: _Visit, _about: str) -> flask.Response:
    call = visit.call
    if not passkeys.may_add(call.session, call.settings, visit.person.person_id):
        return visit.show_factors(passkeys.TOO_MANY)
    step = _begin_adding(visit)
    return visit.show_factors(step) if isinstance(step, str) else _show_new_passkey(visit, step)


def _begin_adding(visit: _Visit) -> SecondStep | str:
    """Begins the enrolment of one more factor behind a proof. Returns the notice of a refusal."""
    person = _check_proof(visit)
    if isinstance(person, str):
        return person
    return second_steps.begin_adding(
        visit.call.session, person, browser=visit.browser.cookie, about=_REQUEST, now=visit.call.now
    )


def _show_new_key(visit: _Visit, step: SecondStep, notice: str | None = None) -> flask.Response:
    status = 403 if notice else 200
    values = key_values(step, visit.person)
    return visit.show("add_key.html", status=status, notice=notice, **values)


def _show_new_passkey(visit: _Visit, step: SecondStep, notice: str | None = None) -> flask.Response:
    asked = passkeys.ask_to_make(visit.call.session, visit.call.settings, step)
    name, status = visit.values.get("passkey_name", ""), 403 if notice else 200
    return visit.show_for_passkey(
        "add_passkey.html", asked, status=status, notice=notice, passkey_name=name
    )


def _confirm_key(visit: _Visit) -> flask.Response:
    typed, now = visit.values.get("code", ""), visit.call.now
    return _confirm(
        visit, lambda step: second_steps.make_one_time_key(step, typed, now), _show_new_key
    )


def _confirm_passkey(visit: _Visit) -> flask.Response:
    session, settings = visit.call.session, visit.call.settings
    answer, name = (visit.values.get(one, "") for one in PASSKEY)
    return _confirm(
        visit,
        lambda step: passkeys.make_passkey(session, settings, step, answer, name),
        _show_new_passkey,
    )


def _confirm(
    visit: _Visit,
    make: Callable[[SecondStep], Factor | str],
    show: Callable[[_Visit, SecondStep, str], flask.Response],
) -> flask.Response:
    """Adds the factor that `make` makes of the step. After a refusal `show` shows the page of the factor again."""
    step = _own_step(visit)
    if step is None:
        return visit.show_factors(second_steps.EXPIRED)
    notice = second_steps.finish_adding(
        visit.call.session, step, lambda: make(step), visit.call.now
    )
    if notice is None:
        return visit.show_factors(done="factor_added")
    if notice == second_steps.EXPIRED:
        return visit.show_factors(notice)
    return show(visit, step, notice)


def _own_step(visit: _Visit) -> SecondStep | None:
    call = visit.call
    step = second_steps.find_step(call.session, visit.browser.cookie, _REQUEST, call.now)
    return step if step and step.person_id == visit.person.person_id else None


def _check_proof(visit: _Visit) -> Person | str:
    call = visit.call
    return factors.check_own_proof(
        call.session, call.settings, visit.person.person_id, _proof(visit), call.now
    )


def _proof(visit: _Visit, *, except_factor: str | None = None) -> Proof:
    """Returns what the person shows: the answer of a passkey, or a code."""
    session, settings, now = visit.call.session, visit.call.settings, visit.call.now
    if answer := visit.values.get("passkey"):
        step = _own_step(visit)
        return passkeys.proof_of(session, settings, step, answer, now, except_factor=except_factor)
    typed = visit.values.get("code", "")
    return factors.proof_by_code(session, typed, now, except_factor=except_factor)


# Changes behind a proof.
_CHANGES: Mapping[str, Callable[[_Visit, str], flask.Response]] = {
    "remove": _remove,
    "new-codes": _make_codes,
    "add": _add_key,
    "add-passkey": _add_passkey,
}
# The last step of adding a factor, behind the proof of its first step.
_CONFIRMATIONS: Mapping[str, Callable[[_Visit], flask.Response]] = {
    "confirm": _confirm_key,
    "confirm-passkey": _confirm_passkey,
}
