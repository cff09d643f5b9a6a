"""Every operation of the gateway on permits and entries × every role × every scope × whose thing it is: no wrong cell.

What a cell has to be is computed from the rule: the scope opens the operation; who enters is a named employee of a
partner whose grant covers it; an organisation sees its own entries, and another's look like none.
"""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from entering import (
    INSPECTIONS,
    INSULATION,
    INSULATION_ENTRIES,
    LIST_OF,
    LISTS,
    POSTS,
    SUPPLY,
    SUPPLY_ENTRIES,
    answer_event,
    body,
)
from sqlalchemy import delete, select, text

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from partner_gateway.commands import entries, projections
from partner_gateway.models import BuildingPermit, PartnerEntry, PartnerGrant

READ, SEARCH = "building-permits.read", "building-permits.search"
SCOPES = (INSULATION, SUPPLY, READ, SEARCH, "events.read")
HELD = [(), *((one,) for one in SCOPES), *(tuple(set(SCOPES) - {one}) for one in SCOPES)]
# role → the claims of the organisation, the client's kind
ROLES = {
    "sec": ("partner", None, "staff"),
    "sec-second-employee": ("partner", None, "staff"),
    "sec-machine": ("partner", None, "machine"),
    "water": ("partner", None, "staff"),
    "gas-without-a-grant": ("partner", None, "staff"),
    "meters-of-another-area": ("partner", None, "staff"),
    "qatif": ("municipality", "qatif", "staff"),
    "safwa": ("affiliated_municipality", "safwa", "staff"),
    "safwa-machine": ("affiliated_municipality", "safwa", "machine"),
    "citizen": (None, None, "citizen"),
}
ORGANISATION = {"sec-second-employee": "sec", "sec-machine": "sec", "safwa-machine": "safwa"}
# Which areas an organisation's grant covers. Qatif and Safwa have one too, which identity gives nobody but a partner.
GRANTS = {
    "sec": ("insulation", "supply"),
    "water": ("insulation", "supply"),
    "meters-of-another-area": ("supply",),
    "qatif": ("insulation", "supply"),
    "safwa": ("insulation", "supply"),
}
AREA = {INSULATION: "insulation", SUPPLY: "supply"}


@pytest.fixture
def real_settings(real_settings):
    """Thousands of requests in a minute, refused ones too."""
    limits = ("person", "client", "partner", "civil_id")
    wide = {f"{who}_per_minute": 10_000_000 for who in limits}
    return replace(real_settings, entries_per_permit=10_000_000, **wide)


@pytest.fixture
def headers_of(token):
    def headers_of(role, held):
        kind, municipality, client_kind = ROLES[role]
        organisation = None if role == "citizen" else ORGANISATION.get(role, role)
        claims = {
            "organisation": organisation, "organisation_kind": kind, "municipality": municipality,
            "client_kind": client_kind, "sub": f"p_{role}", "name": "بيانات تجريبية",
        }  # fmt: skip
        return {**token(*held, **claims), "Idempotency-Key": new_id()}

    return headers_of


def event(kind, subject, data):
    return Received(
        id=new_id(), type=f"sa.gov.qatif.{kind}.v1", subject=subject, sequence=1,
        time=datetime.now(UTC), data=data,
    )  # fmt: skip


def grant_of(organisation, areas, fields):
    now = datetime.now(UTC)
    return {
        "grant_id": new_id(), "organisation": organisation, "audience": "partner-gateway",
        "purposes": ["meter-connection"], "widest_span_days": 92, "fields": fields,
        "query_kinds": ["issue-date-range", "plan-number", "civil-id", "permit-number"],
        "entry_kinds": list(areas), "rows_per_day": 1_000_000, "status": "active",
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=1)).isoformat(),
    }  # fmt: skip


