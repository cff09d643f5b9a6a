"""Three relays, two consumers and two web processes of permits, with everything that can break between them."""

from collections.abc import Callable, Mapping
from signal import SIGKILL
from typing import Any

import psycopg
from sqlalchemy import text
from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT, Fault, Lanes, pause
from tests.faults.trial import Outcome, Plan
from tests.faults.world import Seat, World, pair

from .checker import PROMISES
from .evidence import GATEWAY, PERMITS, Evidence, read
from .injections import TOPIC, Injections
from .load import PermitLoad

EXTRA = Seat(GATEWAY, "work", 9)
# Notes what took effect in the gateway, in the order of the commits: the read model keeps only the newest version.
EFFECTS = """
CREATE TABLE faults_effect (n bigint GENERATED ALWAYS AS IDENTITY, permit_id uuid, version integer,
    at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION faults_note_effect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO faults_effect (permit_id, version) VALUES (NEW.permit_id, NEW.version); RETURN NULL; END $$;
CREATE TRIGGER faults_effect AFTER INSERT OR UPDATE ON building_permit
    FOR EACH ROW EXECUTE FUNCTION faults_note_effect();
CREATE FUNCTION faults_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no space left for the record' USING ERRCODE = '53100'; END $$;
"""
REFUSE = "CREATE TRIGGER faults_refuse BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION faults_refuse()"
FROZEN = ((5.0, 6.0), (5.0, 20.0))
NETWORK = ((1.5, 3.0), (3.0, 15.0))
LANES: Lanes = {
    "processes": {
        "sigkill-permits-work": MOMENT,
        "sigkill-permits-serve": MOMENT,
        "sigkill-permits-worker": MOMENT,
        "sigkill-partner-gateway-work": MOMENT,
        "sigstop-permits-work": FROZEN,
        "sigstop-partner-gateway-work": FROZEN,
        "sigterm-permits-work": MOMENT,
        "sigterm-permits-serve": MOMENT,
        "sigterm-partner-gateway-work": MOMENT,
        "rebalance": ((4.0, 5.0), (4.0, 8.0)),
    },
    "database": {
        **BACKENDS["database"],
        "disk-full": ((1.0, 2.0), (1.0, 4.0)),
        "record-refused": ((2.0, 3.0), (3.0, 6.0)),
        "database-latency": NETWORK,
        "database-down": NETWORK,
        "database-reset": MOMENT,
        "database-timeout": NETWORK,
        "database-bandwidth": NETWORK,
        "database-slicer": NETWORK,
    },
    "broker": {
        **BACKENDS["broker"],
        "kafka-down": ((1.0, 2.0), (20.0, 60.0)),
        "kafka-freeze": ((10.0, 12.0), (10.0, 20.0)),  # longer than a producer waits for a record
        "broker-latency": NETWORK,
        "broker-down": NETWORK,
        "broker-reset": MOMENT,
        "broker-timeout": NETWORK,
        "broker-bandwidth": NETWORK,
        "broker-slicer": NETWORK,
    },
    "events": {
        "poison": MOMENT,
        "poison-live": MOMENT,
        "oversized": MOMENT,
        "old-event": MOMENT,
    },
}


class PermitWorld(World):
    name = "permits"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        *pair(PERMITS, "serve"),
        *pair(PERMITS, "work"),
        Seat(PERMITS, "work", 3),
        Seat(GATEWAY, "serve"),
        *pair(GATEWAY, "work"),
    )
    lanes = LANES
    promises = PROMISES
    options = {"writes": 0, "seconds": 52.0, "rate": 60.0, "clients": 12}
    bug_options = {"seconds": 16.0, "rate": 80.0, "clients": 16}
    # A bug's few seconds want many injections, and processes that live long enough to do harm.
    bug_haste = {"events": 4.0, "processes": 0.3}
    patience_s, bug_patience_s = 60.0, 15.0
    reads = ((TOPIC, GATEWAY),)
    checked = {
        "acknowledged is stored": lambda e: _count(e, "ok"),
        "failed is not stored": lambda e: _count(e, "fail"),
        "every change has its event": lambda e: len(e.actions),
        "no ghosts": lambda e: len(e.outbox),
        "outbox is topic": lambda e: len(e.topic),
        "order": lambda e: len({row.aggregate_id for row in e.outbox}),
        "every effect once": lambda e: len(e.effects),
        "the read model never goes back": lambda e: len(e.effects),
        "read model is the fold": lambda e: len(e.permits),
        "the gate": lambda e: sum(row.data.get("kind") == "completion" for row in e.outbox),
        "audit": lambda e: len(e.access),
        "poison is kept": lambda e: len(e.letters) + len(e.parked),
        "as_of is honest": lambda e: sum("as_of" in entry.detail for entry in e.history),
        "drained": lambda _: 1,
    }

    def prepare(self) -> None:
        with self.databases[GATEWAY].transaction() as session:
            session.execute(text(EFFECTS))

    def load(self, plan: Plan, run: int, history: History) -> PermitLoad:
        return PermitLoad(self, plan, run, history)

    def evidence(self, load: PermitLoad, drained_s: float | None) -> Evidence:
        history = load.history.entries
        return read(self, load.values, history=history, lost=load.lost, drained_s=drained_s)

    def headline(self, outcome: Outcome[PermitLoad, Evidence]) -> str:
        evidence, desk = outcome.evidence, outcome.load.desk
        return (
            f"{desk.writes} acknowledged writes and {desk.queries} queries in {outcome.seconds:.0f} s"
            f" ({_count(evidence, 'fail')} refused, {_count(evidence, 'unknown')} unknown), {outcome.faults} faults;"
            f" {len(evidence.outbox)} events, {len(evidence.topic)} records; {outcome.drained}"
        )

    def faults(self, load: PermitLoad) -> Mapping[str, Callable[[Fault], str]]:
        more = {"rebalance": self._rebalance, "record-refused": self._refuse_record}
        return {**more, **Injections(self, load.live_permit).faults()}

    def _rebalance(self, fault: Fault) -> str:
        self.launch(EXTRA)
        pause(fault.seconds)
        if fault.pick % 2:
            self.supervisor.process(EXTRA.name).child.send(SIGKILL)
            return "one more consumer came, and was killed"
        self.dismiss(EXTRA.name)
        return "one more consumer came, and left"

    def _refuse_record(self, fault: Fault) -> str:
        """Lets the gateway write no record of queries: then the gateway may not answer."""
        self._sql(REFUSE)
        pause(fault.seconds)
        self._sql("DROP TRIGGER faults_refuse ON access_log")
        return "no record could be written"

    def _sql(self, statement: str) -> None:
        with psycopg.connect(f"{self.admin} dbname=partner_gateway", autocommit=True) as connection:
            connection.execute(statement)


def _count(evidence: Any, kind: str) -> int:
    return sum(entry.kind == kind for entry in evidence.history)


WORLD = PermitWorld
