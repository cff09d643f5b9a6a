"""Evidence about entries, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from .evidence import Certificate, Evidence
from .load import FATES, Building, Plan


def certificate(number: int, kind: str = "insulation", **changes: object) -> Certificate:
    one = Certificate(
        certificate_id=f"c{number}", permit_id="p1", kind=kind, status="issued", flagged=False,
        rests_on=None,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def plan(number: int, fate: str) -> Plan:
    (found,) = (one for one in FATES if one.name == fate)
    return Plan(Building(f"p{number}", f"1448/{number}", "qatif"), found, waits=True)


TAKEN = {"e1": "effective", "e2": "refused", "e3": "effective", "e4": "refused"}
# p1 is sound and completed; p2 failed late: its insulation was revoked, and its completion flagged; p3 was cut; an
# entry about p4 names the order that was replaced.
GOOD = Evidence(
    history=[],
    plans=[plan(1, "sound"), plan(2, "failed late"), plan(3, "cut"), plan(4, "ordered anew")],
    answered={"m1": {"e1"}, "m2": {"e2"}, "m3": {"e3"}, "m4": {"e4"}},
    lost=[],
    entries=TAKEN,
    published=["e1", "e2", "e3", "e4"],
    decided=[*TAKEN.items()],
    visits={"e1": 1},
    certificates=[
        certificate(1),
        certificate(2, "completion", rests_on="c1"),
        certificate(3, permit_id="p2", status="revoked"),
        certificate(4, "completion", permit_id="p2", rests_on="c3", flagged=True),
    ],
    drained_s=1.0,
    due={"m3": "effective", "m4": "other-order"},
    reasons={"e2": "already-recorded", "e4": "other-order"},
    orders={"p3": frozenset(("acknowledged", "executed")), "p4": frozenset()},
)
KEPT = GOOD.certificates

BROKEN = [
    ("one call is one entry", replace(GOOD, answered={**GOOD.answered, "m1": {"e1", "e2"}})),
    ("one call is one entry", replace(GOOD, answered={**GOOD.answered, "m9": {"e9"}})),
    ("one call is one entry", replace(GOOD, answered={"m1": {"e1"}})),
    ("an entry has its event, and an event its entry", replace(GOOD, published=["e1"])),
    (
        "an entry has its event, and an event its entry",
        replace(GOOD, published=[*GOOD.published, "e2"]),
    ),
    (
        "an entry has its event, and an event its entry",
        replace(GOOD, published=[*GOOD.published, "e9"]),
    ),
    ("every entry is answered once", replace(GOOD, decided=GOOD.decided[:1])),
    ("every entry is answered once", replace(GOOD, decided=[*GOOD.decided, ("e1", "refused")])),
    ("every entry is answered once", replace(GOOD, visits={"e1": 2})),
    (
        "the company sees what permits decided",
        replace(GOOD, entries={**TAKEN, "e1": "refused"}),
    ),
    (
        "the company sees what permits decided",
        replace(GOOD, entries={**TAKEN, "e1": "pending"}),
    ),
    (
        "no insulation stands against what was seen",
        replace(GOOD, certificates=[*KEPT[:2], replace(KEPT[2], status="issued"), KEPT[3]]),
    ),
    ("insulation that was seen is issued", replace(GOOD, certificates=KEPT[2:])),
    (
        "insulation that was seen is issued",
        replace(GOOD, certificates=[*KEPT, certificate(5)]),
    ),
    (
        "a completion whose insulation fell is flagged",
        replace(GOOD, certificates=[*KEPT[:3], replace(KEPT[3], flagged=False)]),
    ),
    (
        "an entry counts for the order that it names, and for no other",
        replace(GOOD, reasons={}, entries={**TAKEN, "e4": "effective"}),
    ),
    (
        "an entry counts for the order that it names, and for no other",
        replace(GOOD, reasons={**GOOD.reasons, "e3": "other-order"}),
    ),
    (
        "an order stands where the company's entries left it",
        replace(GOOD, orders={**GOOD.orders, "p4": frozenset(("acknowledged",))}),
    ),
    (
        "an order stands where the company's entries left it",
        replace(GOOD, orders={"p4": frozenset()}),
    ),
    ("drained", replace(GOOD, drained_s=None)),
    ("drained", replace(GOOD, lost=["m9"])),
]
