"""Passkeys of staff (WebAuthn): made behind an enrolment code or another factor, and shown as a second factor.

Each page that asks for a passkey has a challenge of its own. The challenge belongs to the second step, and so to the
browser and the request; the first answer takes it, right or wrong.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.commands.second_steps import Proof, factors_of, methods_of, work_of
from identity.domain.passkeys import PASSKEYS, clean_name, went_back
from identity.domain.registration import Action
from identity.domain.second_factor import FactorKind
from identity.models import Factor, Person, SecondStep
from identity.settings import Settings
from identity.webauthn import MadePasskey, PasskeyRefused, ShownPasskey, site_of

# Notices of the page. Every reason to refuse a passkey gets one answer.
REFUSED, TOO_MANY, NO_NAME = "passkey_refused", "too_many_passkeys", "passkey_name_needed"
_CHALLENGE_BYTES = 32


def passkeys_of(
    session: Session, person_id: str, *, except_factor: str | None = None
) -> Sequence[Factor]:
    """Returns the passkeys of a person, oldest first."""
    return [
        one
        for one in factors_of(session, person_id)
        if one.kind == FactorKind.PASSKEY and one.factor_id != except_factor
    ]


def may_add(session: Session, settings: Settings, person_id: str) -> bool:
    """Returns whether browsers make passkeys for this site, and the person has room for one more."""
    site = site_of(settings.issuer)
    return site is not None and len(passkeys_of(session, person_id)) < PASSKEYS


def ask_to_make(session: Session, settings: Settings, step: SecondStep) -> str | None:
    """Returns what the browser needs to make a passkey, with a new challenge; None where browsers make none."""
    site = site_of(settings.issuer)
    if site is None:
        return None
    person = session.get_one(Person, step.person_id)
    return site.ask_to_make(
        _renew_challenge(session, step),
        person_id=person.person_id,
        username=person.username,
        display_name=person.display_name,
        known=_ids(passkeys_of(session, person.person_id)),
    )


def ask_to_show(
    session: Session, settings: Settings, step: SecondStep, *, except_factor: str | None = None
) -> str | None:
    """Returns what the browser needs to show a passkey, with a new challenge; None for a person who has none."""
    site = site_of(settings.issuer)
    known = passkeys_of(session, step.person_id, except_factor=except_factor)
    if site is None or not known:
        return None
    return site.ask_to_show(_renew_challenge(session, step), _ids(known))


def _ids(passkeys: Sequence[Factor]) -> list[bytes]:
    return [bytes(one.credential_id or b"") for one in passkeys]


def _renew_challenge(session: Session, step: SecondStep) -> bytes:
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    step.challenge = challenge
    session.flush()
    return challenge


def _take_challenge(session: Session, step: SecondStep) -> bytes | None:
    """Returns the challenge of the step, and takes it, so that no answer counts twice. The step is locked: of two
    simultaneous answers one finds the challenge."""
    locked = session.get(
        SecondStep, step.browser_hash, with_for_update=True, populate_existing=True
    )
    if locked is None or locked.challenge is None:
        return None
    challenge, locked.challenge = bytes(locked.challenge), None
    session.flush()
    return challenge


def proof_of(
    session: Session,
    settings: Settings,
    step: SecondStep | None,
    answer: str,
    now: datetime,
    *,
    except_factor: str | None = None,
) -> Proof:
    """Returns the proof by a passkey. The passkey `except_factor`, which is to be removed, doesn't count."""

    def take(person: Person) -> Sequence[str]:
        if step is None or step.person_id != person.person_id:
            return ()
        known = passkeys_of(session, person.person_id, except_factor=except_factor)
        shown = _check_shown(session, settings, step, answer, known)
        return _note_use(session, person, shown, known, now) if shown else ()

    return Proof(take, REFUSED)


def _check_shown(
    session: Session, settings: Settings, step: SecondStep, answer: str, known: Sequence[Factor]
) -> ShownPasskey | None:
    site, challenge = site_of(settings.issuer), _take_challenge(session, step)
    if site is None or challenge is None:
        return None
    credentials = [bytes(one.credential or b"") for one in known]
    try:
        return site.check_shown(
            answer, challenge, person_id=step.person_id, credentials=credentials
        )
    except PasskeyRefused:
        return None


def _note_use(
    session: Session,
    person: Person,
    shown: ShownPasskey,
    known: Sequence[Factor],
    now: datetime,
) -> Sequence[str]:
    """Notes the use of a passkey, and returns its methods. A counter that went back is refused and stands in the
    history: two devices have the key."""
    (factor,) = (one for one in known if one.credential_id == shown.credential_id)
    last = factor.counter or 0
    if went_back(last=last, shown=shown.counter):
        details = {"last_counter": last, "shown_counter": shown.counter}
        work_of(session, person, now).record_change(person, Action.REFUSE_PASSKEY, details=details)
        session.flush()
        return ()
    if shown.is_synced != factor.is_synced:
        return ()
    factor.counter, factor.last_used_at = shown.counter, now
    session.flush()
    return methods_of(factor)


def make_passkey(
    session: Session, settings: Settings, step: SecondStep, answer: str, typed_name: str
) -> Factor | str:
    """Makes the factor of a passkey that the browser has made for the step. Returns the notice of a refusal."""
    name = clean_name(typed_name)
    if not may_add(session, settings, step.person_id):
        return TOO_MANY
    if name is None:
        return NO_NAME
    made = _check_made(session, settings, step, answer)
    if made is None:
        return REFUSED
    return Factor(
        kind=FactorKind.PASSKEY,
        name=name,
        credential_id=made.credential_id,
        credential=made.credential,
        counter=made.counter,
        is_synced=made.is_synced,
    )


def _check_made(
    session: Session, settings: Settings, step: SecondStep, answer: str
) -> MadePasskey | None:
    site, challenge = site_of(settings.issuer), _take_challenge(session, step)
    if site is None or challenge is None:
        return None
    try:
        made = site.check_made(answer, challenge)
    except PasskeyRefused:
        return None
    same = select(Factor.factor_id).where(Factor.credential_id == made.credential_id)
    return made if session.scalar(same) is None else None
