"""Posts to webhooks: a worker of `work`, of which any number may run.

An attempt is counted before it's made, in a transaction of its own; a process that's killed meanwhile leaves a lease
that ends, and the change is told again under the same `webhook-id`. Each address has some places, and one that's slow
or fails has one, so that it keeps no other waiting.
"""

import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event as Stop
from threading import Lock
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.access.revocations import Revocations
from chassis.core.outgoing import Limit, NoAnswer, NotSent, Outgoing
from chassis.core.standard_webhooks import signed_headers
from chassis.process import Process
from partner_gateway.resources import Resources
from partner_gateway.settings import Settings
from partner_gateway.webhooks import challenges, deliveries, rules
from partner_gateway.webhooks.challenges import Challenge
from partner_gateway.webhooks.deliveries import Due
from partner_gateway.webhooks.disclosures import Disclosures

PLACES, PLACES_OF_ONE = 32, 4
SLOW_SECONDS = 2.0
LIMIT = Limit(10.0, 16_384)
IDLE_SECONDS = 0.1
OK = 200

log = structlog.get_logger(__name__)


class Teller:
    """The deliveries of one process. `clock` says what is due."""

    def __init__(
        self,
        process: Process[Settings, Resources],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._process = process
        self._public_url = process.settings.public_url
        self._outgoing = Outgoing(process.settings)
        self._revocations = Revocations(
            process.database, staleness_seconds=process.settings.revocation_staleness_seconds
        )
        self._clock = clock
        self._disclosures = Disclosures(process)
        self._lock = Lock()
        self._in_hand: Counter[str] = Counter()
        self._slow: set[str] = set()

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database that's away is waited for."""
        with ThreadPoolExecutor(PLACES, thread_name_prefix="webhooks") as pool:
            while not stop.is_set():
                try:
                    jobs = self.claim()
                except SQLAlchemyError as error:
                    log.warning("webhooks.database_away", error=type(error).__name__)
                    stop.wait(1.0)
                    continue
                for job in jobs:
                    pool.submit(job)
                if not jobs:
                    stop.wait(IDLE_SECONDS)

    def step(self) -> int:
        """Does what is due, one after the other. Answers how many."""
        jobs = self.claim()
        for job in jobs:
            job()
        return len(jobs)

    def claim(self) -> list[Callable[[], None]]:
        """What is to be posted now, as far as there are places: nothing as long as it isn't known who was suspended."""
        if self._revocations.are_stale():
            log.warning("webhooks.revocations_stale")
            return []
        now = self._clock()
        with self._process.transaction() as context:
            asked = challenges.claim(context.session, now)
            behind = deliveries.behind(context.session)
        for webhook_id in behind:
            with self._process.transaction() as context:
                deliveries.draw(context.session, webhook_id, now)
        told = self._claim_deliveries(now)
        return [
            *(_bound(self._challenge_one, one) for one in asked),
            *(_bound(self._tell_one, one) for one in told),
        ]

    def _claim_deliveries(self, now: datetime) -> list[Due]:
        with self._process.transaction() as context:
            due = deliveries.due(context.session, now)
        claimed: list[Due] = []
        for webhook_id, failures in due:
            free = self._free(webhook_id, failures)
            if free <= 0:
                continue
            with self._process.transaction() as context:
                found = deliveries.claim(
                    context.session,
                    webhook_id,
                    most=free,
                    public_url=self._public_url,
                    now=now,
                )
            with self._lock:
                self._in_hand[webhook_id] += len(found)
            claimed += found
        return claimed

    def _free(self, webhook_id: str, failures: int) -> int:
        with self._lock:
            most = 1 if webhook_id in self._slow else PLACES_OF_ONE
            free = PLACES - self._in_hand.total()
            return min(free, rules.places(failures, most) - self._in_hand[webhook_id])

    def _tell_one(self, due: Due) -> None:
        try:
            if (until := self._disclosures.allowed_from(due, self._clock())) is not None:
                with self._process.transaction() as context:
                    deliveries.put_back(context.session, due.webhook_id, due.place, until)
                return
            began = time.monotonic()
            outcome, _ = self._post(due.url, due.event_id, due.told, due.secrets)
            self._note_speed(due.webhook_id, time.monotonic() - began)
            with self._process.transaction() as context:
                deliveries.settle(
                    context.session,
                    due.webhook_id,
                    due.place,
                    outcome=outcome,
                    public_url=self._public_url,
                    now=self._clock(),
                )
            log.info("webhook.told", status=outcome)
        except SQLAlchemyError as error:  # the lease ends, and it's told again
            log.warning("webhooks.database_away", error=type(error).__name__)
        finally:
            with self._lock:
                self._in_hand[due.webhook_id] -= 1

    def _note_speed(self, webhook_id: str, seconds: float) -> None:
        with self._lock:
            (self._slow.add if seconds > SLOW_SECONDS else self._slow.discard)(webhook_id)

    def _challenge_one(self, challenge: Challenge) -> None:
        value = secrets.token_urlsafe(32)
        asked = {
            "id": challenge.webhook_id,
            "type": "webhook.challenge",
            "challenge": value,
        }
        outcome, body = self._post(challenge.url, challenge.webhook_id, asked, challenge.secrets)
        if outcome == str(OK):
            outcome = rules.PASSED if _echoes(body, value) else "wrong-answer"
        try:
            with self._process.transaction() as context:
                challenges.settle(context.session, challenge, outcome, self._clock())
            log.info("webhook.challenged", status=outcome)
        except SQLAlchemyError as error:  # the lease ends, and it's asked again
            log.warning("webhooks.database_away", error=type(error).__name__)

    def _post(
        self, url: str, webhook_id: str, told: Mapping[str, Any], owned: tuple[str, ...]
    ) -> tuple[str, bytes]:
        """The status of the answer, or why there's none, and its body."""
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            **signed_headers(webhook_id, self._clock(), body, *owned),
        }
        try:
            answer = self._outgoing.send("POST", url, body, headers=headers, limit=LIMIT)
        except (NotSent, NoAnswer) as error:
            return error.code, b""
        return str(answer.status), answer.body


def _bound(job: Callable[[Any], None], one: Any) -> Callable[[], None]:
    return lambda: job(one)


def _echoes(body: bytes, value: str) -> bool:
    try:
        answered = json.loads(body)
    except (ValueError, RecursionError):
        return False
    said = answered.get("challenge") if isinstance(answered, dict) else None
    return isinstance(said, str) and hmac.compare_digest(said.encode(), value.encode())


def run(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `webhooks`."""
    Teller(process).run(stop)
