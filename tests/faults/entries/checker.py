"""The promises about entries, each as a function from a run's evidence to its faults. Nothing here runs or waits."""

from collections import Counter

from tests.faults.findings import Promises, Wrong, grouped

from .evidence import Certificate, Evidence

promise = PROMISES = Promises[Evidence](lambda evidence: evidence)


@promise("one call is one entry")
def find_lost_and_doubled_entries(evidence: Evidence) -> Wrong:
    acknowledged = Counter(one for ids in evidence.answered.values() for one in ids)
    for marker, ids in evidence.answered.items():
        if len(ids) != 1:
            yield marker, f"its calls were answered with {len(ids)} entries"
    for entry_id in acknowledged.keys() - evidence.entries.keys():
        yield entry_id, "it was acknowledged and isn't kept"
    for entry_id in evidence.entries.keys() - acknowledged.keys():
        yield entry_id, "it's kept, and no call was answered with it"


@promise("an entry has its event, and an event its entry")
def find_entries_without_one_event(evidence: Evidence) -> Wrong:
    told = Counter(evidence.published)
    for entry_id in sorted(evidence.entries.keys() | told.keys()):
        if entry_id not in evidence.entries:
            yield entry_id, "permits was told of an entry that nobody made"
        elif told[entry_id] != 1:
            yield entry_id, f"it was published {told[entry_id]} times"


@promise("every entry is answered once")
def find_entries_without_one_answer(evidence: Evidence) -> Wrong:
    """By the end of the patience: an answer that's still on its way is no other than one that's lost."""
    decided = Counter(entry_id for entry_id, _ in evidence.decided)
    for entry_id in evidence.entries:
        if decided[entry_id] != 1:
            yield entry_id, f"permits answered it {decided[entry_id]} times"
    for entry_id, times in evidence.visits.items():
        if times > 1:
            yield entry_id, f"its visit is recorded {times} times"


@promise("the company sees what permits decided")
def find_wrong_outcomes_at_the_gateway(evidence: Evidence) -> Wrong:
    decided = dict(evidence.decided)
    for entry_id, outcome in evidence.entries.items():
        due = decided.get(entry_id, "pending")
        if outcome != due:
            yield entry_id, f"permits decided {due}, and the gateway shows {outcome}"


def _insulation_in_force(evidence: Evidence) -> dict[str, list[Certificate]]:
    issued = [one for one in evidence.certificates if one.status == "issued"]
    return grouped((one for one in issued if one.kind == "insulation"), "permit_id")


@promise("no insulation stands against what was seen")
def find_insulation_against_the_entries(evidence: Evidence) -> Wrong:
    issued = _insulation_in_force(evidence)
    for plan in evidence.plans if evidence.is_over else ():
        if not plan.fate.in_force and issued[plan.building.permit_id]:
            yield plan.building.permit_id, f"it's {plan.fate.name}, and its insulation is in force"


@promise("insulation that was seen is issued")
def find_missing_insulation(evidence: Evidence) -> Wrong:
    issued = _insulation_in_force(evidence)
    for plan in evidence.plans if evidence.is_over else ():
        count = len(issued[plan.building.permit_id])
        if plan.fate.in_force and count != 1:
            yield (
                plan.building.permit_id,
                f"it's {plan.fate.name}, with {count} certificates in force",
            )


@promise("a completion whose insulation fell is flagged")
def find_unflagged_completions(evidence: Evidence) -> Wrong:
    by_id = {one.certificate_id: one for one in evidence.certificates}
    for one in evidence.certificates:
        ground = by_id.get(one.rests_on or "")
        stands = one.kind == "completion" and one.status == "issued"
        if stands and ground is not None and ground.status != "issued" and not one.flagged:
            yield one.permit_id, "its insulation fell away, and its completion has no flag"


@promise("an entry counts for the order that it names, and for no other")
def find_entries_counted_for_another_order(evidence: Evidence) -> Wrong:
    for marker, due in evidence.due.items():
        for entry_id in evidence.answered.get(marker, ()):
            outcome = evidence.entries.get(entry_id, "pending")
            found = evidence.reasons.get(entry_id, outcome)
            if found not in (due, "pending"):
                yield entry_id, f"it's {due} by the order that it names, and was answered {found}"


@promise("an order stands where the company's entries left it")
def find_orders_that_differ(evidence: Evidence) -> Wrong:
    lost = {marker.split()[0] for marker in evidence.lost}  # where the officer's next word was
    for plan in evidence.plans if evidence.is_over else ():
        permit_id, due = plan.building.permit_id, plan.fate.done
        found = evidence.orders.get(permit_id, frozenset())
        if plan.fate.ordered and permit_id not in lost and found != due:
            words = (", ".join(sorted(one)) or "nothing" for one in (due, found))
            yield permit_id, "the company did {} about its order, and permits has {}".format(*words)
