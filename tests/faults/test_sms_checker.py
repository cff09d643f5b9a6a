"""Each promise about texts is broken once, in evidence made by hand, and named."""

from dataclasses import replace

import pytest

from .history import Entry
from .nemesis import schedule
from .sms.breaking import LANES
from .sms.checker import CLOSURE, PROMISES, RECEIPT, check
from .sms.evidence import Accepted, Evidence, Known, Stored, digits
from .sms.load import mobile_of, submission_of

MOBILES = {digits(mobile_of(1, number)): number for number in (1, 2, 3)}
FIRST, SECOND, THIRD = MOBILES


def stored(number: int, status: str = "closed") -> Stored:
    return Stored(
        number=number, report_id=f"r{number}", report_number=f"144810423{number}", status=status
    )


def accepted(number: int, begin: str, reference: str = "") -> Accepted:
    mobile = digits(mobile_of(1, number))
    text = f"{begin} رقم 144810423{number}. بلدية صفوى"
    return Accepted(
        provider="unifonic", reference=reference or f"{begin}-{number}", mobile=mobile, text=text
    )


def known(number: int, begin: str, state: str = "delivered") -> Known:
    return Known(message_id=f"{begin}-{number}", template="t", state=state, about_id=f"r{number}")


GOOD = Evidence(
    history=[
        Entry(number=0, at=0.0, who="c", kind="ok", operation="file", about="r1"),
        Entry(number=1, at=1.0, who="c", kind="ok", operation="close", about="r1"),
        Entry(number=2, at=2.0, who="c", kind="unknown", operation="file", marker="3"),
    ],
    mobiles=MOBILES,
    reports=[stored(1), stored(2, "resolved")],
    ledger=[accepted(1, RECEIPT), accepted(1, CLOSURE), accepted(2, RECEIPT)],
    messages=[known(1, RECEIPT), known(1, CLOSURE, "unconfirmed"), known(2, RECEIPT, "accepted")],
    drained_s=1.0,
)


def without(evidence: Evidence, begin: str) -> Evidence:
    return replace(
        evidence,
        ledger=[row for row in evidence.ledger if not row.text.startswith(begin)],
        messages=[one for one in evidence.messages if not one.message_id.startswith(begin)],
    )


def with_row(row: Accepted) -> Evidence:
    return replace(GOOD, ledger=[*GOOD.ledger, row])


BROKEN = [
    ("acknowledged is stored", replace(without(GOOD, CLOSURE), reports=[stored(1, "resolved"), stored(2)])),
    ("every report has its receipt", without(GOOD, RECEIPT)),
    ("one receipt each", with_row(accepted(1, RECEIPT))),
    ("every closure has its text", without(GOOD, CLOSURE)),
    ("one closing text each", with_row(accepted(1, CLOSURE))),
    ("no ghosts", with_row(accepted(3, RECEIPT))),
    ("no ghosts", with_row(accepted(2, CLOSURE))),
    (
        "a text is of its own report",
        replace(GOOD, ledger=[replace(row, text=row.text.replace("0423", "0999")) for row in GOOD.ledger]),
    ),
    ("notify knows what it sent", with_row(accepted(2, RECEIPT, "unheard-of"))),
    ("notify knows what it sent", replace(GOOD, messages=[*GOOD.messages, known(2, CLOSURE)])),
    ("drained", replace(GOOD, drained_s=None)),
]  # fmt: skip


def test_good_evidence_breaks_nothing() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(("name", "evidence"), BROKEN)
def test_a_broken_promise_is_named(name: str, evidence: Evidence) -> None:
    assert name in {finding.promise for finding in check(evidence)}


def test_every_promise_can_be_broken() -> None:
    assert {name for name, _ in BROKEN} == set(PROMISES)


def test_a_call_whose_outcome_is_unknown_may_have_done_it_or_not() -> None:
    filed = replace(
        GOOD,
        reports=[*GOOD.reports, stored(3, "assigned")],
        ledger=[*GOOD.ledger, accepted(3, RECEIPT)],
        messages=[*GOOD.messages, known(3, RECEIPT)],
    )

    assert check(filed) == []


def test_each_report_has_an_id_and_a_mobile_of_its_own_in_every_run() -> None:
    wanted = [(run, number) for run in (1, 2, 20) for number in (1, 2, 99_999)]

    assert len({mobile_of(*one) for one in wanted}) == len(wanted)
    assert len({submission_of(*one) for one in wanted}) == len(wanted)
    assert all(len(mobile_of(*one)) == len("+966500000001") for one in wanted)


def test_every_fault_of_this_world_comes_in_two_minutes() -> None:
    wanted = {kind for lane in LANES.values() for kind in lane}

    assert {fault.kind for fault in schedule(1, 120, wanted, lanes=LANES)} == wanted
