"""Posts delivery receipts to the systems that send by us: a worker of `work` (chassis.data.calls).

An attempt is counted before it's made, in a transaction of its own; a process that's killed meanwhile leaves a lease
that ends, and the receipt is posted again under the same `webhook-id`. Each system has some places, and those that
answer slowly or not at all share a few, so that however many they are they keep no other waiting.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event as Stop
from time import monotonic
from typing import Any

import structlog

from chassis.core.outgoing import Forbidden, Limit, NoAnswer, NotSent, Outgoing
from chassis.core.standard_webhooks import signed_headers
from chassis.data.calls import Calls, Done, claim_each
from chassis.data.put_off import put_off
from chassis.process import Process
from notify.commands import callbacks as commands
from notify.commands.callbacks import Due
from notify.resources import Resources
from notify.settings import Settings

MOST_BYTES = 65_536
PLACES, PLACES_OF_A_SYSTEM, PLACES_OF_SLOW_ONES = 16, 4, 4
SLOW_SECONDS = 1.0
LEASE_SECONDS = 60.0
# What an address that isn't asked comes to: refused, like an answer of 4xx.
NEVER_ASKED = 400
# What is put off: a callback, or all that a system is owed.
WORKER, ALL_OF_A_SYSTEM = "callbacks", "callbacks-of"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Posted:
    """What came of a post: the status of the answer, None when there's none, and how long it took."""

    status: int | None
    seconds: float = 0.0

    @property
    def is_slow(self) -> bool:
        return self.status is None or self.seconds > SLOW_SECONDS


class Poster:
    """The callbacks of one process. `clock` says what is due."""

    def __init__(
        self,
        process: Process[Settings, Resources],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._process = process
        self._settings = process.settings
        self._outgoing = Outgoing(process.settings)
        self._clock = clock
        self._slow: set[str] = set()  # the systems whose last answer was late, or none
        self.calls: Calls[Due, Posted] = Calls(
            "callbacks", self, places=PLACES, poll_seconds=self._settings.callback_poll_seconds
        )

    def turn(self, done: Sequence[Done[Due, Posted]], room: int) -> Sequence[Due]:
        self._settle(done)
        return self.claim() if room > 0 else []

    def claim(self) -> list[Due]:
        """Takes what is due, as far as there are places."""
        now = self._clock()
        with self._process.transaction() as context:
            services = commands.services_with_due(context.session, now)
        claimed: list[Due] = []

        def claim_of(service: str) -> list[Due]:
            found = self._claim_of(service, claimed, now)
            claimed.extend(found)
            return found

        return claim_each(services, claim_of, self._put_off_all_of, worker=WORKER)

    def call(self, job: Due, _waited: float) -> Posted:
        began = monotonic()
        return Posted(self._post(job), monotonic() - began)

    def failed(self, _job: Due, _why: str) -> Posted:
        return Posted(None)

    def put_off(self, job: Due) -> None:
        with self._process.transaction() as context:
            put_off(context.session, WORKER, job.callback_id, commands.leave, now=self._clock())

    def id_of(self, job: Due) -> str:
        return job.callback_id

    def _put_off_all_of(self, service: str) -> None:
        with self._process.transaction() as context:
            put_off(
                context.session, ALL_OF_A_SYSTEM, service, commands.leave_all_of, now=self._clock()
            )

    def _settle(self, done: Sequence[Done[Due, Posted]]) -> None:
        for one in done:
            (self._slow.add if one.result.is_slow else self._slow.discard)(one.job.api_service_id)
        if not done:
            return
        with self._process.transaction() as context:
            for one in sorted(done, key=lambda each: each.job.callback_id):
                state = commands.settle(
                    context.session,
                    one.job.callback_id,
                    one.result.status,
                    retries=self._settings.callback_retries,
                    retry_seconds=self._settings.callback_retry_seconds,
                    now=self._clock(),
                )
                log.info(
                    "callback", row=one.job.callback_id, status=one.result.status, reason=state
                )

    def _claim_of(self, service: str, claimed: Sequence[Due], now: datetime) -> list[Due]:
        if (free := self._free(service, claimed)) <= 0:
            return []
        with self._process.transaction() as context:
            return commands.claim(
                context.session,
                service,
                most=free,
                most_attempts=1 + self._settings.callback_retries,
                lease_seconds=LEASE_SECONDS,
                now=now,
            )

    def _free(self, service: str, claimed: Sequence[Due]) -> int:
        """How many places the system may take now. `claimed`: what was claimed in this turn."""
        in_hand = Counter(one.api_service_id for one in (*self.calls.under_way(), *claimed))
        taken = in_hand[service]
        free = min(PLACES - in_hand.total(), PLACES_OF_A_SYSTEM - taken)
        if service in self._slow:
            slow = sum(in_hand[one] for one in self._slow)
            free = min(free, PLACES_OF_SLOW_ONES - slow, 1 - taken)
        return free

    def _post(self, due: Due) -> int | None:
        """The status of the answer; None when nobody answered."""
        body = json.dumps(due.body, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {due.token}",
            **signed_headers(due.callback_id, self._clock(), body, due.secret),
        }
        limit = Limit(self._settings.callback_timeout_seconds, MOST_BYTES)
        try:
            return self._outgoing.send("POST", due.url, body, headers=headers, limit=limit).status
        except Forbidden:
            return NEVER_ASKED
        except (NotSent, NoAnswer):
            return None


def run(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `callbacks`."""
    Poster(process).calls.run(stop)
