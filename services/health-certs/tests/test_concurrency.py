"""What people and facts do to each other at the same moment, on a database that really commits."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date, datetime, timedelta
from threading import Barrier
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy import func, select, text

from chassis.core.ids import new_id
from chassis.data import migrations, numbers
from chassis.data.aggregates import JournalEntry, history, lock
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from chassis.testing import wait_for_a_lock
from health_certs import queries
from health_certs.commands import apply, decide, retention
from health_certs.commands import lists as lists_commands
from health_certs.commands.apply import anonymise_photo
from health_certs.commands.lists import ListChoice, send_list
from health_certs.commands.recording import SYSTEM
from health_certs.commands.uniqueness import RequestOpen
from health_certs.domain.examinations import ACCEPTED, Entry
from health_certs.domain.requests import CERTIFICATES, REQUESTS
from health_certs.domain.worker_lists import Line
from health_certs.models import (
    Certificate,
    Examination,
    KnownLicence,
    Request,
    RequestListRow,
)
from saudi.days import hijri_year, legal_day
from saudi.ids import with_check_digit

from .conftest import LICENCE_NO
from .people import DELEGATE, HIMSELF, SHOP, worker

TOGETHER = 4


@pytest.fixture
def real_database(
    service: Any, settings: Any, postgres_server: Any, database_url: str
) -> Iterator[Database]:
    """A database of this test alone: no other test sees what it commits."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield process.database


@pytest.fixture
def ask(real_database: Any, now: datetime) -> Callable[[str], str]:
    """`ask(profession)`: a request of the worker himself, in a transaction of its own; its id."""

    def ask_for(profession: str) -> str:
        with real_database.transaction() as session:
            photo = Attachment(
                attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/jpeg", size=1,
                sha256=b"1" * 32, name="photo.jpg", width=1, height=1, latitude=None, longitude=None,
                uploader=uploader_of(HIMSELF), scan="unscanned", uploaded_at=now,
            )  # fmt: skip
            session.add(photo)
            session.flush()
            body = {
                "worker": worker(),
                "profession": profession,
                "establishment": None,
                "municipality": "anak",
                "residence_permit_until": date(2027, 8, 4),
                "centre": "saihat-centre",
                "photo": photo.attachment_id,
            }
            row = apply.apply(UnitOfWork(session, HIMSELF, now), HIMSELF.applicant(), body)
            return str(row.request_id)

    return ask_for


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """The answers, or the refusals, of acts that begin together."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait(10)
        try:
            return act()
        except RequestOpen as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_requests_at_one_moment_one_is_taken(ask: Any) -> None:
    found = at_once([lambda: ask("laundry-worker")] * TOGETHER)

    assert sum(isinstance(one, str) for one in found) == 1
    assert sum(isinstance(one, RequestOpen) for one in found) == TOGETHER - 1


def fit(request_id: str, now: datetime) -> Examination:
    return Examination(
        examination_id=new_id(), request_id=request_id, centre="saihat-centre",
        entry=Entry("fit", date(2026, 11, 25), "1", "s").sealed_text(), revision=1,
        status=ACCEPTED, entered_at=now, received_at=now, version=1,
    )  # fmt: skip


@pytest.fixture
def examine(real_database: Any, now: datetime) -> Callable[[str], None]:
    """`examine(request_id)`: a fit result, in a transaction of its own."""

    def enter(request_id: str) -> None:
        with real_database.transaction() as session:
            row = lock(session, Request, request_id)
            session.add(fit(request_id, now))
            session.flush()
            decide.decide_examined(UnitOfWork(session, SYSTEM, now), [row])

    return enter


def test_the_last_two_facts_at_one_moment_issue_one_certificate(
    ask: Any, examine: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cleaner")
    with real_database.transaction() as session:
        invoice_id = session.get(Request, request_id).invoice_id

    def pay() -> None:
        with real_database.transaction() as session:
            decide.decide_paid(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)

    def examined() -> None:
        examine(request_id)

    at_once([pay, examined, pay, examined])

    with real_database.transaction() as session:
        count = select(func.count()).where(Certificate.request_id == request_id)
        assert session.scalar(count) == 1
        assert session.get(Request, request_id).status == "issued"


@pytest.mark.parametrize("attempt", range(4))
def test_a_result_and_a_refund_at_one_moment_issue_nothing_that_is_not_marked(
    ask: Any, examine: Any, real_database: Any, now: datetime, attempt: int
) -> None:
    request_id = ask("cleaner")
    with real_database.transaction() as session:
        invoice_id = session.get(Request, request_id).invoice_id
        decide.decide_paid(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)

    def refund() -> None:
        with real_database.transaction() as session:
            decide.decide_refunded(UnitOfWork(session, SYSTEM, now), invoice_id, sent=False)

    at_once([lambda: examine(request_id), refund])

    with real_database.transaction() as session:
        row = session.get(Request, request_id)
        entries = history(session, ("request", request_id))
        marked = "refund-after-issue" in [one.action for one in entries]
        assert (row.status, marked) in {("issued", True), ("awaiting_payment", False)}
        assert row.payment is None


@pytest.fixture
def ended(ask: Any, real_database: Any) -> Request:
    """A request that came to nothing."""
    with real_database.transaction() as session:
        row = lock(session, Request, ask("cleaner"))
        decide.end_unexamined(UnitOfWork(session, SYSTEM, row.examined_until), row)
        return row


@pytest.fixture
def expired(ask: Any, examine: Any, real_database: Any, now: datetime) -> Request:
    """An issued request; the certificate's last day is over."""
    request_id = ask("cleaner")
    with real_database.transaction() as session:
        invoice_id = session.get(Request, request_id).invoice_id
        decide.decide_paid(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)
    examine(request_id)
    with real_database.transaction() as session:
        row: Request = session.get_one(Request, request_id)
        session.get_one(Certificate, row.certificate_id).valid_until = legal_day(now)
        return row


