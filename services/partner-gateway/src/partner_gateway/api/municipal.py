"""What the operations of municipalities have in common: who calls, for which municipality."""

import json
from functools import cache
from typing import Any

from chassis.core import contracts
from chassis.core.times import rfc3339
from partner_gateway.commands.submissions import Desk, towns_of
from partner_gateway.context import Call
from partner_gateway.domain.applications import Reach, reach_of
from partner_gateway.events import Sender
from partner_gateway.models import LicenceApplication

PATH = "/v1/licence-applications"
JSON_LINES = "application/x-ndjson; charset=utf-8"


@cache
def _towns() -> dict[str, str]:
    return towns_of(contracts.read("reference/places.yaml"))


def reach(call: Call) -> Reach:
    """Raises NoMunicipality."""
    return reach_of(call.actor.organisation_kind, call.actor.attributes)


def desk(call: Call) -> Desk:
    """What a submission is taken with. Raises NoMunicipality."""
    own, caller = reach(call), call.actor
    return Desk(
        session=call.session,
        settings=call.settings,
        sender=Sender(own.municipality, caller.kind, caller.client_id, caller.subject),
        reach=own,
        towns=_towns(),
        now=call.now,
    )


def href(call: Call, application_id: str) -> str:
    return f"{call.settings.public_url}{PATH}/{application_id}"


def accepted(call: Call, row: LicenceApplication) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The answer to a submission."""
    address = href(call, row.application_id)
    body = {
        "application_id": row.application_id,
        "status": "submitted",
        "submitted_at": rfc3339(call.now),
        "href": address,
    }
    return body, 202, {"Location": address}


def json_line(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"
