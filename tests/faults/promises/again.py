"""The same events once more: the whole topic twice with an emptied inbox, and a rebuild beside the living."""

import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaAdminClient, OffsetAndMetadata, TopicPartition
from sqlalchemy import text

from devstack.machine import ROOT, StartError
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.settings import Settings

from .callers import Callers, Request, Who, always
from .stage import GATEWAY, PERMITS, TOPIC, WEB, Seat, Stage, demand, percentile
from .verdict import verdict

RELAY = Seat(PERMITS, "work", more=("--only", "relay"))
CONSUMER = Seat(GATEWAY, "work", noted=True)
# Every write to the read model, also a write that changes nothing or sets it back.
COUNT_WRITES = """
CREATE TABLE faults_write (permit_id text, old integer, new integer);
CREATE FUNCTION faults_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO faults_write VALUES (NEW.permit_id, OLD.version, NEW.version); RETURN NULL; END $$;
CREATE TRIGGER faults_count AFTER UPDATE OR INSERT OR DELETE ON building_permit
    FOR EACH ROW EXECUTE FUNCTION faults_count();
"""
STATE = "SELECT permit_id::text, version, status, document, owner_keys::text FROM building_permit ORDER BY 1"
SEALED = "SELECT permit_id::text, document, version, status, owner_keys::text FROM building_permit ORDER BY 1"


def topic_twice(events: int | None = None, times: int = 2) -> str:
    """The group set back to offset 0 with an emptied inbox, twice: nothing in the read model is written.

    EVENTS (5,000) are in the topic, of a tenth as many permits.
    """
    events = int(os.environ.get("EVENTS", 5_000)) if events is None else events
    with Stage((RELAY, CONSUMER)) as stage:
        permits = stage.issue(events // 10)
        for _ in range(9):
            for permit in permits:
                stage.amend(permit)
        stage.drained(seconds=120)
        found = verdict(stage)
        found.require_clean()
        before = stage.rows(GATEWAY, STATE)
        with stage.databases[GATEWAY].transaction() as session:
            session.execute(text(COUNT_WRITES))
        for _ in range(times):
            _once_more(stage)
        writes = stage.rows(GATEWAY, "SELECT count(*) FROM faults_write")[0][0]
        delivered = stage.rows(GATEWAY, "SELECT count(*) FROM faults_ledger")[0][0] - found.events
        demand(
            delivered == times * found.events,
            f"{delivered} deliveries, {times} × {found.events} expected",
        )
        demand(writes == 0, f"{writes} writes to the read model by old events")
        demand(stage.rows(GATEWAY, STATE) == before, "the read model isn't what it was")
    return (
        f"{found.events} events handled {times} times more with an emptied inbox: "
        f"{writes} new effects in the read model, which is the same"
    )


def _once_more(stage: Stage) -> None:
    stage.end(CONSUMER.name)
    with stage.databases[GATEWAY].transaction() as session:
        session.execute(text("DELETE FROM inbox"))
    admin = KafkaAdminClient(bootstrap_servers=stage.kafka.bootstrap)
    try:
        parts = [TopicPartition(TOPIC, number) for number in range(8)]
        admin.alter_group_offsets(GATEWAY, {part: OffsetAndMetadata(0, "", -1) for part in parts})
    finally:
        admin.close()
    events = stage.rows(PERMITS, "SELECT count(*) FROM outbox WHERE topic = :topic", topic=TOPIC)[
        0
    ][0]
    stage.launch(CONSUMER.name)
    stage.wait_ready(CONSUMER.name)
    deadline = time.monotonic() + 60 + events / 50
    statement = (
        """SELECT count(*) FROM inbox WHERE event_id IN (SELECT event_id FROM faults_ledger)"""
    )
    while stage.rows(GATEWAY, statement)[0][0] < events:
        demand(time.monotonic() < deadline, "the topic isn't read again in time")
        time.sleep(0.2)


def rebuild(permits_count: int = 400) -> str:
    """`rebuild permits`, two at a time, while writes and queries go on: the live model, queries always answered."""
    with Stage((*WEB, RELAY, CONSUMER)) as stage:
        permits = stage.issue(permits_count)
        for permit in permits:
            stage.amend(permit)
        stage.drained(seconds=60)
        before = stage.rows(GATEWAY, "SELECT 'building_permit'::regclass::oid")[0][0]
        who = Who(stage, "sec.dispatcher", GATEWAY)
        asked = [
            Request(who, lambda n: f"/v1/building-permits/{permits[n % len(permits)]}"),
            Request(who, lambda n: f"/v1/building-permits?permit_number=1448/{n}&limit=5"),
        ]
        with (
            stage.writing(permits, 30) as writer,
            Callers(always(stage.url(f"{GATEWAY}/serve-1")), asked, 30) as callers,
        ):
            time.sleep(2)
            outcomes, took = _two_rebuilds(stage)
            time.sleep(2)
        stage.drained(seconds=30)
        found = verdict(stage)
        after = stage.rows(GATEWAY, "SELECT 'building_permit'::regclass::oid")[0][0]
        left = stage.rows(
            GATEWAY, "SELECT relname FROM pg_class WHERE relname LIKE 'building_permit_re%'"
        )
        live = _read_unsealed(stage)
        stage.end(CONSUMER.name)
        _rebuild_once(stage, [])
        demand(
            _read_unsealed(stage) == live,
            "a rebuild of the same topic gives another read model",
        )
    failed = callers.failed()
    demand(not failed, f"{len(failed)} of {len(callers.calls)} queries failed: {failed[:3]}")
    demand("swapped" in outcomes, f"neither of the two rebuilds came to its end: {outcomes}")
    demand(not left, f"left over: {left}")
    demand(after != before, "the table wasn't swapped")
    found.require_clean()
    slowest = max(call.seconds for call in callers.calls)
    return (
        f"two rebuilds at once while {writer.written} writes and {len(callers.calls)} queries went on: "
        f"{' and '.join(outcomes)} in {took:.1f} s, 0 queries failed, slowest {slowest * 1000:.0f} ms, "
        f"p99 {percentile([call.seconds for call in callers.calls], 0.99) * 1000:.0f} ms; {found}"
    )


def _read_unsealed(stage: Stage) -> list[tuple[Any, ...]]:
    """Returns the read model with its documents unsealed: each sealing gives other bytes."""
    documents = Settings.load(GATEWAY, stage.environment(GATEWAY, "work")).documents
    return [
        (*others, documents.unseal(bytes(sealed), document_context(permit_id)))
        for permit_id, sealed, *others in stage.rows(GATEWAY, SEALED)
    ]


def _two_rebuilds(stage: Stage) -> tuple[Sequence[str], float]:
    outcomes: list[str] = []
    began = time.monotonic()
    pair = [threading.Thread(target=_rebuild_once, args=(stage, outcomes, n)) for n in (1, 2)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(180)
    return sorted(outcomes), time.monotonic() - began


def _rebuild_once(stage: Stage, outcomes: list[str], number: int = 0) -> None:
    words = [sys.executable, "-m", "partner_gateway", "rebuild", "permits"]
    environment: dict[str, Any] = stage.seat_environment(CONSUMER)
    try:
        stage.supervisor.run(f"rebuild-{number}", words, environment, cwd=ROOT, seconds=150)
        outcomes.append("swapped")
    except StartError as error:
        refused = "another rebuild" in str(error)
        outcomes.append("refused" if refused else f"failed: {error}"[-600:])
