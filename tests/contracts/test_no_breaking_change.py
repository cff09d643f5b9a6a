"""Others can use today's contracts tomorrow: the work tree is compared with the contracts of a stated commit.

A breaking change is a new version beside the old one: a new event type `….v2`, a new path `/v2/…`.
"""

import copy
import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from .gate import breaks
from .reading import ROOT, Tree, parse, tree

# The commit whose contracts others may use. A release moves it, and empties MEANT. CONTRACTS_BASE names another one.
BASE = "28024805794d285155fcb5e98f438cda4d3b9c8f"
NOW = tree()
Edit = Callable[[Tree], Any]

# Why something was broken on purpose → what the change makes of the old contract, so that the rest is still compared.
MEANT: dict[str, Edit] = {
    "an employee's name stands beside the token; RFC 6749 5.1 has clients ignore what they don't know": lambda c: (
        c["openapi/identity.yaml"]["components"]["schemas"]["Token"]["properties"].update(
            person=NOW["openapi/identity.yaml"]["components"]["schemas"]["Token"]["properties"][
                "person"
            ]
        )
    ),
    "a citizen's name stands beside the token, as an employee's does": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["Token"]["properties"].update(
        citizen=NOW["openapi/identity.yaml"]["components"]["schemas"]["Token"]["properties"][
            "citizen"
        ]
    ),
    "notify: the same two values as a pattern, because generators take `true` and `True` for one name": lambda old: (
        old["openapi/notify.yaml"]["components"]["parameters"]["IncludeJobs"].update(
            schema={"type": "string", "minLength": 4, "maxLength": 4, "pattern": "^[Tt]rue$"}
        )
    ),
    "partners are told that a request is a draft, and not that it is under review": lambda c: c[
        "openapi/partner-gateway.yaml"
    ]["components"]["schemas"]["Page"]["properties"]["absence"]["properties"]["reason"][
        "enum"
    ].append("draft"),
    "the desk filters by words, whose codes are those of before": lambda c: [
        c["openapi/permits.yaml"]["components"]["parameters"][name].update(
            schema={"type": "string", "format": form, "minLength": 1, "maxLength": 60}
        )
        for name, form in (
            ("Kind", "permit-kind"),
            ("EffectiveStatus", "permit-status"),
            ("RequestStatus", "permit-request-status"),
            ("Municipality", "branch"),
        )
    ],
    "a waqf, minors and heirs are represented in capacities of their own": lambda c: c[
        "openapi/permits.yaml"
    ]["components"]["schemas"]["Representative"]["properties"]["capacity"]["enum"].extend(
        ("nazir", "guardian", "executor")
    ),
    "the end of a delegation is a last day of either calendar, or a moment as before": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["Until"].update(format="calendar-end", minLength=8),
    "a delegation is shown with its last day, in both calendars": lambda c: [
        c["openapi/identity.yaml"]["components"]["schemas"][name]["properties"].update(
            last_day={"type": "string"}, last_day_hijri={"type": "string", "nullable": True}
        )
        for name in ("Delegation", "OwnDelegation")
    ],
    "a delegation is shown with a name of the delegate": lambda c: [
        c["openapi/identity.yaml"]["components"]["schemas"][name]["properties"]["delegate"][
            "properties"
        ].update(name={"type": "string", "nullable": True})
        for name in ("Delegation", "OwnDelegation")
    ],
    "a citizen reads whether the citizen holds a delegation or gave it": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["OwnDelegation"]["properties"].update(
        relation={"type": "string", "enum": ["held", "given", "other"]}
    ),
    "administrators see whether an organisation demands a second factor": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["Organisation"]["properties"].update(
        second_factor={"type": "string"}
    ),
    "payments: why the owner of an invoice wants the money back is said in words": lambda c: c[
        "openapi/payments.yaml"
    ]["components"]["schemas"].update(
        {
            name: NOW["openapi/payments.yaml"]["components"]["schemas"][name]
            for name in ("Payment", "BillDetails", "PaymentDetails")
        }
    ),
    "a case reference is a number that the record can be asked by, not a letter": lambda c: c[
        "openapi/partner-gateway.yaml"
    ]["components"]["schemas"]["Search"]["properties"].update(
        case_reference=NOW["openapi/partner-gateway.yaml"]["components"]["schemas"]["Search"][
            "properties"
        ]["case_reference"]
    ),
    "only what may be corrected says until when": lambda c: c["openapi/partner-gateway.yaml"][
        "components"
    ]["schemas"]["Examination"]["properties"].update(
        correctable_until=NOW["openapi/partner-gateway.yaml"]["components"]["schemas"][
            "Examination"
        ]["properties"]["correctable_until"]
    ),
    "delegates are told, in a role of their own": lambda c: c["events/contacts.v1.schema.json"][
        "items"
    ]["properties"]["role"]["enum"].append("delegate"),
    "a revocation holds the worker's requests, which their conditions say": lambda c: c[
        "openapi/health-certs.yaml"
    ]["components"]["schemas"]["Conditions"]["properties"]["items"]["items"]["properties"]["code"][
        "enum"
    ].append("clearance"),
    "payments: a day of the address is of either calendar, as elsewhere; 1448-06-16 was taken as AD": lambda old: (
        old["openapi/payments.yaml"]["components"]["parameters"]["Day"].update(
            schema={"$ref": "common.yaml#/components/schemas/CalendarDay"}
        )
    ),
    "payments: a decision has further fields, which the comparison doesn't see below `allOf`": lambda old: (
        old["openapi/payments.yaml"]["components"]["schemas"].update(
            Decision=NOW["openapi/payments.yaml"]["components"]["schemas"]["Decision"]
        )
    ),
    "a transaction is an entry of the register; requests and applications are kinds of their own": lambda c: [
        c["events/inquiry.v1.schema.json"]["properties"]["kind"]["enum"].extend(
            ("permit_request", "licence_application", "health_certificate_request")
        ),
        *(
            c[f"events/{name}.v1.schema.json"]["properties"]["inquiry"]["properties"].update(
                kind={"enum": [kind]}
            )
            for name, kind in (
                ("permits/request", "permit_request"),
                ("licences/application", "licence_application"),
                ("health-certs/request", "health_certificate_request"),
            )
        ),
    ],
    "events speak to an applicant, and to the holder of a mobile that a one-time code proves, or to nobody": lambda c: (
        c["events/contacts.v1.schema.json"]["items"]["properties"]["role"]["enum"].extend(
            ("applicant", "holder", "nobody")
        )
    ),
    "the answer to an exchange names the type of its token, as RFC 8693 2.2.1 demands": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["Token"]["properties"].update(issued_token_type={"type": "string"}),
    "administrators see for which services a client exchanges tokens": lambda c: c[
        "openapi/identity.yaml"
    ]["components"]["schemas"]["Client"]["properties"].update(
        exchange_audiences={"type": "array", "items": {"type": "string"}}
    ),
}


