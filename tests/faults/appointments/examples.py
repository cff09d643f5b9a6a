"""Evidence about appointments, made by hand. t1 is confirmed for eight, t2 is cancelled."""

from dataclasses import replace
from typing import Any

from tests.faults.registers import examples
from tests.faults.registers.evidence import Evidence

SEAT = ("t1", 1, 1, 8, 9)


def with_rows(*seats: Any, status: str = "confirmed") -> Evidence:
    appointments = [("t1", status, 8), ("t2", "cancelled", 8)]
    return replace(examples.GOOD, more={"seats": seats, "appointments": appointments})


GOOD = with_rows(SEAT)
_SEATS = "an open appointment has its seat, and no other has one"

BROKEN = [
    *(
        (promise, replace(evidence, more=GOOD.more))
        for promise, evidence in examples.BROKEN
        if promise != examples.NUMBERS
    ),
    ("no place is taken twice", with_rows(SEAT, ("t3", 1, 1, 8, 9))),
    ("no place is taken twice", with_rows(SEAT, ("t3", 1, 1, 7, 10))),
    (_SEATS, with_rows()),
    (_SEATS, with_rows(("t1", 1, 1, 9, 10))),
    (_SEATS, with_rows(SEAT, ("t2", 1, 2, 8, 9))),
    (_SEATS, with_rows(SEAT, status="served")),
]
