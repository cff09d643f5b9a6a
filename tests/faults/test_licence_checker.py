"""Each promise about licences is broken once, in evidence made by hand, and named."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from .desk import Answer
from .findings import Finding
from .licences.breaking import LANES
from .licences.checker import PROMISES, check
from .licences.evidence import Application, Bill, Event, Evidence, Invoice, Licence
from .licences.load import Load
from .licences.submissions import Wanted
from .nemesis import schedule

# 3 is a trade in Saihat, 5 a shop in Safwa, and the owner of 22 is too young.
NUMBERS = {"a3": 3, "a5": 5, "a22": 22}
WANTED = {number: Wanted(1, number, 5) for number in NUMBERS.values()}
FEE = WANTED[5].fee
KIND = "sa.gov.qatif.licences.application"


def application(key: str, status: str = "issued") -> Application:
    wanted = WANTED[NUMBERS[key]]
    licence_no = f"L-{key}" if status == "issued" else None
    return Application(
        application_id=key, application_no=f"N-{key}", municipality=wanted.municipality,
        status=status, licence_no=licence_no, fee=wanted.fee,
    )  # fmt: skip


def licence(key: str, number: str = "") -> Licence:
    municipality = WANTED[NUMBERS[key]].municipality
    return Licence(licence_no=number or f"L-{key}", application_id=key, municipality=municipality)


def event(number: int, key: str, happened: str, version: int) -> Event:
    municipality = WANTED[NUMBERS[key]].municipality
    return Event(
        event_id=f"e{number}", type=f"{KIND}.{happened}.v1", subject=key, version=version,
        municipality=municipality,
    )  # fmt: skip


def invoice(key: str = "a5", status: str = "paid", amount: int = FEE) -> Invoice:
    return Invoice(invoice_id="i5", application_id=key, amount_halalas=amount, status=status)


def bill(number: int = 5, amount: int = FEE) -> Bill:
    return Bill(
        bill_id=f"b{number}", invoice_id=f"i{number}", subject_id="a5", amount_halalas=amount,
        status="settled",
    )  # fmt: skip


EVENTS = [
    event(1, "a3", "submitted", 1),
    event(2, "a3", "issued", 2),
    event(3, "a5", "issued", 3),
    event(4, "a22", "refused", 2),
]
SAIHAT, TAROUT, SAFWA = [("e1", "a3", 1), ("e2", "a3", 2)], [("e4", "a22", 2)], [("e3", "a5", 3)]
GOOD = Evidence(
    history=[],
    wanted=WANTED,
    answered={3: ["a3", "a3"], 5: ["a5"], 22: ["a22"]},
    refused=[],
    applications=[application("a3"), application("a5"), application("a22", "refused")],
    licences=[licence("a3"), licence("a5")],
    invoices=[invoice()],
    events=EVENTS,
    bills=[bill()],
    shown={"a3": "issued", "a5": "issued", "a22": "refused"},
    registered=["b5"],
    paid={"b5": [FEE]},
    heard={
        "saihat-system": SAIHAT,
        "tarout-system": TAROUT,
        "safwa-system": SAFWA,
        "qatif.licence-officer": [*SAFWA, *SAIHAT, *TAROUT],
    },
    drained_s=1.0,
)
OTHERS = GOOD.applications[1:]


def hearing(reader: str, *heard: tuple[str, str, int]) -> Evidence:
    return replace(GOOD, heard={**GOOD.heard, reader: heard})


BROKEN = [
    ("what is in order is accepted", replace(GOOD, refused=[("1-3", "422 invalid-request")])),
    ("what is in order is accepted", replace(GOOD, answered={3: ["a3"], 5: ["a5"]})),
    ("what is accepted is there", replace(GOOD, applications=OTHERS)),
    (
        "what is accepted is there",
        replace(GOOD, applications=[replace(application("a3"), municipality="tarout"), *OTHERS]),
    ),
    ("an application is accepted once", replace(GOOD, answered={**GOOD.answered, 3: ["a3", "a9"]})),
    ("an application is accepted once", replace(GOOD, shown={**GOOD.shown, "a9": "issued"})),
    (
        "each is decided once, and right",
        replace(GOOD, applications=[application("a3", "submitted"), *OTHERS]),
    ),
    (
        "each is decided once, and right",
        replace(GOOD, events=[*EVENTS, event(5, "a3", "issued", 3)]),
    ),
    ("each licence is issued once", replace(GOOD, licences=[licence("a3")])),
    ("each licence is issued once", replace(GOOD, licences=[*GOOD.licences, licence("a3", "L-9")])),
    ("each licence is issued once", replace(GOOD, licences=[licence("a3", "L-9"), licence("a5")])),
    ("numbers are unique", replace(GOOD, licences=[licence("a3"), licence("a5", "L-a3")])),
    (
        "numbers are unique",
        replace(GOOD, applications=[replace(application("a3"), application_no="N-a5"), *OTHERS]),
    ),
    ("each fee is billed once, to the halala", replace(GOOD, invoices=[invoice(), invoice("a3")])),
    ("each fee is billed once, to the halala", replace(GOOD, bills=[bill(), bill(6)])),
    ("each fee is billed once, to the halala", replace(GOOD, bills=[bill(amount=FEE - 1)])),
    ("each fee is billed once, to the halala", replace(GOOD, bills=[])),
    ("each fee is billed once, to the halala", replace(GOOD, registered=["b5", "b5"])),
    ("what is issued was paid for", replace(GOOD, paid={})),
    ("what is issued was paid for", replace(GOOD, invoices=[invoice(status="refund_requested")])),
    ("the feed tells each change once", hearing("saihat-system", SAIHAT[0])),
    ("the feed tells each change once", hearing("tarout-system", *TAROUT, *TAROUT)),
    ("nobody hears of others", hearing("tarout-system", *TAROUT, *SAFWA)),
    ("a thing's changes come in order", hearing("saihat-system", *SAIHAT[::-1])),
    ("the gateway shows what was decided", replace(GOOD, shown={**GOOD.shown, "a5": "submitted"})),
    ("drained", replace(GOOD, drained_s=None)),
]


def found(evidence: Evidence) -> set[str]:
    return {finding.promise for finding in check(evidence)}


def test_good_evidence_breaks_nothing() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(("name", "evidence"), BROKEN)
def test_a_broken_promise_is_named(name: str, evidence: Evidence) -> None:
    assert name in found(evidence)


def test_every_promise_can_be_broken() -> None:
    assert {name for name, _ in BROKEN} == set(PROMISES)


def test_nothing_is_lost_before_all_had_the_time_to_end() -> None:
    under_way = replace(
        GOOD, drained_s=None, answered={3: ["a3"]}, shown={}, bills=[], registered=[], paid={},
        heard={}, applications=[application("a3", "submitted")], licences=[], events=EVENTS[:1],
    )  # fmt: skip

    assert check(under_way) == [Finding("drained", "", check(under_way)[0].text)]


def test_the_three_municipalities_submit_of_everything() -> None:
    wanted = [Wanted(1, number, 5) for number in range(1, 501)]

    for municipality in ("saihat", "tarout", "safwa"):
        own = [one for one in wanted if one.municipality == municipality]
        assert len(own) > 150
        assert any(one.has_fee for one in own)
        assert any(one.is_minor for one in own)
    assert len({one.body["owner"]["id_number"] for one in wanted}) == len(wanted)
    assert len({one.fee for one in wanted}) > 20


class Losing:
    """A gateway that loses every third answer, and remembers each key and each reference."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.calls = 0
        self._lock = threading.Lock()

    def send(self, _municipality: str, place: str, content: bytes, key: str) -> Answer:
        with self._lock:
            self.calls += 1
            if place.endswith("batches"):
                lines = [json.loads(line)["reference"] for line in content.splitlines()]
                body: Any = [{"application_id": self._id_of(reference)} for reference in lines]
            else:
                body = {"application_id": self._id_of(key)}
            return Answer("unknown", 0, None) if self.calls % 3 == 0 else Answer("ok", 202, body)

    def _id_of(self, name: str) -> str:
        return self.known.setdefault(name, f"a-{name}")


def test_the_load_asks_again_until_each_application_is_answered() -> None:
    gateway = Losing()
    load = Load(gateway, 1, count=120, fees_every=5, seed=1, seconds=0.0)  # type: ignore[arg-type]

    for client in load.begin():
        client.join(30)

    assert load.refused == []
    assert set(load.answered) == set(range(1, 121))
    assert all(set(ids) == {f"a-1-{number}"} for number, ids in load.answered.items())
    assert any(len(ids) > 1 for ids in load.answered.values())


def test_every_fault_of_this_world_comes_in_ninety_seconds() -> None:
    wanted = {kind for lane in LANES.values() for kind in lane}

    assert {fault.kind for fault in schedule(1, 90, wanted, lanes=LANES)} == wanted
