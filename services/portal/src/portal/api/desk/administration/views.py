"""Registrations in words: rows of a list, facts, scopes by service, and the history."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from chassis.core import contracts
from pages.marks import arabic, code, moment, sentence
from pages.site import Visit
from portal.api.desk.journal import JournalEntry
from portal.catalogue import branch_name, departments
from portal.domain.administration import RegisterKind, changes_of

Document = Mapping[str, Any]
Facts = list[tuple[str, Any]]
Choices = Sequence[tuple[str, Any]]
Groups = list[tuple[str, Choices]]
_TONES = {"active": "success", "suspended": "error", "withdrawn": "error"}
# Kind → the columns of its list behind the name, as texts of the pages.
COLUMNS: Mapping[str, Sequence[str]] = {
    "people": ("username", "role", "status", "last_sign_in_at"),
    "clients": ("client_id", "kind", "status", "keys"),
    "grants": ("organisation", "valid_until", "status"),
    "organisations": ("code", "kind", "status"),
    "revocations": ("kind", "reason", "recorded_at"),
}


def row_of(kind: RegisterKind, thing: Document, visit: Visit) -> dict[str, Any]:
    """Returns a registration as a row: its name, and the cells of the columns."""
    return {
        "id": thing[kind.id_field],
        "title": title_of(kind.name, thing, visit),
        "cells": [_cell(kind.name, thing, name, visit) for name in COLUMNS[kind.name]],
    }


def title_of(kind: str, thing: Document, visit: Visit) -> Any:
    """Returns the name of a registration, as a heading says it."""
    if kind == "people":
        return arabic(thing["display_name"])
    if kind == "grants":
        return visit.text("register_grant_title", service=_service(thing["audience"], visit))
    if kind == "revocations":
        return code(thing["value"])
    name: str = thing["name"][visit.language]
    return name


def _cell(kind: str, thing: Document, name: str, visit: Visit) -> Any:
    value = thing.get("jwks", {}).get("keys") if name == "keys" else thing[name]
    if name == "status":
        return status_tag(value, visit)
    if name == "kind":
        return visit.words_of(f"register_{kind}_kind", value)
    if name == "keys":
        return code(len(value))
    if name in ("last_sign_in_at", "valid_until", "recorded_at"):
        return moment(value, visit.language) if value else visit.text("register_never")
    return sentence(value) if name == "reason" else code(value)


def status_tag(status: str, visit: Visit) -> Markup:
    """Returns the status of a registration as a tag."""
    words = visit.words_of("register_status", status)
    return Markup('<span class="tag {}">{}</span>').format(_TONES.get(status, "neutral"), words)


def facts_of(kind: str, thing: Document, visit: Visit) -> Facts:
    """Returns a registration as rows of words and value. Scopes stand apart."""
    text = visit.text
    facts = {
        "people": _person_facts,
        "clients": _client_facts,
        "grants": _grant_facts,
        "organisations": _organisation_facts,
    }[kind](thing, visit)
    return [(text("register_status"), status_tag(thing["status"], visit)), *facts]


def _person_facts(person: Document, visit: Visit) -> Facts:
    text, held = visit.text, person["attributes"]
    seen = person["last_sign_in_at"]
    names = [departments().get(one, {}).get(visit.language, one) for one in _words_in(held)]
    return [
        (text("register_username"), code(person["username"])),
        (text("register_organisation"), code(person["organisation"])),
        (text("register_role"), code(person["role"])),
        (text("register_departments"), listed(names, visit)),
        (text("register_contractor"), code(held["contractor"]) if "contractor" in held else None),
        (
            text("register_last_sign_in_at"),
            moment(seen, visit.language) if seen else text("register_never"),
        ),
    ]


def _words_in(attributes: Document) -> list[str]:
    return str(attributes.get("departments", "")).split()


def _client_facts(client: Document, visit: Visit) -> Facts:
    text = visit.text
    keys = [code(f"{one['kid']} {one['kty']}") for one in client["jwks"]["keys"]]
    audiences = [_service(one, visit) for one in client["exchange_audiences"]]
    return [
        (text("register_client_id"), code(client["client_id"])),
        (text("register_kind"), visit.words_of("register_clients_kind", client["kind"])),
        (text("register_organisation"), code(client["organisation"])),
        (text("register_keys"), listed(keys, visit)),
        (text("register_redirect_uris"), listed(map(code, client["redirect_uris"]), visit)),
        (text("register_exchange_audiences"), listed(audiences, visit)),
        (text("register_dpop_bound"), text("register_yes" if client["dpop_bound"] else "register_no")),
    ]  # fmt: skip


def _grant_facts(grant: Document, visit: Visit) -> Facts:
    text, span = visit.text, grant["widest_span_days"]
    kinds = [visit.words_of("query", one) for one in grant["query_kinds"]]
    entries = [visit.words_of("register_entry", one) for one in grant.get("entry_kinds", ())]
    return [
        (text("register_organisation"), code(grant["organisation"])),
        (text("register_audience"), _service(grant["audience"], visit)),
        (text("register_purposes"), listed(map(code, grant["purposes"]), visit)),
        (text("register_query_kinds"), listed(kinds, visit)),
        (text("register_entry_kinds"), listed(entries, visit)),
        (text("register_widest_span_days"), code(span) if span else None),
        (text("register_fields"), listed(map(code, grant["fields"]), visit)),
        (text("register_rows_per_day"), code(f"{grant['rows_per_day']:,}")),
        (text("register_valid_from"), moment(grant["valid_from"], visit.language)),
        (text("register_valid_until"), moment(grant["valid_until"], visit.language)),
    ]


def _organisation_facts(organisation: Document, visit: Visit) -> Facts:
    kind = visit.words_of("register_organisations_kind", organisation["kind"])
    return [
        (visit.text("register_code"), code(organisation["code"])),
        (visit.text("register_kind"), kind),
        (
            visit.text("register_municipality"),
            branch_name(organisation["municipality"], visit.language),
        ),
        (
            visit.text("register_second_factor"),
            visit.words_of("register_second_factor", organisation["second_factor"]),
        ),
        (visit.text("register_name_ar"), arabic(organisation["name"]["ar"])),
        (visit.text("register_name_en"), code(organisation["name"]["en"])),
    ]


def listed(words: Iterable[Any], visit: Visit) -> Markup | None:
    """Returns several values in one line; None for none."""
    found = list(words)
    comma = "، " if visit.language == "ar" else ", "
    return escape(comma).join(found) if found else None


@cache
def _scopes() -> Mapping[str, Document]:
    known: Mapping[str, Document] = contracts.read("scopes.yaml")["scopes"]
    return known


def scope_groups(names: Iterable[str], visit: Visit) -> Groups:
    """Returns scopes by the service that they open, each with its code and its title."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for name in names:
        known = _scopes().get(name)
        service = _service(known["audience"], visit) if known else visit.text("register_unknown")
        title = known[visit.language]["title"] if known else name
        groups.setdefault(service, []).append((name, title))
    return sorted(groups.items())


