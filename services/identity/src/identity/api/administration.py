"""Administration: organisations, people, clients, grants, revocations and signing keys.

The contract admits an administrator of one organisation (`organisation.admin`) to some of these operations. Such a
caller finds only what belongs to the own organisation.
"""

from typing import Any

from chassis.call import page_of
from chassis.core import times
from chassis.core.refusals import not_blank
from chassis.http import if_match
from identity import queries
from identity.api.views import (
    client_view,
    factors_view,
    grant_view,
    history_view,
    organisation_view,
    page_view,
    person_view,
    reset_view,
    revocation_view,
    signing_key_view,
)
from identity.commands import (
    clients,
    factors,
    grants,
    organisations,
    revocations,
    signing_keys,
)
from identity.commands.changes import reinstate, suspend
from identity.context import Call
from identity.domain.administration import (
    check_home,
    narrow_list,
    reach_of,
    require_reached,
    require_two_factors,
)
from identity.domain.errors import RegistrationChanged
from identity.domain.grants import Terms
from identity.domain.second_factor import Policy
from identity.models import Client, Grant, Organisation, Person

Body = dict[str, Any]
# Marks an operation that changes a registration only in the version that the caller has read.
_in_version_read = if_match.in_version_read(RegistrationChanged)


def _reach(call: Call) -> str | None:
    return reach_of(call.actor.scopes, call.actor.organisation)


def _get_organisation(call: Call, code: str) -> Organisation:
    """Returns the row, if the caller reaches it. Raises NotFound."""
    require_reached(_reach(call), code)
    return queries.get_organisation(call.session, code)


def _get_person(call: Call, person_id: str) -> Person:
    """Returns the row, if the caller reaches it. Raises NotFound."""
    row = queries.get_person(call.session, person_id)
    require_reached(_reach(call), row.organisation)
    return row


def _get_client(call: Call, client_id: str) -> Client:
    """Returns the row, if the caller reaches it. Raises NotFound."""
    row = queries.get_client(call.session, client_id)
    require_reached(_reach(call), row.organisation)
    return row


def _get_grant(call: Call, grant_id: str) -> Grant:
    """Returns the row, if the caller reaches it. Raises NotFound."""
    row = queries.get_grant(call.session, grant_id)
    require_reached(_reach(call), row.organisation)
    return row


def list_organisations(call: Call, limit: int, cursor: str | None = None) -> Body:
    page = queries.list_organisations(call.session, _reach(call), page_of(call, limit, cursor))
    return page_view(page, organisation_view)


def create_organisation(call: Call, body: Body) -> tuple[Body, int]:
    row = organisations.create_organisation(
        call.work,
        code=body["code"],
        kind=body["kind"],
        name=body["name"],
        municipality=body.get("municipality"),
        second_factor=body.get("second_factor", Policy.DEMANDED),
    )
    return organisation_view(row), 201


def read_organisation(call: Call, organisation: str) -> Body:
    return organisation_view(_get_organisation(call, organisation))


def set_second_factor_policy(call: Call, organisation: str, body: Body) -> Body:
    row = factors.set_policy(
        call.work, organisation, policy=body["second_factor"], reason=body["reason"]
    )
    return organisation_view(row)


def rename_organisation(call: Call, organisation: str, body: Body) -> Body:
    return organisation_view(
        organisations.rename_organisation(call.work, organisation, name=body["name"])
    )


def read_organisation_history(call: Call, organisation: str) -> Body:
    return history_view(queries.history(call.session, _get_organisation(call, organisation)))


def suspend_organisation(call: Call, organisation: str, body: Body) -> Body:
    return organisation_view(suspend(call.work, Organisation, organisation, reason=body["reason"]))


def reinstate_organisation(call: Call, organisation: str) -> Body:
    return organisation_view(reinstate(call.work, Organisation, organisation))


def list_people(
    call: Call,
    limit: int,
    organisation: str | None = None,
    has_second_factor: bool | None = None,
    cursor: str | None = None,
) -> Body:
    of = narrow_list(_reach(call), organisation)
    page = page_of(call, limit, cursor)
    people = queries.list_people(call.session, of, page, has_factor=has_second_factor)
    return page_view(people, person_view)


def create_person(call: Call, body: Body) -> tuple[Body, int]:
    check_home(_reach(call), body["organisation"])
    return person_view(organisations.create_person(call.work, **body, reach=_reach(call))), 201


def read_person(call: Call, person_id: str) -> Body:
    return person_view(_get_person(call, person_id))


@_in_version_read
def amend_person(call: Call, person_id: str, body: Body) -> Body:
    _get_person(call, person_id)
    row = organisations.amend_person(call.work, person_id, **body, reach=_reach(call))
    return person_view(row)


def read_person_history(call: Call, person_id: str) -> Body:
    return history_view(queries.history(call.session, _get_person(call, person_id)))


def suspend_person(call: Call, person_id: str, body: Body) -> Body:
    _get_person(call, person_id)
    return person_view(suspend(call.work, Person, person_id, reason=body["reason"]))


