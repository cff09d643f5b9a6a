"""The promises about permits and the gateway's read model, each as a function from a run's evidence to its faults."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tests.faults.findings import Promises, Wrong, find_undrained
from tests.faults.history import Entry

from .evidence import Evidence, OutboxRow, TopicRecord, state_of
from .injections import BEHIND

DRAINED_S = 20.0
MARGIN_S = 0.005  # two clocks of one machine, read one after the other
PERMIT = "permits.permit"
AGGREGATES = ("permit-request", "invoice", "permit", "certificate")
NO_INSULATION = ("fence", "demolition")


class Case:
    """The evidence with what several promises look up in it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def rows(self) -> dict[str, OutboxRow]:
        return {row.event_id: row for row in self.evidence.outbox}

    @cached_property
    def first(self) -> dict[str, TopicRecord]:
        """Returns each event's first record; later records are duplicates, which the inbox is for."""
        found: dict[str, TopicRecord] = {}
        for record in sorted(self.evidence.topic, key=lambda record: record.place):
            if record.event_id:
                found.setdefault(record.event_id, record)
        return found

    @cached_property
    def poisoned(self) -> dict[str, int]:
        """Keys with a record that's no event → the offset of the first one."""
        found: dict[str, int] = {}
        for record in self.evidence.topic:
            if not record.event_id and record.topic == PERMIT:
                found[record.key] = min(record.offset, found.get(record.key, record.offset))
        return found

    @cached_property
    def versions(self) -> dict[tuple[str, str], list[OutboxRow]]:
        found: dict[tuple[str, str], list[OutboxRow]] = defaultdict(list)
        for row in self.evidence.outbox:
            found[row.aggregate, row.aggregate_id].append(row)
        return found


def _find_undrained(evidence: Evidence) -> Wrong:
    """Everything arrives within 20 s of the last fault."""
    yield from find_undrained(evidence)
    if (evidence.drained_s or 0.0) > DRAINED_S:
        yield "", f"it took {evidence.drained_s:.1f} s"


promise = PROMISES = Promises(Case, drained=_find_undrained)


def _writes(case: Case, kind: str) -> Iterable[Entry]:
    return (
        entry
        for entry in case.evidence.history
        if entry.kind == kind and entry.marker and entry.operation not in ("find", "search", "get")
    )


def _traces_of_markers(case: Case) -> dict[str, Counter[tuple[str, str]]]:
    """Marker → the aggregates on which it left its trace, and how often."""
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for action in case.evidence.actions:
        for word in action.words:
            found[word][action.aggregate, action.aggregate_id] += 1
    for number, count in case.evidence.requests.items():
        found[number]["permit-request", number] += count
    return found


@promise("acknowledged is stored")
def find_lost_calls(case: Case) -> Wrong:
    """Every call that was answered with success left its trace in the owner's database."""
    stored = _traces_of_markers(case)
    for entry in _writes(case, "ok"):
        if entry.marker not in stored and not _repeats_a_bill(case, entry, stored):
            yield entry.marker, f"{entry.operation} was acknowledged and isn't stored"


def _repeats_a_bill(case: Case, entry: Entry, stored: Collection[str]) -> bool:
    """Returns whether a bill was asked for again, after a call of unknown outcome that was carried out. The open bill
    stays then, and nothing is written."""
    return entry.operation == "request-payment" and any(
        (one.kind, one.operation, one.about) == ("unknown", entry.operation, entry.about)
        and one.number < entry.number
        and one.marker in stored
        for one in case.evidence.history
    )


@promise("failed is not stored")
def find_stored_refusals(case: Case) -> Wrong:
    """No call that was refused left a trace."""
    stored = _traces_of_markers(case)
    for entry in _writes(case, "fail"):
        if entry.marker in stored:
            said = entry.detail.get("problem")
            yield entry.marker, f"{entry.operation} was refused ({said}) and is stored"


@promise("every change has its event")
def find_changes_without_event(case: Case) -> Wrong:
    """The journal's versions of an aggregate are 1..n, and the outbox has each once."""
    journal: dict[tuple[str, str], list[int]] = defaultdict(list)
    for action in case.evidence.actions:
        if action.aggregate in AGGREGATES:
            journal[action.aggregate, action.aggregate_id].append(action.version)
    for aggregate, versions in journal.items():
        if versions != list(range(1, len(versions) + 1)):
            yield aggregate[1], f"its journal's versions are {versions}"
        sent = Counter(row.version for row in case.versions.get(aggregate, ()))
        for version in versions:
            if sent[version] != 1:
                yield aggregate[1], f"version {version} has {sent[version]} events in the outbox"


