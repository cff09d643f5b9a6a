"""The life of a version of the rules."""

from dataclasses import replace
from datetime import date

import pytest

from chassis.core.refusals import Conflict, IllegalTransition
from licences.domain.rule_versions import (
    NotReplayed,
    OwnRules,
    RulesChanged,
    RulesDayPast,
    RulesInForce,
    RuleStanding,
    possible_actions,
    replayed_digest,
    require_approvable,
    require_withdrawable,
    standing,
)

TODAY, LATER = date(2026, 11, 25), date(2027, 1, 1)
PROPOSED = RuleStanding(
    status="proposed", effective_from=LATER, digest="d", proposed_by="p_1", replayed="d"
)
APPROVED = replace(PROPOSED, status="approved")


@pytest.mark.parametrize(
    ("version", "subject", "digest", "refusal"),
    [
        (PROPOSED, "p_1", "d", OwnRules),
        (PROPOSED, "p_2", "e", RulesChanged),
        (replace(PROPOSED, replayed=None), "p_2", "d", NotReplayed),
        (replace(PROPOSED, replayed="e"), "p_2", "d", NotReplayed),
        (replace(PROPOSED, effective_from=TODAY), "p_2", "d", RulesDayPast),
        (APPROVED, "p_2", "d", IllegalTransition),
        (replace(PROPOSED, status="withdrawn"), "p_2", "d", IllegalTransition),
    ],
)
def test_an_approval_is_refused(
    version: RuleStanding, subject: str, digest: str, refusal: type[Conflict]
) -> None:
    with pytest.raises(refusal):
        require_approvable(version, subject=subject, digest=digest, today=TODAY)


def test_another_person_approves_what_was_replayed() -> None:
    require_approvable(PROPOSED, subject="p_2", digest="d", today=TODAY)

    assert possible_actions(PROPOSED, subject="p_2", today=TODAY) == [
        "replay",
        "approve",
        "withdraw",
    ]
    assert possible_actions(PROPOSED, subject="p_1", today=TODAY) == ["replay", "withdraw"]


@pytest.mark.parametrize(
    ("applications", "decisions", "is_enough"),
    [(1, 1, False), (499, 499, False), (500, 500, True), (5000, 5000, True), (20, 19, True), (1, 0, True)],
)  # fmt: skip
def test_a_replay_counts_over_five_hundred_decisions_or_all(
    applications: int, decisions: int, is_enough: bool
) -> None:
    replay = {
        "digest": "d",
        "finished_at": "2026-11-25T08:00:00Z",
        "applications": applications,
        "decisions": decisions,
        "days": [{"day": "2027-01-01", "unchanged": decisions, "outcomes": []}],
    }

    assert replayed_digest(replay) == ("d" if is_enough else None)
    assert replayed_digest({**replay, "finished_at": None, "decisions": None}) is None
    of_an_earlier_release = {name: one for name, one in replay.items() if name != "days"}
    assert replayed_digest(of_an_earlier_release) is None


def test_a_version_is_withdrawn_until_its_first_day() -> None:
    require_withdrawable(APPROVED, today=TODAY)
    assert possible_actions(APPROVED, subject="p_2", today=TODAY) == ["withdraw"]

    with pytest.raises(RulesInForce):
        require_withdrawable(APPROVED, today=LATER)
    assert possible_actions(APPROVED, subject="p_2", today=LATER) == []


def test_the_days_say_which_version_is_in_force() -> None:
    assert standing("approved", LATER, TODAY, is_in_force=False) == "upcoming"
    assert standing("approved", TODAY, TODAY, is_in_force=True) == "in_force"
    assert standing("approved", TODAY, TODAY, is_in_force=False) == "past"
    assert standing("proposed", TODAY, TODAY, is_in_force=False) == "proposed"
