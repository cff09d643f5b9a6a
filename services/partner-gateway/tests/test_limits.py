"""Limits: counted for all workers together, told to the caller, and kept from hurting the neighbours."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chassis.quotas import Policy, Quotas, state
from partner_gateway import limits as limits_module
from partner_gateway.queries import suspects

PATH = "/v1/building-permits?plan_number=1"
NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp()


def take(quotas, policy, subject, times):
    return sum(quotas.take(policy, subject, now=NOW).granted for _ in range(times))


@pytest.mark.parametrize("step", [0, 1], ids=["windows", "steps"])
@pytest.mark.parametrize("limit", [1, 7, 100, 199])
def test_a_limit_below_two_hundred_is_exact_over_many_workers(real_database, limit, step):
    policy = Policy(f"exact-{limit}-{step}", limit, 60, step=step)
    workers = [Quotas(real_database) for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda n: take(workers[n % 4], policy, "p", 40), range(16)))

    assert sum(granted) == limit


def test_a_wide_limit_is_never_exceeded_and_leaves_at_most_a_hundredth_per_worker(real_database):
    policy = Policy("wide", 5_000, 60)
    workers = [Quotas(real_database) for _ in range(3)]

    granted = sum(take(worker, policy, "p", 2_000) for worker in workers)

    assert 5_000 - 3 * 50 <= granted <= 5_000


def test_a_new_window_begins_anew_and_subjects_do_not_share(real_database):
    policy, quotas = Policy("window", 3, 60), Quotas(real_database)

    assert take(quotas, policy, "a", 5) == 3
    assert take(quotas, policy, "b", 5) == 3
    assert quotas.take(policy, "a", now=NOW + 30).granted == 1


def test_with_steps_what_was_taken_counts_for_a_whole_minute_and_no_longer(real_database):
    policy, quotas = Policy("sliding", 3, 60, step=1), Quotas(real_database)
    # At which second how many are asked for.
    takes = {0: 1, 29: 1, 31: 2, 59: 1, 60.9: 1, 61: 2, 89.9: 1, 90: 1}

    granted = {
        at: sum(quotas.take(policy, "p", now=NOW + at).granted for _ in range(times))
        for at, times in takes.items()
    }

    assert granted == {0: 1, 29: 1, 31: 1, 59: 0, 60.9: 0, 61: 1, 89.9: 0, 90: 1}


def test_who_is_refused_is_told_when_there_will_be_more(real_database):
    policy, quotas = Policy("told", 2, 60, step=1), Quotas(real_database)
    for at in (0, 20):
        quotas.take(policy, "p", now=NOW + at)

    refused = quotas.take(policy, "p", now=NOW + 50)

    assert (refused.granted, refused.remaining, refused.resets_in) == (0, 0, 11)
    assert quotas.take(policy, "p", now=NOW + 60.9).granted == 0
    assert quotas.take(policy, "p", now=NOW + 61).granted == 1


@pytest.mark.parametrize("limit", [30, 600])
def test_in_no_minute_wherever_it_begins_more_is_granted_than_the_limit(real_database, limit):
    chance = random.Random(limit)
    policy = Policy(f"anywhere-{limit}", limit, 60, step=1)
    workers = [Quotas(real_database) for _ in range(3)]
    at, granted, refused = NOW, [], []
    for _ in range(12 * limit):
        at += chance.expovariate(limit / 25)  # more than twice what's allowed
        verdict = chance.choice(workers).take(policy, "p", now=at)
        (granted if verdict.granted else refused).append(at)

    def count(since, until):
        return sum(since < one <= until for one in granted)

    assert max(count(one - 60, one) for one in granted) <= limit
    # Who is refused could have been granted a second later at the most, but for what the others hold in hand.
    in_hand = 2 * (limit // 100)
    assert refused
    assert all(count(one - 61, one) + in_hand >= limit for one in refused)


def test_what_is_in_hand_when_a_step_ends_is_given_back(real_database, session):
    policy, quotas = Policy("returned", 5_000, 60, step=1), Quotas(real_database)
    for second in range(10):
        quotas.take(policy, "p", now=NOW + second)

    counted = state(session, policy, "p", now=NOW + 9)

    assert policy.limit - counted.remaining == 9 + 50  # the last step's portion is still in hand


def test_what_was_not_used_is_given_back(real_database):
    policy, quotas = Policy("rows", 10, 86_400), Quotas(real_database)
    quotas.take(policy, "sec", 10, now=NOW)
    quotas.give_back(policy, "sec", 4, now=NOW)

    verdict = quotas.take(policy, "sec", 10, now=NOW)

    assert (verdict.granted, verdict.remaining) == (4, 0)


def test_the_riyadh_day_begins_at_nine_in_the_evening_utc():
    day = Policy("rows-per-day", 1, limits_module.DAY, offset=limits_module.RIYADH_SECONDS)
    before = datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC).timestamp()

    assert day.starts_at(before) == datetime(2026, 11, 23, 21, tzinfo=UTC).timestamp()
    assert day.starts_at(before + 1) == datetime(2026, 11, 24, 21, tzinfo=UTC).timestamp()


@pytest.fixture
def narrow(settings):
    """The settings of the service with limits that a test can reach."""
    values = {"person_per_minute": 3, "civil_id_per_minute": 2, "partner_per_minute": 6}
    before = {name: getattr(settings, name) for name in values}
    for name, value in values.items():
        object.__setattr__(settings, name, value)
    yield
    for name, value in before.items():
        object.__setattr__(settings, name, value)


@pytest.fixture
def limited(narrow, client):
    return client


def test_the_answer_says_what_is_left_and_the_next_one_when_there_is_more(
    limited, employee, grant, session
):
    grant()
    answers = [limited.get(PATH, headers=employee(sub="p_l1")) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert '"person";q=3;w=60' in answers[0].headers["ratelimit-policy"]
    assert '"person";r=2;t=' in answers[0].headers["ratelimit"]
    refused = answers[3]
    assert refused.json()["code"] == "person"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert '"person";r=0;t=' in refused.headers["ratelimit"]


def test_a_person_over_the_own_limit_does_not_use_up_the_colleagues(limited, employee, grant):
    grant()
    for _ in range(10):
        limited.get(PATH, headers=employee(sub="p_greedy"))

    assert limited.get(PATH, headers=employee(sub="p_modest")).status_code == 200


def test_searches_by_civil_id_have_their_own_lower_limit(limited, employee, grant):
    grant()
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}

    def search():
        return limited.post("/v1/building-permit-searches", json=body, headers=employee(sub="p_l2"))

    assert [search().status_code for _ in range(3)] == [200, 200, 429]
    assert search().json()["code"] == "civil-id"
    assert limited.get(PATH, headers=employee(sub="p_l2")).status_code == 200


def test_the_quota_shows_what_the_limits_counted(limited, employee, grant):
    grant(rows_per_day=500)
    limited.get(PATH, headers=employee(sub="p_l3"))

    state = limited.get("/v1/quota", headers=employee("gateway.status", sub="p_l3")).json()

    left = {one["name"]: (one["limit"], one["remaining"]) for one in state["limits"]}
    assert left["person"] == (3, 2)
    assert left["civil-id"] == (2, 2)
    assert left["rows-per-day"][0] == 500


def test_a_refusal_by_a_limit_is_recorded(limited, employee, grant, session):
    grant()
    for _ in range(4):
        limited.get(PATH, headers=employee(sub="p_l4"))

    page = limited.get("/v1/access-log?decision=denied", headers=employee("access-log.read")).json()

    assert [row["reason"] for row in page["items"]] == ["person"]


def test_who_searches_for_many_people_is_noticed(client, employee, grant, session):
    grant()
    for number in ("1000000008", "1000000016", "1000000024"):
        body = {"civil_id": number, "purpose": "meter-connection", "case_reference": "C-1"}
        for _ in range(2):
            client.post(
                "/v1/building-permit-searches", json=body, headers=employee(sub="p_curious")
            )

    assert suspects(session, 2) == [("p_curious", 3)]
    assert suspects(session, 3) == []
