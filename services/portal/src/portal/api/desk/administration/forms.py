"""The forms of the register: a new registration, and an action on one. A suspension is confirmed on its form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.core import contracts
from chassis.http.authentication import SEVERAL_METHODS
from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask, post, put
from portal.api.desk.administration import factors, views
from portal.api.desk.administration.registrations import (
    address_of,
    base_of,
    own_organisation,
    require_kind,
    require_thing,
)
from portal.api.entry_forms import EntryForm, Surroundings, show_form, submit_form
from portal.catalogue import branch_choices, departments
from portal.domain.administration import (
    ATTRIBUTES,
    NEW,
    PERSON,
    KeysUnreadable,
    RegisterAction,
    RegisterKind,
    body_of,
    fill_in_fields,
    person_attributes,
    version_of,
)
from portal.domain.entry_form import EntryField
from portal.domain.tasks import ADMINISTER
from portal.outside.services import Reply

Document = Mapping[str, Any]
Typed = Mapping[str, str]
_CHANGED = ("registration-changed",)
# The action whose answer is a secret.
_CODE = "enrolment-code"
# A refusal without fields → the field to which it leads.
_FIELD_OF = {
    "username-taken": "username",
    "client-exists": "client_id",
    "organisation-exists": "code",
    "grant-exists": "audience",
}


def show_new(visit: Visit, kind: str) -> flask.Response:
    """GET <area>/administration/new/{kind}."""
    return show_form(visit, _new_form(visit, kind))


def submit_new(visit: Visit, kind: str) -> flask.Response:
    """POST <area>/administration/new/{kind}."""
    return submit_form(visit, _new_form(visit, kind))


def _new_form(visit: Visit, name: str) -> EntryForm:
    """Returns the form of a new registration. Raises Problem for a kind that the person may not register."""
    kind = require_kind(visit, name)
    if visit.known.scopes.isdisjoint(kind.creators):
        raise Problem("not-found")
    code = "" if name == "organisations" else own_organisation(visit)
    fields = _with_attributes(visit, name, NEW[name])
    ending = f"?{urlencode({'organisation': code})}" if code else ""
    like = visit.query.get("like", "") if name == "people" else ""
    if like:
        require_thing(visit, name, like)

    def send(typed: Typed) -> Reply:
        body = _body(visit, fields, typed)
        if isinstance(body, Reply):
            return body
        home = {"organisation": code} if code else {}
        sent = {**body, **home}
        return _with_field(post(visit, kind.path, sent))

    return EntryForm(
        name=f"{name}_new",
        address=f"{base_of(visit)}/new/{name}{ending}{f'&like={like}' if like else ''}",
        back=f"{base_of(visit)}/{name}{ending}",
        fields=fields,
        look=lambda: _around_new(visit, name, code, like),
        send=send,
        target=lambda made: f"{address_of(visit, kind, made[kind.id_field])}?done={name}_new",
    )


def _with_attributes(
    visit: Visit, name: str, fields: tuple[EntryField, ...]
) -> tuple[EntryField, ...]:
    """Returns the fields of a person with the facts that services of the municipality need about the person."""
    has_attributes = name == "people" and ADMINISTER in visit.known.scopes
    return (*fields, *ATTRIBUTES) if has_attributes else fields


def _around_new(visit: Visit, name: str, code: str, like: str) -> Surroundings:
    """Returns the organisation and the lists beside a new registration; `like` is the colleague with whose rights the
    form begins. Raises Problem and TokenRefused."""
    home = answer_or_problem(visit, f"/v1/organisations/{code}") if code else None
    kinds = _kinds(name) if name in ("clients", "organisations") else []
    return Surroundings(
        facts=[(visit.text("register_organisation"), home["name"][visit.language])] if home else [],
        lists={
            "kind": [(one, visit.words_of(f"register_{name}_kind", one)) for one in kinds],
            "audience": views.audiences(visit),
            "municipality": branch_choices(visit.language),
        },
        groups=_groups(visit, name, home, {}),
        blank={"username": f"{code}.", **_rights_of(visit, like)} if name == "people" else {},
    )


def _rights_of(visit: Visit, person_id: str) -> dict[str, str]:
    """Returns the role, the scopes and the attributes of a person; nothing for nobody. Raises Problem and
    TokenRefused."""
    if not person_id:
        return {}
    fields = [one for one in (*PERSON, *ATTRIBUTES) if one.name != "display_name"]
    return fill_in_fields(fields, answer_or_problem(visit, f"/v1/people/{person_id}"))


def _kinds(name: str) -> list[str]:
    """Returns the kinds of clients, or of organisations, as the contract lists them."""
    schema = "ClientKind" if name == "clients" else "OrganisationKind"
    schemas = contracts.openapi("identity")["components"]["schemas"]
    return list(schemas[schema]["enum"])


def show_action(visit: Visit, kind: str, thing_id: str, action: str) -> flask.Response:
    """GET <area>/administration/{kind}/{id}/{action}."""
    return show_form(visit, _action_form(visit, kind, thing_id, action))


def submit_action(visit: Visit, kind: str, thing_id: str, action: str) -> flask.Response:
    """POST <area>/administration/{kind}/{id}/{action}."""
    return submit_form(visit, _action_form(visit, kind, thing_id, action))


def _action_form(visit: Visit, name: str, thing_id: str, action_name: str) -> EntryForm:
    """Returns the form of an action. Raises Problem for one that isn't the person's."""
    kind = require_thing(visit, name, thing_id)
    action = kind.actions.get(action_name)
    if action is None or visit.known.scopes.isdisjoint(action.scopes):
        raise Problem("not-found")
    if action_name == "amend":
        action = replace(action, fields=_with_attributes(visit, name, action.fields))
    page = address_of(visit, kind, thing_id)
    return EntryForm(
        name=f"{name}_{action_name}",
        address=f"{page}/{action_name}",
        back=page,
        fields=action.fields,
        look=lambda: _around(visit, kind, action, thing_id),
        send=lambda typed: _send(visit, kind, action, thing_id, typed),
        target=lambda _: f"{page}?done={name}_{action_name}",
        conflicts=_CHANGED,
        # The refusal of a sign-in without a second factor comes to the form, which keeps the reason.
        missing=(404,) if action.needs_factor else (403, 404),
        show_answer=partial(factors.show_code, visit, page) if action_name == _CODE else None,
    )


def _around(
    visit: Visit, kind: RegisterKind, action: RegisterAction, thing_id: str
) -> Surroundings:
    """Returns the thing beside a form. A suspension and a withdrawal show what they concern before they're sent."""
    thing = answer_or_problem(visit, f"{kind.path}/{thing_id}")
    facts = [
        (visit.text(f"register_one_{kind.name}"), views.title_of(kind.name, thing, visit)),
        (visit.text("register_status"), views.status_tag(thing["status"], visit)),
    ]
    groups: dict[str, views.Groups] = {}
    if action.name == "policy":
        facts.append(factors.people_without_factor(visit, thing_id))
    if action.name == "amend":
        has_home = kind.name in ("people", "clients")
        code = thing["organisation"]
        home = answer_or_problem(visit, f"/v1/organisations/{code}") if has_home else None
        groups = _groups(visit, kind.name, home, thing)
    blank = fill_in_fields(action.fields, thing)
    lists = {"second_factor": factors.policies(visit)}
    has_factor = SEVERAL_METHODS in visit.known.newest_caller.amr
    return Surroundings(
        warning="register_factor_needed" if action.needs_factor and not has_factor else "",
        facts=facts,
        lists=lists,
        groups=groups,
        blank=blank,
    )


