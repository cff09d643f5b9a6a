"""Bills and payments as staff see them, and what they do about them, over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.sealed import reseal
from payments.models import Base, Payment
from saudi.days import RIYADH
from saudi.testing import arabic_digits

IBAN = "SA03 8000 0000 6080 1016 7519"
HOLDER = "علي بن حسن آل تجربة (بيانات تجريبية)"
BOOKLET = {"type": "lease_booklet", "id": "b-1", "number": None}
REFUND = {"kind": "refund", "reason": "سُددت مرتين", "iban": IBAN, "holder": HOLDER}


@pytest.fixture
def staff(token: Any) -> Any:
    """`staff("decide")` → headers of somebody of the municipality with that scope; `sub` is another person."""

    def headers(scope: str, **claims: Any) -> dict[str, str]:
        found: dict[str, str] = token(f"payments.{scope}", **claims)
        return found

    return headers


def test_a_bill_shows_its_fees_its_payer_masked_and_its_payments(
    client: Any, staff: Any, desk: Any
) -> None:
    bill = desk.bill()
    desk.notice(bill)

    answer = client.get(f"/v1/bills/{bill.bill_id}", headers=staff("read"))

    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert (found["amount"], found["due_on_hijri"]) == ("750.00", "1448/07/17")
    assert found["payer"]["id_number"] == "10******08"
    assert found["lines"][0]["because"]["en"] == "SAR 250 a year, three years"
    assert [one["status"] for one in found["payments"]] == ["settled"]
    assert {one["action"] for one in found["history"]} == {"open", "register", "settle", "look"}
    assert "1000000008" not in answer.text


def test_bills_are_found_by_number_and_by_invoice(client: Any, staff: Any, desk: Any) -> None:
    bill, _ = desk.bill(), desk.bill()

    typed = arabic_digits(bill.bill_number)
    for query in (
        f"bill_number={bill.bill_number}",
        f"bill_number={typed}",
        f"invoice_id={bill.invoice_id}",
    ):
        found = client.get(f"/v1/bills?{query}", headers=staff("read")).json()
        assert [one["bill_id"] for one in found["items"]] == [bill.bill_id]
    assert client.get("/v1/bills?status=settled", headers=staff("read")).json()["items"] == []


def test_a_cursor_leads_to_the_next_page(client: Any, staff: Any, desk: Any) -> None:
    made = [desk.bill().bill_id for _ in range(3)]

    first = client.get("/v1/bills?limit=2", headers=staff("read")).json()
    path = f"/v1/bills?limit=2&cursor={first['next_cursor']}"
    rest = client.get(path, headers=staff("read")).json()

    assert [one["bill_id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_a_suspended_payment_shows_its_reason_in_both_languages(
    client: Any, staff: Any, second_payment: Any
) -> None:
    def why(language: str) -> str:
        headers = {**staff("read"), "Accept-Language": language}
        found = client.get("/v1/payments?status=suspended", headers=headers).json()["items"]
        return str(found[0]["why"])

    assert why("ar") == "سُددت الفاتورة من قبل."
    assert why("en") == "The bill was settled before."


def test_payments_are_filtered_by_a_wanted_refund(client: Any, staff: Any, desk: Any) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)
    desk.notice(desk.bill())
    desk.withdraw(bill, "refund_requested")

    found = client.get("/v1/payments?refund_wanted=true", headers=staff("read")).json()["items"]
    others = client.get("/v1/payments?refund_wanted=false", headers=staff("read")).json()["items"]

    assert [one["payment_id"] for one in found] == [payment.payment_id]
    assert len(others) == 1


def test_a_refund_takes_two_people_and_only_its_decision_shows_the_iban(
    client: Any, staff: Any, second_payment: Any
) -> None:
    path = f"/v1/payments/{second_payment.payment_id}"
    first = staff("decide", sub="p_first")

    proposed = client.post(f"{path}/decisions", json=REFUND, headers=first)
    decision = f"/v1/decisions/{proposed.json()['decision_id']}"
    own = client.post(
        f"{decision}/approve", json={"note": "نعم"}, headers=staff("approve", sub="p_first")
    )
    other = client.post(
        f"{decision}/approve", json={"note": "نعم"}, headers=staff("approve", sub="p_other")
    )
    whole = client.get(decision, headers=first).json()
    paid = client.post(f"{path}/pay-out", json={"transfer": "TR-1"}, headers=first)

    assert (proposed.status_code, proposed.json()["iban"]) == (201, "SA03****************7519")
    assert (own.status_code, own.json()["type"].rsplit("/", 1)[1]) == (409, "second-person-needed")
    assert (other.status_code, other.json()["status"]) == (200, "approved")
    assert whole["iban"] == "SA0380000000608010167519"
    assert (paid.json()["status"], paid.json()["transfer"]) == ("refunded", "TR-1")
    history = client.get(path, headers=staff("read")).json()["history"]
    assert {one["action"]: one["subject"] for one in history} == {
        "suspend": "bill-system",
        "propose-refund": "p_first",
        "agree-refund": "p_other",
        "look-iban": "p_first",
        "pay-out": "p_first",
    }


def test_one_key_proposes_once_and_gets_the_first_answer_again(
    client: Any, staff: Any, second_payment: Any
) -> None:
    path = f"/v1/payments/{second_payment.payment_id}/decisions"
    keyed = {**staff("decide"), "Idempotency-Key": "form-1"}

    first, again = (client.post(path, json=REFUND, headers=keyed) for _ in range(2))
    other = client.post(path, json={**REFUND, "reason": "سبب آخر"}, headers=keyed)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["decision_id"] == first.json()["decision_id"]
    assert other.json()["type"].endswith("/idempotency-key-used")
    assert len(client.get("/v1/decisions", headers=staff("read")).json()["items"]) == 1


def test_one_key_agrees_and_pays_out_once(client: Any, staff: Any, second_payment: Any) -> None:
    path = f"/v1/payments/{second_payment.payment_id}"
    decide, approve = staff("decide", sub="p_first"), staff("approve", sub="p_other")
    proposed = client.post(f"{path}/decisions", json=REFUND, headers=decide).json()
    steps = (
        (f"/v1/decisions/{proposed['decision_id']}/approve", {"note": "نعم"}, approve),
        (f"{path}/pay-out", {"transfer": "TR-1"}, decide),
    )

    for place, body, headers in steps:
        keyed = {**headers, "Idempotency-Key": "form-1"}
        answers = [client.post(place, json=body, headers=keyed) for _ in range(2)]
        assert [one.status_code for one in answers] == [200, 200]
        assert answers[1].json() == answers[0].json()


def test_a_list_of_decisions_masks_every_iban(client: Any, staff: Any, second_payment: Any) -> None:
    path = f"/v1/payments/{second_payment.payment_id}/decisions"
    client.post(path, json=REFUND, headers=staff("decide"))

    answer = client.get("/v1/decisions?status=proposed", headers=staff("read"))

    assert len(answer.json()["items"]) == 1
    assert "6080" not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({**REFUND, "iban": "SA0380000000608010167518"}, 400, "iban-check"),
        ({**REFUND, "iban": "x"}, 400, "iban"),
        ({**REFUND, "reason": " . "}, 400, "required"),
        ({"kind": "apply", "reason": "سبب"}, 400, "required"),
        ({"kind": "keep", "reason": "سبب"}, 400, "enum"),
    ],
)
def test_the_refusal_of_a_proposal_does_not_repeat_its_values(
    client: Any, staff: Any, second_payment: Any, body: Any, status: int, told: str
) -> None:
    path = f"/v1/payments/{second_payment.payment_id}/decisions"

    answer = client.post(path, json=body, headers=staff("decide"))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, told)
    assert "8000" not in answer.text


def test_money_at_a_counter_settles_and_a_wrong_amount_is_a_field(
    client: Any, staff: Any, desk: Any
) -> None:
    bill = desk.bill()
    path = f"/v1/bills/{bill.bill_id}/counter-payments"
    body = {"receipt": "000123", "method": "card", "amount": "٧٥٠٫٠٠"}

    less = client.post(path, json={**body, "amount": "749.99"}, headers=staff("counter"))
    taken = client.post(path, json=body, headers=staff("counter"))
    again = client.post(path, json=body, headers=staff("counter"))
    other = client.post(path, json={**body, "receipt": "000124"}, headers=staff("counter"))

    assert (less.status_code, less.json()["errors"][0]["code"]) == (400, "amount-of-bill")
    assert (taken.status_code, taken.json()["status"]) == (200, "settled")
    assert again.json() == taken.json()
    assert (other.status_code, other.json()["code"]) == (409, "already-settled")


def test_a_day_of_the_counters_is_reconciled_by_its_file(
    client: Any, staff: Any, desk: Any, session: Any
) -> None:
    bill = desk.bill()
    path = f"/v1/bills/{bill.bill_id}/counter-payments"
    body = {"receipt": "000123", "method": "cash", "amount": "750.00"}
    paid = client.post(path, json=body, headers=staff("counter")).json()
    day = datetime.fromisoformat(paid["paid_at"]).astimezone(RIYADH).date() - timedelta(days=1)
    session.get_one(Payment, paid["payment_id"]).paid_on = day
    session.flush()
    text = "line_id,reference,bill_number,amount\n1,qatif/000123,,750.00\n2,qatif/000999,,1.00\n"

    answer = client.post(
        f"/v1/counter-settlements/{day}",
        files={"file": ("bank.csv", text.encode(), "text/csv")},
        headers=staff("decide", sub="p_accountant"),
    )
    shown = client.get(f"/v1/reconciliations/counter/{day}", headers=staff("decide")).json()
    export = client.get(
        f"/v1/reconciliations/counter/{day}/differences.csv", headers=staff("decide")
    )
    listed = client.get("/v1/reconciliations?source=counter", headers=staff("decide")).json()

    assert answer.status_code == 200, answer.text
    assert (shown["matched"], shown["differences"]) == (1, 1)
    assert [(one["kind"], one["reference"]) for one in shown["found"]] == [
        ("unnoticed", "qatif/000999")
    ]
    assert export.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert export.text.splitlines()[1] == "unnoticed,qatif/000999,,1.00,,"
    assert len(listed["items"]) == 1
    (sent,) = shown["history"]
    assert (sent["subject"], sent["details"]["lines"]) == ("p_accountant", 2)
    assert sent["details"]["lines_halalas"] == 75_100


def test_a_cashier_clears_the_own_receipt_by_the_file_of_no_other_day_either(
    client: Any, staff: Any, desk: Any
) -> None:
    body = {"receipt": "000123", "method": "cash", "amount": "750.00"}
    path = f"/v1/bills/{desk.bill().bill_id}/counter-payments"
    paid = client.post(path, json=body, headers=staff("counter")).json()
    taken_on = datetime.fromisoformat(paid["paid_at"]).astimezone(RIYADH).date()
    text = "line_id,reference,bill_number,amount\n1,qatif/000123,,750.00\n"

    def sent(**who: str) -> Any:
        return client.post(
            f"/v1/counter-settlements/{taken_on - timedelta(days=1)}",
            files={"file": ("bank.csv", text.encode(), "text/csv")},
            headers=staff("decide", **who),
        )

    own, other = sent(), sent(sub="p_accountant")

    assert (own.status_code, own.json()["type"].rsplit("/", 1)[1]) == (409, "took-money-of-day")
    assert other.status_code == 200, other.text


def test_refusals_of_a_reconciliation_and_a_dismissal_have_words_in_both_languages(
    client: Any, staff: Any, desk: Any, session: Any, second_payment: Any
) -> None:
    body = {"receipt": "000123", "method": "cash", "amount": "750.00"}
    path = f"/v1/bills/{desk.bill().bill_id}/counter-payments"
    paid = client.post(path, json=body, headers=staff("counter")).json()
    day = datetime.fromisoformat(paid["paid_at"]).astimezone(RIYADH).date() - timedelta(days=1)
    session.get_one(Payment, paid["payment_id"]).paid_on = day
    session.flush()

    def told(language: str) -> list[tuple[int, str, str]]:
        headers = {**staff("decide"), "Accept-Language": language}
        file = {"file": ("bank.csv", b"line_id,reference,bill_number,amount\n", "text/csv")}
        dismissal = {"kind": "dismiss", "reason": "سبب"}
        answers = (
            client.post(f"/v1/counter-settlements/{day}", files=file, headers=headers),
            client.post(
                f"/v1/payments/{second_payment.payment_id}/decisions",
                json=dismissal,
                headers=headers,
            ),
        )
        return [
            (one.status_code, one.json()["type"].rsplit("/", 1)[1], one.json()["detail"])
            for one in answers
        ]

    assert told("ar") == [
        (
            409,
            "took-money-of-day",
            "يرفع كشف التسوية شخص لم يُدخل سدادًا في يومه ولا سدادًا مذكورًا في الكشف.",
        ),
        (409, "money-may-have-come", "لم يُطابق يوم السداد بعد؛ يُنظر في استبعاده بعد مطابقته."),
    ]
    assert [detail.split()[0] for _, _, detail in told("en")] == ["A", "The"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe", "settlement-text"),
        (b"a,b\n", "settlement-heading"),
        (b"line_id,reference,bill_number,amount\n1,=1+1,,1.00\n", "settlement-line"),
        (b"line_id,reference,bill_number,amount\n1,a,,1,250.50\n", "settlement-cells"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_field_at_fault(
    client: Any, staff: Any, content: bytes, code: str
) -> None:
    answer = client.post(
        "/v1/counter-settlements/2026-11-25",
        files={"file": ("bank.csv", content, "text/csv")},
        headers=staff("decide"),
    )

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_a_line_at_fault_is_named_as_it_stands_in_the_file(client: Any, staff: Any) -> None:
    content = b"line_id,reference,bill_number,amount\n1,a,,1.00\n\n2,=1+1,,1.00\n"

    answer = client.post(
        "/v1/counter-settlements/2026-11-25",
        files={"file": ("bank.csv", content, "text/csv")},
        headers=staff("decide"),
    )

    (fault,) = answer.json()["errors"]
    assert "في السطر \u20664\u2069، العمود" in fault["detail"]


def test_an_unfinished_day_and_an_unreconciled_day_have_different_answers(
    client: Any, staff: Any
) -> None:
    file = {"file": ("bank.csv", b"line_id,reference,bill_number,amount\n", "text/csv")}

    future = client.post("/v1/counter-settlements/2999-01-01", files=file, headers=staff("decide"))
    unknown = client.get("/v1/reconciliations/sadad/2020-01-01", headers=staff("decide"))

    assert future.json()["errors"][0]["code"] == "future-day"
    assert unknown.status_code == 404


@pytest.mark.parametrize("day", ["1448-06-16", "1448-6-16", "2026-11-26"])
def test_a_counters_day_may_be_of_either_calendar(
    client: Any, staff: Any, desk: Any, day: str
) -> None:
    file = {"file": ("bank.csv", b"line_id,reference,bill_number,amount\n", "text/csv")}

    answer = client.post(f"/v1/counter-settlements/{day}", files=file, headers=staff("decide"))

    assert answer.status_code == 200, answer.text
    assert (answer.json()["day"], answer.json()["day_hijri"]) == ("2026-11-26", "1448/06/16")
    shown = client.get(f"/v1/reconciliations/counter/{day}", headers=staff("decide"))
    assert shown.json()["day"] == "2026-11-26"


@pytest.mark.parametrize("day", ["1448-06-31", "1448-13-01", "2026-02-30", "yesterday!"])
def test_a_day_that_no_calendar_has_is_a_field_at_fault(client: Any, staff: Any, day: str) -> None:
    file = {"file": ("bank.csv", b"line_id,reference,bill_number,amount\n", "text/csv")}

    answer = client.post(f"/v1/counter-settlements/{day}", files=file, headers=staff("decide"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "day")


def test_a_bill_is_found_by_its_payer_by_what_it_is_for_and_by_its_number(
    client: Any, staff: Any, desk: Any
) -> None:
    subject = {"type": "violation", "id": "v-1", "number": "1448000124"}
    bill, _ = desk.bill(subject=subject), desk.bill()

    def found(number: str, **claims: Any) -> list[str]:
        headers = staff("read", **claims)
        answer = client.post("/v1/bill-searches", json={"number": number}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert "1000000008" not in answer.text
        return [one["bill_id"] for one in answer.json()["items"]]

    assert len(found("1000000008")) == len(found("١٠٠٠٠٠٠٠٠٨")) == 2
    assert found("1448000124") == found(arabic_digits(bill.bill_number)) == [bill.bill_id]
    assert found("1000000016") == []
    elsewhere = {"organisation": "saihat", "organisation_kind": "affiliated_municipality"}
    assert found("1000000008", **elsewhere, municipality="saihat") == []
    shown = client.get(f"/v1/bills/{bill.bill_id}", headers=staff("read")).json()
    assert "find" in {one["action"] for one in shown["history"]}


def _read_payer(client: Any, headers: Any, bill: Any) -> tuple[Any, list[str]]:
    """Returns the payer that a bill shows, and the bills that the payer's number finds."""
    shown = client.get(f"/v1/bills/{bill.bill_id}", headers=headers).json()
    found = client.post("/v1/bill-searches", json={"number": "1000000008"}, headers=headers).json()
    return shown["payer"], [one["bill_id"] for one in found["items"]]


