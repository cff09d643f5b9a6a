"""What was broken on purpose, in contracts that nobody outside has: each with the reason why it could be."""

import json
import re
from collections.abc import Callable
from typing import Any

from .reading import Tree, tree

NOW = tree()
REVOCATION = "events/identity/revocation-recorded.v1.schema.json"
PERMIT = "events/permits/permit.v1.schema.json"
GRANT = "events/identity/grant.v1.schema.json"
CERTIFICATE = "events/permits/certificate.v1.schema.json"
GATEWAY = "openapi/partner-gateway.yaml"
HEALTH = "openapi/health-certs.yaml"
IDENTITY = "openapi/identity.yaml"
LICENCES = "openapi/licences.yaml"
PAYMENTS = "openapi/payments.yaml"
PERMITS = "openapi/permits.yaml"
REPORTS = "openapi/reports.yaml"

Edit = Callable[[Tree], Any]


def _dpop(schemas: dict[str, Any]) -> None:
    """A closed answer gets a field, and the token's type a second value."""
    schemas["Token"]["properties"]["token_type"]["enum"].append("DPoP")
    schemas["Client"]["properties"]["dpop_bound"] = {"type": "boolean"}


def _folders(old: Tree) -> None:
    """Schemas that stood side by side move into the folders of their services, with what they refer to."""
    now = {file.rpartition("/")[2]: file for file in NOW if file.startswith("events/")}
    flat = [file for file in old if file.startswith("events/") and file.count("/") == 1]
    for file in flat:
        target = now.get(file.rpartition("/")[2], file)
        if target != file:
            whole = re.sub(
                r'("\$ref": ")((?:contacts|inquiry|invoice)[^"/]*")',
                r"\1../\2",
                json.dumps(old.pop(file)),
            )
            old[target] = json.loads(whole)


def _either_digits(schemas: dict[str, Any]) -> None:
    """Numbers and shares are taken in Arabic-Indic digits and with spaces too; the gate can't see that the pattern is
    wider."""
    now = NOW[PERMITS]["components"]["schemas"]
    for name in ("Application", "Edit", "Resubmission", "OlderPermit"):
        for field in schemas[name]["properties"].keys() & {"request_number"}:
            schemas[name]["properties"][field]["pattern"] = now[name]["properties"][field][
                "pattern"
            ]
    share = now["OwnerInput"]["properties"]["share"]
    corrected = schemas["OwnerCorrections"]["properties"]["correct"]["items"]
    amended = schemas["Amendment"]["properties"]["owners"]["properties"]["correct"]["items"]
    for owner in (schemas["OwnerInput"], corrected, amended):
        owner["properties"]["share"] = share


def _agents(schemas: dict[str, Any]) -> None:
    """An agency has its day, an office its classification: closed answers get a field."""
    now = NOW[PERMITS]["components"]["schemas"]
    for name in ("EngineeringOffice", "OtherOffice", "Representative", "RepresentativeInput"):
        schemas[name] = now[name]
    for name in ("Application", "Edit", "Resubmission", "OlderPermit"):
        agent = now[name]["properties"]["representative"]
        schemas[name]["properties"]["representative"] = agent


def _typed(old: Tree) -> None:
    """What people type in an address is taken in either digits, a day of either calendar; the gate can't see that."""
    for name, file in (("LicenceNo", "openapi/licences.yaml"), ("Day", GATEWAY)):
        old[file]["components"]["parameters"][name] = NOW[file]["components"]["parameters"][name]
    for path, file in ((f"/v1/statistics/monthly{end}", REPORTS) for end in ("", ".csv")):
        old[file]["paths"][path]["get"]["parameters"] = NOW[file]["paths"][path]["get"][
            "parameters"
        ]
    bills, now = (one["openapi/payments.yaml"]["paths"]["/v1/bills"] for one in (old, NOW))
    bills["get"] = now["get"]


