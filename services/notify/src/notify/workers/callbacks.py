"""The worker `callbacks` (chassis.data.calls): posts delivery receipts to the systems that send messages.

A transaction counts an attempt before the post. If the process is killed, the lease ends and the receipt is posted
again under the same `webhook-id`. Each system has a few places. Slow systems share a few places, so that slow systems
delay no other system.
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
from chassis.data.postponed_rows import postpone_row
from chassis.process import Process
from notify.commands import callbacks as commands
from notify.commands.callbacks import DueCallback
from notify.resources import Resources
from notify.settings import Settings

MOST_BYTES = 65_536
PLACES, PLACES_OF_A_SYSTEM, PLACES_OF_SLOW_SYSTEMS = 16, 4, 4
SLOW_SECONDS = 1.0
LEASE_SECONDS = 60.0
# A forbidden address counts as refused, like an answer of 4xx.
FORBIDDEN_STATUS = 400
# The kinds of postponed work: a callback, or all callbacks of a system.
WORKER, ALL_OF_A_SYSTEM = "callbacks", "callbacks-of"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PostResult:
    """The outcome of a post: the status of the answer (None without an answer), and the duration."""

    status: int | None
    seconds: float = 0.0

    @property
    def is_slow(self) -> bool:
        return self.status is None or self.seconds > SLOW_SECONDS


class Poster:
    """The callbacks of one process. `clock` says which callbacks are due."""

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
        self._slow: set[str] = set()  # the systems that last answered late or not at all
        self.calls: Calls[DueCallback, PostResult] = Calls(
            "callbacks", self, places=PLACES, poll_seconds=self._settings.callback_poll_seconds
        )

    def turn(
        self, done: Sequence[Done[DueCallback, PostResult]], room: int
    ) -> Sequence[DueCallback]:
        self._settle(done)
        return self.claim() if room > 0 else []

    def claim(self) -> list[DueCallback]:
        """Claims due callbacks for the free places."""
        now = self._clock()
        with self._process.transaction() as context:
            services = commands.services_with_due(context.session, now)
        claimed: list[DueCallback] = []

        def claim_of(service: str) -> list[DueCallback]:
            found = self._claim_of_system(service, claimed, now)
            claimed.extend(found)
            return found

        return claim_each(services, claim_of, self._postpone_all_of, worker=WORKER)

    def call(self, job: DueCallback, _waited: float) -> PostResult:
        began = monotonic()
        return PostResult(self._post(job), monotonic() - began)

    def failed(self, _job: DueCallback, _why: str) -> PostResult:
        return PostResult(None)

    def postpone(self, job: DueCallback, reason: str) -> None:
        with self._process.transaction() as context:
            postpone_row(
                context.session,
                WORKER,
                job.callback_id,
                commands.postpone,
                reason=reason,
                now=self._clock(),
            )

    def id_of(self, job: DueCallback) -> str:
        return job.callback_id

    def _postpone_all_of(self, service: str, reason: str) -> None:
        with self._process.transaction() as context:
            postpone_row(
                context.session,
                ALL_OF_A_SYSTEM,
                service,
                commands.postpone_all_of,
                reason=reason,
                now=self._clock(),
            )

    def _settle(self, done: Sequence[Done[DueCallback, PostResult]]) -> None:
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

    def _claim_of_system(
        self, service: str, claimed: Sequence[DueCallback], now: datetime
    ) -> list[DueCallback]:
        if (free := self._free_places(service, claimed)) <= 0:
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

    def _free_places(self, service: str, claimed: Sequence[DueCallback]) -> int:
        """Returns the number of places that the system may take. `claimed`: the claims of this turn."""
        in_hand = Counter(one.api_service_id for one in (*self.calls.under_way(), *claimed))
        taken = in_hand[service]
        free = min(PLACES - in_hand.total(), PLACES_OF_A_SYSTEM - taken)
        if service in self._slow:
            slow = sum(in_hand[one] for one in self._slow)
            free = min(free, PLACES_OF_SLOW_SYSTEMS - slow, 1 - taken)
        return free

    def _post(self, due: DueCallback) -> int | None:
        """Returns the status of the answer; None without an answer."""
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
            return FORBIDDEN_STATUS
        except (NotSent, NoAnswer):
            return None


def run(process: Process[Any, Any], stop: Stop) -> None:
    """Runs the worker until `stop`."""
    Poster(process).calls.run(stop)
