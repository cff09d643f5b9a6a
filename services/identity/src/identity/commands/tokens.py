"""Access tokens: sign a token, void a single token."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.commands.changes import ACTIVE
from identity.commands.revocations import revoke
from identity.commands.signing_keys import active_key, open_key
from identity.domain import tokens
from identity.domain.errors import OAuthRefusal
from identity.domain.scopes import ClientKind
from identity.domain.tokens import ALGORITHM, RevocationKind, Subject
from identity.models import Citizen, Client, Organisation, Person, Revocation
from identity.settings import Settings
from identity.void_tokens import names_of, void_until

_KEY_AND_VOID = text(
    """SELECT kid, private_key, (SELECT max(not_before) FROM token_revocation
        JOIN unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) AS met (kind, value) USING (kind, value)
    ) AS void_until
    FROM signing_key WHERE status = 'active'"""
)


def sign_token(
    session: Session,
    settings: Settings,
    subject: Subject,
    *,
    audience: str,
    scope: str,
    now: datetime,
    bound_to: str | None = None,
    is_exchanged: bool = False,
) -> str:
    """Signs an access token (RFC 9068) for one service. Raises `unauthorized_client` if client or person is
    suspended."""
    lock_subject(session, subject)
    claims = tokens.claims(
        subject,
        issuer=settings.issuer,
        audience=audience,
        scope=scope,
        jti=secrets.token_urlsafe(16),
        now=now,
        bound_to=bound_to,
        is_exchanged=is_exchanged,
    )
    key, good_from = _key_and_void_until(session, settings, claims, now)
    if good_from and good_from > now:
        # A person reinstated within two seconds of a revocation gets a token dated after the revocation.
        claims |= tokens.issued_at(good_from)
    header = {"alg": ALGORITHM, "typ": tokens.TYPE, "kid": key.kid}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def _key_and_void_until(
    session: Session, settings: Settings, claims: Mapping[str, Any], now: datetime
) -> tuple[RSAKey, datetime | None]:
    """Returns the signing key and `void_until`, in one round trip. Runs after `lock_subject`, to see the changes that
    the locks waited for."""
    found = session.execute(_KEY_AND_VOID, names_of(claims)).one_or_none()
    if found is None:  # the first token of a new system
        return active_key(session, settings, now), void_until(session, claims)
    return open_key(found.kid, found.private_key, settings), found.void_until


def lock_subject(session: Session, subject: Subject) -> None:
    """Keeps client, organisation and person from being suspended until this transaction has ended.

    A suspension locks the same rows, so it comes either before (and is seen here) or after (and voids the token).
    """
    # For a machine, reading the active client has locked the client and its organisation.
    if subject.person_id is not None and _lock_person(session, subject) != {ACTIVE}:
        raise OAuthRefusal("unauthorized_client", "The client may not act at present.")


def _lock_person(session: Session, subject: Subject) -> set[str]:
    client = select(Client.status, Client.organisation).where(Client.client_id == subject.client_id)
    found = session.execute(client.with_for_update(read=True)).one()
    codes = sorted({found.organisation, subject.organisation or found.organisation})
    organisations = select(Organisation.status).where(Organisation.code.in_(codes))
    statuses = {
        found.status,
        *session.scalars(organisations.order_by(Organisation.code).with_for_update(read=True)),
    }
    person = select(Person.status).where(Person.person_id == subject.person_id)
    if subject.client_kind == ClientKind.CITIZEN:
        person = select(Citizen.status).where(Citizen.citizen_id == subject.person_id)
    statuses.add(session.execute(person.with_for_update(read=True)).scalar_one())
    return statuses


def void_token(session: Session, claims: Mapping[str, Any], *, now: datetime) -> None:
    """Voids one token for its client. A repetition changes nothing."""
    jti = str(claims["jti"])
    known = select(Revocation.revocation_id).where(
        Revocation.kind == RevocationKind.TOKEN, Revocation.value == jti
    )
    if session.scalar(known) is None:
        revoke(
            session,
            RevocationKind.TOKEN,
            jti,
            reason="given back by its client",
            recorded_by=str(claims["client_id"]),
            now=now,
        )
