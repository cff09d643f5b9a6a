"""Events: what municipalities submit, with its body sealed for licences; what partners enter, for permits; what medical
centres enter, sealed for health-certs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.core.actors import Actor
from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.data.sealing import Sealer

TOPIC = "partner-gateway.licence-application"
PREFIX = "sa.gov.qatif.partner-gateway.licence-application"
SUBMISSION_CONTEXT = (
    "submission/{application_id}"  # events/partner-gateway/licence-application.v1.schema.json
)
EXAMINATION_CONTEXT = "partner-gateway.health-examination/{examination_id}"
EXAMINATION_BYTES = 1_024

# area of an entry → the aggregate of its topic, and what its event says beside the head; of another kind it's empty
ENTRIES = {"insulation": "insulation-inspection", "supply": "supply"}
_CONTENT: Mapping[str, Mapping[str, Any]] = {
    "insulation": {
        "stage": None, "result": None, "defects": [], "materials": None, "u_value": None,
        "inspected_on": None, "inspector": None, "certificate_number": None, "reason": None,
    },
    "supply": {
        "happened_on": None, "extent": None, "meter_numbers": [], "certificate_number": None,
        "load_kva": None, "units": None, "meter_place": None, "order_id": None,
    },
}  # fmt: skip

SUBMITTED, CORRECTED = "submitted", "corrected"
RENEWAL_REQUESTED, CANCELLATION_REQUESTED = "renewal_requested", "cancellation_requested"
WITHDRAWAL_REQUESTED = "withdrawal_requested"


@dataclass(frozen=True)
class Sender:
    """The sender of a submission: a named employee (`staff`) or a system (`machine`) of a municipality."""

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
    """Returns the event of one submission; `sequence` counts those of the application."""
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


def sealed_examination(examination_id: str, document: Mapping[str, Any], sealer: Sealer) -> str:
    """Seals an entry of a medical centre as a text of one length, whatever the entry says. The text is made once, and
    published again unchanged."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    context = EXAMINATION_CONTEXT.format(examination_id=examination_id)
    return sealer.seal_padded(text, context, EXAMINATION_BYTES)


def examination_entered(examination_id: str, sealed: str, published: int, now: datetime) -> Event:
    """Returns the event of an entry of a medical centre; `published` counts how often."""
    return Event(
        type="sa.gov.qatif.partner-gateway.health-examination.entered.v1",
        topic="partner-gateway.health-examination",
        aggregate_type="health-examination",
        aggregate_id=examination_id,
        version=published,
        time=now,
        data={"examination_id": examination_id, "sealed": sealed},
    )


def filled(area: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the missing fields of the event to the content of an entry."""
    return {**_CONTENT[area], **content}


def entered(
    actor: Actor, area: str, head: Mapping[str, Any], content: Mapping[str, Any], now: datetime
) -> Event:
    """Returns the event of one entry: the only one, for an entry is never changed. `head` names entry, kind and
    permit."""
    aggregate = ENTRIES[area]
    return Event(
        type=f"sa.gov.qatif.partner-gateway.{aggregate}.entered.v1",
        topic=f"partner-gateway.{aggregate}",
        aggregate_type=aggregate,
        aggregate_id=head["entry_id"],
        version=1,
        time=now,
        data={
            **head,
            "partner": actor.organisation,
            "entered_at": rfc3339(now),
            "entered_by": {"subject": actor.subject},
            **content,
        },
    )
