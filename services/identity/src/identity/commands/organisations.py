"""Registers organisations and suspends them."""

from datetime import datetime

from sqlalchemy.orm import Session

from identity import catalogue
from identity.commands.revocations import revoke
from identity.commands.status import ACTIVE, SUSPENDED, change_status, touch
from identity.domain.errors import AlreadyThere, NotThere
from identity.domain.registration import check_municipality
from identity.domain.tokens import RevocationKind
from identity.models import Organisation


def create_organisation(
    session: Session,
    *,
    code: str,
    kind: str,
    name: dict[str, str],
    municipality: str | None,
    by: str,
    now: datetime,
) -> Organisation:
    """Raises AlreadyThere and RuleBroken. `name` is {"ar": …, "en": …}."""
    if session.get(Organisation, code):
        raise AlreadyThere("organisation-exists", code=code)
    check_municipality(kind, municipality, catalogue.municipalities())
    organisation = Organisation(
        code=code,
        kind=kind,
        name_ar=name["ar"],
        name_en=name["en"],
        municipality=municipality,
        status=ACTIVE,
        version=1,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )
    session.add(organisation)
    session.flush()
    return organisation


def rename_organisation(
    session: Session, code: str, *, name: dict[str, str], by: str, now: datetime
) -> Organisation:
    """Raises NotThere."""
    organisation = _locked(session, code)
    organisation.name_ar, organisation.name_en = name["ar"], name["en"]
    touch(organisation, by, now)
    session.flush()
    return organisation


def suspend_organisation(
    session: Session, code: str, *, reason: str, by: str, now: datetime
) -> Organisation:
    """Suspends it and voids every token of its people and clients. Raises NotThere and WrongStatus."""
    organisation = _locked(session, code)
    change_status(organisation, SUSPENDED, by, now)
    revoke(session, RevocationKind.ORGANISATION, code, reason=reason, recorded_by=by, now=now)
    return organisation


def reinstate_organisation(session: Session, code: str, *, by: str, now: datetime) -> Organisation:
    """Raises NotThere and WrongStatus."""
    organisation = _locked(session, code)
    change_status(organisation, ACTIVE, by, now)
    session.flush()
    return organisation


def _locked(session: Session, code: str) -> Organisation:
    organisation = session.get(Organisation, code, with_for_update={"key_share": True})
    if organisation is None:
        raise NotThere(code)
    return organisation
