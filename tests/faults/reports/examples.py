"""Evidence about texts, made by hand: a good run, and for each promise a run that breaks it."""

from dataclasses import replace

from tests.faults.history import Entry

from notify.domain.texts import PLACEHOLDER

from .checker import CLOSURE, RECEIPT, WORDINGS, has_words_of
from .evidence import Accepted, Evidence, Known, Stored, digits
from .load import mobile_of

MOBILES = {digits(mobile_of(1, number)): number for number in (1, 2, 3)}
FIRST, SECOND, THIRD = MOBILES


def row_of(number: int, status: str = "closed") -> Stored:
    return Stored(
        number=number, report_id=f"r{number}", report_number=f"144810423{number}", status=status
    )


def text_of(number: int, template: str, reference: str = "") -> Accepted:
    mobile = digits(mobile_of(1, number))
    text = PLACEHOLDER.sub(f"144810423{number}", WORDINGS[template])
    return Accepted(
        provider="unifonic", reference=reference or f"{template}-{number}", mobile=mobile, text=text
    )


def message_of(number: int, template: str, state: str = "delivered") -> Known:
    return Known(
        message_id=f"{template}-{number}", template="t", state=state, about_id=f"r{number}"
    )


GOOD = Evidence(
    history=[
        Entry(number=0, at=0.0, who="c", kind="ok", operation="file", about="r1"),
        Entry(number=1, at=1.0, who="c", kind="ok", operation="close", about="r1"),
        Entry(number=2, at=2.0, who="c", kind="unknown", operation="file", marker="3"),
    ],
    mobiles=MOBILES,
    reports=[row_of(1), row_of(2, "resolved")],
    ledger=[text_of(1, RECEIPT), text_of(1, CLOSURE), text_of(2, RECEIPT)],
    messages=[
        message_of(1, RECEIPT),
        message_of(1, CLOSURE, "unconfirmed"),
        message_of(2, RECEIPT, "accepted"),
    ],
    drained_s=1.0,
)


def without(evidence: Evidence, template: str) -> Evidence:
    return replace(
        evidence,
        ledger=[row for row in evidence.ledger if not has_words_of(row, template)],
        messages=[one for one in evidence.messages if not one.message_id.startswith(template)],
    )


def with_row(row: Accepted) -> Evidence:
    return replace(GOOD, ledger=[*GOOD.ledger, row])


BROKEN = [
    ("acknowledged is stored", replace(without(GOOD, CLOSURE), reports=[row_of(1, "resolved"), row_of(2)])),
    ("every report has its receipt", without(GOOD, RECEIPT)),
    ("one receipt each", with_row(text_of(1, RECEIPT))),
    ("every closure has its text", without(GOOD, CLOSURE)),
    ("one closing text each", with_row(text_of(1, CLOSURE))),
    ("no ghosts", with_row(text_of(3, RECEIPT))),
    ("no ghosts", with_row(text_of(2, CLOSURE))),
    (
        "a text is of its own report",
        replace(GOOD, ledger=[replace(row, text=row.text.replace("0423", "0999")) for row in GOOD.ledger]),
    ),
    ("notify knows what it sent", with_row(text_of(2, RECEIPT, "unheard-of"))),
    ("notify knows what it sent", replace(GOOD, messages=[*GOOD.messages, message_of(2, CLOSURE)])),
    ("drained", replace(GOOD, drained_s=None)),
]  # fmt: skip
