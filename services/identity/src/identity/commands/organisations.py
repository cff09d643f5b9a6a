"""Registers organisations and suspends them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import not_blank
from chassis.data.aggregates import lock, record_change
from identity import catalogue
from identity.commands.changes import ACTIVE, SUSPENDED, change_status, change_terms
from identity.commands.revocations import revoke
from identity.domain.actions import Action
from identity.domain.errors import OrganisationExists
from identity.domain.registration import check_municipality
from identity.domain.scopes import ClientKind
from identity.domain.tokens import RevocationKind
from identity.models import Client, Organisation


def create_organisation(
    session: Session,
    *,
    code: str,
    kind: str,
    name: dict[str, str],
    municipality: str | None,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Raises OrganisationExists and InvalidRegistration. `name` is {"ar": …, "en": …}."""
    if session.get(Organisation, code):
        raise OrganisationExists(code=code)
    check_municipality(kind, municipality, catalogue.municipalities())
    organisation = Organisation(
        code=code,
        kind=kind,
        name_ar=name["ar"],
        name_en=name["en"],
        municipality=municipality,
        status=ACTIVE,
    )
    record_change(session, organisation, actor, Action.REGISTER, now=now)
    session.add(organisation)
    session.flush()
    return organisation


def rename_organisation(
    session: Session, code: str, *, name: dict[str, str], actor: Actor, now: datetime
) -> Organisation:
    """Raises NotFound."""
    organisation = lock(session, Organisation, code)
    terms = {"name_ar": name["ar"], "name_en": name["en"]}
    change_terms(session, organisation, terms, actor, now=now)
    return organisation


def suspend_organisation(
    session: Session, code: str, *, reason: str, actor: Actor, now: datetime
) -> Organisation:
    """Suspends it and voids every token of its people and clients, also those of citizens, which name no organisation.

    Raises InvalidFields, NotFound and WrongStatus.
    """
    reason = not_blank(reason, "reason")
    organisation = lock(session, Organisation, code)
    change_status(session, organisation, SUSPENDED, actor, now=now, reason=reason)
    by = actor.subject
    revoke(session, RevocationKind.ORGANISATION, code, reason=reason, recorded_by=by, now=now)
    for_citizens = select(Client.client_id).where(
        Client.organisation == code, Client.kind == ClientKind.CITIZEN
    )
    for client_id in session.scalars(for_citizens.order_by(Client.client_id)):
        revoke(session, RevocationKind.CLIENT, client_id, reason=reason, recorded_by=by, now=now)
    return organisation


def reinstate_organisation(
    session: Session, code: str, *, actor: Actor, now: datetime
) -> Organisation:
    """Raises NotFound and WrongStatus."""
    organisation = lock(session, Organisation, code)
    change_status(session, organisation, ACTIVE, actor, now=now)
    return organisation
