"""A medical centre's system, which enters what it found, each call until it's taken; the clerk who enters health
education; the money; and the delegate, who renews certificates that end soon. Of each request in an order of its
own."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Tokens
from tests.faults.history import History
from tests.faults.load import Load, Piece
from tests.faults.money import Money

from health_certs.commands.uniqueness import RequestOpen
from saudi.days import legal_day

from .seeding import CENTRE, Asked, Held

if TYPE_CHECKING:
    from .world import HealthWorld

GATEWAY, HEALTH = "partner-gateway", "health-certs"
SYSTEM, CLERK = f"{CENTRE}-system", "qatif.officer"
REPEATED = 0.3
REQUESTS_OF_A_LIST = 12


@dataclass(frozen=True)
class Fate:
    """What becomes of a request: the results that are entered, whether its fee is paid, and whether its worker holds a
    certificate at the end."""

    name: str
    results: tuple[str, ...]
    holds: bool
    paid: bool = True


FATES = (
    Fate("fit", ("fit",), holds=True),
    Fate("corrected to fit", ("unfit", "fit"), holds=True),
    Fate("unfit", ("unfit",), holds=False),
    Fate("corrected to unfit", ("fit", "unfit"), holds=False),
    Fate("unpaid", ("fit",), holds=False, paid=False),
    Fate("not examined", (), holds=False),
)


RENEWALS = (
    Fate("renewed", ("fit",), holds=True),
    Fate("renewed, corrected to fit", ("unfit", "fit"), holds=True),
    Fate("renewal unfit", ("unfit",), holds=False),
    Fate("renewal corrected to unfit", ("fit", "unfit"), holds=False),
    Fate("renewal unpaid", ("fit",), holds=False, paid=False),
    Fate("renewal not examined", (), holds=False),
)


@dataclass(frozen=True)
class Plan:
    """A request and its fate. `renews`: the certificate that it's to renew; until it does, `asked` is that one's."""

    asked: Asked
    fate: Fate
    renews: Held | None = None


def plans(asked: Sequence[Asked], held: Sequence[Held] = ()) -> list[Plan]:
    first = [Plan(one, FATES[number % len(FATES)]) for number, one in enumerate(asked)]
    return first + [
        Plan(one.asked, RENEWALS[number % len(RENEWALS)], one) for number, one in enumerate(held)
    ]


class RequestLoad(Load):
    """Does all that is to be done about `todo`; `entered` counts the entries that were taken."""

    def __init__(self, world: "HealthWorld", history: History, todo: Sequence[Plan], seed: int):
        super().__init__(history)
        self._world, self.todo, self._seed = world, list(todo), seed
        self._tokens = Tokens(world.description)
        self._urls, self._desk = world.urls_of(GATEWAY), world.urls_of(HEALTH)[0]
        self.values = {
            "keys": [one.asked.request_id for one in self.todo],
            "numbers": [one.renews.certificate_no for one in self.todo if one.renews],
        }
        self._money = Money(world.kafka.bootstrap)
        self.entered: dict[str, int] = {}

    def pieces(self) -> Iterator[Piece]:
        for number, plan in enumerate(self.todo):
            held = plan.renews
            does = partial(self._renewal, number, held) if held else self._request
            yield plan.asked.request_id, partial(does, plan)
            if number % REQUESTS_OF_A_LIST == 0:
                yield "a list", self._send_list

    def close(self) -> None:
        super().close()
        self._money.close()

    def _request(self, plan: Plan) -> None:
        """Enters the three facts in any order; a correction comes after what it corrects."""
        chance = random.Random(f"{self._seed}/{plan.asked.request_no}")
        facts: list[Any] = [self._educate, self._examine]
        facts += [self._pay] if plan.fate.paid else []
        chance.shuffle(facts)
        for fact in facts:
            fact(plan, chance)

    def _renewal(self, number: int, held: Held, plan: Plan) -> None:
        """Asks for a renewal until it's taken, for a third by two at the same moment.

        The facts come once the centre can find the request."""
        chance = random.Random(f"{self._seed}/{held.certificate_no}")

        def renew() -> Asked | None:
            with suppress(SQLAlchemyError, RequestOpen):
                return self._world.renew(held)
            return None

        if chance.random() < REPEATED:
            threading.Thread(target=renew, daemon=True).start()
        made = self.keep_trying(held.asked.request_id, "renew", renew)
        if made is None:
            return
        self.todo[number] = plan = replace(plan, asked=made)
        self.values["keys"].append(made.request_id)
        if self.keep_trying(made.request_id, "come to the gateway", lambda: self._is_known(made)):
            self._request(plan)

    def _is_known(self, asked: Asked) -> bool:
        with suppress(SQLAlchemyError):
            return self._world.knows(asked.request_no)
        return False

    def _send_list(self) -> None:
        """Sends a list until the database takes one; a list that was taken without an answer counts too."""

        def sent() -> bool:
            with suppress(SQLAlchemyError):
                return bool(self._world.send_list())
            return False

        self.keep_trying("a list", "send", sent)

    def _pay(self, plan: Plan, chance: random.Random) -> None:
        self.keep_trying(
            plan.asked.request_id, "pay", lambda: self._money.settle(plan.asked.invoice_id, HEALTH)
        )
        if chance.random() < REPEATED:  # the broker's answer was lost
            self._money.settle(plan.asked.invoice_id, HEALTH)

    def _educate(self, plan: Plan, _chance: random.Random) -> None:
        """Twice does no harm. Nothing waits for an education: a request can't end before it's there."""
        url = f"{self._desk}/v1/health-certificate-requests/{plan.asked.request_id}/education"
        passed = {"course": "food-handlers", "language": "ur", "passed_on": today()}

        def entered() -> bool:
            headers = {"Authorization": f"Bearer {self._tokens.of(CLERK, HEALTH)}"}
            return _status("POST", url, headers, passed) in (200, 409)

        self.keep_trying(plan.asked.request_id, "educate", entered)

    def _examine(self, plan: Plan, chance: random.Random) -> None:
        for number, result in enumerate(plan.fate.results):
            key = f"{plan.asked.request_no}-{number}"
            if number and not self.keep_trying(
                plan.asked.request_id, "answer", lambda: self._is_answered(plan, chance)
            ):
                return
            body = {"result": result, "examined_on": today(), "practice_number": "12-RM-0012345"}
            body |= {"correction_reason": "entry-error"} if number else {}
            if not self.keep_trying(
                plan.asked.request_id,
                "examine",
                lambda b=body, k=key: self._put(plan, b, k, chance),
            ):
                return
            self.entered[plan.asked.request_id] = number + 1
            if chance.random() < REPEATED:  # as a client that didn't hear the answer
                self._put(plan, body, key, chance)

    def _put(self, plan: Plan, body: dict[str, str], key: str, chance: random.Random) -> bool:
        headers = {**self._centre(), "Idempotency-Key": key}
        return _status("PUT", self._result_of(plan, chance), headers, body) == 202

    def _is_answered(self, plan: Plan, chance: random.Random) -> bool:
        try:
            answer = requests.get(self._result_of(plan, chance), headers=self._centre(), timeout=10)
            return answer.ok and answer.json()["status"] != "pending"
        except (requests.RequestException, ValueError):
            return False

    def _result_of(self, plan: Plan, chance: random.Random) -> str:
        at = f"/v1/health-examinations/{plan.asked.request_no}/result"
        return chance.choice(self._urls) + at

    def _centre(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens.of(SYSTEM, GATEWAY)}"}


def _status(method: str, url: str, headers: dict[str, str], body: dict[str, str]) -> int:
    """Returns the status, 0 when no answer came."""
    try:
        return requests.request(method, url, json=body, headers=headers, timeout=10).status_code
    except requests.RequestException:
        return 0


def today() -> str:
    return legal_day(datetime.now(UTC)).isoformat()
