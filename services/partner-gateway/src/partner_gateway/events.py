"""Events: what municipalities submit, with its body sealed for licences."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.data.sealing import Sealer

TOPIC = "partner-gateway.licence-application"
PREFIX = "sa.gov.qatif.partner-gateway.licence-application"
SUBMISSION_CONTEXT = "submission/{application_id}"  # events/licence-application.v1.schema.json

SUBMITTED, CORRECTED = "submitted", "corrected"
RENEWAL_REQUESTED, CANCELLATION_REQUESTED = "renewal_requested", "cancellation_requested"


@dataclass(frozen=True)
class Sender:
    """Who submits: a named employee (`staff`) or a system (`machine`) of a municipality."""

    municipality: str
    kind: str
    client_id: str
    subject: str


def submission(
    sender: Sender,
    participle: str,
    *,
    application_id: str,
    licence_no: str | None,
    sequence: int,
    body: Mapping[str, Any],
    sealer: Sealer,
    now: datetime,
) -> Event:
    """The event of one submission; `sequence` counts those of the application."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    context = SUBMISSION_CONTEXT.format(application_id=application_id)
    return Event(
        type=f"{PREFIX}.{participle}.v1",
        topic=TOPIC,
        aggregate_type="licence-application",
        aggregate_id=application_id,
        version=sequence,
        time=now,
        data={
            "application_id": application_id,
            "municipality": sender.municipality,
            "licence_no": licence_no,
            "submitted_at": rfc3339(now),
            "submitted_by": {
                "kind": sender.kind,
                "client_id": sender.client_id,
                "subject": sender.subject,
            },
            "sealed": sealer.seal_text(text, context),
        },
    )
