"""The promises about tenders. `releases` of the evidence: tender and version; `notices`: tender and kind of each
notice; `heard`: tender, kind and mobile of each contact that an event had."""

from collections import Counter

from tests.faults.findings import Wrong
from tests.faults.registers.checker import register_promises
from tests.faults.registers.evidence import Evidence

FOLLOWERS = 3  # of each tender
promise = PROMISES = register_promises()


@promise("every public version is one release")
def find_missing_and_doubled_releases(evidence: Evidence) -> Wrong:
    released, told = Counter(evidence.more["releases"]), set(evidence.told)
    for version in sorted(told | released.keys()):
        if released[version] != (version in told):
            yield version[0], f"version {version[1]} has {released[version]} releases"


@promise("a follower hears of each notice once")
def find_deaf_and_bothered_followers(evidence: Evidence) -> Wrong:
    made = Counter(evidence.more["notices"])
    heard = Counter(evidence.more["heard"])
    followers = {one.thing_id: set[str]() for one in evidence.things}
    for tender_id, _, mobile in heard:
        followers[tender_id].add(mobile)
    for (tender_id, kind), count in made.items() if evidence.is_over else ():
        times = [heard[tender_id, kind, mobile] for mobile in followers[tender_id]]
        if times != [count] * FOLLOWERS:
            yield (
                tender_id,
                f"{count} notices of the kind {kind} reached its followers {times} times",
            )