def _typed_applications(old: Tree) -> None:
    """The days of an application are of either calendar, its numbers in either digits; the gate can't see that."""
    file = "openapi/common.yaml"
    schemas, now = (one[file]["components"]["schemas"] for one in (old, NOW))
    for name in (
        "LicenceEstablishment",
        "LicencePerson",
        "LicenceManager",
        "LicenceLease",
        "SafetyCertificate",
        "EngineeringClassification",
    ):
        schemas[name] = now[name]
    number = now["LicenceApplication"]["properties"]["replaces_licence_no"]
    schemas["LicenceApplication"]["properties"]["replaces_licence_no"] = number
    file = "openapi/licences.yaml"
    schemas, now = (one[file]["components"]["schemas"] for one in (old, NOW))
    number = now["NewOffender"]["properties"]["licence_no"]
    schemas["NewOffender"]["properties"]["licence_no"] = number


def _through_payments(old: Tree) -> None:
    """Nobody records a payment any more: payments' event says it, and a paid request has a status of its own."""
    old[PERMITS]["paths"].pop("/v1/permit-requests/{request_id}/record-payment", None)
    schemas, now = (tree[PERMITS]["components"]["schemas"] for tree in (old, NOW))
    for name in ("Invoice", "RequestStatus"):
        schemas[name] = now[name]
    shown = now["PermitRequest"]["properties"]
    schemas["PermitRequest"]["properties"].update(
        invoice=shown["invoice"], payment=shown["payment"]
    )


def _key(old: Tree) -> None:
    """A closed list in an event and in an answer gets a value."""
    old[REVOCATION]["properties"]["kind"]["enum"].append("key")
    revocation = old[IDENTITY]["components"]["schemas"]["Revocation"]["properties"]
    revocation["kind"] = NOW[IDENTITY]["components"]["schemas"]["Revocation"]["properties"]["kind"]


def _delegation(old: Tree) -> None:
    """The same list gets another value, and the owner isn't shown who her delegate is any more."""
    old[REVOCATION]["properties"]["kind"]["enum"].append("delegation")
    schemas, now = (tree[IDENTITY]["components"]["schemas"] for tree in (old, NOW))
    schemas["Revocation"]["properties"]["kind"] = now["Revocation"]["properties"]["kind"]
    if "OwnDelegation" in schemas:
        schemas["OwnDelegation"] = now["OwnDelegation"]


def _medical_centres(old: Tree) -> None:
    """A closed list in an answer gets a value."""
    schemas, now = (one[IDENTITY]["components"]["schemas"] for one in (old, NOW))
    schemas["OrganisationKind"] = now["OrganisationKind"]


def _query_kinds(old: Tree) -> None:
    """A closed list in an event and in an answer gets values."""
    old[GRANT]["properties"]["query_kinds"] = NOW[GRANT]["properties"]["query_kinds"]
    for name in ("GrantTerms", "NewGrant", "Grant"):
        now = NOW[IDENTITY]["components"]["schemas"][name]["properties"]["query_kinds"]
        old[IDENTITY]["components"]["schemas"][name]["properties"]["query_kinds"] = now


def _on_duty(old: Tree) -> None:
    """Another scope: report officers hold it, and administrators of reports do too."""
    paths, now = old[REPORTS]["paths"], NOW[REPORTS]["paths"]
    if "/v1/duty-officers" in paths:
        paths["/v1/duty-officers"]["get"]["security"] = now["/v1/duty-officers"]["get"]["security"]


def _occupancy(old: Tree) -> None:
    """A third kind of certificate, which is flagged too, and a kind of inquiry."""
    for part in ("kind", "inquiry"):
        old[CERTIFICATE]["properties"][part] = NOW[CERTIFICATE]["properties"][part]
    flagged = "events/permits/certificate-flagged.v1.schema.json"
    old[flagged]["properties"]["kind"] = NOW[flagged]["properties"]["kind"]
    inquiry = "events/inquiry.v1.schema.json"
    old[inquiry]["properties"]["kind"] = NOW[inquiry]["properties"]["kind"]
    schemas, now = (tree[PERMITS]["components"]["schemas"] for tree in (old, NOW))
    schemas["Certificate"]["properties"]["kind"] = now["Certificate"]["properties"]["kind"]
    aggregate = schemas["History"]["properties"]["items"]["items"]["properties"]["aggregate"]
    aggregate["enum"].append("release")


