"""Two moves at once on one transaction: for each state in which one of them is possible, in both orders, the second
started while the first holds its locks.

`make pairs SERVICE=transactions` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from transactions.commands import applicants, letters, move
from transactions.commands.enter import enter
from transactions.domain.access import CLOCK

from .conftest import NOW
from .people import CLERK, OWNER, SURVEYOR, entry

LETTER = {"subject": "إفادة", "body": "نص"}
# The registry's rights as well, so that each of the two may do everything.
OFFICERS = tuple(
    replace(SURVEYOR, subject=subject, departments="survey engineering", scopes=CLERK.scopes)
    for subject in ("p_one", "p_other")
)


@dataclass
class Made:
    """What a state made. The id of a letter that the state doesn't make is one that nobody knows."""

    transaction: str
    letter: str = field(default_factory=new_id)


def refer(work: UnitOfWork, made: Made) -> Any:
    return move.refer(work, made.transaction, department="engineering", note="للرأي", within=3)


def answer(work: UnitOfWork, made: Made) -> Any:
    """The applicant completes on line."""
    own = work.acting_as(OWNER)
    return move.answer_own(own, OWNER.citizen(), made.transaction, text="تم", documents=[])


def withdraw(work: UnitOfWork, made: Made) -> Any:
    return move.withdraw_own(work.acting_as(OWNER), OWNER.citizen(), made.transaction)


def lapse(work: UnitOfWork, made: Made) -> str | None:
    ended = move.lapse(work.acting_as(CLOCK), made.transaction)
    return None if ended else "nothing to file"


ACTS: Mapping[str, Act] = {
    "enter": lambda work, _: enter(work, entry()),
    "refer": refer,
    "return": lambda work, made: move.return_for_completion(work, made.transaction, note="أكملوا"),
    "answer": answer,
    "answer at the counter": lambda work, made: move.answer_at_counter(
        work, made.transaction, text="أحضرها", documents=[]
    ),
    "approve": lambda work, made: move.decide(
        work, made.transaction, outcome="approved", note="لا مانع"
    ),
    "refuse": lambda work, made: move.decide(
        work, made.transaction, outcome="refused", note="خارج النطاق"
    ),
    "file": lambda work, made: move.file_away(work, made.transaction, reason="انتهت"),
    "withdraw": withdraw,
    "withdraw at the counter": lambda work, made: move.withdraw_at_counter(
        work, made.transaction, reason="رغب مقدمها"
    ),
    "lapse": lapse,
    "note": lambda work, made: move.note(work, made.transaction, text="ملاحظة"),
    "issue a letter": lambda work, made: letters.issue_letter(work, made.transaction, LETTER),
    "cancel the letter": lambda work, made: letters.cancel_letter(
        work, made.transaction, made.letter, reason="خطأ"
    ),
    "reveal": lambda work, made: applicants.reveal_applicant(
        work, made.transaction, reason="للاتصال به"
    ),
    "search": lambda work, _: applicants.find_by_applicant(
        work, OWNER.id_number, reason="حضر دون رقم"
    ),
}
LOOKS = ("note", "issue a letter", "reveal", "search")
WITHDRAWALS = ("withdraw", "withdraw at the counter")


def transaction(*before: str, **changes: Any) -> Callable[[Any], Made]:
    """`transaction("return")` makes one that was entered forty days ago and returned on that day."""

    def make(session: Any) -> Made:
        work = UnitOfWork(session, OFFICERS[0], NOW - timedelta(days=40))
        made = Made(enter(work, entry(**changes)).transaction_id)
        for name in before:
            done = ACTS[name](work, made)
            if name == "issue a letter":
                made.letter = done.letter_id
        return made

    return make


STATES: Mapping[str, State] = {
    "with its department": State(
        transaction(),
        ("enter", "refer", "return", "approve", "refuse", "file", *WITHDRAWALS, *LOOKS),
        ("answer", "lapse"),
    ),
    "returned": State(
        transaction("return"),
        ("answer", "answer at the counter", "lapse", *WITHDRAWALS, *LOOKS),
        ("refer", "approve", "file"),
    ),
    "decided, with a letter": State(
        transaction("issue a letter", "approve"),
        ("file", "cancel the letter", *LOOKS),
        ("refuse", *WITHDRAWALS),
    ),
    "confidential": State(
        transaction(confidential=True),
        ("refer", "approve", "withdraw at the counter", *LOOKS),
        ("return", "withdraw"),
    ),
    "filed": State(
        transaction("issue a letter", "file"), ("cancel the letter", "search", "reveal"), ("note",)
    ),
}


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield Stage(process.database, OFFICERS, NOW)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(STATES))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))
