"""Two `work` processes, which poll the same rows in opposite orders, on a database that really commits."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError, local
from threading import Event as Stop
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.data import numbers
from chassis.data.aggregates import lock
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events import outbox
from chassis.events.consumer import Consumer
from chassis.events.kafka import Position, Record
from chassis.process import Process
from chassis.testing_pairs import is_somebody_waiting
from licences import consumers
from licences.commands import decide as deciding
from licences.commands import issue, submit
from licences.commands.decide import Answers, claim_questions, questions_about_all, record_answers
from licences.commands.issue import carry_out_request
from licences.commands.recording import SYSTEM
from licences.commands.redecide import redecide_for_certificate
from licences.commands.submit import Submission, submit_application
from licences.consumers import HANDLERS
from licences.domain.applications import LICENCES
from licences.models import Application, KnownHealthCertificate, Licence

TOPIC = "partner-gateway.licence-application"
PLACES = {"saihat": "سيهات", "tarout": "تاروت"}


class Poll:
    """A Kafka client whose first poll brings these records, of a partition of its own."""

    def __init__(
        self, partition: int, values: Sequence[tuple[str, bytes]], topic: str = TOPIC
    ) -> None:
        self._topic, self._partition = topic, partition
        self._records = [
            Record(topic=topic, key=key, value=value, partition=partition, offset=offset)
            for offset, (key, value) in enumerate(values)
        ]

    def poll(self, _timeout: int) -> list[Record]:
        polled, self._records = self._records, []
        return polled

    def assignment(self) -> set[tuple[str, int]]:
        return {(self._topic, self._partition)}

    def commit(self, _offsets: Any) -> bool:
        return True

    def positions(self) -> dict[tuple[str, int], Position]:
        return {}

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def keep_alive(self) -> None: ...


class Worker(Consumer):
    """A consumer that notes what it would have waited for."""

    def __init__(
        self, process: Process[Any, Any], poll: Poll, *, now: datetime | None = None
    ) -> None:
        def context(session: Any) -> Any:
            made = process.context(session)
            return made if now is None else replace(made, now=now)

        super().__init__("licences", process.database, poll, HANDLERS, context)  # type: ignore[arg-type]
        self.waited: list[str] = []

    def _wait(self, seconds: float, error: Exception, stop: Stop) -> None:
        self.waited.append(str(error))


def submission_event(process: Process[Any, Any], municipality: str, body: Any) -> tuple[str, bytes]:
    key, place = new_id(), {**body["place"], "town": PLACES[municipality], "district": "الديرة"}
    with process.transaction() as context:
        sealer = Sealer(keys_of(context.session).ring("submission_key"))
    data = {
        "application_id": key,
        "municipality": municipality,
        "licence_no": None,
        "submitted_at": "2026-11-25T08:00:00Z",
        "submitted_by": {"kind": "machine", "client_id": f"{municipality}-system", "subject": "s"},
        "sealed": sealer.seal_text(json.dumps({**body, "place": place}), f"submission/{key}"),
    }
    event = Event(
        type=f"sa.gov.qatif.{TOPIC}.submitted.v1",
        topic=TOPIC,
        aggregate_type="licence-application",
        aggregate_id=key,
        version=1,
        data=data,
        time=datetime.now(UTC),
    )
    return key, outbox.envelope(event, new_id(), None)


def test_municipalities_that_cross_do_not_deadlock(
    process: Process[Any, Any], branch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, mine = Barrier(2), local()
    others = iter(("7000000013", "7000000021", "7000000039", "7000000047"))

    def of_its_own() -> Any:
        """Returns the application of another establishment: two applications of one establishment wait for each other
        in any municipality."""
        body = branch()
        return {**body, "establishment": {**body["establishment"], "unified_number": next(others)}}

    def draw(*series: Any) -> int:
        number = numbers.draw(*series)
        if not getattr(mine, "has_drawn", False):  # each has its first number, and goes on
            mine.has_drawn = True
            with suppress(BrokenBarrierError):
                both.wait(5)
        return number

    monkeypatch.setattr(submit, "draw", draw)
    orders = (("saihat", "tarout"), ("tarout", "saihat"))
    workers = [
        Worker(
            process,
            Poll(partition, [submission_event(process, one, of_its_own()) for one in order]),
        )
        for partition, order in enumerate(orders)
    ]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.step(Stop()), workers))

    assert [worker.waited for worker in workers] == [[], []]
    with process.transaction() as context:
        drawn = sorted(context.session.scalars(select(Application.application_no)))
    assert [number[-6:] for number in drawn] == ["000001", "000002"] * 2


HEALTH = "health-certs.certificate"


def certificate_event(establishment: str) -> tuple[str, bytes]:
    """Returns the event of a worker's certificate."""
    key, example = (
        new_id(),
        contracts.event_example("sa.gov.qatif.health-certs.certificate.issued.v1"),
    )
    place = {"unified_number": establishment, "licence_no": None, "application_no": None}
    event = Event(
        type=f"sa.gov.qatif.{HEALTH}.issued.v1",
        topic=HEALTH,
        aggregate_type="certificate",
        aggregate_id=key,
        version=1,
        data={**example, "certificate_id": key, "establishment": place},
        time=datetime.now(UTC),
    )
    return key, outbox.envelope(event, new_id(), None)


