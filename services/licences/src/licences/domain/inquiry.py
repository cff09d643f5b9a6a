"""What somebody who asks after an application or a licence is told, and by what it's found."""

from collections.abc import Mapping
from typing import Any

from licences.domain.applications import Status

TRANSACTION = "transaction"
KIND_OF_LICENCE: Mapping[str, str] = {
    "shop": "shop_licence",
    "engineering_office": "office_licence",
    "professional": "professional_licence",
}
_NEXT: Mapping[Status, str] = {
    Status.SUBMITTED: "municipality",
    Status.WAITING: "outside_body",
    Status.RETURNED: "applicant",
    Status.IN_REVIEW: "municipality",
    Status.INSPECTION: "municipality",
    Status.AWAITING_PAYMENT: "payment",
    Status.ISSUED: "none",
    Status.REFUSED: "none",
    Status.WITHDRAWN: "none",
}


def next_step(status: str) -> str:
    """Who acts next on an application."""
    return _NEXT[Status(status)]


def known_of(body: Mapping[str, Any] | None, establishment: str | None) -> list[tuple[str, str]]:
    """What the inquirer has to know, beside the number: the owner's mobile or number, or the establishment's."""
    if body is None:
        return []
    owner = body["owner"]
    found = [("mobile", owner["mobile"]), ("person_id", owner["id_number"])]
    return [*found, ("establishment", establishment)] if establishment else found
