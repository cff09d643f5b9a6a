"""Each promise about entries is broken once, in evidence made by hand, and named."""

from dataclasses import replace

import pytest

from .entries.breaking import LANES
from .entries.checker import PROMISES, check
from .entries.evidence import Certificate, Evidence
from .entries.load import FATES, Plan, plans
from .entries.world import Building
from .nemesis import schedule


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


def test_good_evidence_breaks_nothing() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(("name", "evidence"), BROKEN)
def test_a_broken_promise_is_named(name: str, evidence: Evidence) -> None:
    assert name in {finding.promise for finding in check(evidence)}


def test_every_promise_can_be_broken() -> None:
    assert {name for name, _ in BROKEN} == set(PROMISES)


def test_what_permits_never_answered_is_named_beside_the_wait_for_it() -> None:
    lost = replace(
        GOOD, entries={**TAKEN, "e1": "pending"}, decided=GOOD.decided[1:], drained_s=None
    )

    assert {finding.promise for finding in check(lost)} == {
        "drained",
        "every entry is answered once",
    }


def test_an_answer_that_never_reached_the_company_is_named() -> None:
    unseen = replace(GOOD, entries={**TAKEN, "e1": "pending"}, drained_s=None)

    assert {finding.promise for finding in check(unseen)} == {
        "drained",
        "the company sees what permits decided",
    }


def test_each_fate_comes_with_and_without_waiting_for_the_completion() -> None:
    buildings = [Building(f"p{n}", f"1448/{n}", "qatif") for n in range(2 * len(FATES))]

    assert {(one.fate.name, one.waits) for one in plans(buildings)} == {
        (fate.name, waits) for fate in FATES for waits in (True, False)
    }


def test_every_fault_of_this_world_comes_in_ninety_seconds() -> None:
    wanted = {kind for lane in LANES.values() for kind in lane}

    assert {fault.kind for fault in schedule(1, 90, wanted, lanes=LANES)} == wanted
