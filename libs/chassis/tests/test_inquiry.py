"""What people find a thing by: hashes that are bound to the number, and a person's things that belong together."""

import base64
import json
from datetime import date

import pytest

from chassis.data.sealing import Keyring
from chassis.events.inquiry import BY, NEXT_STEPS, Inquiries, Inquiry, Known, digits_of


def ring(letter, number=1):
    return Keyring.parse(f"{number}:{base64.urlsafe_b64encode(letter.encode() * 32).decode()}")


INQUIRIES = Inquiries(ring("i"), ring("s"))
MOBILE = Known(by="mobile", value="+966500000001")


def block_of(number, *known, persons=(), kind="report", inquiries=INQUIRIES):
    return inquiries.block(
        Inquiry(
            kind=kind, number=number, status="new", opened_on=date(2026, 11, 25), municipality="safwa",
            next_step="municipality", due_on=date(2026, 11, 28), known=known, persons=persons,
        )
    )  # fmt: skip


def test_a_block_has_the_facts_with_days_as_texts_and_the_number_as_digits():
    block = block_of("1448/١٣١٢")

    assert block == {
        "number": "1448/١٣١٢", "number_digits": "14481312", "kind": "report", "status": "new",
        "opened_on": "2026-11-25", "due_on": "2026-11-28", "decided_on": None, "expires_on": None,
        "municipality": "safwa", "department": None, "next_step": "municipality", "match": [],
        "subjects": [], "public": False,
    }  # fmt: skip


def test_who_knows_number_and_mobile_finds_the_block():
    (match,) = block_of("1448104233", MOBILE)["match"]

    assert match == {
        "by": "mobile",
        "key": INQUIRIES.match_keys("report", "١٤٤٨١٠٤٢٣٣", MOBILE)[0],
    }


@pytest.mark.parametrize(
    "other",
    [
        ("report", "1448104234", MOBILE),
        ("violation", "1448104233", MOBILE),
        ("report", "1448104233", Known(by="person_id", value=MOBILE.value)),
        ("report", "1448104233", Known(by="mobile", value="+966500000002")),
    ],
)
def test_the_same_mobile_has_another_key_at_another_number_kind_or_way(other):
    assert INQUIRIES.match_keys(*other) != INQUIRIES.match_keys("report", "1448104233", MOBILE)


def test_a_persons_things_belong_together_whatever_they_are():
    one = block_of("1", persons=["1000000008", "1000000008"])
    other = block_of("2", persons=["1000000008"], kind="violation")

    assert one["subjects"] == other["subjects"] == INQUIRIES.subject_keys("1000000008")
    assert block_of("1", persons=["1000000016"])["subjects"] != one["subjects"]


def test_keys_are_numbered_and_looked_up_under_every_key_in_use_the_current_one_first():
    old, new = ring("i", 1), ring("n", 2)
    both = Inquiries(Keyring({**old.keys, **new.keys}, 2), ring("s"))

    first, second = both.match_keys("report", "7", MOBILE)

    assert first.startswith("2:")
    assert second == INQUIRIES.match_keys("report", "7", MOBILE)[0]
    assert block_of("7", MOBILE, inquiries=both)["match"][0]["key"] == first


def test_a_block_shows_no_mobile_and_no_identity_number():
    known = (MOBILE, Known(by="person_id", value="1000000008"))
    shown = json.dumps(block_of("1", *known, persons=["1000000008"])) + repr(known)

    assert "50000" not in shown
    assert "1000000008" not in shown


def test_a_key_is_sixteen_bytes_and_the_same_on_every_machine():
    number, _, hashed = INQUIRIES.match_keys("report", "1448104233", MOBILE)[0].partition(":")

    assert number == "1"
    assert len(base64.urlsafe_b64decode(hashed + "==")) == 16
    assert hashed == "dbpzSU3ImYbFs5i6ql6_xw"


def test_the_words_are_those_of_the_contract():
    from pathlib import Path

    file = Path(__file__).parents[3] / "contracts/events/inquiry.v1.schema.json"
    properties = json.loads(file.read_text("utf-8"))["properties"]

    assert list(BY) == properties["match"]["items"]["properties"]["by"]["enum"]
    assert list(NEXT_STEPS) == properties["next_step"]["enum"]
    assert digits_of("رقم") == "رقم"
