"""Administration of grants, revocations and signing keys."""

from typing import Any

from chassis.call import page_of
from chassis.core.refusals import not_blank
from identity import queries
from identity.api.views import (
    grant_view,
    history_view,
    page_view,
    revocation_view,
    signing_key_view,
)
from identity.commands import grants, revocations, signing_keys
from identity.context import Call
from identity.domain.grants import Terms

Body = dict[str, Any]


def list_grants(
    call: Call, limit: int, organisation: str | None = None, cursor: str | None = None
) -> Body:
    return page_view(
        queries.grants(call.session, organisation, page_of(call, limit, cursor)), grant_view
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
    return grant_view(queries.grant(call.session, grant_id))


def read_grant_history(call: Call, grant_id: str) -> Body:
    return history_view(queries.history(call.session, queries.grant(call.session, grant_id)))


def amend_grant(call: Call, grant_id: str, body: Body) -> Body:
    row = grants.amend_grant(call.work, grant_id, terms=Terms.read(body))
    return grant_view(row)


def withdraw_grant(call: Call, grant_id: str, body: Body) -> Body:
    row = grants.withdraw_grant(call.work, grant_id, reason=body["reason"])
    return grant_view(row)


def list_revocations(call: Call, limit: int, cursor: str | None = None) -> Body:
    return page_view(
        queries.revocations(call.session, page_of(call, limit, cursor)), revocation_view
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
    return {"items": [signing_key_view(row) for row in queries.signing_keys(call.session)]}


def rotate_signing_keys(call: Call, body: Body) -> Body:
    signing_keys.rotate_keys(
        call.session, call.settings, reason=body["reason"], by=call.actor.subject, now=call.now
    )
    return list_signing_keys(call)
