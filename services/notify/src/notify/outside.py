"""The SMS gateways: send a text under a reference, query a reference, probe the gateway.

No call runs within a transaction. Each call ends within `provider_timeout_seconds`. `domain.answers` judges the answer.
"""

import json
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from chassis.core.outgoing import Limit, NoAnswer, NotSent, Outgoing
from notify.domain import answers
from notify.domain.answers import Answer
from notify.domain.sending import Abilities, Outcome, Result
from notify.settings import Settings
from saudi.mobiles import sms_recipient

MOST_BYTES = 65_536
Judge = Callable[[Answer], Result]


class Gateway(Protocol):
    """One provider."""

    name: str
    abilities: Abilities

    def send(self, reference: str, recipient: str, text: str) -> Result:
        """Hands a text over. `recipient`: in E.164."""

    def ask(self, reference: str) -> Result:
        """Queries what became of a reference."""

    def alive(self) -> bool:
        """Returns whether the gateway answers at all. Costs nothing and sends nothing."""


class _Line:
    """HTTP calls to one host, with the results of failures."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.url = url.rstrip("/")
        self._outgoing = Outgoing(settings, {urlsplit(url).hostname or ""})
        self._limit = Limit(settings.provider_timeout_seconds, MOST_BYTES)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], judge: Judge) -> Result:
        try:
            answer = self._outgoing.send(
                "POST", self.url + path, body, headers=headers, limit=self._limit
            )
        except NotSent as error:
            return Result(Outcome.NOT_SENT, f"connection-{error.code}", line_failed=True)
        except NoAnswer as error:
            return Result(Outcome.UNKNOWN, error.code)
        return judge(Answer(answer.status, answer.body))

    def get(self, path: str, headers: Mapping[str, str], judge: Judge) -> Result:
        try:
            answer = self._outgoing.get(self.url + path, headers=headers, limit=self._limit)
        except (NotSent, NoAnswer) as error:
            return Result(Outcome.UNKNOWN, error.code)
        return judge(Answer(answer.status, answer.body))


class Form:
    """A gateway in the style of Unifonic: a form holds all fields and the key."""

    def __init__(self, settings: Settings) -> None:
        self.name = "unifonic"
        self.abilities = Abilities(settings.unifonic_queried, settings.unifonic_once)
        self._line = _Line(settings, settings.unifonic_url)
        self._app_sid = settings.unifonic_app_sid
        self._sender = settings.sender

    def send(self, reference: str, recipient: str, text: str) -> Result:
        fields = {
            "SenderID": self._sender,
            "Recipient": sms_recipient(recipient),
            "Body": text,
            "responseType": "JSON",
            "CorrelationID": reference,
        }
        return self._post("/rest/SMS/messages", fields, answers.form_sent)

    def ask(self, reference: str) -> Result:
        fields = {"CorrelationID": reference}
        return self._post("/rest/SMS/messages/status", fields, answers.form_queried)

    def alive(self) -> bool:
        return _is_accepted(self._post("/rest/Account/GetBalance", {}, answers.presence))

    def _post(self, path: str, fields: Mapping[str, str], judge: Judge) -> Result:
        body = urlencode({"AppSid": self._app_sid, **fields}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self._line.post(path, body, headers, judge)


class Bearer:
    """A gateway in the style of Taqnyat: JSON, and a bearer token."""

    def __init__(self, settings: Settings) -> None:
        self.name = "taqnyat"
        self.abilities = Abilities(settings.taqnyat_queried, settings.taqnyat_once)
        self._line = _Line(settings, settings.taqnyat_url)
        self._headers = {"Authorization": f"Bearer {settings.taqnyat_token}"}
        self._sender = settings.sender

    def send(self, reference: str, recipient: str, text: str) -> Result:
        document = {
            "recipients": [int(sms_recipient(recipient))],
            "body": text,
            "sender": self._sender,
            "reference": reference,
        }
        headers = {**self._headers, "Content-Type": "application/json"}
        body = json.dumps(document, ensure_ascii=False).encode()
        return self._line.post("/v1/messages", body, headers, answers.bearer_sent)

    def ask(self, reference: str) -> Result:
        path = f"/v1/messages/{quote(reference, safe='')}"
        return self._line.get(path, self._headers, answers.bearer_queried)

    def alive(self) -> bool:
        return _is_accepted(self._line.get("/system/status", self._headers, answers.presence))


def gateways(settings: Settings) -> dict[str, Gateway]:
    """Returns the providers with a URL, by name."""
    found: dict[str, Gateway] = {}
    if settings.unifonic_url:
        found["unifonic"] = Form(settings)
    if settings.taqnyat_url:
        found["taqnyat"] = Bearer(settings)
    return found


def receipt_keys(settings: Settings) -> dict[str, str]:
    """Returns the key that each provider sends with its receipts."""
    return {"unifonic": settings.unifonic_receipt_key, "taqnyat": settings.taqnyat_receipt_key}


def _is_accepted(result: Result) -> bool:
    return result.outcome is Outcome.ACCEPTED
