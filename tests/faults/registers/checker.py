"""The promises of every register, each as a function from a run's evidence to its faults."""

from collections import Counter, defaultdict

from tests.faults.findings import Promises, Wrong

from .evidence import Evidence

PREFIX = 7  # Hijri year, municipality and series of a number; the serial follows


def find_lost_and_doubled_things(evidence: Evidence) -> Wrong:
    kept = {one.thing_id for one in evidence.things}
    acknowledged = {one for ids in evidence.answered.values() for one in ids}
    for marker, ids in evidence.answered.items():
        if len(ids) != 1:
            yield marker, f"its calls were answered with {len(ids)} things"
    for thing_id in sorted(acknowledged - kept):
        yield thing_id, "it was acknowledged and isn't kept"
    for thing_id in sorted(kept - acknowledged) if evidence.is_over else ():
        yield thing_id, "it's kept, and no call was answered with it"


def find_gaps_and_doubles_in_numbers(evidence: Evidence) -> Wrong:
    serials: dict[str, list[int]] = defaultdict(list)
    for one in evidence.things:
        if one.number is not None:
            serials[one.number[:PREFIX]].append(int(one.number[PREFIX:]))
    for prefix, found in serials.items():
        for serial, count in Counter(found).items():
            if count > 1:
                yield f"{prefix}{serial:07}", f"{count} things have the number"
        for serial in sorted(set(range(min(found), max(found))) - set(found)):
            yield f"{prefix}{serial:07}", "no thing has the number"


def find_versions_told_wrongly(evidence: Evidence) -> Wrong:
    told = Counter(evidence.told)
    for one in evidence.things:
        for version in range(one.first, one.version + 1):
            if told[one.thing_id, version] != 1:
                yield one.thing_id, f"version {version} has {told[one.thing_id, version]} events"


def find_events_missing_from_the_topic(evidence: Evidence) -> Wrong:
    """A record may come twice, but no version comes for the first time behind a later version."""
    newest: dict[str, int] = {}
    for thing_id, version in dict.fromkeys(evidence.published):
        if version < newest.get(thing_id, 0):
            yield thing_id, f"version {version} came behind version {newest[thing_id]}"
        newest[thing_id] = max(version, newest.get(thing_id, 0))
    if evidence.is_over:
        for thing_id, version in sorted(set(evidence.told) - set(evidence.published)):
            yield thing_id, f"version {version} isn't in the topic"


def register_promises(*, numbers: bool = True) -> Promises[Evidence]:
    """Returns the promises of a register, to which a world adds its own. `numbers`: no number may be left out."""
    promise = Promises[Evidence](lambda evidence: evidence)
    promise("one call is one thing")(find_lost_and_doubled_things)
    if numbers:
        promise("numbers are complete and unique")(find_gaps_and_doubles_in_numbers)
    promise("every version is told once")(find_versions_told_wrongly)
    promise("the topic has every event, in order")(find_events_missing_from_the_topic)
    return promise
