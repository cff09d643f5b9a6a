"""The chains and signed roots over the record: whatever is done to it afterwards is found."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from chassis.access.auth import Caller
from chassis.fast.batching import complete
from partner_gateway.domain.permit_queries import Query
from partner_gateway.record import audit
from partner_gateway.record.chain import (
    Access,
    Recorder,
    Unrecorded,
    canonical,
    first_hash,
    link_hash,
    row_hash,
)

SECRET, OTHER_SECRET = b"s" * 32, b"t" * 32
KEY = Ed25519PrivateKey.from_private_bytes(SECRET).public_key()
PERMIT = "01937c5e-8f00-7a11-8c2e-000000001312"
CHANGES = {
    "at": "at + interval '1 microsecond'", "organisation": "organisation || 'x'", "client_id": "'other'",
    "subject": "'p_other'", "sid": "coalesce(sid, '') || 'x'", "jti": "jti || 'x'",
    "operation": "'get_building_permit'",
    "query_kinds": "query_kinds || 'civil-id'::text", "filters": """filters || '{"kind": "new"}'""",
    "civil_id_key": "coalesce(civil_id_key, '') || '0'", "purpose": "coalesce(purpose, '') || 'x'",
    "case_reference": "coalesce(case_reference, '') || 'x'", "decision": "decision || 'x'",
    "reason": "coalesce(reason, '') || 'x'", "result_count": "result_count + 1",
    "permit_ids": "permit_ids || gen_random_uuid()",
}  # fmt: skip
ROW = "(chain, link, place) = (SELECT chain, link, place FROM access_log ORDER BY md5(jti || '{salt}') LIMIT 1)"
LINK = "(chain, link) = (SELECT chain, link FROM access_link ORDER BY md5(chain::text || link || '{salt}') LIMIT 1)"


def access(number):
    caller = Caller(
        subject=f"p_{number % 3}", client_id="sec-portal", organisation="sec", organisation_kind="partner",
        scopes=frozenset(), jti=f"j{number}", key_id="k1", sid=None, issued_at=0.0, expires_at=0.0,
    )  # fmt: skip
    return Access(
        caller=caller, at=datetime.now(UTC) + timedelta(seconds=number), operation="find_building_permits",
        decision="allowed", query=Query(plan_key=str(number)), permit_ids=[PERMIT] * (number % 4),
    )  # fmt: skip


def record_all(recorder, *accesses):
    """Several requests that are in hand together."""
    for task in complete([recorder.add(one) for one in accesses]):
        task.result()


@pytest.fixture
def record(database, session):
    """Three chains, eighteen rows in fifteen links, two roots over all of them."""
    recorders = [Recorder(database) for _ in range(3)]
    for number in range(12):
        record_all(recorders[number % 3], access(number))
    for recorder in recorders:
        record_all(recorder, access(100), access(101))
        audit.sign_root(session, SECRET, datetime.now(UTC), every=0) if recorder is recorders[
            1
        ] else None
    audit.sign_root(session, SECRET, datetime.now(UTC), every=0)
    for table in ("access_log", "access_link", "access_root"):  # as their owner may do
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    return session


@pytest.fixture
def published(record):
    roots = record.execute(text("SELECT root FROM access_root ORDER BY number"))
    return [row.root for row in roots]


def faults(session, published=()):
    return list(audit.verify(session, KEY, published))


def test_a_record_that_nobody_touched_has_no_fault(record, published):
    assert len(published) == 2
    assert faults(record, published) == []


def flip(session, chance):
    column = chance.choice(sorted(CHANGES))
    session.execute(
        text(f"UPDATE access_log SET {column} = {CHANGES[column]} WHERE {pick(ROW, chance)}")
    )


def delete_row(session, chance):
    session.execute(text(f"DELETE FROM access_log WHERE {pick(ROW, chance)}"))


def delete_link(session, chance):
    session.execute(text(f"DELETE FROM access_link WHERE {pick(LINK, chance)}"))


def delete_link_with_its_rows(session, chance):
    chain, link = session.execute(
        text(f"SELECT chain, link FROM access_link WHERE {pick(LINK, chance)}")
    ).one()
    for table in ("access_log", "access_link"):
        session.execute(
            text(f"DELETE FROM {table} WHERE chain = :chain AND link = :link"),
            {"chain": chain, "link": link},
        )


def swap(session, chance):
    """Two rows change places, in one link or between two."""
    rows = session.execute(
        text("SELECT chain, link, place, jti FROM access_log ORDER BY chain, link, place")
    ).all()
    one, two = chance.sample(rows, 2)
    while one.jti == two.jti:
        one, two = chance.sample(rows, 2)
    move = text(
        "UPDATE access_log SET chain = :to_chain, link = :to_link, place = :to_place"
        " WHERE chain = :chain AND link = :link AND place = :place"
    )
    aside = {"chain": one.chain, "link": -1, "place": 0}

    def at(row):
        return {"chain": row.chain, "link": row.link, "place": row.place}

    for origin, target in ((at(one), aside), (at(two), at(one)), (aside, at(two))):
        session.execute(move, origin | {f"to_{name}": value for name, value in target.items()})


def truncate(session, chance):
    """The newest links of a chain are gone, rows and all, as if they never were."""
    chain = chance.choice(
        session.scalars(text("SELECT DISTINCT chain FROM access_link ORDER BY chain")).all()
    )
    last = session.scalar(text("SELECT max(link) FROM access_link WHERE chain = :c"), {"c": chain})
    since = chance.randint(1, last)
    for table in ("access_log", "access_link"):
        session.execute(
            text(f"DELETE FROM {table} WHERE chain = :c AND link >= :since"),
            {"c": chain, "since": since},
        )
    if since == 1 and chance.random() < 0.5:
        session.execute(text("DELETE FROM access_chain WHERE chain = :c"), {"c": chain})


def rewrite(session, chance):
    """A row is changed, and every hash after it is computed anew."""
    chain = chance.choice(
        session.scalars(text("SELECT DISTINCT chain::text FROM access_link ORDER BY 1")).all()
    )
    links = session.execute(
        text("SELECT link FROM access_link WHERE chain = :c ORDER BY link"), {"c": chain}
    ).all()
    changed = chance.choice(links).link
    session.execute(
        text("UPDATE access_log SET subject = 'p_framed' WHERE chain = :c AND link = :l"),
        {"c": chain, "l": changed},
    )
    previous = first_hash(chain)
    for (link,) in links:
        statement = audit._ROWS.text.replace(
            "FROM access_log", "FROM access_log WHERE chain = :c AND link = :l"
        )
        rows = session.execute(text(statement), {"c": chain, "l": link}).all()
        previous = link_hash(previous, [row_hash(canonical(*tuple(row)[3:])) for row in rows])
        session.execute(
            text("UPDATE access_link SET hash = :h WHERE chain = :c AND link = :l"),
            {"h": previous, "c": chain, "l": link},
        )


def smuggle(session, chance):
    """A row that was never asked for."""
    where = chance.choice(["link, (place + 50)::smallint", "link + 1000, place"])
    names = ", ".join(CHANGES)
    copied = f"SELECT chain, {where}, {names} FROM access_log WHERE {pick(ROW, chance)}"
    session.execute(text(f"INSERT INTO access_log (chain, link, place, {names}) {copied}"))


def change_a_root(session, chance):
    change = chance.choice(
        [
            "number = number + 7",
            """root = root || '{"previous": "00"}'""",
            """root = root || '{"heads": {}}'""",
        ]
    )
    session.execute(text(f"UPDATE access_root SET {change} WHERE number = {chance.choice([1, 2])}"))


def delete_a_root(session, chance):
    session.execute(text(f"DELETE FROM access_root WHERE number >= {chance.choice([1, 2])}"))


def forge_the_roots(session, chance):
    """All is rewritten, and the roots are signed anew with another key."""
    rewrite(session, chance)
    session.execute(text("DELETE FROM access_root"))
    session.execute(text("DELETE FROM outbox WHERE aggregate_type = 'access-root'"))
    session.execute(text("UPDATE access_chain SET rooted_link = 0"))
    audit.sign_root(session, OTHER_SECRET, datetime.now(UTC), every=0)


MUTATIONS = [
    flip, delete_row, delete_link, delete_link_with_its_rows, swap, truncate, rewrite, smuggle, change_a_root,
    delete_a_root, forge_the_roots,
]  # fmt: skip


def pick(where, chance):
    return where.format(salt=chance.random())


def test_a_thousand_mutations_are_all_found(record, published):
    missed = []
    for seed in range(1000):
        chance = random.Random(seed)
        mutate = MUTATIONS[seed % len(MUTATIONS)]
        savepoint = record.begin_nested()
        mutate(record, chance)
        if not faults(record, published):
            missed.append((mutate.__name__, seed))
        savepoint.rollback()

    assert missed == []
    assert faults(record, published) == []


def test_a_chain_of_which_a_commit_got_no_answer_is_left_and_another_begun(
    database, session, monkeypatch
):
    recorder = Recorder(database)
    record_all(recorder, access(1))
    monkeypatch.setattr(database, "autocommit", lambda: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(Unrecorded):
        record_all(recorder, access(2))
    monkeypatch.undo()
    record_all(recorder, access(3))

    assert session.scalar(text("SELECT count(DISTINCT chain) FROM access_log")) == 2
    assert faults(session) == []


def test_requests_in_hand_together_share_a_link(database, session):
    recorder = Recorder(database)

    record_all(recorder, *(access(number) for number in range(5)))
    record_all(recorder, access(5))

    links = session.execute(text("SELECT link, rows FROM access_link ORDER BY link")).all()
    assert links == [(1, 5), (2, 1)]
    assert faults(session) == []


@pytest.fixture
def emptied(real_database):
    """The real database, without its record afterwards."""
    yield real_database
    with real_database.transaction() as session:
        for table in ("access_log", "access_link", "access_chain"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            session.execute(text(f"TRUNCATE {table}"))
            session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def test_threads_that_record_at_once_leave_one_unbroken_chain(emptied):
    recorder, count = Recorder(emptied), 40
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: record_all(recorder, access(number)), range(count)))

    with emptied.transaction() as session:
        mine = {"chain": recorder._chain}
        found = session.execute(
            text("SELECT count(*), max(link) FROM access_link WHERE chain = :chain"), mine
        )
        assert found.one() == (count, count)
        assert faults(session) == []


def test_a_root_is_published_with_the_roots_that_it_follows(record, outbox_rows):
    first, second = (row for row in outbox_rows() if row.topic == audit.TOPIC)

    assert (first.version, second.version) == (1, 2)


def test_a_root_is_signed_once_a_minute_only(session):
    now = datetime.now(UTC)

    assert audit.sign_root(session, SECRET, now) == 1
    assert audit.sign_root(session, SECRET, now) is None
    assert (
        audit.sign_root(session, SECRET, now + timedelta(seconds=61)) is None
    )  # the clock that counts is the database's
