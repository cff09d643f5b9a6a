"""Evidence about money, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from .evidence import Bill, Evidence, Paid, Payment


def bill(number: int, status: str = "settled", amount: int = 75_001) -> Bill:
    return Bill(bill_id=f"b{number}", invoice_id=f"i{number}", amount_halalas=amount, status=status)


def payment(
    number: int, bill_id: str | None, amount: int = 75_001, *, settles: bool = True
) -> Payment:
    return Payment(
        reference=f"SP-{number}",
        bill_id=bill_id,
        amount_halalas=amount,
        settled_halalas=amount if settles else None,
        status="settled" if settles else "suspended",
    )


def payment_of(number: int, bill_id: str, amount: int = 75_001) -> Paid:
    return Paid(reference=f"SP-{number}", bill_id=bill_id, amount_halalas=amount)


# b1 is settled, and paid a second time; b2 was withdrawn, and paid; b3 was paid a riyal more.
GOOD = Evidence(
    history=[],
    invoices={"i1": 75_001, "i2": 75_001, "i3": 75_001},
    withdrawn=frozenset({"i2"}),
    bills=[bill(1), bill(2, "cancelled"), bill(3, "registered")],
    payments=[
        payment(1, "b1"),
        payment(2, "b1", settles=False),
        payment(3, "b2", settles=False),
        payment(4, "b3", 75_101, settles=False),
    ],
    registered=["b1", "b2", "b3"],
    paid=[
        payment_of(1, "b1"),
        payment_of(2, "b1"),
        payment_of(3, "b2"),
        payment_of(4, "b3", 75_101),
    ],
    told=["i1"],
    drained_s=1.0,
)
REST = GOOD.payments[1:]

BROKEN = [
    ("every invoice has its bill", replace(GOOD, invoices={**GOOD.invoices, "i4": 1})),
    ("every invoice has its bill", replace(GOOD, invoices={**GOOD.invoices, "i1": 75_000})),
    ("one registration each", replace(GOOD, registered=["b1", "b1", "b2", "b3"])),
    ("every payment is known once, to the halala", replace(GOOD, payments=GOOD.payments[:-1])),
    (
        "every payment is known once, to the halala",
        replace(GOOD, payments=[*GOOD.payments, payment(4, "b3", settles=False)]),
    ),
    (
        "every payment is known once, to the halala",
        replace(GOOD, payments=[payment(1, "b1", 75_000), *REST]),
    ),
    (
        "every payment is known once, to the halala",
        replace(GOOD, payments=[*GOOD.payments, payment(9, None, settles=False)]),
    ),
    ("a bill is settled once, whole", replace(GOOD, payments=[*GOOD.payments, payment(2, "b1")])),
    ("a bill is settled once, whole", replace(GOOD, payments=[payment(1, "b1", 1), *REST])),
    (
        "a bill that was paid is settled",
        replace(GOOD, payments=[payment(1, "b1", settles=False), *REST]),
    ),
    ("no settlement without money", replace(GOOD, bills=[bill(1, "registered"), *GOOD.bills[1:]])),
    ("no settlement without money", replace(GOOD, paid=GOOD.paid[2:])),
    ("the owner is told once", replace(GOOD, told=[])),
    ("the owner is told once", replace(GOOD, told=["i1", "i1"])),
    (
        "a withdrawn invoice is settled or cancelled",
        replace(GOOD, bills=[bill(1), bill(2, "registered"), bill(3, "registered")]),
    ),
    ("drained", replace(GOOD, drained_s=None)),
]
