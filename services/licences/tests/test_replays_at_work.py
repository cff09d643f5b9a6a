"""What people do to a proposal while `work` replays it, on a database that really commits."""

from collections.abc import Callable
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.unit_of_work import UnitOfWork
from chassis.run.deadlines import Deadlines
from licences.commands import replay as replaying
from licences.commands.replay import request_replay
from licences.commands.rules import RuleFile, propose_rules, withdraw_rules
from licences.models import RuleVersion
from saudi.branches import GOVERNORATE

from .conftest import Person
from .test_rule_versions import document

MANAGER = Person("p_manager", attributes={"municipality": GOVERNORATE})
NAME = "2070.1"


@pytest.fixture
def act(process: Any) -> Callable[..., Any]:
    """Returns a function that carries a command out in a transaction of its own, which waits for locks for a second."""

    def run(command: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        with process.transaction() as context:
            context.session.execute(text("SET LOCAL lock_timeout = '1s'"))
            command(UnitOfWork.of(context, MANAGER), *arguments, **named)

    return run


@pytest.fixture
def replay_with(
    process: Any, act: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], None]], RuleVersion]:
    """Returns a function that lets `work` replay a proposal, in the midst of which something happens. Returns the
    version as it is when nothing is due any more."""

    def run(happen: Callable[[], None]) -> RuleVersion:
        happenings, replay = [happen], replaying._replay

        def meanwhile(*arguments: Any, **named: Any) -> Any:
            if happenings:
                happenings.pop()()
            return replay(*arguments, **named)

        monkeypatch.setattr(replaying, "_replay", meanwhile)
        act(propose_rules, RuleFile("# first", document()))
        act(request_replay, NAME, applications=10)
        work = Deadlines(process)
        for _ in range(3):
            work.step(Stop())
        assert not happenings
        with process.transaction() as context:
            row: RuleVersion = context.session.get_one(RuleVersion, NAME)
            assert context.session.scalar(text("SELECT count(*) FROM deadline")) == 0
            context.session.expunge(row)
            return row

    return run


def test_a_proposal_is_withdrawn_while_it_is_replayed(act: Any, replay_with: Any) -> None:
    row = replay_with(lambda: act(withdraw_rules, NAME, reason="خطأ"))

    assert (row.status, row.replay["finished_at"]) == ("withdrawn", None)


def test_a_replay_that_is_asked_for_anew_keeps_the_newer_result(act: Any, replay_with: Any) -> None:
    row = replay_with(lambda: act(request_replay, NAME, applications=20))

    assert row.replay["applications"] == 20
    assert row.replay["finished_at"] is not None
    assert row.version == 4  # proposed, asked for twice, replayed once


def test_a_replay_says_nothing_of_what_was_proposed_anew(act: Any, replay_with: Any) -> None:
    def propose_anew() -> None:
        act(withdraw_rules, NAME, reason="خطأ")
        act(propose_rules, RuleFile("# second", document()))

    row = replay_with(propose_anew)

    assert (row.status, row.source, row.replay) == ("proposed", "# second", None)
