"""The national bill system: register a bill, ask for a bill, cancel a bill, fetch a day's settlement.

No call runs within a transaction. Each call ends within `provider_timeout_seconds`. The bill system takes a reference
once: a repeated registration returns the first number.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from chassis.core.outgoing import Answer, Limit, NoAnswer, NotSent, Outgoing
from payments.domain.registration import Outcome, Result
from payments.domain.settlement import Line, read_settlement
from payments.settings import Settings
from saudi.money import riyals

MOST_BYTES = 65_536
MOST_SETTLEMENT_BYTES = 64 * 1_048_576
SETTLEMENT_SECONDS = 120.0
# The bill system did nothing, so the call is repeated later. A server may send any other error after it has acted.
_NOT_TAKEN = {401, 403, 429}
_STATES = {
    "open": Outcome.REGISTERED,
    "paid": Outcome.PAID,
    "cancelled": Outcome.CANCELLED,
    "expired": Outcome.CANCELLED,
}


class SettlementAway(Exception):
    """The settlement of a day couldn't be fetched or read. `code` gives the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BillSystem(Protocol):
    """The bill system, as the workers use it."""

    def register(self, bill: Mapping[str, Any]) -> Result:
        """Registers a bill, given as `commands.register.Job.bill`."""

    def ask(self, reference: str) -> Result:
        """Returns the bill system's status of a reference."""

    def cancel(self, reference: str) -> Result:
        """Cancels a bill, which can't be paid from then on. A repetition returns `cancelled` again."""

    def settlement(self, day: date) -> list[Line]:
        """Returns the bank's lines of a day. Raises SettlementAway."""


@dataclass(frozen=True)
class Sadad:
    """The bill system over HTTP."""

    outgoing: Outgoing
    url: str
    token: str
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "Sadad":
        url = settings.provider_url.rstrip("/")
        hosts = {urlsplit(url).hostname or ""}
        outgoing = Outgoing(settings, hosts)
        return cls(outgoing, url, settings.provider_token, settings.provider_timeout_seconds)

    def register(self, bill: Mapping[str, Any]) -> Result:
        document = {
            **{name: value for name, value in bill.items() if name != "amount_halalas"},
            "amount": riyals(bill["amount_halalas"]),
            "currency": "SAR",
        }
        return self._post("/v1/bills", document)

    def ask(self, reference: str) -> Result:
        url = f"{self.url}/v1/bills/{quote(reference, safe='')}"
        try:
            answer = self.outgoing.get(url, headers=self._headers(), limit=self._limit())
        except NotSent as error:
            return Result(Outcome.NOT_SENT, f"connection-{error.code}")
        except NoAnswer as error:
            return Result(Outcome.UNKNOWN, error.code)
        return read_answer(answer)

    def cancel(self, reference: str) -> Result:
        return self._post(f"/v1/bills/{quote(reference, safe='')}/cancellation", {})

    def settlement(self, day: date) -> list[Line]:
        url = f"{self.url}/v1/settlements/{day.isoformat()}"
        limit = Limit(SETTLEMENT_SECONDS, MOST_SETTLEMENT_BYTES)
        try:
            answer = self.outgoing.get(url, headers=self._headers(), limit=limit)
        except (NotSent, NoAnswer) as error:
            raise SettlementAway(error.code) from error
        if answer.status != 200:
            raise SettlementAway(f"status-{answer.status}")
        try:
            return read_settlement(json.loads(answer.body), day)
        except (ValueError, LookupError, TypeError):
            raise SettlementAway("unreadable") from None

    def _post(self, path: str, document: Mapping[str, Any]) -> Result:
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {**self._headers(), "Content-Type": "application/json"}
        try:
            answer = self.outgoing.send(
                "POST", self.url + path, body, headers=headers, limit=self._limit()
            )
        except NotSent as error:
            return Result(Outcome.NOT_SENT, f"connection-{error.code}")
        except NoAnswer as error:
            return Result(Outcome.UNKNOWN, error.code)
        return read_answer(answer)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _limit(self) -> Limit:
        return Limit(self.seconds, MOST_BYTES)


def read_answer(answer: Answer) -> Result:
    """Returns the result of an answer. An answer in another form than the bill system's has the outcome `unknown`."""
    document = _parse_object(answer.body)
    if answer.status == 404 and document.get("code") == "unknown-reference":
        return Result(Outcome.ABSENT)
    if answer.status in _NOT_TAKEN:
        return Result(Outcome.NOT_SENT, f"status-{answer.status}")
    if answer.status == 422:
        return Result(Outcome.REFUSED, _refusal_code(document.get("code")))
    outcome = _STATES.get(str(document.get("status")))
    if answer.status not in {200, 201, 409} or outcome is None:
        return Result(Outcome.UNKNOWN, f"status-{answer.status}")
    number, biller = document.get("bill_number"), document.get("biller_code")
    if not _is_digits(number, 6, 20) or not _is_digits(biller, 1, 6):
        return Result(Outcome.UNKNOWN, "no-number")
    return Result(outcome, None, str(number), str(biller))


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_digits(text: Any, least: int, most: int) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(rf"[0-9]{{{least},{most}}}", text, re.A))


def _refusal_code(text: Any) -> str:
    """Returns the bill system's word for a refusal in the form of our codes."""
    found = re.sub(r"[^a-z0-9]+", "-", str(text or "").lower()).strip("-")
    return found[:60] or "refused"
