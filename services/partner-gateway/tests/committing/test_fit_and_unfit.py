"""Fit and unfit leave the same traces: answers, rows of every table, events, logs and metrics, lengths too.

The same story is told twice with the results exchanged; ids, times, hashes and sealed texts stand for themselves by
their length alone.
"""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from examining import (
    EXAMINATIONS,
    READ,
    SEARCHES,
    WORKER,
    WRITE,
    answer_event,
    body,
    headers_of,
    opened,
    request_event,
    result_of,
)
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis.core.ids import new_id
from partner_gateway.commands import examinations as commands

NUMBERS = {"fit": "1448049000301", "unfit": "1448049000302"}
OTHER = {"fit": "unfit", "unfit": "fit"}
# What stands for a value that differs from one story to the next, whatever the results are.
PLAIN = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), lambda _: "<id>"),
    (re.compile("|".join(NUMBERS.values())), lambda _: "<number>"),
    (re.compile(r"v1:[0-9a-f]{64}"), lambda _: "<hash>"),
    (re.compile(r"\\\\x[0-9a-f]{40,}"), lambda found: f"<{len(found[0])} of bytes>"),
    (re.compile(r"[A-Za-z0-9_-]{100,}"), lambda found: f"<{len(found[0])} sealed>"),
    (
        re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \[|Z|\+00:00)?"),
        lambda _: "<time>",
    ),
    (re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0\d"), lambda _: "<trace>"),
]
COUNTED = {"id", "link", "place", "shard"}


def plain(said):
    for pattern, stand_in in PLAIN:
        said = pattern.sub(stand_in, said)
    return said


def rows(real_database):
    """(table, row) of everything, each row as JSON without counters; how often. Not the limits, which are counted by
    the second, nor the chains, of which a process makes one when it begins."""
    with real_database.transaction() as session:
        tables = session.scalars(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename NOT IN ('quota_used', 'access_chain') ORDER BY 1"
            )
        ).all()
        found = Counter()
        for table in tables:
            for row in session.scalars(text(f'SELECT to_jsonb(t) FROM "{table}" t')):
                kept = {name: value for name, value in row.items() if name not in COUNTED}
                found[table, json.dumps(kept, sort_keys=True)] += 1
    return found


def samples():
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for metric in REGISTRY.collect()
        for one in metric.samples
        if one.name.endswith(("_total", "_count"))
        and not one.name.startswith(("python_", "process_"))
    }


@pytest.fixture
def answer(real_database, settings):
    """`answer(examination_id)`: as if health-certs had answered it."""

    def answer(examination_id):
        with real_database.transaction() as session:
            commands.record_answer(session, answer_event(examination_id), settings)

    return answer


@pytest.fixture
def acts(real_client, real_database, token, answer):
    """`acts("unfit", number)` → the answers to a worker found, a result entered, repeated, published again, answered,
    corrected to the other one, answered."""

    def headers(scope, key=None):
        return headers_of(token, scope, key=key, sub="p_desk", name=None)

    def look(path):
        return real_client.get(path, headers=headers(READ))

    def acts(result, number):
        def put(result, key, **more):
            sent = body(result, **more)
            return real_client.put(
                result_of(number), json=sent, headers=headers(WRITE, f"{number}-{key}")
            )

        search = {"number": number, "id_number": WORKER}
        yield real_client.post(SEARCHES, json=search, headers=headers(READ))
        first = put(result, 1)
        yield first
        yield put(result, 1)
        yield put(OTHER[result], 1)
        yield put(result, 2)
        with real_database.transaction() as session:
            assert commands.publish_again(session, datetime.now(UTC) + timedelta(minutes=2)) == 1
        yield look(result_of(number))
        answer(first.json()["examination_id"])
        yield look(result_of(number))
        second = put(OTHER[result], 3, correction_reason="entry-error")
        yield second
        answer(second.json()["examination_id"])
        yield look(result_of(number))
        yield look(EXAMINATIONS)

    return acts


@pytest.fixture
def ready(real_database, settings):
    """`ready(number)`: a request that the centre may find; the story of before is forgotten."""

    def ready(number):
        forget(real_database)
        with real_database.transaction() as session:
            event = request_event(new_id(), number=number)
            commands.keep_examinees(session, [commands.examinee_row(event, settings)])

    yield ready
    forget(real_database)


def forget(database):
    """Today's list is of one story."""
    with database.transaction() as session:
        for table in ("health_examination", "examinee", "idempotency_key", "quota_used"):
            session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def story(ready, acts, real_database, capfd):
    """`story("unfit")` → all that's seen of it."""

    def told(result):
        number = NUMBERS[result]
        ready(number)
        capfd.readouterr()
        before, counted = rows(real_database), samples()
        answers = [shown(one) for one in acts(result, number)]
        said = capfd.readouterr()
        new = rows(real_database) - before
        return {
            "answers": answers,
            "rows": Counter({(table, plain(row)): count for (table, row), count in new.items()}),
            "said": [plain(line) for line in (said.out + said.err).splitlines()],
            "counted": {
                name: value - counted.get(name, 0)
                for name, value in samples().items()
                if value != counted.get(name, 0)
            },
        }  # fmt: skip

    return told


def shown(answer):
    headers = plain(str(sorted(answer.headers.items())))
    return answer.status_code, headers, plain(answer.text), len(answer.content)


def test_nothing_that_is_seen_tells_fit_from_unfit(story, real_database):
    first, second = story("fit"), story("unfit")

    assert [one[0] for one in first["answers"]] == [
        200,
        202,
        202,
        422,
        409,
        200,
        200,
        202,
        200,
        200,
    ]
    assert first["rows"] - second["rows"] == second["rows"] - first["rows"] == Counter()
    for part in ("answers", "said", "counted"):
        assert first[part] == second[part], part
    tables = {table for table, _ in first["rows"]}
    assert {"health_examination", "access_log", "idempotency_key"} <= tables
    assert any(table.startswith("outbox") for table in tables)
    assert first["counted"]


def test_the_two_stories_did_differ(story, real_database):
    """The comparison above can fail: the results were really two."""
    found = []
    for result in NUMBERS:
        with real_database.transaction() as session:
            session.execute(text("DELETE FROM outbox"))  # another test's
        story(result)
        with real_database.transaction() as session:
            data = session.scalars(
                text(
                    "SELECT convert_from(data, 'UTF8') FROM outbox"
                    " WHERE topic = 'partner-gateway.health-examination' ORDER BY id"
                )
            ).all()
        found.append([opened(json.loads(one)["data"])["result"] for one in data])

    assert found == [["fit", "fit", "unfit"], ["unfit", "unfit", "fit"]]


def test_a_result_in_the_clear_would_be_seen(story, real_database):
    """The comparison tells two rows apart that differ in the result alone."""
    fit, unfit = (plain(json.dumps({"status": "pending", "result": one})) for one in NUMBERS)

    assert fit != unfit
