"""Evidence about licences, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from .evidence import Application, Bill, Event, Evidence, Invoice, Licence
from .submissions import Wanted

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
