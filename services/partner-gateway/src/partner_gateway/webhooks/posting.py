"""The worker that posts to webhooks (chassis.data.calls). Any number of processes may run it.

An attempt is counted in a transaction of its own before it's made. A process that is killed in between leaves a lease
that ends; then the change is posted again under the same `webhook-id`. Each address may have several deliveries in
hand. A slow or failing address has one, so that other addresses don't wait for it.
"""

import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.access.revocations import Revocations
from chassis.core.outgoing import Limit, NoAnswer, NotSent, Outgoing
from chassis.core.standard_webhooks import signed_headers
from chassis.core.times import rfc3339
from chassis.data.calls import CallWorker, CompletedCall, Row, utc_now
from chassis.data.failures import note_failure
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from partner_gateway.feed.changes import TO_POST
from partner_gateway.resources import Resources
from partner_gateway.settings import Settings
from partner_gateway.webhooks import address_tests, commands, deliveries, rules
from partner_gateway.webhooks.address_tests import AddressTest
from partner_gateway.webhooks.commands import Challenge
from partner_gateway.webhooks.deliveries import PAUSE, Disclosures, Due

WORKER, CHALLENGES, TESTS = "webhooks", "challenges", "tests"
PLACES, PLACES_OF_ONE = 32, 4
SLOW_SECONDS = 2.0
SECONDS = 10.0
# The status of an answer to a delivery is enough, so its body isn't read.
DELIVERY, CHALLENGE = Limit(SECONDS, 0), Limit(SECONDS, 16_384)
HELD = "held"
IDLE_SECONDS = 1.0
OK = 200

