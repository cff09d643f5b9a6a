"""Evidence about a register, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from .evidence import Evidence, Thing


def thing(serial: int, version: int = 2) -> Thing:
    return Thing(thing_id=f"t{serial}", number=f"1448045{serial:07}", version=version)


GOOD = Evidence(
    answered={"m1": {"t1"}, "m2": {"t2"}},
    things=[thing(1), thing(2, version=1)],
    told=[("t1", 1), ("t1", 2), ("t2", 1)],
    published=[("t1", 1), ("t2", 1), ("t1", 2), ("t1", 1), ("t1", 2)],
)
_AHEAD = [("t1", 2), ("t1", 1), ("t2", 1)]
NUMBERS = "numbers are complete and unique"

BROKEN = [
    ("one call is one thing", replace(GOOD, answered={**GOOD.answered, "m1": {"t1", "t2"}})),
    ("one call is one thing", replace(GOOD, answered={**GOOD.answered, "m3": {"t3"}})),
    ("one call is one thing", replace(GOOD, answered={"m1": {"t1"}})),
    (NUMBERS, replace(GOOD, things=[thing(1), replace(thing(2, 1), number=thing(1).number)])),
    (NUMBERS, replace(GOOD, things=[thing(1), replace(thing(2, 1), number=thing(3).number)])),
    ("every version is told once", replace(GOOD, told=GOOD.told[1:])),
    ("every version is told once", replace(GOOD, told=[*GOOD.told, ("t2", 1)])),
    ("the topic has every event, in order", replace(GOOD, published=_AHEAD)),
    ("the topic has every event, in order", replace(GOOD, published=GOOD.published[:1])),
    ("drained", replace(GOOD, drained_s=None)),
]