def git(*arguments: str) -> bytes | None:
    """Returns what git writes, or None when git fails."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def released() -> Tree:
    """Reads the contracts of the base commit. Raises LookupError when the repository hasn't got the commit."""
    base = os.environ.get("CONTRACTS_BASE", BASE)
    archive = git("archive", "--format=tar", base, "contracts")
    if archive is None:
        raise LookupError(f"{base} is no commit of this repository with contracts: fetch it.")
    found: Tree = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            if content and member.name.endswith((".yaml", ".json")):
                name = member.name.removeprefix("contracts/")
                found[name] = parse(name, content.read().decode())
    return found


def test_nothing_that_was_released_is_broken() -> None:
    old = released()
    for edit in MEANT.values():
        edit(old)

    assert breaks(old, NOW) == []


def test_an_unknown_base_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACTS_BASE", "no-such-commit")

    with pytest.raises(LookupError, match="no-such-commit"):
        released()


PERMIT = "events/permits/permit.v1.schema.json"
GATEWAY = "openapi/partner-gateway.yaml"


def operation(contracts: Tree, path: str = "/v1/building-permits", method: str = "get") -> Any:
    return contracts[GATEWAY]["paths"][path][method]


def part(contracts: Tree, name: str) -> Any:
    return contracts[GATEWAY]["components"]["schemas"][name]


def search(contracts: Tree) -> Any:
    return part(contracts, "Search")["properties"]


def parameter(contracts: Tree, name: str) -> Any:
    return contracts[GATEWAY]["components"]["parameters"][name]