def _groups(
    visit: Visit, name: str, home: Document | None, thing: Document
) -> dict[str, views.Groups]:
    """Returns the choices of several: scopes by service, departments, and the terms of a grant. What the thing has
    stands among them, so that no change loses it."""
    if name == "grants":
        terms = contracts.openapi("identity")["components"]["schemas"]["GrantTerms"]["properties"]
        return {
            "query_kinds": _choices(visit, "query", terms["query_kinds"]["items"]["enum"]),
            "entry_kinds": _choices(visit, "register_entry", terms["entry_kinds"]["items"]["enum"]),
            "fields": _choices(visit, "register_permit_field", _permit_fields(thing)),
        }
    if home is None:
        return {}
    client_kinds = [thing["kind"]] if "kind" in thing else _kinds("clients")
    is_of_everybody = name == "clients" and home["kind"] == "municipality"
    allowed = views.scopes_for(
        ["staff"] if name == "people" else client_kinds,
        None if is_of_everybody else home["kind"],
    )
    names = dict.fromkeys((*allowed, *thing.get("scopes", ())))
    plan = [(code, one[visit.language]) for code, one in departments().items()]
    return {"scopes": views.scope_groups(names, visit), "departments": [("", plan)]}


def _choices(visit: Visit, words: str, codes: list[str]) -> views.Groups:
    return [("", [(one, visit.words_of(words, one)) for one in codes])]