Job = Due | Challenge | AddressTest
Claim = Callable[[Session, str, datetime], Sequence[Job]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PostResult:
    """The outcome of a post: the status of the answer or the reason why there's none, and the seconds that it took.
    `not_before`: nothing was posted, because posting isn't allowed before that time."""

    outcome: str
    seconds: float = 0.0
    not_before: datetime | None = None


class WebhookPoster(CallWorker[Job, PostResult]):
    """Posts challenges, tests and deliveries. `clock` says what is due."""

    name = WORKER
    channel = TO_POST
    due_times: ClassVar = {
        WORKER: deliveries.postpone_deliveries,
        CHALLENGES: commands.postpone_challenge,
        TESTS: address_tests.postpone_test,
    }

    def __init__(
        self, process: Process[Settings, Resources], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._public_url = process.settings.public_url
        self._outgoing = Outgoing(process.settings)
        self._revocations = Revocations(
            process.database, staleness_seconds=process.settings.revocation_staleness_seconds
        )
        self._disclosures = Disclosures(process)
        self._slow: set[str] = set()
        super().__init__(process.database, places=PLACES, poll_seconds=IDLE_SECONDS, clock=clock)

    def claim_apart(self, room: int) -> list[Job]:
        """Claims what is to be posted now, as far as there are places. Claims nothing while revocations are unknown."""
        now = self.clock()
        with self.database.separate_statements() as session:
            if not deliveries.is_anything_due(session, now):
                return []
        if self._revocations.are_stale():
            log.warning("webhooks.revocations_stale")
            return []
        with self.database.transaction() as session:
            challenged = commands.due_challenges(session, now)
            tested = address_tests.due_tests(session, now)
            behind = deliveries.webhooks_behind(session)
        jobs = self.claim_each(
            CHALLENGES, challenged, self._claim_by(commands.claim_challenge, now)
        )
        jobs += self.claim_each(TESTS, tested, self._claim_by(address_tests.claim_test, now))
        self.claim_each(WORKER, behind, self._draw_deliveries(now))
        with self.database.transaction() as session:
            failures = dict(deliveries.due_webhooks(session, now))
        return jobs + self.claim_each(WORKER, failures, self._deliveries_of(failures, jobs, now))

    def call(self, job: Job, _waited: float) -> PostResult:
        if isinstance(job, Challenge):
            return PostResult(self._post_challenge(job))
        if isinstance(job, AddressTest):
            return PostResult(self._post_test(job))
        not_before = self._not_before(job)
        if not_before is not None:
            return PostResult("", not_before=not_before)
        began = time.monotonic()
        outcome = self._post_delivery(job)
        if outcome == HELD:
            return PostResult("", not_before=self.clock() + PAUSE)
        return PostResult(outcome, time.monotonic() - began)

    def record(
        self, session: Session, completed: Sequence[CompletedCall[Job, PostResult]]
    ) -> list[Job]:
        """Records in the order of the webhooks and their places, so that two processes never wait for each other."""
        for one in sorted(completed, key=lambda each: _order(each.job)):
            job, outcome = one.job, one.result.outcome
            work = UnitOfWork(session, rules.SYSTEM, self.clock())
            if isinstance(job, Challenge):
                commands.settle_challenge(work, job, outcome)
                log.info("webhook.challenged", row=job.webhook_id, status=outcome)
            elif isinstance(job, AddressTest):
                address_tests.settle_test(work, job, outcome)
                log.info("webhook.tested", row=job.webhook_id, status=outcome)
            else:
                self._record_delivery(work, job, one.result)
        return []

    def failed(self, _job: Job, why: str) -> PostResult:
        return PostResult(why)

    def row_of(self, job: Job) -> Row:
        kinds = {Challenge: CHALLENGES, AddressTest: TESTS}
        return Row(kinds.get(type(job), WORKER), job.webhook_id)

    def _claim_by(self, claim_one: Claim, now: datetime) -> Callable[[str], list[Job]]:
        def claim(webhook_id: str) -> list[Job]:
            with self.database.transaction() as session:
                return [*claim_one(session, webhook_id, now)]

        return claim

    def _draw_deliveries(self, now: datetime) -> Callable[[str], list[Job]]:
        def draw(webhook_id: str) -> list[Job]:
            with self.database.transaction() as session:
                deliveries.draw_deliveries(session, webhook_id, now)
            return []

        return draw

    def _deliveries_of(
        self, failures: Mapping[str, int], jobs: Sequence[Job], now: datetime
    ) -> Callable[[str], list[Job]]:
        in_hand = Counter(one.webhook_id for one in self.under_way() if isinstance(one, Due))
        left = PLACES - len(self.under_way()) - len(jobs)

        def claim(webhook_id: str) -> list[Job]:
            nonlocal left
            most = 1 if webhook_id in self._slow else PLACES_OF_ONE
            free = min(left, rules.places(failures[webhook_id], most) - in_hand[webhook_id])
            if free <= 0:
                return []
            with self.database.transaction() as session:
                found = deliveries.claim_deliveries(
                    session, webhook_id, most=free, public_url=self._public_url, now=now
                )
            left -= len(found)
            return [*found]

        return claim

    def _record_delivery(self, work: UnitOfWork, due: Due, result: PostResult) -> None:
        if result.not_before is not None:
            deliveries.put_back(work.session, due.webhook_id, due.place, result.not_before)
            return
        is_slow = result.seconds > SLOW_SECONDS
        (self._slow.add if is_slow else self._slow.discard)(due.webhook_id)
        deliveries.settle_delivery(
            work, due.webhook_id, due.place, outcome=result.outcome, public_url=self._public_url
        )
        log.info("webhook.told", row=due.webhook_id, status=result.outcome)

    def _not_before(self, due: Due) -> datetime | None:
        """Returns the time before which the delivery may not be posted. A database that's away holds the delivery
        back; that isn't a failure of the address."""
        try:
            return self._disclosures.allowed_from(due, self.clock())
        except SQLAlchemyError as error:
            note_failure("webhooks", error)
            return self.clock() + PAUSE

    def _post_delivery(self, due: Due) -> str:
        outcome, _ = self._post(due, due.event_id, due.told, DELIVERY)
        return outcome

    def _is_still_wanted(self, job: Job) -> bool:
        """Returns whether a job that was claimed some seconds ago is still to be posted: its organisation may have been
        suspended since. Returns False when the database is away."""
        still = commands.is_challenged if isinstance(job, Challenge) else deliveries.is_active
        try:
            with self.database.transaction() as session:
                return still(session, job.webhook_id)
        except SQLAlchemyError as error:
            note_failure("webhooks", error)
            return False

    def _post_challenge(self, challenge: Challenge) -> str:
        value = secrets.token_urlsafe(32)
        asked = {
            "id": challenge.webhook_id,
            "type": "webhook.challenge",
            "challenge": value,
        }
        outcome, body = self._post(challenge, challenge.webhook_id, asked, CHALLENGE)
        if outcome == str(OK):
            return rules.PASSED if _echoes(body, value) else "wrong-answer"
        return outcome

    def _post_test(self, test: AddressTest) -> str:
        told = {"id": test.delivery_id, "type": "webhook.test", "time": rfc3339(test.asked_at)}
        outcome, _ = self._post(test, test.delivery_id, told, DELIVERY)
        return outcome

    def _post(
        self, job: Job, webhook_id: str, document: Mapping[str, Any], limit: Limit
    ) -> tuple[str, bytes]:
        """Returns the status of the answer, or why there's none, and its body."""
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            **signed_headers(webhook_id, self.clock(), body, *job.secrets),
        }
        try:
            answer = self._outgoing.send(
                *("POST", job.url, body),
                headers=headers, limit=limit, ready=lambda: self._is_still_wanted(job),
            )  # fmt: skip
        except (NotSent, NoAnswer) as error:
            return error.code, b""
        return str(answer.status), answer.body


def _order(job: Job) -> tuple[str, int]:
    return job.webhook_id, job.place if isinstance(job, Due) else -1


def _echoes(body: bytes, value: str) -> bool:
    try:
        answered = json.loads(body)
    except (ValueError, RecursionError):
        return False
    said = answered.get("challenge") if isinstance(answered, dict) else None
    return isinstance(said, str) and hmac.compare_digest(said.encode(), value.encode())
