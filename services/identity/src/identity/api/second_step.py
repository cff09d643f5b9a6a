"""The pages between password and session: the second factor, a recovery code, and the enrolment of the first factor."""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import flask
import segno

from identity.api.conversation import Conversation, keep_person, send_person_back, show_page
from identity.commands import passkeys, second_steps
from identity.commands.second_steps import MakeFactor
from identity.commands.sessions import NewSession, SecondStepAhead
from identity.domain.second_factor import NextStep, in_groups, key_uri
from identity.models import Person, SecondStep

_CODE_PAGE, _ENROL_PAGE, _KEY_PAGE = "second_step.html", "enrol.html", "enrol_key.html"
# The inputs of a form that a passkey answers: the browser's answer, and the name that the person gives.
PASSKEY = ("passkey", "passkey_name")


def begin(talk: Conversation, ahead: SecondStepAhead) -> flask.Response:
    """Begins the second step behind a right password, in a browser with a new secret."""
    keep_person(talk, secrets.token_urlsafe(32))
    step = second_steps.begin_step(
        talk.call.session,
        ahead.person.person_id,
        browser=talk.browser.cookie,
        request_hash=talk.pushed.request_hash,
        now=talk.call.now,
    )
    if ahead.next_step == NextStep.ENROLMENT:
        return show_page(talk, _ENROL_PAGE)
    return _show_code_page(talk, step, is_recovery=False)


def _show_code_page(
    talk: Conversation, step: SecondStep, *, is_recovery: bool, notice: str | None = None
) -> flask.Response:
    """Asks for a passkey if the person has one, and beside it for a one-time code or a recovery code."""
    session = talk.call.session
    passkey = passkeys.ask_to_show(session, talk.call.settings, step)
    has_codes = second_steps.has_one_time_codes(session, step.person_id)
    return show_page(
        talk,
        _CODE_PAGE,
        status=403 if notice else 200,
        notice=notice,
        has_script=passkey is not None,
        passkey=passkey,
        has_codes=has_codes,
        is_recovery=is_recovery or not has_codes,
    )


def _finish_with_code(
    talk: Conversation, step: SecondStep, *, is_recovery: bool
) -> flask.Response | None:
    found = second_steps.finish_with_code(
        talk.call.session,
        talk.call.settings,
        step,
        talk.values.get("code", ""),
        is_recovery=is_recovery,
        now=talk.call.now,
    )
    return _answer(talk, step, found, is_recovery=is_recovery)


def _finish_with_passkey(talk: Conversation, step: SecondStep) -> flask.Response | None:
    session, settings, now = talk.call.session, talk.call.settings, talk.call.now
    answer = talk.values.get("passkey", "")
    proof = passkeys.proof_of(session, settings, step, answer, now)
    found = second_steps.finish_step(session, settings, step, proof, now)
    return _answer(talk, step, found, is_recovery=False)


def _answer(
    talk: Conversation, step: SecondStep, found: NewSession | str, *, is_recovery: bool
) -> flask.Response | None:
    if isinstance(found, NewSession):
        return send_person_back(talk, found.session, found.person, cookie=found.cookie)
    if found == second_steps.EXPIRED:
        return None
    return _show_code_page(talk, step, is_recovery=is_recovery, notice=found)


def _open_enrolment(talk: Conversation, step: SecondStep) -> flask.Response | None:
    typed = talk.values.get("code", "")
    notice = second_steps.open_enrolment(talk.call.session, step, typed, talk.call.now)
    if notice == second_steps.EXPIRED:
        return None
    if notice:
        return show_page(talk, _ENROL_PAGE, status=403, notice=notice)
    return _show_key(talk, step)


def _show_key(talk: Conversation, step: SecondStep, notice: str | None = None) -> flask.Response:
    """Offers a passkey, and a key for one-time codes."""
    person = talk.call.session.get_one(Person, step.person_id)
    passkey = passkeys.ask_to_make(talk.call.session, talk.call.settings, step)
    return show_page(
        talk,
        _KEY_PAGE,
        status=403 if notice else 200,
        notice=notice,
        has_script=passkey is not None,
        passkey=passkey,
        passkey_name=talk.values.get("passkey_name", ""),
        **key_values(step, person),
    )


def key_values(step: SecondStep, person: Person) -> dict[str, Any]:
    """Returns what the page of a new key shows: the QR code, and the key for those who type it."""
    secret = step.secret or ""
    uri = key_uri(secret, issuer=person.of.name_en, account=person.username)
    code = segno.make_qr(uri, error="m")
    return {"qr": code.svg_inline(scale=5, light="#fff"), "key": in_groups(secret)}


def _enrol_key(talk: Conversation, step: SecondStep) -> flask.Response | None:
    typed = talk.values.get("code", "")
    return _finish_enrolment(
        talk, step, lambda: second_steps.make_one_time_key(step, typed, talk.call.now)
    )


def _enrol_passkey(talk: Conversation, step: SecondStep) -> flask.Response | None:
    answer, name = (talk.values.get(one, "") for one in PASSKEY)
    session, settings = talk.call.session, talk.call.settings
    return _finish_enrolment(
        talk, step, lambda: passkeys.make_passkey(session, settings, step, answer, name)
    )


def _finish_enrolment(
    talk: Conversation, step: SecondStep, make: MakeFactor
) -> flask.Response | None:
    found = second_steps.finish_enrolment(talk.call.session, step, make, talk.call.now)
    if isinstance(found, second_steps.Enrolled):
        keep_person(talk, found.signed_in.cookie)
        return show_page(talk, "recovery_codes.html", codes=found.codes)
    return None if found == second_steps.EXPIRED else _show_key(talk, step, found)


def _with_step(
    respond: Callable[[Conversation, SecondStep], flask.Response | None],
) -> Callable[[Conversation], flask.Response | None]:
    def answer(talk: Conversation) -> flask.Response | None:
        step = second_steps.find_step(
            talk.call.session, talk.browser.cookie, talk.pushed.request_hash, talk.call.now
        )
        return respond(talk, step) if step else None

    return answer


# The button of a page → the answer; None when the second step is over, and the password is asked for again.
ACTIONS: Mapping[str, Callable[[Conversation], flask.Response | None]] = {
    "verify-code": _with_step(partial(_finish_with_code, is_recovery=False)),
    "verify-recovery": _with_step(partial(_finish_with_code, is_recovery=True)),
    "verify-passkey": _with_step(_finish_with_passkey),
    "use-code": _with_step(partial(_show_code_page, is_recovery=False)),
    "use-recovery": _with_step(partial(_show_code_page, is_recovery=True)),
    "enrol": _with_step(_open_enrolment),
    "confirm-factor": _with_step(_enrol_key),
    "confirm-passkey": _with_step(_enrol_passkey),
}