BREAKING: dict[str, Edit] = {
    "an event's schema is removed": lambda c: c[PERMIT]["$defs"].pop("issued"),
    "an event may lack a field": lambda c: c[PERMIT]["required"].remove("status"),
    "an event loses a field": lambda c: (
        c[PERMIT]["required"].remove("kind"),
        c[PERMIT]["properties"].pop("kind"),
    ),
    "a field of an event has another type": lambda c: c[PERMIT]["properties"][
        "permit_number"
    ].update(type="integer"),
    "a field deep in an event may be null": lambda c: c[PERMIT]["$defs"]["land"]["properties"][
        "town"
    ].update(type=["string", "null"]),
    "an event has a value that nobody knew": lambda c: c[PERMIT]["properties"]["status"][
        "enum"
    ].append("frozen"),
    "an event drops a promise on a text's form": lambda c: c[PERMIT]["properties"][
        "issued_on_hijri"
    ].pop("pattern"),
    "an event means another status": lambda c: c[PERMIT]["$defs"]["cancelled"]["properties"].update(
        status={"const": "suspended"}
    ),
    "a topic has another key": lambda c: c["topics/permits.permit.yaml"].update(key="plan_number"),
    "an event type is published no more": lambda c: c["topics/permits.permit.yaml"][
        "event_types"
    ].pop(),
    "an operation is removed": lambda c: c[GATEWAY]["paths"].pop("/v1/building-permits"),
    "an operation has another name": lambda c: operation(c).update(operationId="list_permits"),
    "an operation needs another scope": lambda c: operation(c).update(
        security=[{"oauth2": ["gateway.status"]}]
    ),
    "a parameter is removed": lambda c: operation(c)["parameters"].pop(0),
    "a parameter is required": lambda c: parameter(c, "Town").update(required=True),
    "a new parameter is required": lambda c: operation(c)["parameters"].append(
        {"name": "office", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "a parameter takes fewer values": lambda c: part(c, "DeliveryState")["enum"].remove("waiting"),
    "a request needs a new field": lambda c: (
        search(c).update(officer={"type": "string"}),
        part(c, "Search")["required"].append("officer"),
    ),
    "a request takes shorter texts": lambda c: search(c)["town"].update(maxLength=10),
    "a request takes texts of one form only": lambda c: search(c)["town"].update(pattern="^[a-z]$"),
    "a request takes a field no more": lambda c: search(c).pop("district"),
    "an answer loses a field": lambda c: part(c, "BuildingPermit")["properties"].pop("plots"),
    "an answer may lack a field": lambda c: part(c, "BuildingPermit")["required"].remove("status"),
    "an answer may have null": lambda c: part(c, "BuildingPermit")["properties"][
        "permit_number"
    ].update(nullable=True),
    "an answer has a value that nobody knew": lambda c: part(c, "Status")["enum"].append("frozen"),
    "success has another status": lambda c: operation(c)["responses"].update(
        {"202": operation(c)["responses"].pop("200")}
    ),
}

SAFE: dict[str, Edit] = {
    "a new event": lambda c: c[PERMIT]["$defs"].update(archived={"$ref": "#"}),
    "an event has a field more": lambda c: c[PERMIT]["properties"].update(
        colour={"type": "string"}
    ),
    "an event says it in other words": lambda c: c[PERMIT].update(description="Other words."),
    "an event promises more": lambda c: c[PERMIT]["properties"]["permit_number"].update(
        maxLength=20, pattern="^[0-9/]+$"
    ),
    "a new operation": lambda c: c[GATEWAY]["paths"].update(
        {"/v1/plans": {"get": {"operationId": "list_plans", "responses": {"200": {}}}}}
    ),
    "a new parameter that is optional": lambda c: operation(c)["parameters"].append(
        {"name": "office", "in": "query", "schema": {"type": "string"}}
    ),
    "a request may have a field more": lambda c: search(c).update(officer={"type": "string"}),
    "a request takes longer texts": lambda c: search(c)["town"].update(maxLength=200),
    "a request may lack a field": lambda c: part(c, "Search")["required"].remove("case_reference"),
    "an answer has a field more": lambda c: part(c, "BuildingPermit")["properties"].update(
        colour={"type": "string"}
    ),
    "an answer always has a field": lambda c: part(c, "BuildingPermit")["required"].append("kind"),
    "an answer has other examples": lambda c: operation(c, "/v1/status")["responses"]["200"][
        "content"
    ]["application/json"].pop("example"),
}


@pytest.mark.parametrize("change", BREAKING)
def test_the_gate_refuses(change: str) -> None:
    edited = copy.deepcopy(NOW)
    BREAKING[change](edited)

    assert breaks(NOW, edited) != []


@pytest.mark.parametrize("change", SAFE)
def test_the_gate_lets_through(change: str) -> None:
    edited = copy.deepcopy(NOW)
    SAFE[change](edited)

    assert edited != NOW
    assert breaks(NOW, edited) == []
