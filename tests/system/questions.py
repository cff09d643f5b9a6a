"""The question that a partner's generated client asks each running service. `make service` adds its own at the end."""

from collections.abc import Callable
from typing import Any, NamedTuple

PLAN = "713/7"


class Question(NamedTuple):
    """An operation of a generated client, what its answer has to hold, and who asks; a public one needs nobody."""

    operation: str
    is_answered_by: Callable[[Any], bool]
    who: str = ""


QUESTIONS = {
    "appointments": Question(
        "documents.list_document_keys", lambda found: {one.kty for one in found.keys} == {"OKP"}
    ),
    "health-certs": Question(
        "reference.list_professions",
        lambda found: {one.group.en for one in found.items if one.code == "cook"} == {"Food"},
        "qatif.officer",
    ),
    "identity": Question(
        "oauth.read_metadata", lambda found: found.token_endpoint == f"{found.issuer}/token"
    ),
    "licences": Question(
        "public.list_towns",
        lambda found: {one.municipality for one in found.items if one.ar == "سيهات"} == {"saihat"},
    ),
    "notify": Question(
        "default.list_templates",
        lambda found: "appeal-accepted" in {one.name for one in found.items if one.is_shipped},
        "qatif.text-editor",
    ),
    "partner-gateway": Question(
        "building_permits.get_grant",
        lambda found: "meter-connection" in {one.purpose for one in found.purposes},
        "sec.dispatcher",
    ),
    "payments": Question(
        "default.list_bills", lambda found: all(one.bill_id for one in found.items), "qatif.cashier"
    ),
    "permits": Question(
        "permits.find_permits",
        lambda found: PLAN in {one.plan_number for one in found.items},
        "qatif.officer",
    ),
    "reports": Question(
        "default.list_report_categories",
        lambda found: "cleaning" in {one.code for one in found.departments},
        "qatif.operator",
    ),
    "tenders": Question(
        "ocds.get_lease_extension", lambda found: found.name["en"] == "Lease of municipal property"
    ),
    "transactions": Question(
        "reference.list_transaction_kinds",
        lambda found: "survey" in {one.department.code for one in found.items},
        "qatif.registry",
    ),
}
