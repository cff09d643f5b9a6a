"""Citizens, for administrators, and the establishments for which citizens act, for officers, owners and delegates."""

from typing import Any

from chassis.access.persons import persons_of
from chassis.access.quotas import Demand, Policy
from chassis.call import page_of
from chassis.core.refusals import NotFound, not_blank
from chassis.data.sealed import keys_of
from identity import queries
from identity.api.views import (
    citizen_view,
    delegation_view,
    history_view,
    own_delegation_view,
    page_view,
)
from identity.commands import citizens, delegations
from identity.commands.changes import reinstate
from identity.context import Call
from identity.domain.citizens import NAMINGS_PER_DELEGATE, check_owner
from identity.domain.registration import Action
from identity.models import Citizen

Body = dict[str, Any]


def search_citizen(call: Call, body: Body) -> Body:
    reason = not_blank(body["reason"], "reason")
    citizen = citizens.find_citizen(call.session, body["id_number"])
    if citizen is None:
        raise NotFound
    call.work.record_action(citizen, Action.FIND, note=reason)
    return citizen_view(citizen)


def read_citizen(call: Call, citizen_id: str) -> Body:
    return citizen_view(queries.get_citizen(call.session, citizen_id))


def read_citizen_history(call: Call, citizen_id: str) -> Body:
    return history_view(
        queries.history(call.session, queries.get_citizen(call.session, citizen_id))
    )


def suspend_citizen(call: Call, citizen_id: str, body: Body) -> Body:
    row = delegations.suspend_citizen(call.work, citizen_id, reason=body["reason"])
    return citizen_view(row)


def reinstate_citizen(call: Call, citizen_id: str) -> Body:
    row = reinstate(call.work, Citizen, citizen_id)
    return citizen_view(row)


_DAY_S, _HOUR_S = 86_400, 3_600


def list_delegations(
    call: Call, unified_number: str, limit: int, cursor: str | None = None
) -> Body:
    page = queries.list_delegations(call.session, unified_number, page_of(call, limit, cursor))
    return page_view(page, lambda row: delegation_view(row, call.now))


def create_delegation(call: Call, body: Body) -> tuple[Body, int]:
    row = delegations.delegate_by_officer(
        call.work,
        delegate=body["delegate"]["id_number"],
        unified_number=body["unified_number"],
        until=body["until"],
        proof=body["proof"],
    )
    return delegation_view(row, call.now), 201


def read_delegation(call: Call, delegation_id: str) -> Body:
    return delegation_view(queries.get_delegation(call.session, delegation_id), call.now)


def read_delegation_history(call: Call, delegation_id: str) -> Body:
    row = queries.get_delegation(call.session, delegation_id)
    return history_view(queries.history(call.session, row))


def end_delegation(call: Call, delegation_id: str, body: Body) -> Body:
    row = delegations.end_delegation(call.work, delegation_id, reason=body["reason"])
    return delegation_view(row, call.now)


def claim_establishment(call: Call, body: Body) -> tuple[Body, int]:
    owner = _charge_register_question(call)
    row = delegations.claim_establishment(
        call.work,
        call.resources.commercial_register.owners,
        owner=owner,
        unified_number=body["unified_number"],
    )
    return own_delegation_view(row, call.now, call.actor.subject), 201


def list_establishment_delegations(
    call: Call, unified_number: str, limit: int, cursor: str | None = None
) -> Body:
    owner = _charge_register_question(call)
    check_owner(owner, call.resources.commercial_register.owners(unified_number))
    page = queries.list_delegations(call.session, unified_number, page_of(call, limit, cursor))
    return page_view(page, lambda row: own_delegation_view(row, call.now, call.actor.subject))


def end_establishment_delegation(
    call: Call, unified_number: str, delegation_id: str, body: Body
) -> Body:
    owner = _charge_register_question(call)
    row = delegations.end_delegation_as_owner(
        call.work,
        call.resources.commercial_register.owners,
        owner=owner,
        unified_number=unified_number,
        delegation_id=delegation_id,
        reason=body["reason"],
    )
    return own_delegation_view(row, call.now, call.actor.subject)


def list_own_delegations(call: Call, limit: int, cursor: str | None = None) -> Body:
    persons_of(call.session).open(call.actor)  # refuses everybody but citizens
    page = queries.list_own_delegations(
        call.session, call.actor.subject, page_of(call, limit, cursor)
    )
    return page_view(page, lambda row: own_delegation_view(row, call.now, call.actor.subject))


def delegate(call: Call, body: Body) -> tuple[Body, int]:
    owner = _charge_register_question(call)
    _charge_naming(call, body["delegate"]["id_number"])
    row = delegations.delegate_by_owner(
        call.work,
        call.resources.commercial_register.owners,
        owner=owner,
        delegate=body["delegate"]["id_number"],
        unified_number=body["unified_number"],
        until=body["until"],
    )
    return own_delegation_view(row, call.now, call.actor.subject), 201


def end_own_delegation(call: Call, delegation_id: str, body: Body) -> Body:
    persons_of(call.session).open(call.actor)
    row = delegations.end_own_delegation(call.work, delegation_id, reason=body["reason"])
    return own_delegation_view(row, call.now, call.actor.subject)


def _charge_naming(call: Call, id_number: str) -> None:
    """Charges the caller a naming of the person, because each end of a delegation voids the person's tokens. Raises
    LimitReached."""
    named = keys_of(call.session).index.key(id_number)
    limit = Policy("naming", NAMINGS_PER_DELEGATE, _DAY_S, step=_HOUR_S)
    subject = f"{call.actor.subject}/{named}"
    call.charge(Demand(limit, subject))


def _charge_register_question(call: Call) -> str:
    """Returns the caller's identity number, and charges the caller a question to the commercial register. Raises
    NoCitizen and LimitReached."""
    person = persons_of(call.session).open(call.actor)
    most = call.settings.register_questions_per_citizen
    limit = Policy("commercial-register", most, _DAY_S, step=_HOUR_S)
    call.charge_caller(limit)
    return person.id_number
