"""The worker `sender` (chassis.data.calls): claims due messages, calls the providers, records the outcomes. The worker
also probes providers that failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import structlog
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.calls import CallWorker, CompletedCall, Row, utc_now
from chassis.process import Process
from notify.commands import breakers, sending
from notify.commands.messages import TO_SEND
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


class Sender(CallWorker[Call, Answer]):
    """Sends messages, and probes providers. `clock` says which messages are due."""

    name = sending.WORKER
    channel = TO_SEND
    due_times: ClassVar = {sending.WORKER: sending.postpone}

    def __init__(
        self, process: Process[Settings, Resources], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._gateways = process.resources.gateways
        self._settings = settings = process.settings
        super().__init__(
            process.database,
            places=settings.sending_concurrency,
            poll_seconds=settings.sending_poll_seconds,
            clock=clock,
        )
        self.rules = SendingRules(
            abilities={name: one.abilities for name, one in self._gateways.items()},
            policy=settings.sending,
            breaker=settings.breaker,
        )

    def claim(self, session: Session, room: int) -> Sequence[Call]:
        now = self.clock()
        states = breakers.lock_unsettled(session, self._gateways)
        probes = breakers.choose_probes(session, states, self.rules.breaker, now)
        for name, state in states.items():
            BREAKER_OPEN.labels(name).set(0 if state.closed else 1)
        rules = replace(self.rules, breakers=states)
        jobs = sending.claim(session, rules, limit=room, now=now) if room else []
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

    def record(
        self, session: Session, completed: Sequence[CompletedCall[Call, Answer]]
    ) -> Sequence[Call]:
        sent = [
            CompletedCall(one.job, one.result)
            for one in completed
            if isinstance(one.job, Job) and isinstance(one.result, Result)
        ]
        calls = sending.record(session, self.rules, sent, self.clock()) if sent else []
        # After the messages: every transaction locks messages before the states of providers, and these by name.
        answered = (one.job for one in completed if isinstance(one.job, Probe) and one.result)
        for provider in sorted(probe.provider for probe in answered):
            breakers.note_answer(session, provider)
        return calls

    def failed(self, job: Call, why: str) -> Answer:
        return False if isinstance(job, Probe) else Result(Outcome.UNKNOWN, why)

    def row_of(self, job: Call) -> Row:
        if isinstance(job, Probe):
            return Row("probes", job.provider)
        return Row(sending.WORKER, job.message_id)
