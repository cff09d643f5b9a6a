"""Idempotency keys: a request is carried out once, however often it comes, and whatever is killed meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests
from joserfc.jwk import KeySet, RSAKey
from serving import KEYS, command, environment, issuer, served, until
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data import idempotency
from chassis.data.db import Database
from chassis.data.idempotency import Answer, KeyedRequest, KeyUsed
from chassis.data.sealed import use_keys
from chassis.http import idempotent
from chassis.http.app import build
from chassis.process import Process
from chassis.testing import ISSUER, TestJwks, savepoints_over

ORDERS = "/v1/things/{}/orders"
NOW = datetime.now(UTC)
MINE = ("qatif", "test-client", "p_test")


@pytest.fixture(scope="session")
def service():
    from sample.keyed import KEYED

    return KEYED


@pytest.fixture(scope="module")
def settings(service, database_url):
    """This file's own, whichever file made the session's first."""
    return service.settings(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        issuer=ISSUER,
        public_url="http://service.test",
        revocation_staleness_seconds=0.0,
        **KEYS,
    )


@pytest.fixture(scope="module")
def real_database(settings):
    database = Database(settings.database_url)
    use_keys(database, settings)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def savepoints(settings):
    return savepoints_over(settings)


@pytest.fixture
def order(client, token):
    """`order(key, how=…, thing=…, prefer=…, **claims)` → the answer."""

    def order(key, *, how="well", thing="door", prefer=None, **claims):
        sent = {"Idempotency-Key": key, "Prefer": prefer}
        sent = {name: value for name, value in sent.items() if value is not None}
        headers = {**token("things.write", **claims), **sent}
        return client.post(ORDERS.format(thing), json={"how": how}, headers=headers)

    return order


@pytest.fixture
def ordered(session):
    """`ordered(thing)` → how many orders there are."""
    return lambda thing="door": count(session, thing)


def count(session, thing):
    return session.scalar(text("SELECT count(*) FROM thing WHERE name = :name"), {"name": thing})


def test_the_same_request_is_carried_out_once_and_answered_alike(order, ordered):
    first, second = order("k-1"), order("k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert ordered() == 1


def test_a_request_without_a_key_is_refused(order, ordered):
    answer = order(None)

    assert answer.status_code == 400
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("Idempotency-Key", "required")
    ]
    assert ordered() == 0


@pytest.mark.parametrize("key", ["", " ", "a b", "a,b", "x" * 201, '"', "a\x7f"])
def test_a_key_that_is_no_key_is_refused(order, key):
    assert order(key.encode()).status_code == 400


def test_a_key_in_quotes_is_the_same_key(order, ordered):
    first, second = order("k-1"), order('"k-1"')

    assert first.content == second.content
    assert ordered() == 1


@pytest.mark.parametrize("other", [{"how": "otherwise"}, {"thing": "window"}])
def test_another_request_with_the_same_key_is_refused(order, ordered, other):
    order("k-1")

    answer = order("k-1", **other)

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "idempotency-key-used",
    )
    assert ordered("door") + ordered("window") == 1


def test_blanks_and_the_order_of_names_make_no_other_request():
    asked = idempotent.request_text("order", {"body": json.loads('{"a": 1, "b": 2}')})

    assert asked == idempotent.request_text("order", {"body": json.loads('{"b":2,"a":1}')})
    assert asked != idempotent.request_text("cancel", {"body": {"a": 1, "b": 2}})


def test_whether_the_caller_waits_makes_no_other_request(order, ordered):
    assert order("k-1").content == order("k-1", prefer="wait=5").content
    assert ordered() == 1


@pytest.mark.parametrize(
    "other", [{"organisation": "safwa"}, {"client_id": "another"}, {"sub": "p_another"}]
)
def test_the_same_key_of_another_caller_is_independent(order, ordered, other):
    mine, theirs = order("k-1"), order("k-1", **other)

    assert mine.json()["order_id"] != theirs.json()["order_id"]
    assert ordered() == 2


def test_names_of_callers_are_not_run_together():
    one, other = KeyedRequest(("a", "bc", "d"), "k", b""), KeyedRequest(("ab", "c", "d"), "k", b"")

    assert one.name != other.name


@pytest.mark.parametrize("how", ["refused", "conflict"])
def test_a_refused_request_may_be_sent_again_with_its_key(order, ordered, how):
    refused, again, then = order("k-1", how=how), order("k-1", how=how), order("k-1")

    assert (refused.status_code, again.status_code, then.status_code) == (409, 409, 201)
    assert "idempotency-replayed" not in again.headers
    assert ordered() == 1


def test_a_caller_without_the_scope_gets_no_answer_of_before(order, client, token):
    order("k-1")

    headers = {**token("things.read"), "Idempotency-Key": "k-1"}
    answer = client.post(ORDERS.format("door"), json={"how": "well"}, headers=headers)

    assert answer.status_code == 403


def test_nothing_that_is_kept_can_be_read(order, session):
    order("1000000008")

    (row,) = session.execute(text("SELECT name, request, answer FROM idempotency_key")).all()

    kept = f"{row.name} {row.request}".encode() + bytes(row.answer)
    assert b"1000000008" not in kept
    assert b"order_id" not in kept
    assert row.name.startswith("v1:")
    assert row.request.startswith("v1:")


def keyed(key="k-1", request=b"asked", owner=MINE):
    return KeyedRequest(owner, key, request)


def test_the_same_request_leaves_no_two_equal_hashes(session):
    """A reader of the rows who sends requests would else learn from an equal hash what another caller had sent."""
    for key, owner in (("k-1", MINE), ("k-2", MINE), ("k-1", ("qatif", "test-client", "p_other"))):
        idempotency.keep(session, keyed(key, owner=owner), Answer(202, {}, b""), NOW)

    assert session.scalar(text("SELECT count(DISTINCT request) FROM idempotency_key")) == 3


def test_a_key_is_free_again_after_24_hours(session):
    idempotency.keep(session, keyed(), Answer(201, {}, b"first"), NOW)

    def late(minutes):
        return NOW + timedelta(hours=24, minutes=minutes)

    assert idempotency.begin(session, keyed(), late(-1)).body == b"first"
    assert idempotency.begin(session, keyed(), late(1)) is None
    idempotency.keep(session, keyed(), Answer(201, {}, b"second"), late(1))
    assert idempotency.begin(session, keyed(), late(2)).body == b"second"


def test_keys_of_the_day_before_are_forgotten_and_younger_ones_stay(session):
    now = datetime.now(UTC)  # the database purges by its own clock
    for key, hours in (("old", 24.1), ("young", 23.9)):
        idempotency.keep(session, keyed(key), Answer(201, {}, b""), now - timedelta(hours=hours))

    idempotency.purge(session)

    assert session.scalar(text("SELECT count(*) FROM idempotency_key")) == 1
    assert idempotency.begin(session, keyed("young"), now) is not None


def test_an_answer_opens_after_the_keys_were_changed(database, session, settings):
    idempotency.keep(session, keyed(), Answer(200, {"A": "b"}, b"said"), NOW)
    new = {"sealing_key": f"2:{'x' * 43}", "blind_index_key": f"2:{'y' * 42}Q"}
    rings = {name: f"{key},1:{getattr(settings, name)}" for name, key in new.items()}

    use_keys(database, replace(settings, **rings))

    assert idempotency.begin(session, keyed(), NOW) == Answer(200, {"A": "b"}, b"said")
    with pytest.raises(KeyUsed):
        idempotency.begin(session, keyed(request=b"other"), NOW)


def test_a_service_hears_of_an_answer_that_is_given_again(
    service, settings, database, issuer_key, token
):
    heard = []
    listening = replace(service, on_replayed=lambda call, name: heard.append((name, call.actor)))
    with clients(listening, settings, [database], issuer_key) as (client,):
        headers = {**token("things.write"), "Idempotency-Key": "k-1"}
        for _ in range(3):
            client.post(ORDERS.format("door"), json={"how": "well"}, headers=headers)

    assert [name for name, _ in heard] == ["order_thing", "order_thing"]


@contextmanager
def clients(service, settings, databases, issuer_key):
    """A client of a worker over each of the databases."""
    keys = TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))
    workers = [build(Process(service, settings, one), jwks=keys) for one in databases]
    made = [
        httpx.Client(transport=httpx.WSGITransport(app=one.wsgi), base_url="http://service.test")
        for one in workers
    ]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def test_of_twenty_requests_at_once_with_several_workers_one_is_carried_out(
    service, settings, real_database, issuer_key, token
):
    thing, key = new_id(), new_id()
    headers = {**token("things.write"), "Idempotency-Key": key}
    with clients(service, settings, [real_database] * 3, issuer_key) as workers:

        def send(number):
            worker = workers[number % len(workers)]
            return worker.post(ORDERS.format(thing), json={"how": "well"}, headers=headers)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(send, range(20)))
        last = send(0)

    by_status = {one.status_code for one in answers}
    assert by_status <= {201, 409}
    assert 201 in by_status
    assert {one.json()["order_id"] for one in [*answers, last] if one.status_code == 201} == {
        last.json()["order_id"]
    }
    with real_database.transaction() as session:
        assert count(session, thing) == 1


def test_a_request_in_flight_is_refused_and_answered_once_it_is_done(
    service, settings, real_database, issuer_key, token, tmp_path
):
    thing, go = new_id(), tmp_path / "go"
    headers = {**token("things.write"), "Idempotency-Key": new_id()}
    body = {"how": "slowly", "wait_for": str(go)}
    with clients(service, settings, [real_database] * 2, issuer_key) as (one, other):

        def send(worker):
            return worker.post(ORDERS.format(thing), json=body, headers=headers)

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send, one)
            until(go.with_suffix(".begun").exists)
            meanwhile = send(other)
            go.touch()
            done = first.result()
        later = send(other)

    assert (meanwhile.status_code, meanwhile.headers["retry-after"]) == (409, "1")
    assert meanwhile.json()["type"].endswith("/idempotency-key-in-use")
    assert (done.status_code, later.status_code) == (201, 201)
    assert done.content == later.content
    with real_database.transaction() as session:
        assert count(session, thing) == 1


def test_a_worker_killed_around_the_commit_carries_a_request_out_once(
    postgres_server, issuer_key, token
):
    with issuer(issuer_key) as address:
        keys = {name.upper(): key for name, key in KEYS.items()}
        url = postgres_server.fresh_database("killed")
        environ = environment(url, ISSUER=address, DRAIN_SECONDS=0, **keys)
        assert command(environ, "migrate").returncode == 0
        with served(environ, "sample.keyed") as sample:

            def send(how, key):
                headers = {**token("things.write", iss=address), "Idempotency-Key": key}
                url = sample.public + ORDERS.format("door")
                return requests.post(url, json={"how": how}, headers=headers, timeout=30)

            for how in ("killed after the commit", "killed before the commit"):
                with pytest.raises(requests.ConnectionError):
                    send(how, how.replace(" ", "-"))
            again = send("killed after the commit", "killed-after-the-commit")
            with pytest.raises(requests.ConnectionError):  # nothing is kept, so it's carried out
                send("killed before the commit", "killed-before-the-commit")

    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