def _permit_fields(grant: Document) -> list[str]:
    """Returns the fields of a building permit that a grant may name."""
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    known = sorted({*schemas["BuildingPermit"]["properties"], "absence"})
    return list(dict.fromkeys((*known, *grant.get("fields", ()))))


def _send(
    visit: Visit, kind: RegisterKind, action: RegisterAction, thing_id: str, typed: Typed
) -> Reply:
    """Sends an action to identity. Raises ServiceAway and TokenRefused."""
    body = _body(visit, action.fields, typed)
    if isinstance(body, Reply):
        return body
    path = f"{kind.path}/{thing_id}"
    if action.name == "revoke":
        revoked = {"kind": kind.revoked_as, "value": thing_id, **body}
        return post(visit, action.path, revoked)
    if kind.name == "clients" and action.name == "amend":
        found = ask(visit, path)
        if found.is_problem:
            return found
        body["introspects"] = found.document["introspects"]  # required, and no field of the form
    if action.path:
        path = f"{path}/{action.path}"
    if action.method == "POST":
        return post(visit, path, body)
    if action.name != "keys":
        return put(visit, path, body, version=version_of(typed))
    keys = body.get("jwks", {})
    return _at_keys(put(visit, path, keys, version=version_of(typed)))


def _body(visit: Visit, fields: Sequence[EntryField], typed: Typed) -> dict[str, Any] | Reply:
    """Returns the body for identity, or the refusal of keys that can't be sent. The form forgets a private key."""
    try:
        body = body_of([one for one in fields if one not in ATTRIBUTES], typed)
    except KeysUnreadable as error:
        if error.is_private and isinstance(typed, dict):
            typed["jwks"] = ""
        errors = [{"field": "jwks", "detail": visit.text(error.fault)}]
        return Reply(400, {"type": "…/invalid-request", "title": "", "errors": errors})
    if ATTRIBUTES[0] in fields:
        body["attributes"] = person_attributes(typed)
    return body


def _at_keys(reply: Reply) -> Reply:
    """Returns a refusal of keys with every fault at the one field of the form."""
    errors = [{**one, "field": "jwks"} for one in reply.document.get("errors", ())]
    return Reply(reply.status, {**reply.document, "errors": errors}) if errors else reply


def _with_field(reply: Reply) -> Reply:
    """Returns a refusal with the field to which it leads, if it names none."""
    field = _FIELD_OF.get(reply.problem_name)
    if field is None or reply.document.get("errors"):
        return reply
    detail = reply.document.get("detail") or reply.document.get("title", "")
    return Reply(reply.status, {**reply.document, "errors": [{"field": field, "detail": detail}]})