def test_certificates_of_establishments_that_cross_do_not_deadlock(
    process: Process[Any, Any], shop: Any, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, mine = Barrier(2), local()
    establishments = ("7000000005", "7000000013")
    for number in establishments:
        body = shop(establishment={**shop()["establishment"], "unified_number": number})
        with process.transaction() as context:
            asked = Submission(new_id(), "issue", "saihat", "partner", body, {}, context.now)
            submit_application(UnitOfWork(context.session, officer, context.now), asked)
    decides, counts = redecide_for_certificate, list[int]()

    def decide(*about: Any, **named: Any) -> int:
        count = decides(*about, **named)
        counts.append(count)
        if not getattr(mine, "has_decided", False):  # each has its first application, and goes on
            mine.has_decided = True
            with suppress(BrokenBarrierError):
                both.wait(5)
        return count

    monkeypatch.setattr(consumers, "redecide_for_certificate", decide)
    orders = (establishments, establishments[::-1])
    workers = [
        Worker(process, Poll(partition, [certificate_event(one) for one in order], HEALTH))
        for partition, order in enumerate(orders)
    ]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.step(Stop()), workers))

    assert [worker.waited for worker in workers] == [[], []]
    assert counts == [1] * 4  # nothing was undone and done again
    with process.transaction() as context:
        statuses = list(context.session.scalars(select(Application.status)))
        known = context.session.query(KnownHealthCertificate).count()
    assert (statuses, known) == (["waiting"] * 2, 4)


PERMIT = "permits.permit"


def permit_event(number: str, municipality: str) -> tuple[str, bytes]:
    """Returns the event of a building permit that allows a shop."""
    key, example = new_id(), contracts.event_example("sa.gov.qatif.permits.permit.issued.v1")
    event = Event(
        type=f"sa.gov.qatif.{PERMIT}.issued.v1",
        topic=PERMIT,
        aggregate_type="permit",
        aggregate_id=key,
        version=1,
        data={
            **example,
            "permit_id": key,
            "permit_number": number,
            "municipality": municipality,
            "use_class": "commercial",
        },
        time=datetime.now(UTC),
    )
    return key, outbox.envelope(event, new_id(), None)


@pytest.fixture
def waits_for_permit(
    process: Process[Any, Any],
    branch: Any,
    officer: Any,
    outside: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str, str], str]:
    """`waits_for_permit(number, municipality)` → the id of an application that costs nothing and waits for the
    building permit alone."""
    monkeypatch.setattr(deciding, "fee_total", lambda _lines: 0)
    outside.knows("civil_defence", "34-001122", expires_on="2027-06-01")

    def submit(number: str, municipality: str) -> str:
        body = branch(
            activities=[{"code": "475210", "main": True}],
            building_permit_no=number,
            place={**branch()["place"], "town": PLACES[municipality], "district": "الديرة"},
            safety_certificate={"number": "34-001122", "expires_on": "2027-06-01"},
        )
        with process.transaction() as context:
            session = context.session
            asked = Submission(new_id(), "issue", municipality, "partner", body, {}, now)
            row = submit_application(UnitOfWork(session, officer, now), asked)
            claim_questions(UnitOfWork(session, SYSTEM, now), most=1, lease=timedelta(minutes=1))
            (job,) = questions_about_all(UnitOfWork(session, SYSTEM, now), [row.application_id])
            answers = {body: outside.ask(body, about) for body, about in job.questions.items()}
            record_answers(
                UnitOfWork(session, SYSTEM, now), Answers(job, answers), again=timedelta(hours=1)
            )
            assert row.waits_for == ["building-use"]
            return str(row.application_id)

    return submit


