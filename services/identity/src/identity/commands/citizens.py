"""Citizens: a browser's journey to the national login and back, the sign-in, and the claims of a citizen's token.

A page of ours begins the journey. The same browser ends the journey, once.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import digest

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from chassis.access.auth import ACTS_FOR
from chassis.access.persons import CLAIM, Person, persons_of
from chassis.core.actors import SystemActor
from chassis.data.advisory import one_at_a_time
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from identity.commands.changes import ACTIVE
from identity.commands.organisations import new_id
from identity.commands.sessions import NewSession, begin_session, was_revoked_since
from identity.domain.citizens import (
    MOST_OF_ONE,
    SIGN_IN_LIFETIME,
    Verified,
    counts_until,
    id_type_of,
)
from identity.domain.errors import OAuthRefusal
from identity.domain.registration import Action
from identity.domain.tokens import RevocationKind
from identity.models import Citizen, Delegation, NationalSignIn, PushedRequest, SignInSession
from identity.outside.national_login import Journey
from identity.sealing import derive_key, fingerprint, seal, unseal
from identity.settings import Settings

NATIONAL_LOGIN = SystemActor("national-login", "identity")


class Suspended(Exception):
    """The person may not sign in."""


class RevokedMeanwhile(Exception):
    """The person's sessions were ended while this sign-in waited. The next sign-in is free."""


def sign_in(
    session: Session, person: Verified, evidence: dict[str, str], now: datetime
) -> NewSession:
    """Signs in a verified person, and creates the citizen at the first sign-in. Raises Suspended and
    RevokedMeanwhile."""
    work = UnitOfWork(session, NATIONAL_LOGIN, now)
    citizen = get_or_create_citizen(work, person.id_number)
    if citizen.status != ACTIVE:
        raise Suspended
    if was_revoked_since(session, now, (RevocationKind.PERSON, citizen.citizen_id)):
        raise RevokedMeanwhile
    _update_from_login(work, citizen, person)
    # A sign-in is no change of the aggregate, so the row keeps its version.
    statement_of_citizen = update(Citizen).where(Citizen.citizen_id == citizen.citizen_id)
    session.execute(statement_of_citizen.values(last_sign_in_at=now))
    return begin_session(session, citizen, now, evidence={**evidence, **_evidence(session, person)})


def _evidence(session: Session, person: Verified) -> dict[str, str]:
    """Returns the level of assurance, and the keyed hash of the mobile if the national login gave one."""
    key = {"mobile_key": keys_of(session).index.key(person.mobile)} if person.mobile else {}
    return {"acr": person.acr, **key}


