"""Evidence about permits, made by hand: a good run, and for each promise a run that breaks it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.history import Entry, Kind

from .evidence import Access, Action, Effect, Evidence, OutboxRow, TopicRecord

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
P, INSULATION, COMPLETION, OTHER = "permit-1", "insulation-1", "completion-1", "permit-2"
TOPIC = "permits.permit"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def entry(
    number: int, kind: Kind, operation: str, marker: str, about: str = P, **detail: Any
) -> Entry:
    return Entry(
        number=number, at=at(number).timestamp(), who="c0", kind=kind, operation=operation,
        marker=marker, about=about, detail=detail,
    )  # fmt: skip


def permit_data(status: str, plots: str = "1") -> dict[str, Any]:
    names = ("suspension", "cancellation", "completion")
    return {
        "permit_id": P, "status": status, "kind": "new", "use_class": "residential", "permit_number": "1448/1",
        "land": {"plots": [plots]}, **dict.fromkeys(names),
    }  # fmt: skip


def certificate(
    kind: str, status: str, ground: str | None = None, *, flagged: bool = False
) -> dict[str, Any]:
    return {
        "kind": kind, "status": status, "permit_id": P, "insulation_certificate_id": ground, "flagged": flagged,
    }  # fmt: skip


def row(
    id: int, aggregate: str, aggregate_id: str, version: int, data: dict[str, Any]
) -> OutboxRow:
    return OutboxRow(
        id=id, aggregate=aggregate, aggregate_id=aggregate_id, version=version,
        event_id=f"{aggregate_id}/{version}", data=data, published_at=at(id),
        topic=f"permits.{aggregate}",
    )  # fmt: skip


OUTBOX = [
    row(1, "permit", P, 1, permit_data("valid")),
    row(2, "certificate", INSULATION, 1, certificate("insulation", "pending")),
    row(3, "certificate", INSULATION, 2, certificate("insulation", "issued")),
    row(4, "certificate", COMPLETION, 1, certificate("completion", "issued", INSULATION)),
    row(5, "permit", P, 2, permit_data("completed")),
    row(6, "permit", OTHER, 1, permit_data("valid")),
    row(7, "permit", OTHER, 2, permit_data("valid", plots="2")),
    row(8, "permit", OTHER, 3, permit_data("suspended", plots="2")),
    row(9, "permit-request", "request-1", 1, {}),
    row(10, "permit-request", "request-1", 2, {}),
]


def record(of: OutboxRow, offset: int, partition: int = 0) -> TopicRecord:
    return TopicRecord(
        topic=of.topic, partition=partition, offset=offset, key=of.aggregate_id,
        event_id=of.event_id, sequence=of.version,
    )  # fmt: skip


POISON = TopicRecord(topic=TOPIC, partition=1, offset=2, key=OTHER)
TOPIC_RECORDS = [
    record(OUTBOX[0], 0),
    record(OUTBOX[0], 1),  # a relay that died sent it again
    record(OUTBOX[4], 2),
    record(OUTBOX[1], 0, 3),
    record(OUTBOX[2], 1, 3),
    record(OUTBOX[3], 0, 4),
    record(OUTBOX[5], 0, 1),
    record(OUTBOX[6], 1, 1),
    record(OUTBOX[8], 0, 8),
    record(OUTBOX[9], 1, 8),
    POISON,
    record(OUTBOX[7], 3, 1),
]


def state(version: int, status: str, plots: str) -> dict[str, Any]:
    data = permit_data(status)
    return {
        "version": version,
        **{n: v for n, v in data.items() if n not in ("permit_id", "land")},
        "plots": [plots],
    }


GOOD = Evidence(
    history=[
        entry(0, "ok", "submit_permit_request", "m0", "request-1"),
        entry(1, "ok", "issue", "m1"),
        entry(2, "fail", "cancel_permit", "m2", problem="unavailable"),
        entry(3, "unknown", "amend_permit", "m3", OTHER),
        entry(9, "ok", "search", "m9", "", as_of=at(5.5).isoformat(), permit_ids=[P]),
        entry(10, "fail", "get", "m10", "", problem="not-found"),
    ],
    actions=[
        Action(aggregate="permit-request", aggregate_id="request-1", version=1),
        Action(aggregate="permit-request", aggregate_id="request-1", version=2, words=frozenset(["m1"])),
        Action(aggregate="permit", aggregate_id=P, version=1, words=frozenset(["m1"])),
        *(Action(aggregate=r.aggregate, aggregate_id=r.aggregate_id, version=r.version) for r in OUTBOX[1:8]),
    ],
    requests={"m0": 1},
    outbox=OUTBOX,
    topic=TOPIC_RECORDS,
    inbox=frozenset({f"{P}/1", f"{P}/2", f"{OTHER}/1", f"{OTHER}/2"}),
    effects=[
        Effect(permit_id=P, version=1, at=at(1.1)),
        Effect(permit_id=P, version=2, at=at(5.1)),
        Effect(permit_id=OTHER, version=1, at=at(6.1)),
        Effect(permit_id=OTHER, version=2, at=at(7.1)),
    ],
    permits={P: state(2, "completed", "1"), OTHER: state(3, "suspended", "2")},
    read_model={P: state(2, "completed", "1"), OTHER: state(2, "valid", "2")},
    letters=[replace(POISON), replace(TOPIC_RECORDS[-1], event_id="")],
    access=[
        Access(marks=frozenset(["m9"]), decision="allowed", permit_ids=(P,)),
        Access(marks=frozenset(["m10"]), decision="allowed", permit_ids=()),
    ],
    drained_s=3.0,
)  # fmt: skip

WAYS: dict[str, dict[str, Callable[[], Evidence]]] = {
    "acknowledged is stored": {
        "an acknowledged issue is gone": lambda: replace(GOOD, actions=GOOD.actions[:1] + [
            replace(one, words=frozenset()) for one in GOOD.actions[1:]]),
        "an acknowledged request is gone": lambda: replace(GOOD, requests={}),
    },
    "failed is not stored": {
        "a refused cancellation is there": lambda: _with_words(2, "m2"),
    },
    "every change has its event": {
        "an event is missing": lambda: replace(GOOD, outbox=OUTBOX[:-1]),
        "a version is missing": lambda: replace(GOOD, actions=[*GOOD.actions[:-2], GOOD.actions[-1]]),
    },
    "no ghosts": {
        "an event of a change that was rolled back": lambda: replace(GOOD, actions=GOOD.actions[:-1]),
        "a record that no outbox knows": lambda: replace(GOOD, topic=[
            *TOPIC_RECORDS, TopicRecord(topic=TOPIC, partition=5, offset=0, key="p9", event_id="x", sequence=1)]),
    },
    "outbox is topic": {
        "a row never came": lambda: replace(GOOD, topic=[r for r in TOPIC_RECORDS if r.event_id != f"{P}/2"]),
        "what lies behind an oversized one came": lambda: replace(
            GOOD, oversized=frozenset(["big"]), parked=frozenset(["big"]),
            topic=[*TOPIC_RECORDS, TopicRecord(topic=TOPIC, partition=6, offset=0, key="big")]),
    },
    "order": {
        "two versions changed places": lambda: replace(GOOD, topic=[
            record(OUTBOX[4], 0), record(OUTBOX[0], 1), *TOPIC_RECORDS[3:]]),
        "an aggregate lies in two partitions": lambda: replace(GOOD, topic=[
            *TOPIC_RECORDS[:2], record(OUTBOX[4], 0, 7), *TOPIC_RECORDS[3:]]),
    },
    "every effect once": {
        "an effect came twice": lambda: replace(GOOD, effects=[GOOD.effects[0], *GOOD.effects]),
        "an effect never came": lambda: replace(GOOD, effects=GOOD.effects[1:]),
        "the inbox forgot": lambda: replace(GOOD, inbox=GOOD.inbox - {f"{P}/1"}),
        "a call was carried out twice": lambda: _with_words(5, "m3", 6, "m3"),
    },
    "the read model never goes back": {
        "an old version overwrote": lambda: replace(GOOD, effects=[*GOOD.effects, GOOD.effects[0]]),
    },
    "read model is the fold": {
        "the gateway shows another status": lambda: replace(
            GOOD, read_model={**GOOD.read_model, P: state(2, "valid", "1")}),
        "the gateway misses a permit": lambda: replace(GOOD, read_model={OTHER: GOOD.read_model[OTHER]}),
        "the owner's row is another": lambda: replace(GOOD, permits={**GOOD.permits, P: state(2, "completed", "9")}),
    },
    "the gate": {
        "completion came before insulation": lambda: replace(GOOD, outbox=[
            *OUTBOX[:2], replace(OUTBOX[3], id=3), replace(OUTBOX[2], id=4), *OUTBOX[4:]]),
        "insulation was revoked and nothing flagged": lambda: replace(GOOD, outbox=[
            *OUTBOX, row(9, "certificate", INSULATION, 3, certificate("insulation", "revoked"))]),
        "it rests on nothing": lambda: replace(GOOD, outbox=[
            *OUTBOX[:3], row(4, "certificate", COMPLETION, 1, certificate("completion", "issued")), *OUTBOX[4:]]),
    },
    "audit": {
        "an answer isn't recorded": lambda: replace(GOOD, access=GOOD.access[1:]),
        "a miss isn't recorded": lambda: replace(GOOD, access=GOOD.access[:1]),
        "the record says less than was shown": lambda: replace(
            GOOD, access=[replace(GOOD.access[0], permit_ids=()), GOOD.access[1]]),
        "the chain is broken": lambda: replace(GOOD, chain_faults=["link 2 is missing"]),
    },
    "poison is kept": {
        "it was swallowed": lambda: replace(GOOD, letters=GOOD.letters[1:]),
        "what came behind took effect": lambda: replace(GOOD, letters=GOOD.letters[:1]),
        "a healthy event was put aside": lambda: replace(GOOD, letters=[*GOOD.letters, TOPIC_RECORDS[0]]),
        "the oversized isn't parked": lambda: replace(GOOD, oversized=frozenset(["big"])),
        "a healthy aggregate is parked": lambda: replace(GOOD, parked=frozenset([P])),
    },
    "as_of is honest": {
        "it's claimed too early": lambda: replace(GOOD, effects=[
            GOOD.effects[0], replace(GOOD.effects[1], at=at(9.5)), *GOOD.effects[2:]]),
    },
    "drained": {
        "it never drained": lambda: replace(GOOD, drained_s=None),
        "it took long": lambda: replace(GOOD, drained_s=20.1),
    },
}  # fmt: skip


def _with_words(*words: Any) -> Evidence:
    """Places of actions and what their notes say."""
    actions = list(GOOD.actions)
    for place, word in zip(words[::2], words[1::2], strict=True):
        actions[place] = replace(actions[0], version=place, words=frozenset([word]))
    return replace(GOOD, actions=[*GOOD.actions, *(actions[place] for place in words[::2])])


BROKEN = [(promise, make()) for promise, ways in WAYS.items() for make in ways.values()]
