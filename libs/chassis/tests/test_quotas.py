"""Limits: counted for all workers together, and never exceeded."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import text

from chassis.access.quotas import (
    Counted,
    Demand,
    LimitReached,
    Policy,
    Quotas,
    Request,
    counting_with,
    state,
)
from chassis.fast.batching import complete
from chassis.fast.quotas import BatchedQuotas

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp()


class CountingTogether:
    """BatchedQuotas, asked by one request at a time."""

    def __init__(self, database):
        self._quotas = BatchedQuotas(database)
        self.give_back = self._quotas.give_back

    def take(self, policy, subject, amount=1, *, now):
        (task,) = complete([self._quotas.take([Demand(policy, subject, amount)], now=now)])
        return task.result()[0]


@pytest.fixture(params=["alone", "together"])
def worker(request, real_database):
    """`worker()` → the quotas of one more worker, in each of the two ways to count."""
    if request.param == "alone":
        return lambda: Quotas(counting_with(real_database))
    return lambda: CountingTogether(real_database)


@pytest.fixture(autouse=True)
def nothing_counted(real_database):
    with real_database.transaction() as session:
        session.execute(text("TRUNCATE quota_used"))


def take(quotas, policy, subject, times):
    return sum(quotas.take(policy, subject, now=NOW).granted for _ in range(times))


@pytest.mark.parametrize("step", [0, 1], ids=["windows", "steps"])
@pytest.mark.parametrize("limit", [1, 7, 100, 199])
def test_a_limit_below_two_hundred_is_exact_over_many_workers(worker, limit, step):
    policy = Policy(f"exact-{limit}-{step}", limit, 60, step=step)
    workers = [worker() for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda n: take(workers[n % 4], policy, "p", 40), range(16)))

    assert sum(granted) == limit


class SlowCount:
    """Grants what is asked for, but the first question only once `others` requests wait. `asked`: by question."""

    def __init__(self):
        self.asked, self.is_asked, self._may_answer = [], Event(), Event()

    def __call__(self, portions):
        self.asked.append([(one.policy, one.subject, one.amount) for one in portions])
        self.is_asked.set()
        self._may_answer.wait(10)
        return [Counted(one.amount, one.amount, one.starts_at) for one in portions]

    def granted(self, first, others):
        """Returns which requests were granted. The others ask while the first one is counted."""
        quotas, ask = Quotas(self), lambda demands: quotas.charge(demands, now=NOW)
        with ThreadPoolExecutor(1 + len(others)) as pool:
            asking = [pool.submit(ask, first)]
            self.is_asked.wait(10)
            asking += [pool.submit(ask, one) for one in others]
            give_up = time.monotonic() + 10
            while len(quotas._waiting) < len(others) and time.monotonic() < give_up:
                time.sleep(0.001)
            self._may_answer.set()
            return [one.exception() is None for one in asking]


def test_requests_that_arrive_during_a_question_share_the_next_one():
    policy, count = Policy("p", 9, 60), SlowCount()

    granted = count.granted([Demand(policy, "a")], [[Demand(policy, one)] for one in "bcd"])

    assert granted == [True] * 4
    assert [len(question) for question in count.asked] == [1, 3]


def test_a_burst_that_arrives_during_a_question_is_charged_to_no_limit_behind_the_one_that_refuses():
    once, in_hour, count = Policy("once", 1, 60), Policy("in-hour", 5, 3_600), SlowCount()
    burst = [[Demand(once, "p"), Demand(in_hour, "p")]] * 8

    granted = count.granted([Demand(in_hour, "another")], burst)

    assert sum(granted) == 2
    assert count.asked[1:] == [[("once", "p", 1), ("in-hour", "p", 1)]]


def test_what_a_limit_refuses_is_charged_to_no_limit_behind_it(real_database):
    once, in_hour = Policy("once", 1, 60), Policy("in-hour", 5, 3_600)
    burst, other = (Quotas(counting_with(real_database)) for _ in range(2))

    def ask_for_code(_):
        try:
            burst.charge([Demand(once, "p", 1), Demand(in_hour, "p", 1)], now=NOW)
        except LimitReached:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        sent = sum(pool.map(ask_for_code, range(16)))

    assert sent == 1
    assert take(other, in_hour, "p", 5) == 4


def test_a_wide_limit_is_never_exceeded_and_leaves_at_most_a_hundredth_per_worker(worker):
    policy = Policy("wide", 5_000, 60)
    workers = [worker() for _ in range(3)]

    granted = sum(take(worker, policy, "p", 2_000) for worker in workers)

    assert 5_000 - 3 * 50 <= granted <= 5_000


def test_a_new_window_begins_anew_and_subjects_do_not_share(worker):
    policy, quotas = Policy("window", 3, 60), worker()

    assert take(quotas, policy, "a", 5) == 3
    assert take(quotas, policy, "b", 5) == 3
    assert quotas.take(policy, "a", now=NOW + 30).granted == 1


def test_with_steps_what_was_taken_counts_for_a_whole_minute_and_no_longer(worker):
    policy, quotas = Policy("sliding", 3, 60, step=1), worker()
    # At which second how many are asked for.
    takes = {0: 1, 29: 1, 31: 2, 59: 1, 60.9: 1, 61: 2, 89.9: 1, 90: 1}

    granted = {
        at: sum(quotas.take(policy, "p", now=NOW + at).granted for _ in range(times))
        for at, times in takes.items()
    }

    assert granted == {0: 1, 29: 1, 31: 1, 59: 0, 60.9: 0, 61: 1, 89.9: 0, 90: 1}


def test_a_refused_caller_learns_when_there_will_be_more(worker):
    policy, quotas = Policy("refused", 2, 60, step=1), worker()
    for at in (0, 20):
        quotas.take(policy, "p", now=NOW + at)

    refused = quotas.take(policy, "p", now=NOW + 50)

    assert (refused.granted, refused.remaining, refused.resets_in) == (0, 0, 11)
    assert quotas.take(policy, "p", now=NOW + 60.9).granted == 0
    assert quotas.take(policy, "p", now=NOW + 61).granted == 1


@pytest.mark.parametrize("limit", [30, 300])
def test_in_no_minute_wherever_it_begins_more_is_granted_than_the_limit(worker, limit):
    chance = random.Random(limit)
    policy = Policy(f"anywhere-{limit}", limit, 60, step=1)
    workers = [worker() for _ in range(3)]
    at, granted, refused = NOW, [], []
    for _ in range(6 * limit):
        at += chance.expovariate(limit / 25)  # more than twice what's allowed
        verdict = chance.choice(workers).take(policy, "p", now=at)
        (granted if verdict.granted else refused).append(at)

    def count(since, until):
        return sum(since < one <= until for one in granted)

    assert max(count(one - 60, one) for one in granted) <= limit
    # A refused request could have been granted a second later at most, but for the portions that others hold.
    in_hand = 2 * (limit // 100)
    assert refused
    assert all(count(one - 61, one) + in_hand >= limit for one in refused)


def test_a_portion_in_hand_when_a_step_ends_is_given_back(worker, session):
    policy, quotas = Policy("returned", 5_000, 60, step=1), worker()
    for second in range(10):
        quotas.take(policy, "p", now=NOW + second)

    counted = state(session, policy, "p", now=NOW + 9)

    assert policy.limit - counted.remaining == 9 + 50  # the last step's portion is still in hand


def test_what_was_taken_for_refused_requests_is_given_back_with_the_next_request(
    real_database, session
):
    minute, day = Policy("minute", 1, 60), Policy("day", 20_000, 86_400)
    quotas = Quotas(counting_with(real_database))
    demands = [Demand(minute, "p"), Demand(day, "p", 1_000)]

    quotas.take_all([Request(demands, NOW)] * 10)
    quotas.take(day, "p", now=NOW)

    counted = state(session, day, "p", now=NOW)
    assert day.limit - counted.remaining <= 1_000 + 2 * 200  # one request's rows, and two portions


def test_a_lowered_limit_holds_at_once_for_the_portions_that_workers_hold(worker):
    wide, narrow = Policy("lowered", 1_000_000, 60), Policy("lowered", 10, 60)
    workers = [worker(), worker()]
    for one in workers:
        one.take(wide, "p", 3, now=NOW)

    granted = sum(take(one, narrow, "p", 40) for one in workers * 2)

    assert granted <= 10 - 6


def test_a_raised_limit_gives_more_at_once(worker):
    quotas = worker()
    assert take(quotas, Policy("raised", 5, 60), "p", 10) == 5

    assert take(quotas, Policy("raised", 8, 60), "p", 10) == 3


@pytest.mark.parametrize("amount", [7.0, 0, -1, True, "7"])
def test_an_amount_that_is_no_whole_number_is_refused_and_changes_nothing(worker, amount):
    policy, quotas = Policy("whole", 300, 60), worker()

    with pytest.raises(ValueError, match="whole"):
        quotas.take(policy, "p", amount, now=NOW)

    assert quotas.take(policy, "p", 300, now=NOW).granted == 300


def test_all_limits_of_all_requests_in_hand_are_counted_in_one_statement(
    real_database, monkeypatch
):
    quotas, wide, narrow = BatchedQuotas(real_database), Policy("w", 9, 60), Policy("n", 2, 60)
    opened, autocommit = [], real_database.autocommit
    monkeypatch.setattr(
        real_database, "autocommit", lambda: opened.append("connection") or autocommit()
    )
    demands = [
        [Demand(narrow, person), Demand(wide, "all")] for person in ("a", "b", "a", "a", "b")
    ]

    tasks = complete([quotas.take(one, now=NOW) for one in demands])

    assert opened == ["connection"]
    granted = [[verdict.granted for verdict in task.result()] for task in tasks]
    assert granted == [[1, 1], [1, 1], [1, 1], [0], [1, 1]]


def test_two_workers_that_count_the_same_limits_in_another_order_do_not_lock_each_other_out(
    worker,
):
    policies = [Policy(f"many-{number}", 150, 60) for number in range(6)]
    workers = [worker() for _ in range(4)]

    def ask(number):
        order = random.Random(number).sample(policies, len(policies))
        return sum(workers[number % 4].take(one, "p", now=NOW).granted for one in order)

    with ThreadPoolExecutor(4) as pool:
        granted = sum(pool.map(ask, range(200)))

    assert granted == 6 * 150


def test_the_database_is_asked_no_more_when_a_limit_has_nothing_left(real_database):
    policy, asked, count = Policy("spent", 2, 60), [], counting_with(real_database)
    quotas = Quotas(lambda portions: asked.append(portions) or count(portions))

    granted = [quotas.take(policy, "p", now=NOW).granted for _ in range(6)]

    assert granted == [1, 1, 0, 0, 0, 0]
    assert len(asked) == 2


def test_a_request_refused_by_a_narrow_limit_takes_nothing_from_the_wide_one(real_database):
    narrow, wide = Policy("own", 1, 60), Policy("everybody's", 100, 60)
    quotas = Quotas(counting_with(real_database))
    for _ in range(50):
        quotas.take_all([Request([Demand(narrow, "greedy"), Demand(wide, "all")], NOW)])

    verdict = quotas.take(wide, "all", now=NOW)

    assert verdict.remaining == 98


def test_an_unused_portion_is_given_back(worker):
    policy, quotas = Policy("rows", 10, 86_400), worker()
    quotas.take(policy, "sec", 10, now=NOW)
    quotas.give_back(policy, "sec", 4, now=NOW)

    verdict = quotas.take(policy, "sec", 10, now=NOW)

    assert (verdict.granted, verdict.remaining) == (4, 0)
