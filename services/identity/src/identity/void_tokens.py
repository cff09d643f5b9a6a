"""Void tokens, by the chassis' table of revocations in identity's own database, which identity itself writes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.access.auth import ACTS_FOR
from identity.domain.tokens import CLAIM_OF, RevocationKind, delegation_name

_LATEST = text(
    """SELECT max(not_before) FROM token_revocation
    JOIN unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) AS met (kind, value) USING (kind, value)"""
)


def names_of(claims: Mapping[str, Any]) -> dict[str, list[str]]:
    """Returns the names that can void a token: `kinds` and, in the same order, `names`."""
    met = [(kind.value, claims[claim]) for kind, claim in CLAIM_OF.items() if claim in claims]
    for number in claims.get(ACTS_FOR, "").split():
        met.append((RevocationKind.DELEGATION.value, delegation_name(claims["sub"], number)))
    return {"kinds": [kind for kind, _ in met], "names": [name for _, name in met]}


def void_until(session: Session, claims: Mapping[str, Any]) -> datetime | None:
    """Returns the time of issue from which a token with these claims is good; None without a revocation."""
    latest: datetime | None = session.scalar(_LATEST, names_of(claims))
    return latest


def void_until_of(session: Session, kind: str, name: str) -> datetime | None:
    """Returns the time of issue from which a token with this name is good; None without a revocation."""
    latest: datetime | None = session.scalar(_LATEST, {"kinds": [kind], "names": [name]})
    return latest


def is_void(session: Session, claims: Mapping[str, Any]) -> bool:
    """Returns whether a revocation voids a token with these claims, which need `iat`."""
    good_from = void_until(session, claims)
    return good_from is not None and datetime.fromtimestamp(claims["iat"], UTC) < good_from
