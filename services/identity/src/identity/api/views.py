"""How the register is shown to its administrators."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.times import rfc3339
from identity.events import grant_state, revocation_state
from identity.models import Client, Grant, Organisation, Person, Revocation, SigningKey


def organisation_view(row: Organisation) -> dict[str, Any]:
    return {
        "code": row.code,
        "kind": row.kind,
        "name": {"ar": row.name_ar, "en": row.name_en},
        "municipality": row.municipality,
        "status": row.status,
        "version": row.version,
    }


def person_view(row: Person) -> dict[str, Any]:
    return {
        "person_id": row.person_id,
        "username": row.username,
        "display_name": row.display_name,
        "organisation": row.organisation,
        "role": row.role,
        "scopes": row.scopes,
        "status": row.status,
        "last_sign_in_at": rfc3339(row.last_sign_in_at) if row.last_sign_in_at else None,
        "version": row.version,
    }


def client_view(row: Client) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "kind": row.kind,
        "organisation": row.organisation,
        "name": {"ar": row.name_ar, "en": row.name_en},
        "jwks": row.jwks,
        "redirect_uris": row.redirect_uris,
        "scopes": row.scopes,
        "introspects": row.introspects,
        "dpop_bound": row.dpop_bound,
        "status": row.status,
        "version": row.version,
    }


def grant_view(row: Grant) -> dict[str, Any]:
    return {**grant_state(row.record()), "version": row.version}


def revocation_view(row: Revocation) -> dict[str, Any]:
    return {
        **revocation_state(row.record()),
        "reason": row.reason,
        "recorded_by": row.recorded_by,
        "recorded_at": rfc3339(row.recorded_at),
    }


def signing_key_view(row: SigningKey) -> dict[str, Any]:
    return {
        "kid": row.kid,
        "status": row.status,
        "created_at": rfc3339(row.created_at),
        "activated_at": rfc3339(row.activated_at) if row.activated_at else None,
        "published_until": rfc3339(row.published_until) if row.published_until else None,
    }


def page_view(
    page: tuple[Sequence[Any], str | None], view: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """A page of rows and the cursor of the next one."""
    rows, next_cursor = page
    return {"items": [view(row) for row in rows], "next_cursor": next_cursor}
