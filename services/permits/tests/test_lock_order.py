"""Commands lock rows in one order and draw numbers last, so that two transactions never wait for each other.

`Service(lock_order=…)` declares the order. The fixture `lock_order` checks the order in every test.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from chassis.data.db import Database
from permits.commands import change_permit, insulation, issue, release_current
from permits.commands.insulation_state import lock_insulation
from permits.commands.recording import lock_permit
from permits.models import Certificate, Permit, Release

from .buildings import asked, completed, examined, signed, submitted
from .entering import STAGES, Company, codes
from .loops import Loops
from .waiting import one_waits_for_the_other, preparing, until_somebody_waits

Desk = Any
# Prepares rows, and returns the command that a later transaction carries out.
Prepare = Callable[[Desk], Callable[[Desk], object]]
LOCKS = re.compile(r"FROM (\w+).*FOR NO KEY UPDATE|INSERT INTO (number_series)", re.DOTALL)


@pytest.fixture
def desk_of(house: Callable[..., dict[str, Any]], desk_class: type) -> Callable[[Session], Desk]:
    return lambda session: desk_class(session, house)


@pytest.fixture
def locked(database: Database) -> Iterator[list[str]]:
    """The tables whose rows were locked, each once, in the order of the first lock."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if (lock := LOCKS.search(statement)) and (table := lock[1] or lock[2]) not in found:
            found.append(table)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def renewal(desk: Desk) -> Callable[[Desk], object]:
    permit = desk.issued()
    desk.insulated(permit)
    submitted(desk, permit)
    request_id = desk.paid(kind="renewal", previous_permit_id=permit.permit_id).request_id
    return lambda then: issue.issue_permit(then.work, request_id)


def completion(desk: Desk) -> Callable[[Desk], object]:
    permit = desk.issued()
    desk.insulated(permit)
    submitted(desk, permit)
    permit_id = permit.permit_id
    return lambda then: then.complete(Permit(permit_id=permit_id))


def insulation_by_officer(desk: Desk) -> Callable[[Desk], object]:
    permit = desk.issued()
    submitted(desk, permit)
    row = insulation.open_insulation(desk.work, permit.permit_id)
    for stage in STAGES:
        desk.inspect(row, stage)
    certificate_id = row.certificate_id
    return lambda then: insulation.issue_insulation(then.work, certificate_id)


def insulation_that_waited_for_a_suspension(desk: Desk) -> Callable[[Desk], object]:
    permit = desk.issued()
    submitted(desk, permit)
    company = Company(desk)
    for stage in STAGES:
        company.take(company.visit(permit, stage))
    change_permit.suspend(desk.work, permit.permit_id, reason="سبب", body="البلدية")
    assert codes(company.take(company.number(permit))) == ["number-recorded"]
    permit_id = permit.permit_id
    return lambda then: change_permit.reinstate(then.work, permit_id, reason="عولجت")


def occupancy_certificate(desk: Desk) -> Callable[[Desk], object]:
    permit = completed(desk)
    submitted(desk, permit)
    certificate_id = examined(desk, asked(desk, permit)).certificate_id
    return lambda then: signed(then, then.session.get(Certificate, certificate_id))


def test_what_rests_on_an_earlier_permits_insulation_is_locked_before_the_release(
    database: Database, desk_of: Callable[[Session], Desk]
) -> None:
    """The fixture `lock_order` fails the test otherwise."""
    with preparing(database) as session:
        desk = desk_of(session)
        before = desk.issued()
        desk.insulated(before)
        until = desk.now.date() + timedelta(days=90)
        occupancy = signed(desk, examined(desk, asked(desk, before, "temporary")), until)
        after = desk.issued(kind="ownership_transfer", previous_permit_id=before.permit_id)
        submitted(desk, after)
        certificate_id = session.scalars(
            select(Certificate.certificate_id).where(
                Certificate.permit_id == after.permit_id, Certificate.kind == "insulation"
            )
        ).one()

    with database.transaction() as session:
        insulation.revoke_insulation(desk_of(session).work, certificate_id, reason="استُبدل")
        assert session.get_one(Certificate, occupancy.certificate_id).flagged


