"""Evidence about the feed, made by hand: a good run, and for each promise a run that breaks it alone."""

from dataclasses import replace

from .checker import Evidence, Written

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
    drained_s=1.0,
)


def hearing(reader: str, seen: list[tuple[str, str, int]]) -> Evidence:
    return replace(GOOD, seen={**GOOD.seen, reader: seen})


BROKEN = [
    ("nobody misses a change", hearing("saihat-system/5", SAIHAT[1:])),
    ("nobody hears a change twice", hearing("tarout-system/5", TAROUT * 2)),
    ("a thing's changes come in order", hearing("saihat-system/5", SAIHAT[::-1])),
    ("what is heard was committed", hearing("saihat-system/5", [*SAIHAT, ("e9", "s", 3)])),
    ("nobody hears of others", hearing("saihat-system/5", [*SAIHAT, *TAROUT])),
    ("the address is told everything", replace(GOOD, taken=["e1"], delivered=["e1"])),
    ("what is called delivered was taken", replace(GOOD, delivered=["e1", "e2", "e3"])),
    ("drained", replace(GOOD, drained_s=None)),
]
