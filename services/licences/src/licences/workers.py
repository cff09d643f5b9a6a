"""The worker that asks outside bodies (chassis.data.calls): claims applications that are due, asks about each, and
records the answers about each application in a transaction that decides the application anew."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event as Stop
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.calls import CallWorker, CompletedCall, Row, claim_together, utc_now
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from licences.commands.decide import (
    TO_ASK,
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


class OutsideAsker(CallWorker[Job, Answers]):
    """Asks outside bodies about applications. `clock` says which applications are due."""

    name = WORKER
    channel = TO_ASK
    due_times: ClassVar = {WORKER: postpone_questions}

    def __init__(
        self,
        process: Process[Settings, Resources],
        bodies: OutsideBodies,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._bodies, settings = bodies, process.settings
        # Bodies are asked one after another: half of the lease for the questions, half for the record.
        self._lease = timedelta(seconds=settings.outside_timeout_seconds * 10)
        self._again = timedelta(seconds=settings.outside_again_seconds)
        super().__init__(
            process.database,
            places=settings.outside_concurrency,
            poll_seconds=settings.outside_poll_seconds,
            together=False,
            clock=clock,
        )

    def claim(self, session: Session, room: int) -> Sequence[Job]:
        now = self.clock()
        work = UnitOfWork(session, SYSTEM, now)
        return claim_together(
            session,
            claim_questions(work, most=room, lease=self._lease),
            lambda keys: questions_about_all(work, keys),
            worker=WORKER,
            set_due=postpone_questions,
            now=now,
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

    def record(
        self, session: Session, completed: Sequence[CompletedCall[Job, Answers]]
    ) -> Sequence[Job]:
        for one in completed:
            work = UnitOfWork(session, SYSTEM, self.clock())
            record_answers(work, one.result, again=self._again)
        return []

    def failed(self, job: Job, why: str) -> Answers:
        return Answers(job, failures=dict.fromkeys(job.questions, why))

    def row_of(self, job: Job) -> Row:
        return Row(WORKER, job.application_id)


def ask_outside(process: Process[Any, Any], stop: Stop) -> None:
    """Runs the worker `outside`, which sleeps where no outside body is configured."""
    bodies = process.resources.bodies
    if bodies is None:
        stop.wait()
        return
    OutsideAsker(process, bodies).run(stop)
