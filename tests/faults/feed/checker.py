"""The promises of feed and webhooks, each as a function from a run's evidence to its faults."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.evidence import RunEvidence
from tests.faults.findings import Promises, Wrong

from .readers import READERS


@dataclass(frozen=True, kw_only=True)
class Written:
    """A row of the ledger: a change that was committed."""

    event_id: str
    subject: str
    municipality: str
    version: int


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`seen`: reader → (event id, subject, version) in the order of arrival. `taken`: what the address answered 2xx, in
    order. `delivered`: event ids of deliveries that the gateway calls delivered."""

    ledger: Sequence[Written]
    seen: Mapping[str, Sequence[tuple[str, str, int]]]
    taken: Sequence[str]
    delivered: Sequence[str]

    def audible(self, reader: str) -> list[Written]:
        """Returns what a reader may hear of. The reader's name ends with the length of the pages."""
        municipalities = READERS[reader.rpartition("/")[0]]
        return [one for one in self.ledger if one.municipality in municipalities]


promise = PROMISES = Promises[Evidence](lambda evidence: evidence)


@promise("nobody misses a change")
def find_missed_changes(evidence: Evidence) -> Wrong:
    """Finds missed changes, also when not all arrived in time: a reader sees changes in the order of the feed."""
    for reader, seen in evidence.seen.items():
        known = {event_id for event_id, _, _ in seen}
        for one in evidence.audible(reader):
            if one.event_id not in known:
                yield (
                    one.event_id,
                    f"{reader} never heard of version {one.version} of {one.subject}",
                )


@promise("nobody hears a change twice")
def find_doubled_changes(evidence: Evidence) -> Wrong:
    for reader, seen in evidence.seen.items():
        for event_id, times in Counter(event_id for event_id, _, _ in seen).items():
            if times > 1:
                yield event_id, f"{reader} heard it {times} times"


@promise("a thing's changes come in order")
def find_disorder(evidence: Evidence) -> Wrong:
    for reader, seen in evidence.seen.items():
        versions: dict[str, list[int]] = defaultdict(list)
        for _, subject, version in seen:
            versions[subject].append(version)
        for subject, found in versions.items():
            for before, after in zip(found, found[1:], strict=False):
                if after < before:
                    yield subject, f"{reader} heard version {after} behind {before}"


@promise("what is heard was committed")
def find_uncommitted_changes(evidence: Evidence) -> Wrong:
    committed = {one.event_id for one in evidence.ledger}
    for reader, seen in evidence.seen.items():
        for event_id, subject, version in seen:
            if event_id not in committed:
                yield (
                    event_id,
                    f"{reader} heard of version {version} of {subject}, which isn't there",
                )


@promise("nobody hears of others")
def find_changes_of_others(evidence: Evidence) -> Wrong:
    whose = {one.event_id: one.municipality for one in evidence.ledger}
    for reader, seen in evidence.seen.items():
        for event_id, _, _ in seen:
            municipality = whose.get(event_id)
            if municipality and municipality not in READERS[reader.rpartition("/")[0]]:
                yield event_id, f"{reader} heard of {municipality}"


@promise("the address is told everything")
def find_untold_changes(evidence: Evidence) -> Wrong:
    taken = set(evidence.taken)
    for one in evidence.ledger:
        if one.municipality == "saihat" and one.event_id not in taken:
            yield one.event_id, f"version {one.version} of {one.subject} was never told"


@promise("what is called delivered was taken")
def find_deliveries_that_nobody_took(evidence: Evidence) -> Wrong:
    taken = set(evidence.taken)
    for event_id in evidence.delivered:
        if event_id not in taken:
            yield event_id, "the gateway calls it delivered"
