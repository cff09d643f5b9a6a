"""Evidence about tenders, made by hand. t1 was amended once, and told its three followers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.faults.registers import examples
from tests.faults.registers.evidence import Evidence

HEARD = [("t1", "amended", f"+96650000000{number}") for number in (1, 2, 3)]
RELEASES = list(examples.GOOD.told)


def with_rows(heard: Sequence[Any] = HEARD, releases: Sequence[Any] = RELEASES) -> Evidence:
    more = {"releases": releases, "notices": [("t1", "amended")], "heard": heard}
    return replace(examples.GOOD, more=more)


GOOD = with_rows()

BROKEN = [
    *((promise, replace(evidence, more=GOOD.more)) for promise, evidence in examples.BROKEN),
    ("every public version is one release", with_rows(releases=RELEASES[1:])),
    ("every public version is one release", with_rows(releases=[*RELEASES, ("t1", 2)])),
    ("every public version is one release", with_rows(releases=[*RELEASES, ("t1", 3)])),
    ("a follower hears of each notice once", with_rows(heard=HEARD[1:])),
    ("a follower hears of each notice once", with_rows(heard=[*HEARD, HEARD[0]])),
    ("a follower hears of each notice once", with_rows(heard=[])),
]
