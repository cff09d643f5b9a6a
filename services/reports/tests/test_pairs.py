"""Two commands or deadlines at once on a report, or on a report and its duplicate: for each state in which one of them
is possible, in both orders, the second started while the first holds its locks.

`make pairs SERVICE=reports` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from reports.commands import duplicates, ending, escalation, filing, referral, remarks, treatment
from reports.domain.actors import REPORTER

from .conftest import HOUR, NOW, RULE, Person, _new_report

LATE = timedelta(days=3)


@dataclass
class Made:
    """A report, and another report of the same problem."""

    report: str
    other: str


def on(command: Callable[..., Any], thing: str = "report", **named: Any) -> Act:
    """An officer's command a while after the state was made."""

    def act(work: UnitOfWork, made: Made) -> Any:
        return command(work, getattr(made, thing), **named)

    return act


def escalate(work: UnitOfWork, made: Made) -> Any:
    """Runs the deadline after the report's time is over."""
    return escalation.escalate(UnitOfWork(work.session, work.actor, work.now + LATE), made.report)


def merge(thing: str, main: str) -> Act:
    return lambda work, made: duplicates.mark_duplicate(
        work, getattr(made, thing), main_id=getattr(made, main)
    )


def rate(stars: int) -> Act:
    return lambda work, made: ending.rate(work.acting_as(REPORTER), made.report, stars=stars)


ACTS: Mapping[str, Act] = {
    "refer": on(referral.refer, department="roads"),
    "send back": on(referral.send_back, reason="لا"),
    "start": on(treatment.start),
    "give to a contractor": on(treatment.start, contractor="al-amal", work_order="أصلحوه"),
    "link": on(referral.link_external, body="electricity"),
    "ask the reporter": on(referral.ask, question="أين؟"),
    "answer": on(referral.answer, text="هنا"),
    "resolve": on(treatment.resolve, text="تم"),
    "resolve the other": on(treatment.resolve, "other", text="تم"),
    "close": on(ending.close, rule=RULE),
    "close the other": on(ending.close, "other", rule=RULE),
    "reopen": on(ending.reopen, reason="لا", rule=RULE),
    "rate two stars": rate(2),
    "rate five stars": rate(5),
    "reject": on(referral.reject, reason="لا"),
    "reject the other": on(referral.reject, "other", reason="لا"),
    "correct": on(referral.correct, changes={"location": {"town": "صفوى"}}),
    "mark as a duplicate": merge("report", "other"),
    "mark the other as a duplicate": merge("other", "report"),
    "split": on(duplicates.split),
    "link the other": on(referral.link_external, "other", body="electricity"),
    "note": on(remarks.add_note, text="ملاحظة"),
    "show the text": on(remarks.release_words),
    "withhold the text": on(remarks.withhold_words),
    "escalate": escalate,
}


def filed(*steps: str) -> Callable[[Any], Made]:
    """Two reports of dark street lights, the first after these steps."""

    def make(session: Any) -> Made:
        keys = [
            filing.file_report(
                UnitOfWork(session, Person(), NOW), _new_report(category="light-out")
            ).report_id
            for _ in range(2)
        ]
        made = Made(*keys)
        for place, step in enumerate(steps, 1):
            at = NOW + timedelta(minutes=place)
            ACTS[step](UnitOfWork(session, Person(), at), made)
        return made

    return make


RUNNING = (
    *("refer", "send back", "start", "give to a contractor", "link", "ask the reporter"),
    *("resolve", "reject", "correct", "mark as a duplicate", "mark the other as a duplicate"),
    "escalate",
)
ALWAYS = ("note", "show the text", "withhold the text")
ENDED = ("reopen", "rate two stars", "rate five stars")
MAIN = ("resolve the other", "reject the other", "link the other", "split", "refer", "resolve")
STATES: Mapping[str, State] = {
    "assigned": State(filed(), RUNNING, (*ALWAYS, "close", "reopen", "answer")),
    "in progress": State(
        filed("give to a contractor"), ("send back", "resolve", "start", "link", "reject"),
        ("refer", "close", "correct", "mark as a duplicate", "escalate", *ALWAYS),
    ),
    "waits for the reporter": State(
        filed("ask the reporter"), ("answer", "refer", "reject", "start"),
        ("resolve", "link", "mark as a duplicate", "correct", "escalate"),
    ),
    "waits for another body": State(
        filed("link"), ("start", "resolve", "refer", "reject"),
        ("link", "answer", "mark the other as a duplicate", "correct"),
    ),
    "resolved": State(
        filed("resolve"), ("close", "send back", "correct", "mark the other as a duplicate"),
        ("resolve", "reopen", "reject", *ALWAYS),
    ),
    "closed": State(filed("resolve", "close"), ENDED, ("close", "reject", "correct", "note")),
    "a duplicate": State(
        filed("mark as a duplicate"), MAIN[:4], (*MAIN[4:], "reject", "mark the other as a duplicate"),
    ),
    "a duplicate of a resolved report": State(
        filed("mark as a duplicate", "resolve the other"), ("close the other", "split"),
        ("reject the other", "reopen", "resolve"),
    ),
    "closed with its main report": State(
        filed("mark as a duplicate", "resolve the other", "close the other"),
        ("reopen", "rate two stars"), ("split", "rate five stars", "close the other"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        people = Person("p_one"), Person("p_other")
        yield Stage(process.database, people, NOW + HOUR)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(STATES))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))
