"""What medical centres enter, as the partner gateway publishes it."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.sealing import Keyring, Sealer
from health_certs.consumers import HANDLERS
from health_certs.models import Request

from .conftest import EXAMINATION_KEY

ENTERED = "sa.gov.qatif.partner-gateway.health-examination.entered.v1"
SEALER = Sealer(Keyring.parse(EXAMINATION_KEY))
NUMBER = "12RM0012345"
ANSWER = contracts.read("events/health-certs/examination.v1.schema.json")["$defs"]["answer"]


def result_document(row: Request, at: datetime, **changes: Any) -> dict[str, Any]:
    """What a centre enters about the request."""
    return {
        "request_id": row.request_id,
        "request_number": row.request_no,
        "centre": row.centre,
        "result": "fit",
        "revision": row.revision,
        "examined_on": "2026-11-25",
        "practice_number": NUMBER,
        "entered_at": rfc3339(at),
        "entered_by": {"kind": "staff", "client_id": "saihat-centre-desk", "subject": "p_1"},
        "corrects": None,
        "reason": None,
        **changes,
    }


def sealed(document: dict[str, Any], examination_id: str) -> str:
    """As the gateway seals it, for one entry."""
    context = f"partner-gateway.health-examination/{examination_id}"
    return SEALER.seal_padded(json.dumps(document), context, 1024)


def entry(
    document: dict[str, Any], examination_id: str | None = None, sequence: int = 1
) -> Received:
    """The gateway's event."""
    key = examination_id or new_id()
    data = {"examination_id": key, "sealed": sealed(document, key)}
    return Received(
        id=new_id(), type=ENTERED, subject=key, sequence=sequence, time=datetime.now(UTC), data=data
    )


def deliver(context: Any, event: Received) -> None:
    """As the consumer does."""
    HANDLERS["partner-gateway.health-examination"][ENTERED](context, event)


def answer(data: dict[str, Any]) -> dict[str, Any]:
    """What health-certs answered, opened: in the form that the contract promises."""
    context = f"health-certs.examination/{data['examination_id']}"
    opened: dict[str, Any] = json.loads(SEALER.unseal_text(data["sealed"], context))
    jsonschema_rs.validator_for(ANSWER, validate_formats=True).validate(opened)
    return opened