@pytest.mark.parametrize(
    ("empty", "fixture", "emptied"),
    [
        (retention.empty_requests, "ended", ["request"]),
        (retention.empty_results, "expired", ["certificate"]),
        (retention.empty_certificates, "expired", ["certificate", "request"]),
    ],
)
def test_two_processes_that_empty_at_once_empty_a_row_once(
    empty: Any, fixture: str, emptied: list[str], request: Any, real_database: Any, now: datetime
) -> None:
    row: Request = request.getfixturevalue(fixture)
    before = legal_day(row.completed_until) + timedelta(days=900)

    def empty_in_a_process_of_its_own() -> int:
        with real_database.transaction() as session:
            return int(empty(UnitOfWork(session, retention.RETENTION, now), before))

    with ThreadPoolExecutor(1) as pool, real_database.transaction() as first:
        count = empty(UnitOfWork(first, retention.RETENTION, now), before)
        other = pool.submit(empty_in_a_process_of_its_own)
        wait([other], timeout=1)  # the other process has the row before its eyes, or waits for it
        first.commit()
        assert (count, other.result(30)) == (1, 0)

    with real_database.transaction() as session:
        journal = select(JournalEntry.aggregate_type).where(JournalEntry.subject == "retention")
        assert sorted(session.scalars(journal)) == emptied
        events = text("SELECT aggregate_type FROM outbox WHERE type LIKE '%.emptied.v1'")
        published = sorted(session.scalars(events))
        assert published == ([] if empty is retention.empty_results else emptied)


def test_a_pass_that_completes_two_requests_waits_for_both_before_it_draws_a_number(
    ask: Any, real_database: Any, now: datetime
) -> None:
    """Else a transaction that has one of them and wants a number, and this one, would wait for each other."""
    keys = sorted(ask(profession) for profession in ("cleaner", "laundry-worker"))
    for key in keys:
        with real_database.transaction() as session:
            invoice_id = session.get(Request, key).invoice_id
            decide.decide_paid(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)
            session.add(fit(key, now))

    def passed() -> int:
        with real_database.transaction() as session:
            work = UnitOfWork(session, SYSTEM, now)
            requests = decide.lock_open_requests(work, HIMSELF.applicant().id_number)
            decide.redecide_all(work, requests)
            return len(requests)

    with ThreadPoolExecutor(1) as pool, real_database.transaction() as other:
        lock(other, Request, keys[1])
        done = pool.submit(passed)
        wait_for_a_lock(real_database)
        numbers.draw_several(other, CERTIFICATES, "anak", hijri_year(legal_day(now)), 1)
        other.commit()
        assert done.result(30) == 2
    with real_database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Certificate)) == 2