def _emptied_payer(old: Tree) -> None:
    """What isn't to be paid any more may name no payer."""
    name = "events/invoice.v1.schema.json"
    old[name]["properties"]["payer"] = NOW[name]["properties"]["payer"]


def _refunding(old: Tree) -> None:
    """A closed list in an event gets a value, and that of a request's invoice."""
    event = "events/payments/payment.v1.schema.json"
    old[event]["properties"]["status"] = NOW[event]["properties"]["status"]
    schemas, now = (tree[PERMITS]["components"]["schemas"] for tree in (old, NOW))
    shown = now["PermitRequest"]["properties"]["invoice"]
    schemas["PermitRequest"]["properties"]["invoice"] = shown


def _replaced_decisions(old: Tree) -> None:
    """A closed list in an answer gets a value."""
    schemas, now = (tree[PAYMENTS]["components"]["schemas"] for tree in (old, NOW))
    schemas["DecisionStatus"] = now["DecisionStatus"]


def _held_money(old: Tree) -> None:
    """A closed list in an answer gets a value."""
    invoices = (
        tree[PERMITS]["components"]["schemas"]["PermitRequest"]["properties"]["invoice"]
        for tree in (old, NOW)
    )
    before, now = (one["properties"] for one in invoices)
    before["status"] = now["status"]


def _older_permits(old: Tree) -> None:
    """A permit from before the system has no request of ours, and may have no number of one."""
    old[PERMIT]["properties"]["request_number"] = NOW[PERMIT]["properties"]["request_number"]
    for file, names in (
        (PERMITS, ("Permit", "PermitSummary")),
        (GATEWAY, ("BuildingPermit", "FollowedChange")),
    ):
        schemas, now = (tree[file]["components"]["schemas"] for tree in (old, NOW))
        for name in names:
            for field in {"request_id", "request_number"} & now[name]["properties"].keys():
                schemas[name]["properties"][field] = now[name]["properties"][field]


def _certificate_numbers(old: Tree) -> None:
    """A number that was free text gets a form."""
    schemas, now = (tree[GATEWAY]["components"]["schemas"] for tree in (old, NOW))
    for name in ("InsulationCertificate", "InsulationRevocation", "CoordinationCertificate"):
        if name in schemas:
            number = now[name]["properties"]["certificate_number"]
            schemas[name]["properties"]["certificate_number"] = number
    for file in ("insulation-inspection.v1", "supply-entered.v1"):
        event = f"events/partner-gateway/{file}.schema.json"
        if event in old:
            number = NOW[event]["properties"]["certificate_number"]
            old[event]["properties"]["certificate_number"] = number


def _named_orders(old: Tree) -> None:
    """An entry about an order to disconnect has to name it."""
    schemas, now = (tree[GATEWAY]["components"]["schemas"] for tree in (old, NOW))
    for name in {"SupplyChange", "DisconnectionAcknowledgement"} & schemas.keys():
        schemas[name] = now[name]
    event = "events/partner-gateway/supply-entered.v1.schema.json"
    if event in old:
        old[event].update({name: NOW[event][name] for name in ("allOf", "required")})
        old[event]["properties"]["order_id"] = NOW[event]["properties"]["order_id"]


def _languages(old: Tree) -> None:
    """Further languages and roles of contacts; staff see in which language a text was written."""
    item = "events/contacts.v1.schema.json"
    for name in ("role", "language"):
        old[item]["items"]["properties"][name] = NOW[item]["items"]["properties"][name]
    message = "events/notify/message.v1.schema.json"
    old[message]["properties"]["language"] = NOW[message]["properties"]["language"]
    schemas, now = (tree["openapi/notify.yaml"]["components"]["schemas"] for tree in (old, NOW))
    schemas["Message"]["properties"]["language"] = now["Message"]["properties"]["language"]


def _appeals(old: Tree) -> None:
    """Nobody undoes a cancellation without an appeal on record; a history is of an appeal too."""
    old[PERMITS]["paths"].pop("/v1/permits/{permit_id}/restore", None)
    schemas = old[PERMITS]["components"]["schemas"]
    aggregate = schemas["History"]["properties"]["items"]["items"]["properties"]["aggregate"]
    aggregate["enum"].append("appeal")


