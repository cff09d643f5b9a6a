"""Requests, permits, certificates, releases and appeals as the contract's examples show them."""

from typing import Any

from chassis.core import contracts
from portal.outside.services import FileReply, Reply

_EXAMPLES = contracts.openapi("permits")["components"]["examples"]
KINDS = ("requests", "permits", "certificates", "releases", "appeals")
_NAMES = {
    "requests": "PermitRequest",
    "permits": "Permit",
    "certificates": "InsulationCertificate",
    "releases": "Release",
    "appeals": "Appeal",
}
_IDS = {"requests": "request_id", "certificates": "certificate_id", "releases": "release_id"}
_IDS |= {"permits": "permit_id", "appeals": "appeal_id"}
PATHS = {
    "requests": "/v1/permit-requests",
    "permits": "/v1/permits",
    "certificates": "/v1/certificates",
    "releases": "/v1/electricity-releases",
    "appeals": "/v1/appeals",
}
# What the service names for the states of the examples.
ACTIONS = {
    "requests": ["return", "approve", "reject", "cancel"],
    "permits": ["suspend", "cancel", "cancel_for_owner", "complete", "open_insulation"],
    "certificates": ["record_inspection", "issue", "reject", "void"],
    "releases": ["inspect_site", "approve_partial", "refuse", "order_disconnection"],
    "appeals": ["accept", "reject", "withdraw"],
}


def example(name: str) -> Any:
    """Returns an answer of the contract."""
    return _EXAMPLES[name]["value"]


def thing(kind: str, **changes: Any) -> dict[str, Any]:
    """Returns a thing in which people may act."""
    return {**example(_NAMES[kind]), "actions": ACTIONS[kind], "version": 7, **changes}


def id_of(kind: str) -> str:
    return str(thing(kind)[_IDS[kind]])


def shown_at(kind: str) -> str:
    """Returns the address of the thing's page."""
    return f"/desk/permits/{kind}/{id_of(kind)}"


def asked_at(kind: str) -> str:
    """Returns the path at which the service shows the thing."""
    return f"{PATHS[kind]}/{id_of(kind)}"


def permit_replies() -> dict[str, Any]:
    """Returns what a service that is well answers, by path."""
    history = Reply(200, example("History"))
    found = {"permits": example("PermitPage")["items"], "requests": [], "more": False}
    return {
        **{asked_at(kind): Reply(200, thing(kind)) for kind in KINDS},
        **{f"{asked_at(kind)}/history": history for kind in KINDS},
        f"{asked_at('permits')}/certificates": Reply(200, example("CertificateList")),
        f"{asked_at('permits')}/document": FileReply(b"%PDF", "application/pdf"),
        PATHS["permits"]: Reply(200, example("PermitPage")),
        PATHS["requests"]: Reply(200, example("PermitRequestPage")),
        "/v1/occupancy-certificates": Reply(200, example("CertificatePage")),
        PATHS["releases"]: Reply(200, example("ReleasePage")),
        PATHS["appeals"]: Reply(200, example("AppealPage")),
        "/v1/person-searches": Reply(200, found),
    }