@pytest.mark.parametrize(
    "prepare",
    [
        renewal,
        completion,
        insulation_by_officer,
        insulation_that_waited_for_a_suspension,
        occupancy_certificate,
    ],
)
def test_a_command_locks_in_the_declared_order_and_draws_its_number_last(
    database: Database,
    desk_of: Callable[[Session], Desk],
    locked: list[str],
    prepare: Prepare,
) -> None:
    with preparing(database) as session:
        command = prepare(desk_of(session))
    locked.clear()

    with database.transaction() as session:
        command(desk_of(session))

    assert {"permit", "certificate", "release", "number_series"} <= set(locked)


def test_a_correction_of_an_owner_locks_the_requests_and_permits_of_the_line_first(
    database: Database, desk_of: Callable[[Session], Desk], locked: list[str]
) -> None:
    with preparing(database) as session:
        desk = desk_of(session)
        permit_id = desk.issued().permit_id
        renewed = desk.issued(kind="renewal", previous_permit_id=permit_id)
        permit_id, version = renewed.permit_id, renewed.version
    correct = [{"position": 0, "id_number": "1000000016"}]
    wanted = {"owners": {"version": version, "correct": correct}}
    locked.clear()

    with database.transaction() as session:
        change_permit.amend(desk_of(session).work, permit_id, reason="حسب الهوية", wanted=wanted)

    assert locked[:5] == ["permit_request", "permit", "appeal", "certificate", "release"]


def waiting_for_a_decision(desk: Desk, permit: Permit) -> Certificate:
    return asked(desk, permit)


def temporary(desk: Desk, permit: Permit) -> Certificate:
    until = desk.now.date() + timedelta(days=90)
    return signed(desk, examined(desk, asked(desk, permit, "temporary")), until)


@pytest.mark.parametrize(
    ("prepare", "overdue"), [(waiting_for_a_decision, True), (temporary, False)]
)
def test_a_deadline_of_an_occupancy_and_a_command_on_its_permit_do_not_deadlock(
    real_database: Database,
    settings: Any,
    desk_of: Callable[[Session], Desk],
    prepare: Callable[[Desk, Permit], Certificate],
    overdue: bool,
) -> None:
    """The worker tries a deadlocked deadline again later, so the deadline would have no effect here."""
    with preparing(real_database) as session:
        desk = desk_of(session)
        permit = completed(desk)
        submitted(desk, permit)
        permit_id, certificate_id = permit.permit_id, prepare(desk, permit).certificate_id
    loops = Loops(real_database, settings, desk.now + timedelta(days=120))

    with ThreadPoolExecutor(1) as pool:
        with real_database.transaction() as session:
            work = desk_of(session).work
            lock_insulation(work, lock_permit(work, permit_id))
            fired = pool.submit(loops.fire)
            until_somebody_waits(real_database, fired)
            work.lock(Certificate, certificate_id)
        fired.result()

    with real_database.transaction() as session:
        row = session.get_one(Certificate, certificate_id)
        assert row.occupancy is not None
        assert row.occupancy["overdue"] is overdue
        assert session.get_one(Permit, permit_id).occupancy is None


def test_a_command_that_waited_for_a_renewal_locks_the_new_permit_before_the_release(
    real_database: Database, desk_of: Callable[[Session], Desk]
) -> None:
    with preparing(real_database) as session:
        desk = desk_of(session)
        permit = desk.issued()
        desk.insulated(permit)
        release_id = submitted(desk, permit).release_id
        request_id = desk.paid(kind="renewal", previous_permit_id=permit.permit_id).request_id

    def return_release() -> None:
        with real_database.transaction() as session:
            release_current.return_release(desk_of(session).work, release_id, notes="ملاحظات")

    with one_waits_for_the_other(real_database, return_release) as (session, futures):
        renewed = issue.issue_permit(desk_of(session).work, request_id).permit_id
    futures[0].result()

    with real_database.transaction() as session:
        row = session.get_one(Release, release_id)
        assert (row.permit_id, row.status) == (renewed, "returned")
