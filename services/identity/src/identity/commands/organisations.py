"""Registers organisations and suspends them."""

from sqlalchemy import select

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
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
    work: UnitOfWork, *, code: str, kind: str, name: dict[str, str], municipality: str | None
) -> Organisation:
    """Raises OrganisationExists and InvalidRegistration. `name` is {"ar": …, "en": …}."""
    if work.session.get(Organisation, code):
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
    work.record_change(organisation, Action.REGISTER)
    work.session.add(organisation)
    work.session.flush()
    return organisation


def rename_organisation(work: UnitOfWork, code: str, *, name: dict[str, str]) -> Organisation:
    """Raises NotFound."""
    organisation = work.lock(Organisation, code)
    terms = {"name_ar": name["ar"], "name_en": name["en"]}
    change_terms(work, organisation, terms)
    return organisation


def suspend_organisation(work: UnitOfWork, code: str, *, reason: str) -> Organisation:
    """Suspends it and voids every token of its people and clients, also those of citizens, which name no organisation.

    Raises InvalidFields, NotFound and WrongStatus.
    """
    reason = not_blank(reason, "reason")
    organisation = work.lock(Organisation, code)
    change_status(work, organisation, SUSPENDED, reason=reason)
    by = work.actor.subject
    revoke(
        work.session, RevocationKind.ORGANISATION, code, reason=reason, recorded_by=by, now=work.now
    )
    for_citizens = select(Client.client_id).where(
        Client.organisation == code, Client.kind == ClientKind.CITIZEN
    )
    for client_id in work.session.scalars(for_citizens.order_by(Client.client_id)):
        revoke(
            work.session,
            RevocationKind.CLIENT,
            client_id,
            reason=reason,
            recorded_by=by,
            now=work.now,
        )
    return organisation


def reinstate_organisation(work: UnitOfWork, code: str) -> Organisation:
    """Raises NotFound and WrongStatus."""
    organisation = work.lock(Organisation, code)
    change_status(work, organisation, ACTIVE)
    return organisation
