"""Each promise of the feed is broken once, in evidence made by hand, and named."""

from dataclasses import replace

import pytest

from .feed.breaking import LANES
from .feed.checker import PROMISES, Evidence, Written, check
from .nemesis import schedule

LEDGER = [
    Written(event_id="e1", subject="s", municipality="saihat", version=1),
    Written(event_id="e2", subject="s", municipality="saihat", version=2),
    Written(event_id="e3", subject="t", municipality="tarout", version=1),
]
SAIHAT = [("e1", "s", 1), ("e2", "s", 2)]
TAROUT = [("e3", "t", 1)]
GOOD = Evidence(
    ledger=LEDGER,
    seen={
        "saihat-system/5": SAIHAT,
        "tarout-system/5": TAROUT,
        "qatif.licence-officer/5": [SAIHAT[0], TAROUT[0], SAIHAT[1]],
    },
    taken=["e1", "e2", "e1"],
    delivered=["e1", "e2"],
    is_over=True,
)


def hearing(reader: str, seen: list[tuple[str, str, int]]) -> Evidence:
    return replace(GOOD, seen={**GOOD.seen, reader: seen})


BROKEN = {
    "nobody misses a change": hearing("saihat-system/5", SAIHAT[1:]),
    "nobody hears a change twice": hearing("tarout-system/5", TAROUT * 2),
    "a thing's changes come in order": hearing("saihat-system/5", SAIHAT[::-1]),
    "what is heard was committed": hearing("saihat-system/5", [*SAIHAT, ("e9", "s", 3)]),
    "nobody hears of others": hearing("saihat-system/5", [*SAIHAT, *TAROUT]),
    "the address is told everything": replace(GOOD, taken=["e1"], delivered=["e1"]),
    "what is called delivered was taken": replace(GOOD, delivered=["e1", "e2", "e3"]),
}


def test_good_evidence_breaks_nothing() -> None:
    assert check(GOOD) == []


def test_each_promise_has_its_evidence_here() -> None:
    assert set(BROKEN) == set(PROMISES)


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_named_and_no_other(promise: str) -> None:
    assert {finding.promise for finding in check(BROKEN[promise])} == {promise}


def test_the_schedule_knows_each_fault_of_this_world() -> None:
    kinds = {kind for lane in LANES.values() for kind in lane}

    assert {fault.kind for fault in schedule(1, 300.0, kinds, lanes=LANES)} == kinds