def _further_kinds(old: Tree) -> None:
    """A closed list in events and answers gets values."""
    for file in (PERMIT, "events/permits/request.v1.schema.json"):
        old[file]["properties"]["kind"] = NOW[file]["properties"]["kind"]
    for file, name in ((PERMITS, "PermitKind"), (GATEWAY, "Kind")):
        schemas, now = (one[file]["components"]["schemas"] for one in (old, NOW))
        schemas[name] = now[name]


def _documents_of_permits(old: Tree) -> None:
    """A document may be of a permit, with the states of a permit."""
    old[PERMITS]["components"]["schemas"].update(
        VerifiedDocument=NOW[PERMITS]["components"]["schemas"]["VerifiedDocument"]
    )


def _lists_of_workers(old: Tree) -> None:
    """The POST answers 202 with the list, which has a place of its own."""
    path = "/v1/my/health-certificate-request-lists"
    if path in old.get(HEALTH, {}).get("paths", {}):
        old[HEALTH]["paths"][path] = NOW[HEALTH]["paths"][path]
        schemas, now = (one[HEALTH]["components"]["schemas"] for one in (old, NOW))
        schemas.pop("RequestListResult", None)
        schemas["RequestList"] = now["RequestList"]


def _judged_row(old: Tree) -> None:
    """A wrong number is refused after the token was asked for, as any other part of an address."""
    path = "/v1/permit-imports/{import_id}/rows/{row_number}/judge"
    if found := old[PERMITS]["paths"].get(path):
        found["parameters"] = NOW[PERMITS]["paths"][path]["parameters"]


def _more_scopes(old: Tree) -> None:
    """An application's list grows with the services: the desk's had reached the fifty."""
    schemas, now = (one[IDENTITY]["components"]["schemas"] for one in (old, NOW))
    schemas["Scopes"] = now["Scopes"]


def _no_employee(old: Tree) -> None:
    """Who entered something is told by an opaque id: permits' journal is only added to, and the name is emptied."""
    for name in ("supply-entered", "insulation-inspection"):
        file = f"events/partner-gateway/{name}.v1.schema.json"
        if file in old:
            old[file]["properties"]["entered_by"] = NOW[file]["properties"]["entered_by"]


def _counter(old: Tree) -> None:
    """A row of a file has another status, a bill's number the name that it has everywhere; words may be longer."""
    rows = "/v1/permit-imports/{import_id}/rows"
    if found := old[PERMITS]["paths"].get(rows):
        found["get"]["parameters"] = NOW[PERMITS]["paths"][rows]["get"]["parameters"]
    schemas, now = (tree[PERMITS]["components"]["schemas"] for tree in (old, NOW))
    for name in {
        "PermitImportRow",
        "PermitImportSample",
        "ImportFinding",
        "Warning",
    } & schemas.keys():
        schemas[name] = now[name]
    invoice = now["PermitRequest"]["properties"]["invoice"]
    schemas["PermitRequest"]["properties"]["invoice"] = invoice


def _files_read(old: Tree) -> None:
    """A closed list in answers gets a value: who read a file that shows an owner's number."""
    schemas, now = (one[PERMITS]["components"]["schemas"] for one in (old, NOW))
    if "LookKind" in schemas:
        schemas["LookKind"] = now["LookKind"]


def _closed_for_a_violation(old: Tree) -> None:
    """A place is closed by its violation's own operation alone: one person closed it for anything."""
    old[LICENCES]["paths"].pop("/v1/licences/{licence_no}/close", None)


def _dismissed_and_settled(old: Tree) -> None:
    """A closed list in answers gets a value: the bank has what two people had dismissed."""
    schemas, now = (one[PAYMENTS]["components"]["schemas"] for one in (old, NOW))
    if "Difference" in schemas:
        schemas["Difference"]["properties"]["kind"] = now["Difference"]["properties"]["kind"]