@promise("no ghosts")
def find_ghosts(case: Case) -> Wrong:
    """No event tells of what never happened."""
    happened = {(a.aggregate, a.aggregate_id, a.version) for a in case.evidence.actions}
    for row in case.evidence.outbox:
        if (row.aggregate, row.aggregate_id, row.version) not in happened:
            yield row.aggregate_id, f"the outbox has version {row.version}, which never happened"
    for event_id, record in case.first.items():
        if event_id not in case.rows and not event_id.startswith(BEHIND):
            yield record.key, f"the topic has an event {event_id} that the outbox hasn't"


@promise("outbox is topic")
def find_unpublished_rows(case: Case) -> Wrong:
    """Every row of the outbox is in its topic, under its aggregate's key."""
    for event_id, row in case.rows.items():
        record = case.first.get(event_id)
        if record is None:
            state = "marked as published" if row.published_at else "not published"
            yield row.aggregate_id, f"version {row.version} ({state}) isn't in the topic"
        elif record.topic != row.topic:
            yield row.aggregate_id, f"version {row.version} is in {record.topic}"
    for record in case.evidence.topic:
        if record.event_id == "" and record.key in case.evidence.oversized:
            yield record.key, "what lies behind an oversized event was published"


@promise("order")
def find_disorder(case: Case) -> Wrong:
    """An aggregate's events lie in one partition, 1..n, each first record after the one before."""
    seen: dict[str, list[tuple[int, TopicRecord]]] = defaultdict(list)
    for event_id, record in case.first.items():
        if event_id in case.rows:
            row = case.rows[event_id]
            seen[row.aggregate_id].append((row.version, record))
            if record.sequence != row.version:
                yield row.aggregate_id, f"version {row.version} says it's {record.sequence}"
    for aggregate_id, records in seen.items():
        partitions = {record.partition for _, record in records}
        if len(partitions) > 1:
            yield aggregate_id, f"its events lie in the partitions {sorted(partitions)}"
            continue
        versions = [version for version, _ in sorted(records, key=lambda one: one[1].offset)]
        if versions != sorted(versions) or versions[0] != 1:
            yield aggregate_id, f"its events lie in the order {versions}"


def _effects(case: Case) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for effect in case.evidence.effects:
        found[effect.permit_id].append(effect.version)
    return found


def _last_versions(case: Case) -> dict[str, int]:
    """Permit → the version that the read model should have come to: the topic's last, or the last before poison."""
    found: dict[str, int] = {}
    for event_id, record in case.first.items():
        row = case.rows.get(event_id)
        if row is None or row.aggregate != "permit":
            continue
        before = case.poisoned.get(row.aggregate_id)
        if before is None or record.offset < before:
            found[row.aggregate_id] = max(row.version, found.get(row.aggregate_id, 0))
    return found


@promise("every effect once")
def find_lost_and_doubled_effects(case: Case) -> Wrong:
    """The inbox has every event of the topic, and each version took effect once."""
    effects, expected = _effects(case), _last_versions(case)
    for permit_id, last in expected.items():
        counted = Counter(effects.get(permit_id, ()))
        wrong = {v: counted[v] for v in range(1, last + 1) if counted[v] != 1}
        if wrong:
            yield permit_id, f"version → how often it took effect: {wrong}"
    for event_id, record in case.first.items():
        handled = record.topic == PERMIT and record.key not in case.poisoned
        if handled and event_id in case.rows and event_id not in case.evidence.inbox:
            yield record.key, f"the inbox doesn't know version {record.sequence}"
    sent = {entry.marker for entry in case.evidence.history}
    for marker, aggregates in _traces_of_markers(case).items():
        for (aggregate, about), count in aggregates.items():
            if count > 1 and marker in sent and aggregate in AGGREGATES:
                yield marker, f"the call was carried out {count} times on {aggregate} {about}"


@promise("the read model never goes back")
def find_steps_back(case: Case) -> Wrong:
    """No write of the read model replaces a newer version by an older one."""
    for permit_id, versions in _effects(case).items():
        if any(later < earlier for earlier, later in zip(versions, versions[1:], strict=False)):
            yield permit_id, f"the read model's versions were {versions}"


@promise("read model is the fold")
def find_wrong_rows_of_the_read_model(case: Case) -> Wrong:
    """The read model is the fold of the events, and that's what the owner has."""
    newest = {
        aggregate_id: max(rows, key=lambda row: row.version)
        for (kind, aggregate_id), rows in case.versions.items()
        if kind == "permit"
    }
    states = {(row.aggregate_id, row.version): row for row in case.evidence.outbox}
    expected = _last_versions(case)
    for permit_id, own in case.evidence.permits.items():
        row = newest.get(permit_id)
        if row is None or state_of(row.data, row.version) != own:
            yield permit_id, "the owner's row isn't what its last event says"
    for permit_id, last in expected.items():
        row = states.get((permit_id, last))
        shown = case.evidence.read_model.get(permit_id)
        if row is not None and shown != state_of(row.data, last):
            yield permit_id, f"version {last} is due, the gateway has {_short(shown)}"
    for permit_id in case.evidence.read_model.keys() - expected.keys():
        yield permit_id, "the gateway has a permit of which there's no event"