def scopes_for(client_kinds: Iterable[str], organisation_kind: str | None) -> list[str]:
    """Returns the scopes that people or clients of an organisation of the kind may hold; of any where it's None."""
    kinds = set(client_kinds)
    return [
        name
        for name, one in _scopes().items()
        if kinds & set(one["client_kinds"])
        and (organisation_kind is None or organisation_kind in one["organisation_kinds"])
    ]


def audiences(visit: Visit) -> Choices:
    """Returns every service with a scope."""
    names = sorted({one["audience"] for one in _scopes().values()})
    return [(name, _service(name, visit)) for name in names]


def _service(name: str, visit: Visit) -> str:
    return visit.words_of("service_name", name)


def history_of(entries: Sequence[Document], visit: Visit) -> list[JournalEntry]:
    """Returns the history, newest first, with what each entry changed in words."""
    return [
        JournalEntry(
            at=one["at"],
            act=one["action_title"][visit.language],
            name=one["name"],
            actor=one["subject"],
            note=one["note"],
            changes=[
                _change(name, came, went, visit) for name, came, went in changes_of(one["details"])
            ],
        )
        for one in reversed(entries)
    ]


def _change(name: str, came: Sequence[str], went: Sequence[str], visit: Visit) -> Markup:
    """Returns a change as a sentence: the field, what came and what went."""
    field = escape(visit.words_of("register", name))
    comma = escape("، " if visit.language == "ar" else ", ")
    parts = [
        visit.text(text, values=comma.join(_value(name, one, visit) for one in values))
        for text, values in (("register_came", came), ("register_went", went))
        if values
    ]
    between = escape(visit.text("register_between"))
    return Markup("{}: {}").format(field, between.join(parts)) if parts else field


def _value(name: str, value: str, visit: Visit) -> str:
    known = _scopes().get(value) if name == "scopes" else None
    if name == "second_factor":
        return visit.words_of("register_second_factor", value)
    return str(known[visit.language]["title"]) if known else value
