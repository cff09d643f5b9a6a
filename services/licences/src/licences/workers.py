"""The worker that asks outside bodies (chassis.data.calls): it claims applications that are due, asks about each, and
records each one's answers in a transaction of its own, which decides it anew."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from chassis.core import metrics
from chassis.data.calls import Calls, Done, claim_each
from chassis.data.put_off import put_off
from chassis.process import Process
from licences.commands.decide import (
    Answers,
    Job,
    claim_questions,
    postpone_questions,
    questions_of,
    record_answers,
)
from licences.resources import OutsideBodies, Resources, Unanswered
from licences.settings import Settings

UNANSWERED = metrics.counter(
    "licences_outside_unanswered_total", "Questions without an answer that can be read", ["body"]
)
WORKER = "outside"


class QuestionCalls:
    """What the worker does with applications."""

    def __init__(
        self,
        process: Process[Settings, Resources],
        bodies: OutsideBodies,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._bodies, self._now = process.database, bodies, now
        settings = process.settings
        # Bodies are asked one after the other: so long a job may take, and as long again to be recorded.
        self._lease = timedelta(seconds=settings.outside_timeout_seconds * 10)
        self._again = timedelta(seconds=settings.outside_again_seconds)

    def turn(self, done: Sequence[Done[Job, Answers]], room: int) -> Sequence[Job]:
        now = self._now()
        claimed: Sequence[str] = []
        with self._database.transaction() as session:
            for one in done:
                record_answers(session, one.result, again=self._again, now=now)
        if room > 0:
            with self._database.transaction() as session:
                claimed = claim_questions(session, most=room, lease=self._lease, now=now)
        return claim_each(claimed, self._job_of, self._put_off, worker=WORKER)

    def call(self, job: Job, _waited: float) -> Answers:
        answers, failures = {}, {}
        for body, question in job.questions.items():
            try:
                answers[body] = self._bodies.ask(body, question)
            except Unanswered as error:
                UNANSWERED.labels(body).inc()
                failures[body] = error.code
        return Answers(job, answers, failures)

    def failed(self, job: Job, why: str) -> Answers:
        return Answers(job, failures=dict.fromkeys(job.questions, why))

    def put_off(self, job: Job) -> None:
        self._put_off(job.application_id)

    def id_of(self, job: Job) -> str:
        return job.application_id

    def _job_of(self, application_id: str) -> list[Job]:
        with self._database.transaction() as session:
            return [questions_of(session, application_id, now=self._now())]

    def _put_off(self, application_id: str) -> None:
        with self._database.transaction() as session:
            put_off(session, WORKER, application_id, postpone_questions, now=self._now())


def question_calls(
    process: Process[Settings, Resources],
    bodies: OutsideBodies,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Calls[Job, Answers]:
    """The loop of one process. `now` says what is due."""
    settings = process.settings
    return Calls(
        WORKER,
        QuestionCalls(process, bodies, now=now),
        places=settings.outside_concurrency,
        poll_seconds=settings.outside_poll_seconds,
        together=False,
    )


def ask_outside(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `outside` of the service."""
    bodies = process.resources.bodies
    if bodies is None:
        stop.wait()
        return
    question_calls(process, bodies).run(stop)