def get_or_create_citizen(work: UnitOfWork, id_number: str) -> Citizen:
    """Returns the citizen of an identity number, locked; creates the citizen if there is none."""
    if citizen := find_citizen(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    one_at_a_time(work.session, "citizen", keys_of(work.session).index.key(id_number))
    if citizen := find_citizen(work.session, id_number):
        return work.lock(Citizen, citizen.citizen_id)
    citizen = Citizen(
        citizen_id=new_id("c_"), id_number=id_number, number_key=id_number, status=ACTIVE
    )
    work.record_change(citizen, Action.REGISTER)
    work.session.add(citizen)
    work.session.flush()
    return citizen


def find_citizen(session: Session, id_number: str) -> Citizen | None:
    """Finds the citizen by the keyed hash of the number, under every key in use."""
    keys = keys_of(session).index.keys(id_number)
    return session.scalar(select(Citizen).where(Citizen.number_key.in_(keys)))


def _update_from_login(work: UnitOfWork, citizen: Citizen, person: Verified) -> None:
    """Updates name and mobile from the national login, which may give no mobile any more. The journal records the
    change without the values."""
    facts = {"name": person.name, "mobile": person.mobile}
    changed = {name: None for name, value in facts.items() if getattr(citizen, name) != value}
    if not changed:
        return
    citizen.name, citizen.mobile = facts["name"], facts["mobile"]
    work.record_change(citizen, Action.AMEND, details=changed)
    work.session.flush()


def claims_of_citizen(session: Session, row: SignInSession, now: datetime) -> dict[str, str]:
    """Returns the claims beside the subject: the person (sealed), the establishments, and the way of recognition
    (`acr`). The caller has locked the citizen."""
    citizen = session.get_one(Citizen, row.citizen_id, populate_existing=True)
    evidence = row.evidence or {}
    person = Person(
        id_number=citizen.id_number,
        id_type=id_type_of(citizen.id_number),
        name=citizen.display_name,
        mobile=_checked_mobile(session, citizen, evidence),
    )
    claims = {
        CLAIM: persons_of(session).seal(citizen.citizen_id, person),
        ACTS_FOR: " ".join(establishments(session, citizen.citizen_id, now)),
        "acr": evidence.get("acr", ""),
    }
    return {name: value for name, value in claims.items() if value}


def _checked_mobile(session: Session, citizen: Citizen, evidence: Mapping[str, str]) -> str | None:
    """Returns the citizen's mobile if the session's own sign-in gave that mobile, else None: the services take it as
    checked, and a number of another sign-in may be somebody else's by now."""
    if citizen.mobile is None:
        return None
    keys = keys_of(session).index.keys(citizen.mobile)
    return citizen.mobile if evidence.get("mobile_key") in keys else None


def establishments(session: Session, citizen_id: str, now: datetime) -> Sequence[str]:
    """Returns the unified numbers of the establishments that the citizen acts for during the life of a token signed
    now."""
    statement = select(Delegation.unified_number).where(
        Delegation.citizen_id == citizen_id,
        Delegation.status == ACTIVE,
        Delegation.valid_until > counts_until(now),
    )
    return session.scalars(statement.order_by(Delegation.unified_number).limit(MOST_OF_ONE)).all()


CALLBACK = "/national-login/callback"
_LABEL = "national-sign-in"
_DELETE_EXPIRED_JOURNEYS = text(
    """DELETE FROM national_sign_in WHERE ctid IN (SELECT ctid FROM national_sign_in
    WHERE expires_at < :now LIMIT 20 FOR UPDATE SKIP LOCKED)"""
)


class TooLate(Exception):
    """The person came back too late."""


@dataclass(frozen=True)
class Returned:
    """The return of a browser: the journey, and the request of the application."""

    journey: Journey
    client_id: str
    request_uri: str
    language: str


def begin_journey(settings: Settings, now: datetime) -> Journey:
    """Returns a new journey, which isn't stored yet."""
    return _journey_of(settings, secrets.token_urlsafe(32), now)


def keep_journey(
    session: Session,
    settings: Settings,
    journey: Journey,
    *,
    request_uri: str,
    language: str,
    now: datetime,
) -> None:
    """Stores the journey until the browser returns."""
    session.execute(_DELETE_EXPIRED_JOURNEYS, {"now": now})
    keys = settings.encryption_keys()
    session.add(
        NationalSignIn(
            state_hash=fingerprint(journey.state),
            request_hash=fingerprint(request_uri),
            reference=seal(request_uri.encode(), label=_LABEL, keys=keys),
            language=language,
            created_at=now,
            expires_at=now + SIGN_IN_LIFETIME,
        )
    )
    session.flush()


def take_journey(
    session: Session, settings: Settings, state: str, *, browser: str, now: datetime
) -> Returned:
    """Returns the journey of a state, once. Raises OAuthRefusal for a used state or a state of another browser, TooLate
    after its time.

    The row's lock lets one of two simultaneous answers win. Another browser doesn't use the journey up, so an attacker
    who sends a state to another person's browser signs nobody in.
    """
    row = session.get(
        NationalSignIn, fingerprint(state), with_for_update=True, populate_existing=True
    )
    request = session.get(PushedRequest, row.request_hash) if row else None
    if (
        row is None
        or request is None
        or row.used_at is not None
        or request.browser_hash != fingerprint(browser)
    ):
        raise OAuthRefusal("invalid_request", "The state is not one of this browser.")
    if now >= row.expires_at:
        raise TooLate
    row.used_at = now
    keys = settings.encryption_keys()
    return Returned(
        _journey_of(settings, state, row.created_at),
        request.client_id,
        unseal(row.reference, label=_LABEL, keys=keys).decode(),
        row.language,
    )


def _journey_of(settings: Settings, state: str, asked_at: datetime) -> Journey:
    """Returns the journey of a state. A secret key derives nonce and verifier from the state, so that neither an
    address nor a row reveals nonce and verifier."""
    keys = settings.encryption_keys()
    return Journey(
        state=state,
        nonce=_derive(state, "national-login nonce", keys),
        verifier=_derive(state, "national-login verifier", keys),
        callback=settings.url(CALLBACK),
        asked_at=asked_at,
    )


def _derive(state: str, purpose: str, keys: Sequence[bytes]) -> str:
    mac = digest(derive_key(purpose, keys), state.encode(), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")