# Broken on purpose: what the change makes of the old contract, so that everything else is still compared.
# A line can go when its commit is in origin/main.
MEANT: dict[str, Edit] = {
    "ADR 0067: money that was dismissed and came has its own kind of difference": (
        _dismissed_and_settled
    ),
    "ADR 0070: a place is closed for its violation alone; nobody had been given the contract yet": (
        _closed_for_a_violation
    ),
    "ADR 0063: who read a file is told beside searches and reveals": _files_read,
    "ADR 0064: rows that weren't processed, the number of a bill; nobody had been given the contract yet": (
        _counter
    ),
    "ADR 0062: an entry names its employee by an opaque id": _no_employee,
    "an application may have two hundred scopes": _more_scopes,
    "ADR 0055: a row's number is a text of digits": _judged_row,
    "ADR 0038: a schema stands in its service's folder; an event is known by its type": _folders,
    "permits takes numbers in either digits": lambda old: _either_digits(
        old[PERMITS]["components"]["schemas"]
    ),
    "ADR 0060: an agency has its day, an office its classification": lambda old: _agents(
        old[PERMITS]["components"]["schemas"]
    ),
    "numbers and days in addresses are taken as people type them": _typed,
    "ADR 0053: an application's days and numbers are taken as people type them": (
        _typed_applications
    ),
    "ADR 0033: a visit may follow the issue, insulation goes with the building, what was completed is reinstated": (
        lambda old: [
            old[f"events/permits/{name}.v1.schema.json"].update(
                properties=NOW[f"events/permits/{name}.v1.schema.json"]["properties"]
            )
            for name in ("certificate-inspected", "certificate-opened", "permit-reinstated")
        ]
    ),
    "ADR 0035: money comes through payments; nobody had been given the contract yet": (
        _through_payments
    ),
    "ADR 0045: a certificate's number isn't free text; nobody had been given the contract yet": (
        _certificate_numbers
    ),
    "ADR 0052: an entry names its order; nobody had been given the contract yet": _named_orders,
    "ADR 0044: occupancy goes with the building too; nobody had been given the contract yet": (
        lambda old: old["events/permits/certificate-carried.v1.schema.json"]["properties"].update(
            NOW["events/permits/certificate-carried.v1.schema.json"]["properties"]
        )
    ),
    "ADR 0009: clients may bind their tokens to a key; no client of today does": lambda old: _dpop(
        old[IDENTITY]["components"]["schemas"]
    ),
    "ADR 0014: a signing key is revoked too; only our own services consume it": lambda old: _key(
        old
    ),
    "ADR 0028: the end of a delegation voids what carries it; only our own services consume it": (
        _delegation
    ),
    "ADR 0037: grants name owners that are no citizens, and following; only the gateway reads them": _query_kinds,
    "ADR 0040: organisations are medical centres too; only administrators read their kind": _medical_centres,
    "report officers read who is on duty; nobody had been given the contract yet": _on_duty,
    "ADR 0028: clients are for citizens too; only administrators read their kind": lambda old: old[
        IDENTITY
    ]["components"]["schemas"].update(
        ClientKind=NOW[IDENTITY]["components"]["schemas"]["ClientKind"]
    ),
    "ADR 0034: occupancy is certified beside completion; notify reads it, nobody else yet": _occupancy,
    "ADR 0056: a cancellation is undone by an appeal alone; only our own staff did it": _appeals,
    "ADR 0055: older permits have no request; nobody had been given the contract yet": (
        _older_permits
    ),
    "ADR 0057: further kinds of permits; nobody had been given the contract yet": _further_kinds,
    "ADR 0059: permits have documents too; nobody had been given the contract yet": _documents_of_permits,
    "ADR 0049: money of a request that went back is held; only our own staff read it": _held_money,
    "ADR 0039: workers are told in their own language; only notify reads contacts": _languages,
    "ADR 0042: a refund is told when it's agreed; only our own services read payments": _refunding,
    "ADR 0068: a refund that doesn't arrive is agreed to anew; only our own staff read decisions": _replaced_decisions,
    "ADR 0054: a list of workers is kept and taken some rows at a time; nobody had been given the contract yet": (
        _lists_of_workers
    ),
    "ADR 0042: an emptied application's money still goes back; only payments reads invoices": _emptied_payer,
    "ADR 0008: owners are sealed in events; nobody had been given the contract yet": lambda old: (
        old[PERMIT]["properties"].update(owners=NOW[PERMIT]["properties"]["owners"])
    ),
}
