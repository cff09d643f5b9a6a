"""Administration of organisations, people and clients."""

from typing import Any

from chassis.call import page_of
from identity import queries
from identity.api.views import client_view, history_view, organisation_view, page_view, person_view
from identity.commands import clients, organisations, people
from identity.context import Call

Body = dict[str, Any]


def list_organisations(call: Call, limit: int, cursor: str | None = None) -> Body:
    return page_view(
        queries.organisations(call.session, page_of(call, limit, cursor)), organisation_view
    )


def create_organisation(call: Call, body: Body) -> tuple[Body, int]:
    row = organisations.create_organisation(
        call.work,
        code=body["code"],
        kind=body["kind"],
        name=body["name"],
        municipality=body.get("municipality"),
    )
    return organisation_view(row), 201


def read_organisation(call: Call, organisation: str) -> Body:
    return organisation_view(queries.organisation(call.session, organisation))


def rename_organisation(call: Call, organisation: str, body: Body) -> Body:
    return organisation_view(
        organisations.rename_organisation(call.work, organisation, name=body["name"])
    )


def read_organisation_history(call: Call, organisation: str) -> Body:
    return history_view(
        queries.history(call.session, queries.organisation(call.session, organisation))
    )


def suspend_organisation(call: Call, organisation: str, body: Body) -> Body:
    return organisation_view(
        organisations.suspend_organisation(call.work, organisation, reason=body["reason"])
    )


def reinstate_organisation(call: Call, organisation: str) -> Body:
    return organisation_view(organisations.reinstate_organisation(call.work, organisation))


def list_people(
    call: Call, limit: int, organisation: str | None = None, cursor: str | None = None
) -> Body:
    return page_view(
        queries.people(call.session, organisation, page_of(call, limit, cursor)), person_view
    )


def create_person(call: Call, body: Body) -> tuple[Body, int]:
    return person_view(people.create_person(call.work, **body)), 201


def read_person(call: Call, person_id: str) -> Body:
    return person_view(queries.person(call.session, person_id))


def amend_person(call: Call, person_id: str, body: Body) -> Body:
    return person_view(people.amend_person(call.work, person_id, **body))


def read_person_history(call: Call, person_id: str) -> Body:
    return history_view(queries.history(call.session, queries.person(call.session, person_id)))


def suspend_person(call: Call, person_id: str, body: Body) -> Body:
    return person_view(people.suspend_person(call.work, person_id, reason=body["reason"]))


def reinstate_person(call: Call, person_id: str) -> Body:
    return person_view(people.reinstate_person(call.work, person_id))


def set_password(call: Call, person_id: str, body: Body) -> Body:
    return person_view(people.set_password(call.work, person_id, password=body["password"]))


def list_clients(
    call: Call, limit: int, organisation: str | None = None, cursor: str | None = None
) -> Body:
    return page_view(
        queries.clients(call.session, organisation, page_of(call, limit, cursor)), client_view
    )


def register_client(call: Call, body: Body) -> tuple[Body, int]:
    optional: Body = {"redirect_uris": [], "introspects": []}
    row = clients.register_client(call.work, **{**optional, **body})
    return client_view(row), 201


def read_client(call: Call, client_id: str) -> Body:
    return client_view(queries.client(call.session, client_id))


def amend_client(call: Call, client_id: str, body: Body) -> Body:
    return client_view(clients.amend_client(call.work, client_id, **body))


def replace_client_keys(call: Call, client_id: str, body: Body) -> Body:
    return client_view(clients.replace_client_keys(call.work, client_id, jwks=body))


def read_client_history(call: Call, client_id: str) -> Body:
    return history_view(queries.history(call.session, queries.client(call.session, client_id)))


def suspend_client(call: Call, client_id: str, body: Body) -> Body:
    return client_view(clients.suspend_client(call.work, client_id, reason=body["reason"]))


def reinstate_client(call: Call, client_id: str) -> Body:
    return client_view(clients.reinstate_client(call.work, client_id))