def _short(shown: dict[str, Any] | None) -> str:
    return f"version {shown['version']}, {shown['status']}" if shown else "nothing"


@promise("the gate")
def find_completions_without_insulation(case: Case) -> Wrong:
    """In the order of the commits of a permit, no completion certificate comes while no insulation is in force,
    and every completion whose insulation fell away is flagged."""
    kinds = {i: row["kind"] for i, row in case.evidence.permits.items()}
    state: dict[str, dict[str, Any]] = {}
    for row in sorted(case.evidence.outbox, key=lambda row: row.id):
        if row.aggregate != "certificate":
            continue
        data = row.data
        if data["kind"] == "completion" and row.version == 1 and data["status"] == "issued":
            ground = state.get(data["insulation_certificate_id"] or "")
            needed = kinds.get(data["permit_id"]) not in NO_INSULATION
            if (needed or ground) and not _in_force(ground, data["permit_id"]):
                yield data["permit_id"], "a completion certificate was issued without insulation"
        state[row.aggregate_id] = data
    for data in state.values():
        ground = state.get(data["insulation_certificate_id"] or "")
        stands = data["kind"] == "completion" and data["status"] == "issued"
        if stands and ground and ground["status"] != "issued" and not data["flagged"]:
            yield data["permit_id"], "its insulation fell away, and its completion has no flag"


def _in_force(ground: dict[str, Any] | None, permit_id: str) -> bool:
    return bool(ground and ground["status"] == "issued" and ground["permit_id"] == permit_id)


@promise("audit")
def find_unrecorded_queries(case: Case) -> Wrong:
    """Every answered query has its row with the shown permits, and the chain over the rows holds."""
    rows = {mark: row for row in case.evidence.access for mark in row.marks}
    for entry in case.evidence.history:
        if entry.operation not in ("find", "search", "get"):
            continue
        missing = entry.detail.get("problem") == "not-found"
        if entry.kind != "ok" and not missing:
            continue
        row = rows.get(entry.marker)
        if row is None:
            yield entry.marker, f"{entry.operation} was answered and isn't recorded"
        elif entry.kind == "ok" and list(row.permit_ids) != entry.detail["permit_ids"]:
            yield entry.marker, f"{entry.operation} showed other permits than its record says"
    for fault in case.evidence.chain_faults:
        yield "", f"the chain: {fault}"


@promise("poison is kept")
def find_lost_poison(case: Case) -> Wrong:
    """The dead letters are the poison and the events behind it, each once; nothing else is parked."""
    letters = Counter(letter.place for letter in case.evidence.letters)
    firsts = {record.place for record in case.first.values()}
    for record in case.evidence.topic:
        at = case.poisoned.get(record.key) if record.topic == PERMIT else None
        count = letters.pop(record.place, 0)
        if at is None or record.offset < at:
            if count:
                yield record.key, f"a dead letter that nobody poisoned, at {record.place}"
        elif count != 1 and (record.event_id == "" or record.place in firsts):
            yield record.key, f"{record.place} is in the dead letters {count} times"
    for place in letters:
        yield "", f"a dead letter of {place}, which the topic hasn't"
    for aggregate_id in case.evidence.parked ^ case.evidence.oversized:
        how = "is parked" if aggregate_id in case.evidence.parked else "isn't parked"
        yield aggregate_id, f"an aggregate {how} in the outbox"


@promise("as_of is honest")
def find_dishonest_as_of(case: Case) -> Wrong:
    """Every event published before `as_of` was in the read model when the answer came."""
    effects = {(one.permit_id, one.version): one.at.timestamp() for one in case.evidence.effects}
    published: list[float] = []
    latest: list[float] = []
    for row in sorted(case.evidence.outbox, key=lambda row: _moment(row.published_at)):
        if (
            row.aggregate != "permit"
            or row.published_at is None
            or row.aggregate_id in case.poisoned
        ):
            continue
        published.append(_moment(row.published_at))
        at = effects.get((row.aggregate_id, row.version), float("inf"))
        latest.append(max([at, *latest[-1:]]))
    for entry in case.evidence.history:
        if entry.kind != "ok" or not entry.detail.get("as_of"):
            continue
        before = bisect_left(published, datetime.fromisoformat(entry.detail["as_of"]).timestamp())
        if before and latest[before - 1] > entry.at + MARGIN_S:
            yield entry.marker, f"the answer claims to be complete up to {entry.detail['as_of']}"


def _moment(at: datetime | None) -> float:
    return (at or datetime(9999, 1, 1, tzinfo=UTC)).timestamp()