def issued(process: Process[Any, Any]) -> list[str]:
    """Returns the last digits of the numbers of all licences."""
    with process.transaction() as context:
        return [number[-6:] for number in context.session.scalars(select(Licence.licence_no))]


def test_permits_whose_shops_cross_do_not_deadlock(
    process: Process[Any, Any],
    waits_for_permit: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both, mine, drawn = Barrier(2), local(), list[int]()
    orders = (
        (("1/1448", "saihat"), ("2/1448", "tarout")),
        (("3/1448", "tarout"), ("4/1448", "saihat")),
    )
    for order in orders:
        for number, municipality in order:
            waits_for_permit(number, municipality)

    def draw(*series: Any) -> int:
        number = numbers.draw(*series)
        drawn.append(number)
        if not getattr(mine, "has_drawn", False):  # each has its first licence, and goes on
            mine.has_drawn = True
            with suppress(BrokenBarrierError):
                both.wait(5)
        return number

    monkeypatch.setattr(issue, "draw", draw)
    workers = [
        Worker(process, Poll(partition, [permit_event(*one) for one in order], PERMIT), now=now)
        for partition, order in enumerate(orders)
    ]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.step(Stop()), workers))

    assert [worker.waited for worker in workers] == [[], []]
    assert len(drawn) == 4  # nothing was undone and done again
    assert sorted(issued(process)) == ["000001", "000001", "000002", "000002"]


def test_a_permit_of_two_shops_and_what_issues_one_of_them_do_not_deadlock(
    process: Process[Any, Any], waits_for_permit: Any, now: datetime
) -> None:
    """A transaction that has drawn a number waits for no application: the other transaction has the application, and
    waits for the number."""
    keys = sorted(waits_for_permit("1/1448", "saihat") for _ in range(2))
    worker = Worker(process, Poll(0, [permit_event("1/1448", "saihat")], PERMIT), now=now)

    with ThreadPoolExecutor(1) as pool:
        with process.transaction() as context:
            row = lock(context.session, Application, keys[1])
            stepping = pool.submit(worker.step, Stop())
            until_somebody_waits(process)
            carry_out_request(UnitOfWork(context.session, SYSTEM, now), row)
        stepping.result()

    assert worker.waited == []
    assert sorted(issued(process)) == ["000001", "000002"]


def test_a_shop_that_moves_and_whoever_has_its_old_licence_do_not_deadlock(
    process: Process[Any, Any], waits_for_permit: Any, now: datetime
) -> None:
    """A renewal locks its licence first and draws a number then; so does the issue of a licence that ends another
    licence."""
    first, second = (waits_for_permit("1/1448", "saihat") for _ in range(2))

    def fulfil(key: str, replaced: str | None = None) -> Licence:
        with process.transaction() as context:
            row = lock(context.session, Application, key)
            row.replaces_licence_no = replaced
            return carry_out_request(UnitOfWork(context.session, SYSTEM, now), row)

    old = fulfil(first)
    with ThreadPoolExecutor(1) as pool, process.transaction() as context:
        lock(context.session, Licence, old.licence_id)
        moving = pool.submit(fulfil, second, old.licence_no)
        until_somebody_waits(process)
        numbers.draw(context.session, LICENCES, "saihat", 1448)

    assert moving.result().licence_no[-6:] == "000003"


def until_somebody_waits(process: Process[Any, Any]) -> None:
    deadline = monotonic() + 10
    while not is_somebody_waiting(process.database):
        assert monotonic() < deadline, "nobody waits"