@pytest.fixture
def permit(real_database, real_settings, example, all_fields, sealed_state):
    """A permit that the gateway knows, and the grants; all gone afterwards."""
    state = {**copy.deepcopy(example), "permit_id": new_id(), "permit_number": "1448/7700"}
    with real_database.transaction() as session:
        issued = event("permits.permit.issued", state["permit_id"], sealed_state(state))
        row = projections.permit_row(issued, real_settings, datetime.now(UTC))
        projections.keep_permits(session, [row])
        for organisation, areas in GRANTS.items():
            given = grant_of(organisation, areas, all_fields)
            projections.record_grant(
                session, event("identity.grant.granted", given["grant_id"], given)
            )
    yield state
    with real_database.transaction() as session:
        for model in (PartnerEntry, BuildingPermit, PartnerGrant):
            session.execute(delete(model))
        session.execute(text("DELETE FROM quota_used"))  # the next tests have limits
        session.execute(text("DELETE FROM feed_event"))


@pytest.fixture
def entry_of(real_client, headers_of, permit, real_database):
    """`entry_of("water", scope)` → the id of an entry that its organisation made, answered by permits."""
    path_of = {INSULATION: INSPECTIONS, SUPPLY: "/v1/supply-disconnections"}

    def entry_of(role, scope):
        path = path_of[scope]
        sent = real_client.post(path, json=body(path, permit), headers=headers_of(role, (scope,)))
        entry_id = sent.json()["entry_id"]
        with real_database.transaction() as session:
            entries.record_answer(session, answer_event(entry_id, outcome="refused"))
        return entry_id

    return entry_of


def may_enter(role, scope, held):
    kind, _, client_kind = ROLES[role]
    areas = GRANTS.get(ORGANISATION.get(role, role), ())
    is_named_staff = (kind, client_kind) == ("partner", "staff")
    return scope in held and is_named_staff and AREA[scope] in areas


def test_every_entry_is_of_a_named_employee_whose_grant_covers_it(
    real_client, headers_of, permit, real_database
):
    wrong, cells, taken = [], 0, []
    for (path, (scope, _, _)), role, held in product(POSTS.items(), ROLES, HELD):
        answer = real_client.post(path, json=body(path, permit), headers=headers_of(role, held))
        allowed = may_enter(role, scope, held)
        cells += 1
        if answer.status_code != (202 if allowed else 403):
            wrong.append((path, role, held, answer.status_code))
        if allowed:
            taken.append(ORGANISATION.get(role, role))

    assert wrong == []
    assert cells == len(POSTS) * len(ROLES) * len(HELD)
    with real_database.transaction() as session:
        assert sorted(session.scalars(select(PartnerEntry.organisation))) == sorted(taken)
        published = session.execute(
            text(
                "SELECT convert_from(data, 'UTF8') FROM outbox WHERE topic LIKE 'partner-gateway.%'"
            )
        )
        partners = [json.loads(one)["data"]["partner"] for (one,) in published]
    assert sorted(partners) == sorted(taken)


def test_an_organisation_sees_its_own_entries_and_no_others(
    real_client, headers_of, permit, entry_of
):
    owned = {(role, scope): entry_of(role, scope) for role in ("sec", "water") for scope in AREA}
    wrong, cells = [], 0
    for (path, scope), role, held in product(LISTS.items(), ROLES, HELD):
        own = ORGANISATION.get(role, role)
        allowed = may_enter(role, scope, held)
        headers = headers_of(role, held)
        page = real_client.get(path, headers=headers)
        mine = {one for (owner, area), one in owned.items() if (owner, area) == (own, scope)}
        cells += 1
        if page.status_code != (200 if allowed else 403):
            wrong.append((path, role, held, page.status_code))
        elif allowed and {one["entry_id"] for one in page.json()["items"]} != mine:
            wrong.append((path, role, held, page.text))
        for (owner, area), entry_id in owned.items():
            seen = real_client.get(f"{path}/{entry_id}", headers=headers).status_code
            due = 403 if not allowed else 200 if (owner, area) == (own, scope) else 404
            cells += 1
            if seen != due:
                wrong.append((path, role, held, owner, area, seen))

    assert wrong == []
    assert cells == len(LISTS) * len(ROLES) * len(HELD) * 5