def test_nobody_reads_who_pays_for_a_booklet(client: Any, staff: Any, desk: Any) -> None:
    bill = desk.bill(subject=BOOKLET)
    desk.notice(bill)

    assert _read_payer(client, staff("read"), bill) == (None, [])
    by_its_number = {"number": bill.bill_number}
    found = client.post("/v1/bill-searches", json=by_its_number, headers=staff("read")).json()
    assert [one["bill_id"] for one in found["items"]] == [bill.bill_id]


@pytest.mark.parametrize("money", ["suspended", "goes back"])
def test_a_clerk_who_deals_with_the_money_of_a_booklet_reads_who_paid(
    client: Any, staff: Any, desk: Any, money: str
) -> None:
    bill = desk.bill(subject=BOOKLET)
    if money == "suspended":
        desk.notice(bill, amount_halalas=100)
    else:
        desk.notice(bill)
        desk.withdraw(bill, "refund_requested", subject=BOOKLET)

    payer, found = _read_payer(client, staff("read"), bill)

    assert (payer["id_number"], found) == ("10******08", [bill.bill_id])


def test_a_bill_from_before_bills_had_a_hash_is_found_by_its_payer_after_reseal(
    client: Any, staff: Any, desk: Any, session: Any, database: Any
) -> None:
    bill = desk.bill()
    session.flush()
    session.execute(text("UPDATE bill SET payer_key = NULL"))
    session.expire_all()

    def found() -> list[str]:
        body = {"number": "1000000008"}
        answer = client.post("/v1/bill-searches", json=body, headers=staff("read"))
        return [one["bill_id"] for one in answer.json()["items"]]

    assert found() == []
    assert reseal(database, Base.registry.mappers, lambda _: None) >= 1
    assert found() == [bill.bill_id]


