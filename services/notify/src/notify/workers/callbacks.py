"""The worker `callbacks` (chassis.data.calls): posts delivery receipts to the systems that send messages.

A transaction counts an attempt before the post. If the process is killed, the lease ends and the receipt is posted
again under the same `webhook-id`. Each system has a few places. Slow systems share a few places, so that slow systems
delay no other system.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import ClassVar

import structlog
from sqlalchemy.orm import Session

from chassis.core.outgoing import Forbidden, Limit, NoAnswer, NotSent, Outgoing
from chassis.core.standard_webhooks import signed_headers
from chassis.data.calls import CallWorker, CompletedCall, Row, utc_now
from chassis.process import Process
from notify.commands import callbacks as commands
from notify.commands.callbacks import TO_RECEIPT, DueCallback
from notify.resources import Resources
from notify.settings import Settings

MOST_BYTES = 65_536
PLACES, PLACES_OF_A_SYSTEM, PLACES_OF_SLOW_SYSTEMS = 16, 4, 4
SLOW_SECONDS = 1.0
LEASE_SECONDS = 60.0
# A forbidden address counts as refused, like an answer of 4xx.
FORBIDDEN_STATUS = 400
# The kinds of postponed rows: a callback, or all callbacks of a system.
CALLBACK, ALL_OF_A_SYSTEM = "callbacks", "callbacks-of"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PostResult:
    """The outcome of a post: the status of the answer (None without an answer), and the duration."""

    status: int | None
    seconds: float = 0.0

    @property
    def is_slow(self) -> bool:
        return self.status is None or self.seconds > SLOW_SECONDS


class CallbackPoster(CallWorker[DueCallback, PostResult]):
    """Posts callbacks. `clock` says which callbacks are due."""

    name = "callbacks"
    channel = TO_RECEIPT
    due_times: ClassVar = {
        CALLBACK: commands.postpone,
        ALL_OF_A_SYSTEM: commands.postpone_all_of,
    }

    def __init__(
        self, process: Process[Settings, Resources], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._settings = process.settings
        self._outgoing = Outgoing(process.settings)
        self._slow: set[str] = set()  # the systems that last answered late or not at all
        super().__init__(
            process.database,
            places=PLACES,
            poll_seconds=self._settings.callback_poll_seconds,
            clock=clock,
        )

    def claim_apart(self, room: int) -> list[DueCallback]:
        """Claims due callbacks for the free places, each system in a transaction of its own."""
        now = self.clock()
        with self.database.transaction() as session:
            services = commands.services_with_due(session, now)
        claimed: list[DueCallback] = []

        def claim_of(service: str) -> list[DueCallback]:
            found = self._claim_of_system(service, claimed, now)
            claimed.extend(found)
            return found

        return self.claim_each(ALL_OF_A_SYSTEM, services, claim_of)

    def call(self, job: DueCallback, _waited: float) -> PostResult:
        began = monotonic()
        return PostResult(self._post(job), monotonic() - began)

    def record(
        self, session: Session, completed: Sequence[CompletedCall[DueCallback, PostResult]]
    ) -> list[DueCallback]:
        for one in completed:
            note = self._slow.add if one.result.is_slow else self._slow.discard
            note(one.job.api_service_id)
        for one in sorted(completed, key=lambda each: each.job.callback_id):
            state = commands.settle(
                session,
                one.job.callback_id,
                one.result.status,
                retries=self._settings.callback_retries,
                retry_seconds=self._settings.callback_retry_seconds,
                now=self.clock(),
            )
            log.info("callback", row=one.job.callback_id, status=one.result.status, reason=state)
        return []

    def failed(self, _job: DueCallback, _why: str) -> PostResult:
        return PostResult(None)

    def row_of(self, job: DueCallback) -> Row:
        return Row(CALLBACK, job.callback_id)

    def _claim_of_system(
        self, service: str, claimed: Sequence[DueCallback], now: datetime
    ) -> list[DueCallback]:
        if (free := self._free_places(service, claimed)) <= 0:
            return []
        with self.database.transaction() as session:
            return commands.claim(
                session,
                service,
                most=free,
                most_attempts=1 + self._settings.callback_retries,
                lease_seconds=LEASE_SECONDS,
                now=now,
            )

    def _free_places(self, service: str, claimed: Sequence[DueCallback]) -> int:
        """Returns the number of places that the system may take. `claimed`: the claims of this turn."""
        in_hand = Counter(one.api_service_id for one in (*self.under_way(), *claimed))
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
            **signed_headers(due.callback_id, self.clock(), body, due.secret),
        }
        limit = Limit(self._settings.callback_timeout_seconds, MOST_BYTES)
        try:
            return self._outgoing.send("POST", due.url, body, headers=headers, limit=limit).status
        except Forbidden:
            return FORBIDDEN_STATUS
        except (NotSent, NoAnswer):
            return None
