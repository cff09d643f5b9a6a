"""Evidence about health certificates, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from .evidence import Evidence, Listed, Renewed, Thing, Told


def event_of_request(request_id: str, version: int, happened: str, status: str = "open") -> Told:
    return Told(request_id, version, happened, None, status)


# r1 is fit, r2 unfit, r3 was corrected to unfit after the issue.
GOOD = Evidence(
    history=[],
    fates={"r1": ("fit", True), "r2": ("unfit", False), "r3": ("corrected to unfit", False)},
    entered={"r1": 1, "r2": 1, "r3": 2},
    lost=[],
    entries=[
        Thing("e1", "r1", "accepted"),
        Thing("e2", "r2", "accepted"),
        Thing("e3", "r3", "accepted"),
        Thing("e4", "r3", "accepted"),
    ],
    decided=[Thing(f"e{n}", "r", "accepted") for n in (1, 2, 3, 4)],
    certificates=[Thing("c1", "r1", "valid"), Thing("c3", "r3", "cancelled")],
    versions={"r1": 2, "r2": 2, "r3": 2},
    request_events=[
        event_of_request("r1", 1, "submitted"),
        event_of_request("r1", 2, "issued"),
        event_of_request("r2", 1, "submitted"),
        event_of_request("r2", 2, "moved"),
        event_of_request("r3", 1, "submitted"),
        event_of_request("r3", 2, "issued"),
    ],
    certificate_events=[
        Told("r1", 1, "issued", "c1", "valid"),
        Told("r3", 1, "issued", "c3", "valid"),
        Told("r3", 2, "cancelled", "c3", "cancelled"),
    ],
    listed=[Listed("l1 row 2", "accepted", 1), Listed("l1 row 3", "accepted", 1)],
    asked_by_lists=2,
    drained_s=1.0,
    renewals=[
        Renewed("n1", "replaced", "n2", 1, "n2", "valid", at_once=True),
        Renewed("n3", "valid", None, 1, None, None, at_once=False),
        Renewed("n4", "replaced", "n5", 1, "n5", "cancelled", at_once=True),
    ],
)
DONE = GOOD.renewals[0]
KEPT = GOOD.certificates
LOST = Listed("l1 row 4", "waiting", 0)
BROKEN = [
    (
        "one call is one entry",
        replace(GOOD, entries=[*GOOD.entries, Thing("e5", "r1", "accepted")]),
    ),
    ("one call is one entry", replace(GOOD, entries=GOOD.entries[1:])),
    ("a row of a list is asked for once", replace(GOOD, asked_by_lists=3)),
    ("a row of a list is asked for once", replace(GOOD, listed=[*GOOD.listed, LOST])),
    ("the centre sees what health-certs decided", replace(GOOD, decided=GOOD.decided[1:])),
    (
        "the centre sees what health-certs decided",
        replace(GOOD, decided=[*GOOD.decided, Thing("e9", "r", "accepted")]),
    ),
    (
        "what was recorded is kept by the gateway no more",
        replace(GOOD, entries=[replace(GOOD.entries[0], is_kept=True), *GOOD.entries[1:]]),
    ),
    (
        "a request has one certificate at most",
        replace(GOOD, certificates=[*KEPT, Thing("c9", "r1", "valid")]),
    ),
    ("what is complete is issued", replace(GOOD, certificates=KEPT[1:])),
    (
        "nobody holds a certificate who isn't fit, or whose fee isn't paid",
        replace(GOOD, certificates=[*KEPT, Thing("c2", "r2", "valid")]),
    ),
    (
        "a result is no event of its request",
        replace(GOOD, request_events=[*GOOD.request_events, event_of_request("r2", 3, "ended")]),
    ),
    (
        "each change has its event, and each event its change",
        replace(GOOD, request_events=[*GOOD.request_events, event_of_request("r2", 4, "moved")]),
    ),
    (
        "each change has its event, and each event its change",
        replace(GOOD, versions={**GOOD.versions, "r2": 1}),
    ),
    (
        "each change has its event, and each event its change",
        replace(GOOD, certificate_events=GOOD.certificate_events[1:]),
    ),
    (
        "a certificate is renewed by one request",
        replace(GOOD, renewals=[replace(DONE, requests=2)]),
    ),
    (
        "a certificate is renewed by one request",
        replace(GOOD, renewals=[replace(DONE, requests=0)]),
    ),
    (
        "a worker has one certificate in force at most",
        replace(GOOD, renewals=[replace(DONE, status="valid", replaced_by=None)]),
    ),
    ("a renewal makes no gap", replace(GOOD, renewals=[replace(DONE, renewed_by=None)])),
    ("a renewal makes no gap", replace(GOOD, renewals=[replace(DONE, replaced_by="n9")])),
    ("a renewal makes no gap", replace(GOOD, renewals=[replace(DONE, at_once=False)])),
    ("drained", replace(GOOD, drained_s=None)),
    ("drained", replace(GOOD, lost=["r1 pay"])),
]