def test_the_pages_of_a_bill_search_belong_to_its_number(
    client: Any, staff: Any, desk: Any
) -> None:
    made = [desk.bill().bill_id for _ in range(3)]

    def ask(number: str, **more: Any) -> Any:
        body = {"number": number, "limit": 2, **more}
        return client.post("/v1/bill-searches", json=body, headers=staff("read"))

    first = ask("1000000008").json()
    rest = ask("1000000008", cursor=first["next_cursor"]).json()
    other = ask("1000000016", cursor=first["next_cursor"])

    assert [one["bill_id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert (other.status_code, other.json()["errors"][0]["field"]) == (400, "cursor")


def test_a_proposal_names_its_person_its_money_and_its_bill(
    client: Any, staff: Any, second_payment: Any
) -> None:
    path = f"/v1/payments/{second_payment.payment_id}/decisions"
    client.post(path, json=REFUND, headers=staff("decide", name="محاسب (بيانات تجريبية)"))

    (listed,) = client.get("/v1/decisions", headers=staff("read")).json()["items"]

    assert listed["proposed_by_name"] == "محاسب (بيانات تجريبية)"
    assert (listed["amount"], listed["bill_number"]) == ("750.00", second_payment.bill_number)
    assert (listed["municipality"], listed["decided_by_name"]) == ("qatif", None)
