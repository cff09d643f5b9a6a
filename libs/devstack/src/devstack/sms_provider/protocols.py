"""The two protocols: how a message is read off a request, and the answers that each provider has words for."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from werkzeug.datastructures import Headers

from devstack.sms_provider.ledger import Row

Said = tuple[int, dict[str, Any]]  # HTTP status, JSON body


@dataclass(frozen=True)
class Sent:
    """What a sender asked for. `recipient` without a plus sign."""

    credential: str
    reference: str
    recipient: str
    sender: str
    text: str


class Malformed(Exception):
    """The request isn't of the provider's form."""


def _is_number(text: str) -> bool:
    return text.isdigit() and text.startswith("9665") and len(text) == 12


class Form:
    """As Unifonic: `AppSid` and all else in a form; its answers are 200, and say in the body what they mean."""

    send, ask, probe = (
        "/rest/SMS/messages",
        "/rest/SMS/messages/status",
        "/rest/Account/GetBalance",
    )

    def read(self, body: bytes, _headers: Headers) -> Sent:
        fields = _fields(body)
        try:
            return Sent(
                credential=fields["AppSid"],
                reference=fields.get("CorrelationID", ""),
                recipient=fields["Recipient"],
                sender=fields.get("SenderID", ""),
                text=fields["Body"],
            )
        except KeyError:
            raise Malformed from None

    def question(self, _path: str, body: bytes, _headers: Headers) -> tuple[str, str]:
        """Returns the credential and the reference of a question."""
        fields = _fields(body)
        return fields.get("AppSid", ""), fields.get("CorrelationID", "")

    def accepted(self, row: Row) -> Said:
        data = {"MessageID": row.message_id, "CorrelationID": row.reference, "Status": "Queued"}
        return 200, _form("ER-00", data | {"NumberOfUnits": row.parts, "Recipient": row.recipient})

    def refused(self, why: str) -> Said:
        codes = {"credential": "ER-01", "malformed": "ER-02", "number": "ER-10"}
        return 200, _form(codes.get(why, "ER-09"))

    def fate(self, found: tuple[Row, str] | None) -> Said:
        if found is None:
            return 200, _form("ER-18")
        row, fate = found
        return 200, _form("ER-00", {"MessageID": row.message_id, "Status": fate.capitalize()})

    def well(self) -> Said:
        return 200, _form("ER-00", {"Balance": "1000.00"})


class Bearer:
    """As Taqnyat: a bearer token and JSON; `statusCode` in the body says what it means."""

    send, ask, probe = "/v1/messages", "/v1/messages/", "/system/status"

    def read(self, body: bytes, headers: Headers) -> Sent:
        try:
            document = json.loads(body)
            (recipient,) = document["recipients"]
            return Sent(
                credential=_bearer(headers),
                reference=str(document.get("reference", "")),
                recipient=str(recipient),
                sender=str(document.get("sender", "")),
                text=document["body"],
            )
        except (ValueError, KeyError, TypeError):
            raise Malformed from None

    def question(self, path: str, _body: bytes, headers: Headers) -> tuple[str, str]:
        """Returns the credential and the reference of a question."""
        return _bearer(headers), path.removeprefix(self.ask)

    def accepted(self, row: Row) -> Said:
        return 201, {
            "statusCode": 201,
            "messageId": row.message_id,
            "cost": f"{row.parts}",
            "currency": "SAR",
            "totalCount": 1,
            "msgLength": row.parts,
            "accepted": [row.recipient],
            "rejected": [],
        }

    def refused(self, why: str) -> Said:
        if why == "number":
            return 201, {"statusCode": 201, "accepted": [], "rejected": ["number"]}
        code = 401 if why == "credential" else 400
        return code, {"statusCode": code, "message": f"refused: {why}"}

    def fate(self, found: tuple[Row, str] | None) -> Said:
        if found is None:
            return 404, {"statusCode": 404, "message": "no such message"}
        row, fate = found
        return 200, {"statusCode": 200, "messageId": row.message_id, "status": fate}

    def well(self) -> Said:
        return 200, {"statusCode": 200, "status": "operational"}


PROTOCOLS: dict[str, Form | Bearer] = {"form": Form(), "bearer": Bearer()}


def number_is_good(sent: Sent) -> bool:
    """Says whether the recipient is a Saudi mobile as gateways want it: 9665 and eight digits."""
    return _is_number(sent.recipient)


def _form(code: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"success": code == "ER-00", "message": "", "errorCode": code, "data": data or {}}


def _fields(body: bytes) -> dict[str, str]:
    found = parse_qs(body.decode(), keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def _bearer(headers: Headers) -> str:
    kind, _, token = str(headers.get("Authorization", "")).partition(" ")
    return token if kind == "Bearer" else ""