def test_permits_are_queried_by_whom_the_scope_and_the_grant_allow(real_client, headers_of, permit):
    """A municipality's scopes never hold `building-permits.*`; the gateway's own wall behind that is the grant."""
    asked = {
        "find": ("GET", "/v1/building-permits?permit_number=1448/7700", READ),
        "get": ("GET", f"/v1/building-permits/{permit['permit_id']}", READ),
        "search": ("POST", "/v1/building-permit-searches", SEARCH),
        "waiting": ("GET", "/v1/waiting-releases", READ),
    }
    sent = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
    wrong, cells = [], 0
    for (name, (method, path, scope)), role, held in product(asked.items(), ROLES, HELD):
        headers = headers_of(role, held)
        answer = real_client.request(
            method, path, headers=headers, json=sent if method == "POST" else None
        )
        allowed = scope in held and ORGANISATION.get(role, role) in GRANTS
        cells += 1
        if answer.status_code != (200 if allowed else 403):
            wrong.append((name, role, held, answer.status_code))

    assert wrong == []
    assert cells == len(asked) * len(ROLES) * len(HELD)


def values(node):
    """Every text and number of a document, at any depth."""
    if isinstance(node, dict):
        return {found for part in node.values() for found in values(part)}
    if isinstance(node, list):
        return {found for part in node for found in values(part)}
    return {str(node)} if node is not None else set()


@pytest.mark.parametrize("scope", [INSULATION, SUPPLY])
def test_no_answer_to_an_entry_has_a_field_of_an_owner(
    real_client, headers_of, permit, entry_of, real_database, scope
):
    """By field: name, number, kind of number, share, mobile, and the masked number, none of them in an entry, its event
    or the change that the company's system hears of."""
    entry_id = entry_of("sec", scope)
    shown = real_client.get(
        f"{LIST_OF[scope]}/{entry_id}", headers=headers_of("sec", (scope,))
    ).json()
    with real_database.transaction() as session:
        rows = session.scalars(text("SELECT convert_from(data, 'UTF8') FROM outbox"))
        told = [json.loads(one) for one in rows if entry_id in one]

    seen = values([shown, *told, change_of(entry_id).data])
    forbidden = {
        str(value)
        for owner in permit["owners"]
        for name, value in owner.items()
        if value is not None and name in {"name", "id_number", "mobile", "share"}
    }
    assert len(told) == 1
    assert forbidden
    assert not forbidden & seen
    assert not {"owners", "owner", "id_masked", "contacts", "inquiry"} & names(shown)


def change_of(entry_id):
    """What the feed would say of the entry's answer."""
    row = PartnerEntry(
        entry_id=entry_id, area="insulation", kind="inspection", organisation="sec",
        permit_id=new_id(), permit_number="1448/7700", municipality="central-qatif",
    )  # fmt: skip
    return entries.change_of(row, answer_event(entry_id))


def names(node):
    """Every name of a field, at any depth."""
    if isinstance(node, dict):
        return set(node) | {found for part in node.values() for found in names(part)}
    if isinstance(node, list):
        return {found for part in node for found in names(part)}
    return set()


def test_a_refused_request_has_its_row_in_the_record_too(
    real_client, headers_of, permit, real_database
):
    def sent(role, held, **changes):
        headers = headers_of(role, held)
        real_client.post(INSPECTIONS, json=body(INSPECTIONS, permit, **changes), headers=headers)

    sent("gas-without-a-grant", (INSULATION,))
    sent("gas-without-a-grant", (SUPPLY,))
    sent("qatif", (INSULATION,))
    sent("sec", (INSULATION,), permit_number="1448/7799")

    with real_database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT subject, decision, reason FROM access_log"
                " WHERE operation = 'enter_insulation_inspection' ORDER BY at DESC LIMIT 4"
            )
        ).all()
    assert [tuple(row) for row in reversed(rows)] == [
        ("p_gas-without-a-grant", "denied", "no-grant"),
        ("p_gas-without-a-grant", "denied", "scope-missing"),
        ("p_qatif", "denied", "partner-staff-only"),
        ("p_sec", "denied", "permit-unknown-here"),
    ]


def test_the_matrix_names_every_operation_on_entries():
    paths = contracts.openapi("partner-gateway")["paths"]
    tagged = {
        path
        for path, item in paths.items()
        for method in contracts.METHODS
        if method in item and item[method]["tags"] == ["entries"]
    }

    assert tagged == {
        *POSTS,
        *LISTS,
        f"{INSULATION_ENTRIES}/{{entry_id}}",
        f"{SUPPLY_ENTRIES}/{{entry_id}}",
    }
