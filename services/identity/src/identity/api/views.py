"""The shapes of the register's answers."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chassis.core import times
from chassis.data.aggregates import JournalEntry
from chassis.data.paging import Page
from identity.domain.citizens import relation_to, short_name
from identity.domain.registration import TITLES, Action
from identity.events import grant_state, revocation_state
from identity.models import (
    Citizen,
    Client,
    Delegation,
    FactorReset,
    Grant,
    Organisation,
    Person,
    Revocation,
    SigningKey,
)
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id


def organisation_view(row: Organisation) -> dict[str, Any]:
    return {
        "code": row.code,
        "kind": row.kind,
        "name": {"ar": row.name_ar, "en": row.name_en},
        "municipality": row.municipality,
        "second_factor": row.second_factor,
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
        "attributes": row.attributes,
        "status": row.status,
        "last_sign_in_at": times.shown(row.last_sign_in_at) if row.last_sign_in_at else None,
        "version": row.version,
    }


def factors_view(state: Mapping[str, Any]) -> dict[str, Any]:
    """Shows the factors of a person to an administrator, without any secret."""
    code, reset = state["enrolment_code"], state["reset"]
    return {
        "items": [
            {
                "kind": row.kind,
                "created_at": times.shown(row.created_at),
                "last_used_at": times.shown(row.last_used_at) if row.last_used_at else None,
            }
            for row in state["factors"]
        ],
        "recovery_codes_left": state["recovery_codes_left"],
        "enrolment_code_expires_at": times.shown(code.expires_at) if code else None,
        "reset": reset_view(reset) if reset else None,
    }


def reset_view(row: FactorReset) -> dict[str, Any]:
    return {
        "requested_by": row.requested_by,
        "reason": row.reason,
        "requested_at": times.shown(row.requested_at),
        "expires_at": times.shown(row.expires_at),
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
        "exchange_audiences": row.exchange_audiences,
        "attributes": row.attributes,
        "status": row.status,
        "version": row.version,
    }


def citizen_view(row: Citizen) -> dict[str, Any]:
    """Shows the masked number. Administrators never see the name."""
    return {
        "citizen_id": row.citizen_id,
        "id_number": mask_id(row.id_number),
        "status": row.status,
        "last_sign_in_at": times.shown(row.last_sign_in_at) if row.last_sign_in_at else None,
        "version": row.version,
    }


def own_delegation_view(row: Delegation, now: datetime, subject: str) -> dict[str, Any]:
    """Shows a delegation to its owner and its delegate. Both see the delegate's masked number and a short name, by
    which an owner of many delegates tells them apart: a full name would make naming a search for names by number.
    `subject`: the citizen who looks."""
    relation = relation_to(subject, delegate=row.citizen_id, made_by=row.made_by)
    return {**_delegation_facts(row, now), "relation": relation}


def delegation_view(row: Delegation, now: datetime) -> dict[str, Any]:
    """Shows a delegation to an officer."""
    facts = _delegation_facts(row, now)
    delegate = {"citizen_id": row.citizen_id, **facts["delegate"], "name": row.to.name}
    return {**facts, "delegate": delegate, "made_by": row.made_by, "proof": row.proof}


def _delegation_facts(row: Delegation, now: datetime) -> dict[str, Any]:
    is_over = row.status == "active" and row.valid_until <= now
    view = {
        "delegation_id": row.delegation_id,
        "unified_number": row.unified_number,
        "delegate": {"id_number": mask_id(row.to.id_number), "name": short_name(row.to.name)},
        "basis": row.basis,
        "until": times.shown(row.valid_until),
        "last_day": legal_day(row.valid_until - timedelta(microseconds=1)).isoformat(),
        "status": "expired" if is_over else row.status,
        "version": row.version,
    }
    return with_hijri(view, frozenset(("last_day",)))


def grant_view(row: Grant) -> dict[str, Any]:
    return {**grant_state(row.record()), "version": row.version}


def revocation_view(row: Revocation) -> dict[str, Any]:
    return {
        **revocation_state(row.record()),
        "reason": row.reason,
        "recorded_by": row.recorded_by,
        "recorded_at": times.shown(row.recorded_at),
    }


def signing_key_view(row: SigningKey) -> dict[str, Any]:
    return {
        "kid": row.kid,
        "status": row.status,
        "created_at": times.shown(row.created_at),
        "activated_at": times.shown(row.activated_at) if row.activated_at else None,
        "published_until": times.shown(row.published_until) if row.published_until else None,
    }


def history_view(rows: Iterable[JournalEntry]) -> dict[str, Any]:
    """Returns the contract's History."""
    return {"items": [_entry(row) for row in rows]}


def _entry(row: JournalEntry) -> dict[str, Any]:
    arabic, english = TITLES[Action(row.action)]
    return {
        "at": times.shown(row.at),
        "action_title": {"ar": arabic, "en": english},
        **row.record(),
    }


def page_view(page: Page[Any], view: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Returns a page of rows and the cursor of the next page."""
    return {"items": [view(row) for row in page.rows], "next_cursor": page.next_cursor}
