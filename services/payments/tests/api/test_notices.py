"""The bill system tells of payments over HTTP: signed, once each, in any order."""

import json
import time
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.data.sealing import Keyring
from payments.domain import signatures
from payments.models import Notice, Payment

PATH = "/v1/payment-notices"


@pytest.fixture
def send(client: Any, settings: Any) -> Any:
    """`send(body, …)` signs and posts; `key`, `at` and `signature` are other ones than they should be."""

    def post(body: Any, **wrong: Any) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = wrong.get("key") or Keyring.parse(settings.notice_key).keys[1]
        moment = int(time.time()) + wrong.get("at", 0)
        signature = wrong.get("signature", signatures.sign(key, 1, moment, raw))
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["X-Signature"] = signature
        return client.post(PATH, content=wrong.get("sent", raw), headers=headers)

    return post


def notice(bill: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "notice_id": f"N-{new_id()}",
        "bill_number": bill.bill_number if bill else "4482999999",
        "reference": bill.bill_id if bill else None,
        "payment": f"SP-{new_id()}",
        "amount": "750.00",
        "currency": "SAR",
        "paid_at": "2026-11-26T08:00:00Z",
        **changes,
    }


def test_a_signed_notice_settles_the_bill_and_has_an_empty_answer(
    send: Any, desk: Any, session: Any
) -> None:
    bill = desk.bill()

    answer = send(notice(bill))

    session.refresh(bill)
    assert (answer.status_code, answer.content) == (204, b"")
    assert bill.status == "settled"


def test_a_repeated_notice_is_accepted_and_changes_nothing(
    send: Any, desk: Any, session: Any
) -> None:
    body = notice(desk.bill())

    assert [send(body).status_code for _ in range(3)] == [204, 204, 204]
    assert (session.query(Payment).count(), session.query(Notice).count()) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "key=1,time=1,mac=" + "0" * 64},
        {"key": b"x" * 32},
        {"at": -301},
        {"at": 301},
        {"sent": b'{"notice_id": "another"}'},
    ],
    ids=str,
)
def test_a_notice_without_a_current_signature_is_refused(
    send: Any, desk: Any, session: Any, wrong: Any
) -> None:
    bill = desk.bill()

    answer = send(notice(bill), **wrong)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Signature ")
    assert (bill.status, session.query(Notice).count()) == ("registered", 0)


def test_all_refusals_of_a_signature_look_the_same(send: Any, desk: Any) -> None:
    body = notice(desk.bill())

    answers = [send(body, **wrong).json() for wrong in ({"key": b"x" * 32}, {"at": -301})]

    assert answers[0] == answers[1]


def test_the_signature_covers_the_raw_body_and_is_checked_before_the_body_is_read(
    send: Any,
) -> None:
    assert send(b"{not json").status_code == 400
    assert send(b"{not json", key=b"x" * 32).status_code == 401
    spaced = json.dumps(notice(), indent=3).encode()
    assert send(spaced).status_code == 204
    assert send(spaced, sent=spaced.replace(b"   ", b" ")).status_code == 401


def test_a_token_of_staff_is_no_signature(client: Any, token: Any) -> None:
    headers = token("payments.read", "payments.decide")

    assert client.post(PATH, json=notice(), headers=headers).status_code == 401


def test_a_notice_that_differs_under_its_id_is_a_conflict(send: Any, desk: Any) -> None:
    body = notice(desk.bill())
    send(body)

    answer = send({**body, "amount": "1.00"})

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/notice-differs")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 750}, "amount"),
        ({"amount": "750"}, "amount"),
        ({"amount": "750.001"}, "amount"),
        ({"amount": "-750.00"}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": "٧٥٠.٠٠"}, "amount"),
        ({"amount": 750.0}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": "7.5e2"}, "amount"),
        ({"amount": "7.50e02"}, "amount"),
        ({"amount": " 750.00"}, "amount"),
        ({"amount": "750.00\n"}, "amount"),
        ({"amount": "+750.00"}, "amount"),
        ({"amount": "7,50.00"}, "amount"),
        ({"amount": ["750.00"]}, "amount"),
        ({"amount": "9" * 40 + ".00"}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"paid_at": "yesterday"}, "paid_at"),
        ({"paid_at": "0001-01-01T00:00:00+03:00"}, "paid_at"),
        ({"paid_at": "9999-12-31T23:59:59Z"}, "paid_at"),
        ({"bill_number": "x"}, "bill_number"),
    ],
)
def test_the_answer_to_a_malformed_notice_names_the_field(
    send: Any, changes: Any, field: str
) -> None:
    answer = send(notice(**changes))

    assert answer.status_code == 400, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_notice_with_two_amounts_is_refused(send: Any, desk: Any, session: Any) -> None:
    """One reader would take the first, another the last."""
    raw = json.dumps(notice(desk.bill(), amount="1.00")).encode()

    answer = send(raw.replace(b'"amount": "1.00"', b'"amount": "750.00", "amount": "1.00"'))

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["duplicated"]
    assert session.query(Notice).count() == 0


@pytest.mark.parametrize("number", ["2", "0", "1 "])
def test_a_notice_names_the_key_that_signed(
    send: Any, desk: Any, settings: Any, number: str
) -> None:
    raw, moment = json.dumps(notice(desk.bill())).encode(), int(time.time())
    signed = signatures.sign(Keyring.parse(settings.notice_key).keys[1], 1, moment, raw)

    answer = send(raw, signature=signed.replace("key=1,", f"key={number},").encode())

    assert answer.status_code == 401


def test_unknown_fields_of_a_notice_are_ignored(send: Any) -> None:
    assert send(notice(branch="0174")).status_code == 204


def test_a_notice_of_money_that_does_not_fit_is_accepted(
    send: Any, desk: Any, session: Any
) -> None:
    bill = desk.bill()

    answers = [send(notice(bill, amount="749.99")), send(notice()), send(notice(bill))]

    session.refresh(bill)
    assert [one.status_code for one in answers] == [204] * 3
    reasons = {one.reason for one in session.query(Payment).all()}
    assert reasons == {"amount-less", "unknown-bill", None}
    assert bill.status == "settled"
