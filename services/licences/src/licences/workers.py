"""The worker that asks outside bodies (chassis.data.calls): claims applications that are due, asks about each, and
records the answers about each application in a transaction that decides the application anew."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from chassis.core import metrics
from chassis.data.calls import Calls, Done, claim_apart
from chassis.data.postponed_rows import postpone_row
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from licences.commands.decide import (
    Answers,
    Job,
    claim_questions,
    postpone_questions,
    questions_about_all,
    record_answers,
)
from licences.commands.recording import SYSTEM
from licences.outside import OutsideBodies, Unanswered
from licences.resources import Resources
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
        # Bodies are asked one after another: half of the lease for the questions, half for the record.
        self._lease = timedelta(seconds=settings.outside_timeout_seconds * 10)
        self._again = timedelta(seconds=settings.outside_again_seconds)

    def turn(self, done: Sequence[Done[Job, Answers]], room: int) -> Sequence[Job]:
        now = self._now()
        if done:
            with self._database.transaction() as session:
                for one in done:
                    record_answers(UnitOfWork(session, SYSTEM, now), one.result, again=self._again)
        if room <= 0:
            return []
        with self._database.transaction() as session:
            work = UnitOfWork(session, SYSTEM, now)
            claimed = claim_questions(work, most=room, lease=self._lease)
            return claim_apart(
                session,
                claimed,
                lambda keys: questions_about_all(work, keys),
                lambda key, why: postpone_row(
                    session, WORKER, key, postpone_questions, reason=why, now=now
                ),
                worker=WORKER,
            )

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

    def postpone(self, job: Job, reason: str) -> None:
        with self._database.transaction() as session:
            postpone_row(
                session, WORKER, job.application_id, postpone_questions, reason=reason, now=self._now()
            )

    def id_of(self, job: Job) -> str:
        return job.application_id


def question_calls(
    process: Process[Settings, Resources],
    bodies: OutsideBodies,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Calls[Job, Answers]:
    """Returns the loop of one process. `now` says what is due."""
    settings = process.settings
    return Calls(
        WORKER,
        QuestionCalls(process, bodies, now=now),
        places=settings.outside_concurrency,
        poll_seconds=settings.outside_poll_seconds,
        together=False,
    )


def ask_outside(process: Process[Any, Any], stop: Stop) -> None:
    """Runs the worker `outside`, which sleeps where no outside body is configured."""
    bodies = process.resources.bodies
    if bodies is None:
        stop.wait()
        return
    question_calls(process, bodies).run(stop)
