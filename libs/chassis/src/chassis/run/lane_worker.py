"""The worker of a service with fast operations: requests that belong to the lane get no thread.

After each poll the requests of the lane (chassis.fast.lane) that have arrived are answered together in the worker's own
loop. Every other request goes to a thread, and so does the rest of an answer that a client doesn't take at once.

A request of the lane that pauses (chassis.fast.batching) costs its connection and nothing else until it goes on. So
does one that a thread has answered up to a pause: the thread hands it over to the loop.
"""

import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from chassis.fast.exchange import Exchange
from chassis.fast.lane import Lane, PausedRequest
from chassis.http.stack import Response
from chassis.run.worker import LOOK_BYTES, LOOK_SECONDS, WholeRequestWorker

# The most of a worker; gunicorn gives a worker 1,000 connections, and others need some.
MOST_WAITING = 500
# So often a worker looks which of those that wait are gone.
GONE_SECONDS = 1.0
# A page of 50 fits into a socket at once: the kernel begins with 16 kB, and what doesn't fit needs a thread.
ANSWER_BYTES = 262_144


class HandedRequest(NamedTuple):
    """A request that a thread hands over to the worker's loop."""

    exchange: Exchange
    lane: Lane
    outcome: Response | PausedRequest


class LaneWorker(WholeRequestWorker):
    """`python -m <service> serve` runs these for a service with fast operations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathered: list[tuple[Any, Any]] = []
        self._waiting: dict[Exchange, tuple[Lane, PausedRequest]] = {}
        self._looked_at = 0.0

    def init_process(self) -> None:
        """After the fork."""
        for listener in self.sockets:  # accepted sockets inherit it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWER_BYTES)
        super().init_process()

    def _dispatch(self, conn: Any, seen: bytes) -> None:
        lane = self.wsgi.lane_at(conn.server[1])
        if lane is not None and len(seen) < LOOK_BYTES and lane.takes(seen):
            self._gathered.append((lane, conn))
        else:
            super()._dispatch(conn, seen)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """gthread's, in a thread. What may pause isn't answered here, but handed over."""
        lane = self.wsgi.lane_at(conn.server[1])
        # An answer to Expect goes out before the body is read: gthread's own way sends it.
        expects = any(name == "EXPECT" for name, _ in req.headers)
        if lane is None or expects or not lane.may_pause(req.method, req.path):
            return super().handle_request(req, conn)
        self.cfg.pre_request(self, req)
        exchange = Exchange(self, conn, req)
        (outcome,) = lane.answer([exchange.environ])
        return HandedRequest(exchange, lane, outcome)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> Any:
        drained = super()._keepalive_after(conn, keepalive)
        return keepalive if isinstance(keepalive, HandedRequest) else drained

    def finish_request(self, conn: Any, fs: Any) -> None:
        """In the worker's loop: what a thread has handed over is answered, or waits."""
        over = fs.cancelled() or fs.exception() is not None
        if not over and isinstance(handed := fs.result(), HandedRequest):
            self._settle(handed.lane, [handed.exchange], [handed.outcome])
        else:
            super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """gthread's step; short while requests wait."""
        super().wait_for_and_dispatch_events(LOOK_SECONDS if self._waiting else timeout)

    def _dispatch_arrived(self) -> None:
        super()._dispatch_arrived()
        while self._gathered:  # a client may have sent its next request behind this one
            gathered, self._gathered = self._gathered, []
            lane = gathered[0][0]
            read = [one for _, conn in gathered if (one := Exchange.read(self, conn)) is not None]
            self._settle(lane, read, lane.answer([one.environ for one in read]))
        if self._waiting:
            self._resume_due()

    def _resume_due(self) -> None:
        """Lets those go on whose time has come: all of them when the worker ends."""
        self._drop_gone()
        now = time.monotonic()
        due = [one for one, it in self._waiting.items() if not self.alive or it[1].is_due(now)]
        if due:
            found = [self._waiting.pop(exchange) for exchange in due]
            lane = found[0][0]
            self._settle(lane, due, lane.resume([waiting for _, waiting in found]))

    def _settle(
        self, lane: Lane, exchanges: Sequence[Exchange], came: Iterable[Response | PausedRequest]
    ) -> None:
        for exchange, outcome in zip(exchanges, came, strict=True):
            while isinstance(outcome, PausedRequest) and (
                not self.alive or len(self._waiting) >= MOST_WAITING
            ):
                (outcome,) = lane.resume([outcome])  # at once, and so with what there is
            if isinstance(outcome, PausedRequest):
                self._waiting[exchange] = lane, outcome
            else:
                exchange.respond(outcome)

    def _drop_gone(self) -> None:
        """Forgets the requests of clients that have gone."""
        if time.monotonic() - self._looked_at < GONE_SECONDS:
            return
        self._looked_at = time.monotonic()
        for exchange in [one for one in self._waiting if one.is_given_up()]:
            _, waiting = self._waiting.pop(exchange)
            waiting.task.close()
            exchange.drop()
