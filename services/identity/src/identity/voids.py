"""Which tokens are void: reads the chassis' table of revocations, which this service writes by itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity.domain.tokens import CLAIM_OF

_LATEST = text(
    """SELECT max(not_before) FROM token_revocation
    JOIN unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) AS met (kind, value) USING (kind, value)"""
)


def names_of(claims: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names by which a token can be voided: `kinds` and, in the same order, `names`."""
    met = {kind.value: claims[claim] for kind, claim in CLAIM_OF.items() if claim in claims}
    return {"kinds": list(met), "names": list(met.values())}


def void_until(session: Session, claims: Mapping[str, Any]) -> datetime | None:
    """From which time of issue on a token with these names is good; None when no revocation meets it."""
    latest: datetime | None = session.scalar(_LATEST, names_of(claims))
    return latest


def is_void(session: Session, claims: Mapping[str, Any]) -> bool:
    """Whether a revocation meets a token with these claims, of which `iat` is needed."""
    good_from = void_until(session, claims)
    return good_from is not None and datetime.fromtimestamp(claims["iat"], UTC) < good_from
