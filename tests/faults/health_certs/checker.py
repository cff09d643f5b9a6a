"""The promises about health certificates, each as a function from a run's evidence to its faults. Nothing here runs or
waits."""

from collections import Counter, defaultdict

from tests.faults.findings import Promises, Wrong, grouped

from .evidence import Evidence, Thing

promise = PROMISES = Promises[Evidence](lambda evidence: evidence)


@promise("one call is one entry")
def find_lost_and_doubled_entries(evidence: Evidence) -> Wrong:
    kept = Counter(one.request_id for one in evidence.entries)
    for request_id in evidence.fates:
        taken = evidence.entered.get(request_id, 0)
        if kept[request_id] != taken:
            yield request_id, f"{taken} entries were taken, and {kept[request_id]} are kept"


@promise("the centre sees what health-certs decided")
def find_wrong_statuses_at_the_gateway(evidence: Evidence) -> Wrong:
    decided = {one.key: one.status for one in evidence.decided}
    for one in evidence.entries:
        due = decided.get(one.key, "pending")
        if one.status != due:
            yield one.key, f"health-certs decided {due}, and the gateway shows {one.status}"
    for key in decided.keys() - {one.key for one in evidence.entries}:
        yield key, "health-certs decided about an entry that nobody made"


@promise("what was recorded is kept by the gateway no more")
def find_kept_copies(evidence: Evidence) -> Wrong:
    for one in evidence.entries:
        if one.status != "pending" and one.is_kept:
            yield one.key, "it was answered, and what was entered is still there"


def _certificates_by_request(evidence: Evidence) -> dict[str, list[Thing]]:
    return grouped(evidence.certificates, "request_id")


@promise("a request has one certificate at most")
def find_second_certificates(evidence: Evidence) -> Wrong:
    for request_id, found in _certificates_by_request(evidence).items():
        if len(found) > 1:
            yield request_id, f"it has {len(found)} certificates"


@promise("what is complete is issued")
def find_missing_certificates(evidence: Evidence) -> Wrong:
    held, lost = _certificates_by_request(evidence), {marker.split()[0] for marker in evidence.lost}
    for request_id, (fate, holds) in evidence.fates.items():
        if (
            holds
            and request_id not in lost
            and not any(one.status == "valid" for one in held[request_id])
        ):
            yield request_id, f"it's {fate}, without a certificate in force"


@promise("nobody holds a certificate who isn't fit, or whose fee isn't paid")
def find_unearned_certificates(evidence: Evidence) -> Wrong:
    held = _certificates_by_request(evidence)
    for request_id, (fate, holds) in evidence.fates.items() if _is_whole(evidence) else ():
        if not holds and any(one.status == "valid" for one in held[request_id]):
            yield request_id, f"it's {fate}, and its certificate is in force"


@promise("a certificate is renewed by one request")
def find_lost_and_doubled_renewals(evidence: Evidence) -> Wrong:
    """Finds certificates with no renewal or several, however often and by how many the renewal was asked for."""
    for one in evidence.renewals if _is_whole(evidence) else ():
        if one.requests != 1:
            yield one.number, f"{one.requests} requests renew it"


@promise("a worker has one certificate in force at most")
def find_two_in_force(evidence: Evidence) -> Wrong:
    for one in evidence.renewals:
        if one.status == one.renewed_status == "valid":
            yield one.number, f"it was renewed by {one.renewed_by}, and both are in force"


@promise("a renewal makes no gap")
def find_gaps(evidence: Evidence) -> Wrong:
    """Finds gaps: a certificate stays in force until the next certificate is issued, in one transaction."""
    for one in evidence.renewals:
        due = ("replaced", one.renewed_by) if one.renewed_by else ("valid", None)
        if (one.status, one.replaced_by) != due:
            yield (
                one.number,
                f"it's {one.status} by {one.replaced_by}, and renewed by {one.renewed_by}",
            )
        elif one.renewed_by and not one.at_once:
            yield one.number, f"it gave way before {one.renewed_by} was there, or after"


@promise("a result is no event of its request")
def find_events_that_tell_a_result(evidence: Evidence) -> Wrong:
    """Finds events that tell a result. An unfit worker's request has the events of a request without examination."""
    happened: dict[str, list[str]] = defaultdict(list)
    for one in evidence.request_events:
        happened[one.request_id].append(one.happened)
    for request_id, (fate, _) in evidence.fates.items():
        if fate.removeprefix("renewal ") in ("unfit", "not examined", "unpaid"):
            found = Counter(happened[request_id])
            if found["submitted"] != 1 or found["moved"] > 2 or found.keys() - _WAYS:
                yield (
                    request_id,
                    f"it's {fate}, and its events are {', '.join(happened[request_id])}",
                )


_WAYS = {"submitted", "moved"}


@promise("each change has its event, and each event its change")
def find_versions_without_event(evidence: Evidence) -> Wrong:
    """Finds gaps in the versions of requests, and certificates that their newest event tells otherwise."""
    versions: dict[str, list[int]] = defaultdict(list)
    for one in evidence.request_events:
        versions[one.request_id].append(one.version)
    for request_id, version in evidence.versions.items():
        if versions[request_id] != list(range(1, version + 1)):
            yield request_id, f"it has the version {version}, its events {versions[request_id]}"
    newest = {one.certificate_id: one.status for one in evidence.certificate_events}
    kept = {one.key: one.status for one in evidence.certificates}
    for key in newest.keys() | kept.keys():
        if newest.get(key) != kept.get(key or ""):
            yield str(key), f"it's {kept.get(key or '')}, and was told as {newest.get(key)}"


@promise("a row of a list is asked for once")
def find_lost_and_doubled_rows(evidence: Evidence) -> Wrong:
    """Finds rows without their one request, and requests without a row, however often the process was killed."""
    for one in evidence.listed if evidence.is_over else ():
        if (one.outcome, one.requests) != ("accepted", 1):
            yield one.row, f"it's {one.outcome}, and {one.requests} requests have its number"
    accepted = sum(one.outcome == "accepted" for one in evidence.listed)
    if evidence.asked_by_lists != accepted:
        yield "lists", f"{accepted} rows were taken, and {evidence.asked_by_lists} requests made"


def _is_whole(evidence: Evidence) -> bool:
    return evidence.is_over and not evidence.lost
