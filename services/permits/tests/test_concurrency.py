"""What several connections do to each other: the gate, the numbers, the one issue of a request.

The order is forced: one transaction holds its locks, the other is seen waiting for them, then the
first commits.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core.refusals import IllegalTransition
from chassis.data.db import Database
from permits import queries
from permits.commands import bill, insulation, search_people
from permits.commands import issue as issuing
from permits.domain.actors import SYSTEM
from permits.domain.certificates import CompletionRefused
from permits.domain.requests import AlreadySubmitted
from permits.models import Certificate, Permit, PermitRequest
from saudi.finding import FAMILY

from .waiting import one_waits_for_the_other, preparing

DeskMaker = Callable[[Session], Any]


@pytest.fixture
def desk_of(house: Callable[..., dict[str, Any]], desk_class: type) -> DeskMaker:
    return lambda session: desk_class(session, house)


@pytest.fixture
def insulated_house(real_database: Database, desk_of: DeskMaker) -> tuple[str, str]:
    """A committed permit with a valid insulation certificate: their ids."""
    with preparing(real_database) as session:
        desk = desk_of(session)
        permit = desk.issued()
        return permit.permit_id, desk.insulated(permit).certificate_id


def test_a_revocation_during_completion_waits_and_flags_it(
    real_database: Database, desk_of: DeskMaker, insulated_house: tuple[str, str]
) -> None:
    permit_id, insulation_id = insulated_house

    def revoke() -> None:
        with real_database.transaction() as session:
            desk = desk_of(session)
            insulation.revoke_insulation(desk.work, insulation_id, reason="سبب")

    with one_waits_for_the_other(real_database, revoke) as (session, futures):
        completion = desk_of(session).complete(session.get_one(Permit, permit_id))
    futures[0].result()

    with real_database.transaction() as session:
        row = session.get_one(Certificate, completion.certificate_id)
        assert (row.status, row.flagged, row.flag_reason) == ("issued", True, "insulation-revoked")


def test_a_completion_during_revocation_waits_and_is_refused(
    real_database: Database, desk_of: DeskMaker, insulated_house: tuple[str, str]
) -> None:
    permit_id, insulation_id = insulated_house

    def complete() -> None:
        with real_database.transaction() as session:
            desk_of(session).complete(Permit(permit_id=permit_id))

    with one_waits_for_the_other(real_database, complete) as (session, futures):
        desk = desk_of(session)
        insulation.revoke_insulation(desk.work, insulation_id, reason="سبب")

    error = futures[0].exception()
    assert isinstance(error, CompletionRefused)
    assert error.code == "insulation-revoked"


@pytest.mark.parametrize("attempt", range(8))
def test_at_the_same_moment_there_is_no_unflagged_completion_on_revoked_insulation(
    real_database: Database,
    desk_of: DeskMaker,
    insulated_house: tuple[str, str],
    attempt: int,
) -> None:
    permit_id, insulation_id = insulated_house
    start = Barrier(2)

    def complete() -> str:
        with real_database.transaction() as session:
            start.wait(10)
            try:
                desk_of(session).complete(Permit(permit_id=permit_id))
            except CompletionRefused as refused:
                return refused.code
            return "issued"

    def revoke() -> None:
        with real_database.transaction() as session:
            desk = desk_of(session)
            start.wait(10)
            insulation.revoke_insulation(desk.work, insulation_id, reason="سبب")

    with ThreadPoolExecutor(2) as pool:
        completed, revoked = pool.submit(complete), pool.submit(revoke)
        revoked.result()
        outcome = completed.result()

    with real_database.transaction() as session:
        permit = session.get_one(Permit, permit_id)
        if outcome == "issued":
            assert permit.completion is not None
            assert permit.completion["flagged"] is True
        else:
            assert (outcome, permit.completion) == ("insulation-revoked", None)


def test_no_permit_number_is_given_twice(real_database: Database, desk_of: DeskMaker) -> None:
    clerks = 6
    with preparing(real_database) as session:
        desk = desk_of(session)
        requests = [desk.paid(municipality="safwa").request_id for _ in range(clerks)]
    start = Barrier(clerks)

    def issue(request_id: str) -> str:
        with real_database.transaction() as session:
            desk = desk_of(session)
            start.wait(10)
            permit = issuing.issue_permit(desk.work, request_id)
            return permit.permit_number

    with ThreadPoolExecutor(clerks) as pool:
        numbers = list(pool.map(issue, requests))

    assert len(set(numbers)) == clerks


def test_two_clerks_issue_one_permit(real_database: Database, desk_of: DeskMaker) -> None:
    with preparing(real_database) as session:
        request_id = desk_of(session).paid().request_id

    def issue() -> Permit:
        with real_database.transaction() as session:
            desk = desk_of(session)
            return issuing.issue_permit(desk.work, request_id)

    with one_waits_for_the_other(real_database, issue) as (session, futures):
        desk = desk_of(session)
        issuing.issue_permit(desk.work, request_id)

    error = futures[0].exception()
    assert isinstance(error, IllegalTransition)
    assert error.code == "issued"


@pytest.fixture
def paid_request(real_database: Database, desk_of: DeskMaker) -> tuple[str, str]:
    """A committed request that is paid, and its invoice: their ids."""
    with preparing(real_database) as session:
        request = desk_of(session).paid()
        return request.request_id, str(request.invoice_id)


def test_an_issue_during_a_refund_waits_and_is_refused(
    real_database: Database, desk_of: DeskMaker, paid_request: tuple[str, str]
) -> None:
    request_id, invoice_id = paid_request

    def issue() -> None:
        with real_database.transaction() as session:
            desk = desk_of(session)
            issuing.issue_permit(desk.work, request_id)

    with one_waits_for_the_other(real_database, issue) as (session, futures):
        bill.refund_invoice(desk_of(session).work.acting_as(SYSTEM), invoice_id, gone=False)

    error = futures[0].exception()
    assert isinstance(error, IllegalTransition)
    assert error.code == "approved"


def test_a_refund_during_the_issue_waits_and_leaves_the_permit(
    real_database: Database, desk_of: DeskMaker, paid_request: tuple[str, str]
) -> None:
    request_id, invoice_id = paid_request

    def goes_back() -> None:
        with real_database.transaction() as session:
            bill.refund_invoice(desk_of(session).work.acting_as(SYSTEM), invoice_id, gone=False)

    with one_waits_for_the_other(real_database, goes_back) as (session, futures):
        desk = desk_of(session)
        issuing.issue_permit(desk.work, request_id)
    futures[0].result()

    with real_database.transaction() as session:
        officer = desk_of(session).officer
        assert session.get_one(PermitRequest, request_id).status == "issued"
        journal = queries.history_of_request(session, officer, request_id)
        assert [row.action for row in journal].count("refund_after_issue") == 1


def test_two_submissions_of_one_number_leave_one_request(
    real_database: Database, desk_of: DeskMaker
) -> None:
    def submit() -> None:
        with real_database.transaction() as session:
            desk_of(session).submit(request_number="77001122")

    with one_waits_for_the_other(real_database, submit) as (session, futures):
        desk_of(session).submit(request_number="77001122")

    assert isinstance(futures[0].exception(), AlreadySubmitted)


def test_names_that_change_while_their_parts_are_made_anew_are_found_as_they_are_now(
    real_database: Database, desk_of: DeskMaker
) -> None:
    with preparing(real_database) as session:
        request_id = desk_of(session).paid().request_id
        [owner] = session.get_one(PermitRequest, request_id).owners
        owner.parts = [owner.part_model(place=0, part=FAMILY)]

    def make_anew() -> None:
        with real_database.transaction() as session:
            search_people.index_names(session, wait=True)

    with one_waits_for_the_other(real_database, make_anew) as (session, futures):
        row = desk_of(session).work.lock(PermitRequest, request_id)
        row.owners[0].name = "سمير عينة (بيانات تجريبية)"
        session.flush()
        with real_database.transaction() as beside:
            search_people.index_names(beside)
    futures[0].result()

    with real_database.transaction() as session:
        [owner] = session.get_one(PermitRequest, request_id).owners
        assert [one.part for one in owner.parts] == ["سمير", "عينه"]
