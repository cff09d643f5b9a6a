"""One-time codes (chassis.one_time_codes), with the contracts and settings of the first service that sends them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis import one_time_codes
from chassis.core.codes import Verdict
from chassis.core.context import Context
from chassis.events.contacts import contacts_of
from chassis.one_time_codes import CodeHolder, OneTimeCodes, forget_old

from .booked import MINUTE, NOW

HOLDER = CodeHolder("booking", "0195ff10-4d00-7b22-9d3f-0000000000b1", "+966500000001")


@pytest.fixture
def codes(session: Any, settings: Any) -> OneTimeCodes:
    return OneTimeCodes(session, "appointments", settings)


@pytest.fixture
def send(session: Any, codes: OneTimeCodes, outbox_rows: Any) -> Callable[..., str]:
    """Sends a code and returns its digits, as the telephone gets them."""

    def sent(holder: CodeHolder = HOLDER, *, reaches: bool = True, now: Any = NOW) -> str:
        codes.send(holder, reaches=reaches, language="ar", now=now)
        row = outbox_rows()[-1]
        block = row.envelope["data"]["contacts"]
        (contact,) = contacts_of(session).open(row.aggregate_id, block)
        return str(contact.token)

    return sent


def other_digits(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


def test_the_right_digits_are_right_once(codes: OneTimeCodes, send: Any) -> None:
    digits = send()

    assert codes.check(HOLDER, digits, now=NOW).verdict is Verdict.RIGHT
    assert codes.check(HOLDER, digits, now=NOW).verdict is Verdict.OVER


def test_a_code_ends_after_five_minutes(codes: OneTimeCodes, send: Any) -> None:
    digits = send()

    assert codes.check(HOLDER, digits, now=NOW + 5 * MINUTE).verdict is Verdict.OVER


def test_a_code_lives_until_its_last_second(codes: OneTimeCodes, send: Any) -> None:
    digits = send()
    last = NOW + 5 * MINUTE - timedelta(seconds=1)

    assert codes.check(HOLDER, digits, now=last).verdict is Verdict.RIGHT


def test_five_wrong_tries_end_a_code(codes: OneTimeCodes, send: Any) -> None:
    digits = send()

    tries = [codes.check(HOLDER, other_digits(digits), now=NOW) for _ in range(6)]

    assert [one.left for one in tries] == [4, 3, 2, 1, 0, 0]
    assert [one.verdict for one in tries] == [Verdict.WRONG] * 5 + [Verdict.OVER]
    assert codes.check(HOLDER, digits, now=NOW).verdict is Verdict.OVER


def test_a_new_code_replaces_the_earlier_one_and_its_tries(codes: OneTimeCodes, send: Any) -> None:
    first = send()
    codes.check(HOLDER, other_digits(first), now=NOW)
    second = send(now=NOW + MINUTE)

    if first != second:
        assert codes.check(HOLDER, first, now=NOW + MINUTE).left == 4
    assert codes.check(HOLDER, second, now=NOW + MINUTE).verdict is Verdict.RIGHT


def test_a_code_that_was_drawn_before_the_key_changed_ends_with_the_next_one(
    codes: OneTimeCodes, send: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(one_time_codes, "_hashes", lambda _, value: [f"v1:{value}"])
    first = send()
    monkeypatch.setattr(one_time_codes, "_hashes", lambda _, value: [f"v2:{value}", f"v1:{value}"])
    second = send()

    assert codes.check(HOLDER, second, now=NOW).verdict is Verdict.RIGHT
    assert codes.check(HOLDER, first, now=NOW).verdict is Verdict.OVER


@pytest.mark.parametrize(
    "other",
    [
        CodeHolder("appointment", HOLDER.about, HOLDER.mobile),
        CodeHolder(HOLDER.purpose, "0195ff10-4d00-7b22-9d3f-0000000000b2", HOLDER.mobile),
        CodeHolder(HOLDER.purpose, HOLDER.about, "+966500000002"),
    ],
)
def test_a_code_is_good_for_its_purpose_its_thing_and_its_mobile(
    codes: OneTimeCodes, send: Any, other: CodeHolder
) -> None:
    digits = send()

    assert codes.check(other, digits, now=NOW).verdict is Verdict.OVER
    assert codes.check(HOLDER, digits, now=NOW).verdict is Verdict.RIGHT


def test_a_code_for_nobody_leaves_the_same_rows_and_reaches_no_telephone(
    session: Any, codes: OneTimeCodes, send: Any, outbox_rows: Any
) -> None:
    send()
    send(CodeHolder("booking", HOLDER.about, "+966500000002"), reaches=False)

    known, unknown = (row.envelope["data"] for row in outbox_rows())
    assert [one["contacts"][0]["role"] for one in (known, unknown)] == ["holder", "nobody"]
    lengths = [len(one["contacts"][0]["sealed"]) for one in (known, unknown)]
    assert lengths[0] == lengths[1]
    assert session.scalar(text("SELECT count(*) FROM one_time_code")) == 2


def test_neither_table_nor_event_tells_digits_or_mobile(
    session: Any, send: Any, outbox_rows: Any
) -> None:
    digits = send()

    stored = str(session.execute(text("SELECT * FROM one_time_code")).all())
    published = str(outbox_rows()[-1].envelope)
    for secret in (digits, "500000001"):
        assert secret not in stored
        assert secret not in published
    assert "500000001" not in repr(HOLDER)


class CountedDemands:
    """Stands in for the quotas and keeps what was charged."""

    def __init__(self) -> None:
        self.charged: dict[str, list[str]] = {}

    def charge(self, demands: Any, *, now: float) -> None:
        for one in demands:
            self.charged.setdefault(one.policy.name, []).append(one.subject)


def test_codes_for_nobody_do_not_use_up_the_codes_of_everybody(codes: OneTimeCodes) -> None:
    quotas: Any = CountedDemands()

    codes.charge_code(quotas, HOLDER, "192.0.2.1", NOW, reaches=True)
    codes.charge_code(quotas, HOLDER, "192.0.2.1", NOW, reaches=False)

    assert quotas.charged["codes-in-all"].count("appointments") == 1
    assert {name: len(subjects) for name, subjects in quotas.charged.items()} == dict.fromkeys(
        quotas.charged, 2
    )


def test_a_guessed_number_beside_a_mobile_does_not_use_up_the_codes_of_the_mobile(
    codes: OneTimeCodes,
) -> None:
    quotas: Any = CountedDemands()
    guessed = CodeHolder("appointment", "480000001", HOLDER.mobile, is_guessed=True)

    codes.charge_code(quotas, HOLDER, "192.0.2.1", NOW, reaches=True)
    codes.charge_code(quotas, guessed, "192.0.2.1", NOW, reaches=False)

    assert len(set(quotas.charged["code-again"])) == 2


def test_tries_from_another_address_do_not_use_up_the_tries_of_a_person(
    codes: OneTimeCodes,
) -> None:
    quotas: Any = CountedDemands()

    for address in ("192.0.2.1", "192.0.2.2"):
        codes.charge_try(quotas, HOLDER.mobile, address, NOW)

    assert len(set(quotas.charged["code-tries"])) == 2


def test_what_has_ended_is_deleted(session: Any, settings: Any, send: Any) -> None:
    send()
    chore = Context(open_session=lambda: session, settings=settings, resources=None, now=NOW)

    forget_old(replace(chore, now=NOW + 5 * MINUTE))
    assert session.scalar(text("SELECT count(*) FROM one_time_code")) == 1
    forget_old(replace(chore, now=NOW + 6 * MINUTE))

    assert session.scalar(text("SELECT count(*) FROM one_time_code")) == 0