def reinstate_person(call: Call, person_id: str) -> Body:
    _get_person(call, person_id)
    return person_view(reinstate(call.work, Person, person_id, reach=_reach(call)))


def set_password(call: Call, person_id: str, body: Body) -> Body:
    _get_person(call, person_id)
    return person_view(organisations.set_password(call.work, person_id, password=body["password"]))


def read_person_factors(call: Call, person_id: str) -> Body:
    _get_person(call, person_id)
    return factors_view(factors.factors_state(call.session, person_id, call.now))


def make_enrolment_code(call: Call, person_id: str) -> tuple[Body, int, dict[str, str]]:
    _get_person(call, person_id)
    code, row = factors.make_enrolment_code(call.work, person_id)
    view = {"code": code, "expires_at": times.shown(row.expires_at)}
    return view, 201, {"Cache-Control": "no-store"}


def request_factor_reset(call: Call, person_id: str, body: Body) -> tuple[Body, int]:
    require_two_factors(call.actor.amr)
    return reset_view(factors.request_reset(call.work, person_id, reason=body["reason"])), 201


def withdraw_factor_reset(call: Call, person_id: str, body: Body) -> Body:
    return person_view(factors.withdraw_reset(call.work, person_id, reason=body["reason"]))


def confirm_factor_reset(call: Call, person_id: str) -> Body:
    require_two_factors(call.actor.amr)
    return person_view(factors.confirm_reset(call.work, person_id))


def list_clients(
    call: Call, limit: int, organisation: str | None = None, cursor: str | None = None
) -> Body:
    of = narrow_list(_reach(call), organisation)
    return page_view(
        queries.list_clients(call.session, of, page_of(call, limit, cursor)), client_view
    )


def register_client(call: Call, body: Body) -> tuple[Body, int]:
    optional: Body = {"redirect_uris": [], "introspects": []}
    row = clients.register_client(call.work, **{**optional, **body})
    return client_view(row), 201


def read_client(call: Call, client_id: str) -> Body:
    return client_view(_get_client(call, client_id))


@_in_version_read
def amend_client(call: Call, client_id: str, body: Body) -> Body:
    return client_view(clients.amend_client(call.work, client_id, **body))


@_in_version_read
def replace_client_keys(call: Call, client_id: str, body: Body) -> Body:
    _get_client(call, client_id)
    return client_view(clients.replace_client_keys(call.work, client_id, jwks=body))


def read_client_history(call: Call, client_id: str) -> Body:
    return history_view(queries.history(call.session, _get_client(call, client_id)))


def suspend_client(call: Call, client_id: str, body: Body) -> Body:
    _get_client(call, client_id)
    return client_view(suspend(call.work, Client, client_id, reason=body["reason"]))


def reinstate_client(call: Call, client_id: str) -> Body:
    _get_client(call, client_id)
    return client_view(reinstate(call.work, Client, client_id, reach=_reach(call)))


def list_grants(
    call: Call, limit: int, organisation: str | None = None, cursor: str | None = None
) -> Body:
    of = narrow_list(_reach(call), organisation)
    return page_view(
        queries.list_grants(call.session, of, page_of(call, limit, cursor)), grant_view
    )


def create_grant(call: Call, body: Body) -> tuple[Body, int]:
    row = grants.create_grant(
        call.work,
        organisation=body["organisation"],
        audience=body["audience"],
        terms=Terms.read(body),
    )
    return grant_view(row), 201


def read_grant(call: Call, grant_id: str) -> Body:
    return grant_view(_get_grant(call, grant_id))


def read_grant_history(call: Call, grant_id: str) -> Body:
    return history_view(queries.history(call.session, _get_grant(call, grant_id)))


@_in_version_read
def amend_grant(call: Call, grant_id: str, body: Body) -> Body:
    row = grants.amend_grant(call.work, grant_id, terms=Terms.read(body))
    return grant_view(row)


def withdraw_grant(call: Call, grant_id: str, body: Body) -> Body:
    row = grants.withdraw_grant(call.work, grant_id, reason=body["reason"])
    return grant_view(row)


def list_revocations(call: Call, limit: int, cursor: str | None = None) -> Body:
    return page_view(
        queries.list_revocations(call.session, page_of(call, limit, cursor)), revocation_view
    )


def record_revocation(call: Call, body: Body) -> tuple[Body, int]:
    row = revocations.revoke(
        call.session,
        body["kind"],
        body["value"],
        reason=not_blank(body["reason"], "reason"),
        recorded_by=call.actor.subject,
        now=call.now,
    )
    return revocation_view(row), 201


def list_signing_keys(call: Call) -> Body:
    return {"items": [signing_key_view(row) for row in queries.list_signing_keys(call.session)]}


def rotate_signing_keys(call: Call, body: Body) -> Body:
    signing_keys.rotate_keys(
        call.session, call.settings, reason=body["reason"], by=call.actor.subject, now=call.now
    )
    return list_signing_keys(call)