WORKERS = [with_check_digit(f"200002{n:03}") for n in range(12)]


@pytest.fixture
def send(real_database: Any, now: datetime) -> Callable[[list[str]], str]:
    """`send(numbers)`: a file of the shop's, in a transaction of its own; its id. Each worker's photo was sent
    before."""
    with real_database.transaction() as session:
        session.add(
            KnownLicence(
                licence_id=new_id(), version=1, licence_no=LICENCE_NO, municipality="saihat",
                status="valid", establishment=SHOP, trade_name=None,
                expires_on=date(2027, 11, 30), changed_at=now,
            )
        )  # fmt: skip
        for number in WORKERS:
            photo = Attachment(
                attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/png", size=1,
                sha256=b"1" * 32, name=f"{number[5:]}.png", width=1, height=1, latitude=None,
                longitude=None, uploader=uploader_of(DELEGATE), scan="unscanned",
                uploaded_at=now,
            )  # fmt: skip
            session.add(photo)
            anonymise_photo(session, photo)

    def send_numbers(numbers: list[str]) -> str:
        cells = {
            "name_en": "Sample Worker", "id_type": "iqama", "nationality": "IND",
            "birth_date": "1994-03-02", "sex": "male", "mobile": "0500000001",
            "profession": "laundry-worker", "residence_permit_until": "2027-08-04",
        }  # fmt: skip
        lines = [
            Line(row, {**cells, "id_number": number, "photo": f"{number[5:]}.png"})
            for row, number in enumerate(numbers, start=2)
        ]
        choice = ListChoice({"licence_no": LICENCE_NO}, "saihat-centre")
        with real_database.transaction() as session:
            return send_list(
                UnitOfWork(session, DELEGATE, now), DELEGATE.applicant(), lines, choice
            ).list_id

    return send_numbers


@pytest.fixture
def lists(service: Any, settings: Any, real_database: Any, now: datetime) -> Deadlines:
    """What fires the lists' deadlines."""
    return Deadlines(Process(service, settings, real_database), clock=lambda: now)


def outcomes(real_database: Any, list_id: str) -> list[str | None]:
    with real_database.transaction() as session:
        rows = select(RequestListRow.outcome).where(RequestListRow.list_id == list_id)
        return list(session.scalars(rows.order_by(RequestListRow.row)))


def test_two_files_of_the_same_workers_in_two_orders_ask_once_for_each(
    send: Any, lists: Deadlines, real_database: Any
) -> None:
    sent = [send(WORKERS), send(WORKERS[::-1])]

    def settle() -> None:
        while any(None in outcomes(real_database, one) for one in sent):
            lists.step(Stop())

    at_once([settle, settle])

    forwards, backwards = (set(outcomes(real_database, one)) for one in sent)
    assert sorted([*forwards, *backwards]) == ["accepted", "already"]


def test_a_process_that_is_killed_between_and_amid_rows_of_a_list_loses_and_doubles_none(
    send: Any, lists: Deadlines, real_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, a process commits nothing of what it has begun: as here, where an error nobody catches ends it."""

    class Killed(BaseException):
        pass

    really_apply, turns = lists_commands.apply, []

    def dying(*words: Any, **named: Any) -> Any:
        turns.append(1)
        if len(turns) in (
            6,
            10,
        ):  # amid the second turn, and amid the second one that's tried again
            raise Killed
        return really_apply(*words, **named)

    monkeypatch.setattr(lists_commands, "BATCH", 4)
    monkeypatch.setattr(lists_commands, "apply", dying)
    list_id = send(WORKERS)

    seen = []
    for _ in range(20):
        try:
            lists.step(Stop())
        except Killed:
            seen.append(outcomes(real_database, list_id).count("accepted"))

    assert seen == [4, 4]
    assert outcomes(real_database, list_id) == ["accepted"] * len(WORKERS)
    with real_database.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Request)) == len(WORKERS)
        assert numbers.check(session, {REQUESTS: queries.numbered_requests}) == []
