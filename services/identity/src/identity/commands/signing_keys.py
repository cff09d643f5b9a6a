"""Signing keys: make, seal, rotate."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock
from identity import sealing
from identity.commands.revocations import revoke
from identity.domain.tokens import (
    ALGORITHM,
    KEY_OVERLAP,
    KeyStatus,
    RevocationKind,
    RotationReason,
    check_key_rotation,
    key_published_until,
)
from identity.models import SigningKey
from identity.settings import Settings

_KEYS = Lock("identity.signing_key", -219623313)


def ensure_signing_keys(session: Session, settings: Settings, now: datetime) -> None:
    """Makes the first active key and its successor at the first start of a system."""
    if _get_key(session, KeyStatus.ACTIVE):
        return
    _KEYS.take(session)
    if _get_key(session, KeyStatus.ACTIVE):
        return
    _make_key(session, settings, KeyStatus.ACTIVE, now)
    _make_key(session, settings, KeyStatus.NEXT, now)


def replace_unreadable(session: Session, settings: Settings, now: datetime) -> list[str]:
    """Replaces the keys that the configured encryption keys can't unseal, and returns their ids. Serves an installation
    that has lost its key encryption key."""
    _KEYS.take(session)
    lost = []
    for status in (KeyStatus.ACTIVE, KeyStatus.NEXT):
        if (row := _get_key(session, status)) is None:
            continue
        try:
            sealing.unseal(row.private_key, label=row.kid, keys=settings.encryption_keys())
        except sealing.CannotUnseal:
            row.status, row.published_until = KeyStatus.RETIRED, now + KEY_OVERLAP
            session.flush()
            _make_key(session, settings, status, now)
            lost.append(row.kid)
    return lost


def rotate_keys(
    session: Session, settings: Settings, *, reason: str, by: str, now: datetime
) -> None:
    """Makes the next key the active key, and publishes a new next key. Raises SigningKeyTooYoung.

    The revocation of a compromised key reaches every service, which then refuses the tokens of the key.
    """
    ensure_signing_keys(session, settings, now)
    _KEYS.take(session)
    session.expire_all()
    active, following = _get_key(session, KeyStatus.ACTIVE), _get_key(session, KeyStatus.NEXT)
    if active is None or following is None:
        raise LookupError("there is no active or no next signing key")
    check_key_rotation(reason, following.created_at, now)
    active.status = KeyStatus.RETIRED
    active.published_until = key_published_until(reason, now)
    if reason == RotationReason.COMPROMISED:
        active.private_key = b""
        why = "signing key compromised"
        revoke(session, RevocationKind.KEY, active.kid, reason=why, recorded_by=by, now=now)
    session.flush()
    following.status, following.activated_at = KeyStatus.ACTIVE, now
    session.flush()
    _make_key(session, settings, KeyStatus.NEXT, now)


def active_key(session: Session, settings: Settings, now: datetime) -> RSAKey:
    """Returns the private key that signs now."""
    ensure_signing_keys(session, settings, now)
    row = _get_key(session, KeyStatus.ACTIVE)
    if row is None:
        raise LookupError("there is no active signing key")
    return open_key(row.kid, row.private_key, settings)


def open_key(kid: str, sealed: bytes, settings: Settings) -> RSAKey:
    """Returns the private key of a row, unsealed once per process."""
    return _import_key(kid, sealed, tuple(settings.encryption_keys()))


def _get_key(session: Session, status: KeyStatus) -> SigningKey | None:
    return session.scalar(select(SigningKey).where(SigningKey.status == status))


def _make_key(session: Session, settings: Settings, status: KeyStatus, now: datetime) -> None:
    kid = f"{now:%Y-%m-%d}-{secrets.token_hex(4)}"
    key = RSAKey.generate_key(settings.signing_key_bits, {"kid": kid}, private=True)
    public = key.as_dict(private=False)
    session.add(
        SigningKey(
            kid=kid,
            status=status,
            public_jwk={
                "kty": public["kty"],
                "kid": kid,
                "use": "sig",
                "alg": ALGORITHM,
                "n": public["n"],
                "e": public["e"],
            },
            private_key=sealing.seal(
                json.dumps(key.as_dict(private=True)).encode(),
                label=kid,
                keys=settings.encryption_keys(),
            ),
            created_at=now,
            activated_at=now if status == KeyStatus.ACTIVE else None,
        )
    )
    session.flush()


@lru_cache(maxsize=8)
def _import_key(kid: str, sealed: bytes, keys: Sequence[bytes]) -> RSAKey:
    # The import of an RSA key costs a hundred times a signature.
    return RSAKey.import_key(json.loads(sealing.unseal(sealed, label=kid, keys=keys)))
