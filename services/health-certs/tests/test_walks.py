"""Walks through the lives of two workers: however they go, the promises of health_promises.py hold; and each promise
sees what it's for, because a rule that is broken on purpose makes a walk fail that was fine."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from chassis.data.deadlines import set_deadline
from chassis.process import Process
from chassis.testing_walks import (
    Break,
    WalkDatabase,
    require_broken_promise,
    switch_off,
    take_walks,
)
from health_certs.commands import decide, facts, issue, uniqueness
from health_certs.commands import examine as examining
from health_certs.domain.requests import EndReason
from health_certs.models import Request
from invoicing.machine import Invoicing
from saudi.days import RIYADH

from .walking import TALLY, Health, WalkFixtures

WORKER, BORDER = "2000000006", "3000000001"
SHOP_OF_SAIHAT, SHOP_OF_UMM_AL_HAMAM = "144804000017", "144809000017"
IN_QATIF = "144801000017"
HERE, THERE = "saihat-centre", "qatif-centre"


@pytest.fixture
def fixtures(
    service: Any, settings: Any, database: Any, session: Any, context: Any, photo: Any
) -> WalkFixtures:
    return WalkFixtures(
        WalkDatabase(session, database), context, Process(service, settings, database), photo
    )


def test_no_order_of_events_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(lambda: Health(fixtures), TALLY, connection=fixtures.database.session.connection())


def ask(walk: Health, profession: str = "cleaner", **named: Any) -> None:
    chosen: dict[str, Any] = {"number": WORKER, "place": None, "centre": HERE, "himself": True}
    walk.ask(**{**chosen, "profession": profession, **named})
    walk.pay(0, 0)


def examine(walk: Health, which: int, *, fit: bool, days: int = 0) -> None:
    walk.examine(which, fit, days, False)
    walk.every_promise_holds()


def shop_for_fit(walk: Health) -> None:
    ask(walk)
    ask(walk, place=SHOP_OF_SAIHAT, centre=THERE)
    examine(walk, 1, fit=False)
    examine(walk, 0, fit=True)


def shop_on_the_same_day(walk: Health) -> None:
    ask(walk)
    examine(walk, 0, fit=False)
    walk.change_centre(0, THERE)
    walk.now += timedelta(hours=2)
    examine(walk, 0, fit=True)


def shop_with_an_older_examination(walk: Health) -> None:
    ask(walk)
    examine(walk, 0, fit=False)
    walk.withdraw(0, True)
    ask(walk, centre=THERE)
    examine(walk, 0, fit=True, days=7)


def find_unfit_elsewhere(walk: Health) -> None:
    certify(walk)
    ask(walk, place=SHOP_OF_SAIHAT, centre=THERE)
    walk.now += timedelta(hours=2)
    examine(walk, 0, fit=False)
    walk.correct(1, True, 0)  # the certified worker's own result, still fit
    walk.every_promise_holds()


def certify(walk: Health) -> None:
    ask(walk)
    examine(walk, 0, fit=True)


def correct_to_unfit(walk: Health) -> None:
    certify(walk)
    walk.now += timedelta(hours=2)
    walk.correct(0, False, 0)
    walk.every_promise_holds()


def ask_after_a_revocation(walk: Health) -> None:
    certify(walk)
    walk.revoke(0)
    walk.every_promise_holds()
    ask(walk, centre=THERE)
    examine(walk, 0, fit=True)


def lapse(walk: Health) -> None:
    ask(walk, "cook")
    walk.pass_course(0, 2)
    walk.now += timedelta(days=4)
    walk.take_deadlines()
    walk.every_promise_holds()


def move_the_shop(walk: Health) -> None:
    ask(walk, "cook", place=SHOP_OF_UMM_AL_HAMAM)
    walk.tell_licence(SHOP_OF_UMM_AL_HAMAM, "moved")
    examine(walk, 0, fit=True)


def void(walk: Health) -> None:
    ask(walk, "cook")
    walk.pass_course(0, 20)
    walk.void_pass(0)
    examine(walk, 0, fit=True)


def refund_and_examine(walk: Health) -> None:
    ask(walk)
    walk.refund(0, False)
    examine(walk, 0, fit=True)


def amend_and_use_the_old_result(walk: Health) -> None:
    walk.ask(BORDER, "cleaner", None, HERE, True)
    examine(walk, 0, fit=True)
    walk.amend(0, "female")
    walk.pay(0, 0)
    walk.every_promise_holds()


def withdraw_paid(walk: Health) -> None:
    ask(walk)
    walk.withdraw(0, True)
    walk.every_promise_holds()


def unfit_in_silence(walk: Health) -> None:
    ask(walk)
    examine(walk, 0, fit=False)


def miss_the_deadline(walk: Health) -> None:
    ask(walk)
    walk.now += timedelta(days=32)
    walk.take_deadlines()
    walk.every_promise_holds()


def move_to_a_post_that_is_taken(walk: Health) -> None:
    ask(walk, place=SHOP_OF_SAIHAT)
    examine(walk, 0, fit=True)
    certify(walk)
    walk.move(0, SHOP_OF_SAIHAT, True)
    walk.every_promise_holds()


STORIES = {
    name: story
    for name, story in globals().items()
    if getattr(story, "__annotations__", {}) == {"walk": Health, "return": None}
}


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_each_story_is_fine_while_the_rules_hold(fixtures: WalkFixtures, story: Any) -> None:
    walk = Health(fixtures)

    story(walk)

    walk.every_promise_holds()


@dataclass(frozen=True)
class Bug:
    """A rule broken on purpose, and the story that shows the harm."""

    story: Callable[[Health], None]
    breaks: Break


def counting(choose: Callable[..., Any]) -> Break:
    """Replaces which entries are weighed."""
    really = facts.counting_entry
    return lambda patch: patch.setattr(
        facts, "counting_entry", lambda *known: choose(really, *known)
    )


def own_only(really: Any, entries: Any, request_id: str, revision: int) -> Any:
    return really([one for one in entries if one.request_id == request_id], request_id, revision)


def last_entered(really: Any, entries: Any, request_id: str, revision: int) -> Any:
    own = [one for one in entries if one.request_id == request_id]
    return max(own, key=lambda one: one.entered_at, default=None)


def any_revision(really: Any, entries: Any, request_id: str, revision: int) -> Any:
    return really([replace(one, revision=revision) for one in entries], request_id, revision)


def past_deadline(patch: pytest.MonkeyPatch) -> None:
    def set_in_the_past(work: Any, request: Request) -> None:
        education = facts.facts_of(work.session, request).education
        if education is not None and facts.needs_of(request).course is not None:
            over_at = datetime.combine(education.valid_until + timedelta(days=1), time(), RIYADH)
            set_deadline(work.session, "request", request.request_id, "education", over_at)

    patch.setattr(decide, "set_education_deadline", set_in_the_past)


def every_result_counts(patch: pytest.MonkeyPatch) -> None:
    really = decide.facts_of_all
    patch.setattr(
        decide,
        "facts_of_all",
        lambda *known: {
            key: replace(one, own_examination=one.examination)
            for key, one in really(*known).items()
        },
    )


def end_at_once(patch: pytest.MonkeyPatch) -> None:
    really = decide.decide_examined

    def tell(work: Any, examined: Any, others: Any = ()) -> None:
        really(work, examined, others)
        for one in (*examined, *others):
            examination = facts.facts_of(work.session, one).examination
            if one.ended_at is None and examination is not None and not examination.fit:
                decide.end(work, one, EndReason.UNFIT)

    patch.setattr(decide, "decide_examined", tell)


def once(module: Any, name: str) -> Break:
    """The command works the first time only."""

    def break_it(patch: pytest.MonkeyPatch) -> None:
        really, turns = getattr(module, name), list[int]()

        def first_time(*known: Any) -> Any:
            turns.append(1)
            return really(*known) if len(turns) == 1 else None

        patch.setattr(module, name, first_time)

    return break_it


BUGS = {
    "an unfit result counts for its own request only": Bug(shop_for_fit, counting(own_only)),
    "the last entry counts": Bug(shop_on_the_same_day, counting(last_entered)),
    "an older examination counts": Bug(shop_with_an_older_examination, counting(own_only)),
    "a result of before an edit counts": Bug(amend_and_use_the_old_result, counting(any_revision)),
    "every result of the worker cancels": Bug(find_unfit_elsewhere, every_result_counts),
    "a correction cancels nothing": Bug(correct_to_unfit, switch_off(decide, "cancel_for_result")),
    "a revocation holds nothing": Bug(
        ask_after_a_revocation, switch_off(facts, "_revocations", lambda *_: {})
    ),
    "the deadline of the education arms itself in the past": Bug(lapse, past_deadline),
    "a shop's move brings past the education": Bug(
        move_the_shop, switch_off(issue, "lacks_education", lambda *_: False)
    ),
    "a void pass counts": Bug(void, once(examining, "redecide_all")),
    "a refund is overlooked": Bug(refund_and_examine, switch_off(decide, "take_refund")),
    "the money of an end stays": Bug(withdraw_paid, switch_off(Invoicing, "give_up")),
    "unfit ends at once": Bug(unfit_in_silence, end_at_once),
    "the examination's deadline does nothing": Bug(miss_the_deadline, switch_off(decide, "end")),
    "a post is taken twice": Bug(
        move_to_a_post_that_is_taken, switch_off(uniqueness, "require_no_certificate")
    ),
}
# The promise that each bug breaks.
PROMISES = {
    "an unfit result counts for its own request only": "issued to a worker who isn't fit",
    "the last entry counts": "issued to a worker who isn't fit",
    "an older examination counts": "issued to a worker who isn't fit",
    "a result of before an edit counts": "issued to a worker who isn't fit",
    "every result of the worker cancels": "cancelled for another request's result",
    "a correction cancels nothing": "in force on a result that was corrected to unfit",
    "a revocation holds nothing": "issued to a worker after a revocation",
    "the deadline of the education arms itself in the past": "a deadline is due in the past",
    "a shop's move brings past the education": "issued without the health education",
    "a void pass counts": "another state is shown: awaiting_examination",
    "a refund is overlooked": "issued without the money",
    "the money of an end stays": "the money stays",
    "unfit ends at once": "a result shows",
    "the examination's deadline does nothing": "open after the examination's deadline",
    "a post is taken twice": "two certificates for one post",
}


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_is_caught(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    walk, bug = Health(fixtures), BUGS[name]

    require_broken_promise(monkeypatch, bug.breaks, PROMISES[name], lambda: bug.story(walk))
