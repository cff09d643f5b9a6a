"""Posts delivery receipts to the systems that send by us: a worker of `work`.

An attempt is counted before it's made, in a transaction of its own; a process that's killed meanwhile leaves a lease
that ends, and the receipt is posted again under the same `webhook-id`. Each system has some places, and those that
answer slowly or not at all share a few, so that however many they are they keep no other waiting.
"""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event as Stop
from threading import Lock
from time import monotonic
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.core.outgoing import Forbidden, Limit, NoAnswer, NotSent, Outgoing
from chassis.core.standard_webhooks import signed_headers
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

log = structlog.get_logger(__name__)


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
        self._lock = Lock()
        self._in_hand: Counter[str] = Counter()
        self._slow: set[str] = set()  # the systems whose last answer was late, or none

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database that's away is waited for."""
        with ThreadPoolExecutor(PLACES, thread_name_prefix="callbacks") as pool:
            while not stop.is_set():
                try:
                    due = self.claim()
                except SQLAlchemyError as error:
                    log.warning("callbacks.database_away", error=type(error).__name__)
                    stop.wait(1.0)
                    continue
                for one in due:
                    pool.submit(self._post_one, one)
                if not due:
                    stop.wait(self._settings.callback_poll_seconds)

    def step(self) -> int:
        """Posts what is due, one after the other. Answers how many."""
        due = self.claim()
        for one in due:
            self._post_one(one)
        return len(due)

    def claim(self) -> list[Due]:
        """Takes what is due, as far as there are places."""
        now = self._clock()
        with self._process.transaction() as context:
            services = commands.services_with_due(context.session, now)
        return [one for service in services for one in self._claim_of(service, now)]

    def _claim_of(self, service: str, now: datetime) -> list[Due]:
        if (free := self._free(service)) <= 0:
            return []
        with self._process.transaction() as context:
            claimed = commands.claim(
                context.session,
                service,
                most=free,
                most_attempts=1 + self._settings.callback_retries,
                lease_seconds=LEASE_SECONDS,
                now=now,
            )
        with self._lock:
            self._in_hand[service] += len(claimed)
        return claimed

    def _free(self, service: str) -> int:
        """How many places the system may take now."""
        with self._lock:
            taken = self._in_hand[service]
            free = min(PLACES - self._in_hand.total(), PLACES_OF_A_SYSTEM - taken)
            if service in self._slow:
                slow = sum(self._in_hand[one] for one in self._slow)
                free = min(free, PLACES_OF_SLOW_ONES - slow, 1 - taken)
        return free

    def _post_one(self, due: Due) -> None:
        try:
            status = self._timed(due)
            with self._process.transaction() as context:
                state = commands.settle(
                    context.session,
                    due.callback_id,
                    status,
                    retries=self._settings.callback_retries,
                    retry_seconds=self._settings.callback_retry_seconds,
                    now=self._clock(),
                )
            log.info("callback", callback_id=due.callback_id, status=status, state=str(state))
        except SQLAlchemyError as error:  # the lease ends, and it's posted again
            log.warning("callbacks.database_away", error=type(error).__name__)
        finally:
            with self._lock:
                self._in_hand[due.api_service_id] -= 1

    def _timed(self, due: Due) -> int | None:
        """The status of the answer, None when there's none; notes how long the system takes. Whatever else goes wrong
        is a failed attempt: one that isn't settled would be repeated for ever."""
        began, status = monotonic(), None
        try:
            status = self._post(due)
        except Exception:
            log.exception("callbacks.post_failed", callback_id=due.callback_id)
        is_slow = status is None or monotonic() - began > SLOW_SECONDS
        with self._lock:
            (self._slow.add if is_slow else self._slow.discard)(due.api_service_id)
        return status

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
    Poster(process).run(stop)
