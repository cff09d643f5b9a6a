"""Which tokens are void, by the chassis' table of revocations in identity's own database; identity writes it itself."""

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
    """The names by which a token can be voided: `kinds` and, in the same order, `names`."""
    met = [(kind.value, claims[claim]) for kind, claim in CLAIM_OF.items() if claim in claims]
    for number in claims.get(ACTS_FOR, "").split():
        met.append((RevocationKind.DELEGATION.value, delegation_name(claims["sub"], number)))
    return {"kinds": [kind for kind, _ in met], "names": [name for _, name in met]}


def void_until(session: Session, claims: Mapping[str, Any]) -> datetime | None:
    """The time of issue from which a token with these names is good; None when no revocation names it."""
    latest: datetime | None = session.scalar(_LATEST, names_of(claims))
    return latest


def void_until_of(session: Session, kind: str, name: str) -> datetime | None:
    """The same for one name."""
    latest: datetime | None = session.scalar(_LATEST, {"kinds": [kind], "names": [name]})
    return latest


def is_void(session: Session, claims: Mapping[str, Any]) -> bool:
    """Whether a revocation names a token with these claims; `iat` is needed."""
    good_from = void_until(session, claims)
    return good_from is not None and datetime.fromtimestamp(claims["iat"], UTC) < good_from
