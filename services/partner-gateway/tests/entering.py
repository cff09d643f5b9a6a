"""Partners' entries under test: the contract's own requests, and what permits answers."""

import copy
from datetime import UTC, datetime

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id

EXAMPLES = contracts.read("openapi/partner-gateway.yaml")["components"]["examples"]
INSPECTIONS, CERTIFICATES = "/v1/insulation-inspections", "/v1/insulation-certificates"
REVOCATIONS, INSULATION_ENTRIES = "/v1/insulation-revocations", "/v1/insulation-entries"
COORDINATIONS, ENERGISATIONS = "/v1/coordination-certificates", "/v1/supply-energisations"
DISCONNECTIONS, RECONNECTIONS = "/v1/supply-disconnections", "/v1/supply-reconnections"
ACKNOWLEDGEMENTS, SUPPLY_ENTRIES = "/v1/disconnection-acknowledgements", "/v1/supply-entries"
INSULATION, SUPPLY = "insulation-inspections.write", "supply.write"
# path → the scope that opens it, the kind of entry it makes, the contract's example of its request
POSTS = {
    INSPECTIONS: (INSULATION, "inspection", "InsulationInspection"),
    CERTIFICATES: (INSULATION, "certificate", "InsulationCertificate"),
    REVOCATIONS: (INSULATION, "revocation", "InsulationRevocation"),
    COORDINATIONS: (SUPPLY, "coordination", "CoordinationCertificate"),
    ENERGISATIONS: (SUPPLY, "energised", "Energisation"),
    DISCONNECTIONS: (SUPPLY, "disconnected", "SupplyChange"),
    RECONNECTIONS: (SUPPLY, "reconnected", "SupplyChange"),
    ACKNOWLEDGEMENTS: (SUPPLY, "disconnection_acknowledged", "DisconnectionAcknowledgement"),
}
LISTS = {INSULATION_ENTRIES: INSULATION, SUPPLY_ENTRIES: SUPPLY}
LIST_OF = {INSULATION: INSULATION_ENTRIES, SUPPLY: SUPPLY_ENTRIES}
NAME = "سارة بنت علي (بيانات تجريبية)"
ALL = ["insulation", "supply"]
NAMES = ("permit_id", "permit_number", "municipality")


def body(path, permit=None, **changes):
    """The contract's example for the path, about `permit` (a permit's state) when one is given. A change to None takes
    the field out."""
    sent = copy.deepcopy(EXAMPLES[POSTS[path][2]]["value"])
    if permit is not None:
        sent = {name: value for name, value in sent.items() if name not in NAMES}
        sent |= {name: permit[name] for name in ("permit_number", "municipality")}
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def answer_event(entry_id, *, outcome="effective", sequence=1, **changes):
    """Returns an answer of `permits`, after the examples of its contract."""
    verb = {"effective": "took_effect", "refused": "refused"}[outcome]
    event_type = f"sa.gov.qatif.permits.entry.{verb}.v1"
    state = {**contracts.event_example(event_type), "entry_id": entry_id, **changes}
    return Received(
        id=new_id(), type=event_type, subject=entry_id, sequence=sequence, time=datetime.now(UTC), data=state,
    )  # fmt: skip


def faults(answer):
    assert answer.status_code == 400, answer.text
    return {(one["field"], one["code"]) for one in answer.json()["errors"]}


def refusal(answer):
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition("/")[2], problem.get("code")
