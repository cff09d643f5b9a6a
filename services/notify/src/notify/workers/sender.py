"""The worker `sender` (chassis.data.calls): claims due messages, calls the providers, records the outcomes. The worker
also probes providers that failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event as Stop
from typing import Any

import structlog

from chassis.core import metrics
from chassis.data.calls import Calls, Done
from chassis.data.postponed_rows import postpone_row
from chassis.process import Process
from notify.commands import breakers, sending
from notify.commands.sending import Job, SendingRules
from notify.domain.sending import Outcome, Result
from notify.resources import Resources
from notify.settings import Settings

BREAKER_OPEN = metrics.gauge(
    "sms_breaker_open", "1 while a provider gets no messages", ["provider"]
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Probe:
    """A probe of a provider that failed; the result says whether the provider answers."""

    provider: str


Call = Job | Probe
Answer = Result | bool


class Sending:
    """The work of the sender on messages and probes."""

    def __init__(
        self, process: Process[Settings, Resources], *, now: Callable[[], datetime]
    ) -> None:
        self._database = process.database
        self._gateways = process.resources.gateways
        self._settings = settings = process.settings
        self._now = now
        self.rules = SendingRules(
            abilities={name: one.abilities for name, one in self._gateways.items()},
            policy=settings.sending,
            breaker=settings.breaker,
        )

    def turn(self, done: Sequence[Done[Call, Answer]], room: int) -> Sequence[Call]:
        now = self._now()
        probed = [one.job.provider for one in done if isinstance(one.job, Probe) and one.result]
        sent = [
            sending.Done(one.job, one.result)
            for one in done
            if isinstance(one.job, Job) and isinstance(one.result, Result)
        ]
        with self._database.transaction() as session:
            for name in probed:
                breakers.answered(session, name)
            jobs = sending.record(session, self.rules, sent, now) if sent else []
            probes: list[str] = []
            if room > 0:
                probes = breakers.to_probe(session, self._gateways, self.rules.breaker, now)
            if room > len(jobs):
                jobs += sending.claim(session, self.rules, limit=room - len(jobs), now=now)
            states = breakers.read(session, self._gateways)
        for name, state in states.items():
            BREAKER_OPEN.labels(name).set(0 if state.closed else 1)
        return [*jobs, *map(Probe, probes)]

    def call(self, job: Call, waited: float) -> Answer:
        gateway, settings = self._gateways.get(job.provider), self._settings
        if isinstance(job, Probe):
            alive = gateway is not None and gateway.alive()
            log.info("engine.probe", provider=job.provider, status="alive" if alive else "silent")
            return alive
        if gateway is None:
            return Result(Outcome.NOT_SENT, "no-provider")
        if job.kind == "ask":
            return gateway.ask(job.message_id)
        if waited + settings.provider_timeout_seconds > settings.lease_seconds:
            # The process was frozen: the lease may end during the call, and another process may call too.
            return Result(Outcome.NOT_SENT, "too-late")
        return gateway.send(job.message_id, job.to, job.text)

    def failed(self, job: Call, why: str) -> Answer:
        return False if isinstance(job, Probe) else Result(Outcome.UNKNOWN, why)

    def postpone(self, job: Call, reason: str) -> None:
        if isinstance(job, Job):
            with self._database.transaction() as session:
                postpone_row(
                    session,
                    sending.WORKER,
                    job.message_id,
                    sending.postpone,
                    reason=reason,
                    now=self._now(),
                )

    def id_of(self, job: Call) -> str:
        return job.provider if isinstance(job, Probe) else job.message_id


def engine(
    process: Process[Settings, Resources],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Calls[Call, Answer]:
    """Returns the loop of one process. `now` says which messages are due."""
    settings = process.settings
    return Calls(
        sending.WORKER,
        Sending(process, now=now),
        places=settings.sending_concurrency,
        poll_seconds=settings.sending_poll_seconds,
    )


def run(process: Process[Any, Any], stop: Stop) -> None:
    """Runs the worker until `stop`."""
    engine(process).run(stop)
