"""The cashier's desk, the accountant's and the second person's."""

from datetime import UTC, datetime

import pytest

from chassis.core import contracts
from pages.origins import csrf_token
from portal.domain.areas import DESK
from portal.domain.tasks import ACCOUNTS, APPROVAL, BILLS, CASH
from portal.outside.services import FileReply, Reply, ServiceAway

EXAMPLES = contracts.openapi("payments")["components"]["examples"]
BILL_ID = EXAMPLES["BillDetails"]["value"]["bill_id"]
PAYMENT_ID = EXAMPLES["Payment"]["value"]["payment_id"]
DECISION_ID = EXAMPLES["Decision"]["value"]["decision_id"]
BILL, PAYMENT = f"/v1/bills/{BILL_ID}", f"/v1/payments/{PAYMENT_ID}"
BILL_PAGE, MONEY = f"/desk/payments/bills/{BILL_ID}", f"/desk/payments/money/{PAYMENT_ID}"
SEARCHES, COUNTER = "/v1/bill-searches", f"{BILL}/counter-payments"
CIVIL_ID = "1000000008"
TAKEN = {"receipt": "000123", "method": "cash", "amount": "750.00"}
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
SETTLEMENTS = "/desk/payments/settlements"


def example(name, **changes):
    return {**EXAMPLES[name]["value"], **changes}


def bill(**changes):
    return example("BillDetails", **{"status": "registered", **changes})


def decision(**changes):
    return example("Decision", **{"status": "proposed", **changes})


def payment(**changes):
    waiting = {"status": "suspended", "why": "سُددت الفاتورة من قبل.", "decisions": []}
    return example("PaymentDetails", **{**waiting, **changes})


def listed(*items):
    return Reply(200, {"items": list(items), "next_cursor": None})


def problem(name, status=409, **more):
    return Reply(status, {"type": f"…/{name}", "title": "لم يُقبل", "detail": "السبب", **more})


def sent_to(payments, path):
    return [body for one, body in payments.asked if one == path]


@pytest.fixture
def answering(payments):
    """A service that is well."""
    payments.replies |= {
        "/v1/bills": listed(bill()),
        SEARCHES: listed(bill(), bill(bill_id=PAYMENT_ID)),
        BILL: Reply(200, bill()),
        COUNTER: Reply(200, example("Payment")),
        "/v1/payments": listed(payment()),
        PAYMENT: Reply(200, payment()),
        f"{PAYMENT}/decisions": Reply(201, decision()),
        f"{PAYMENT}/pay-out": Reply(200, payment()),
        f"{PAYMENT}/transfer-return": Reply(200, payment()),
        "/v1/decisions": listed(decision()),
        f"/v1/decisions/{DECISION_ID}": Reply(200, decision(iban="SA0380000000608010167519")),
        f"/v1/decisions/{DECISION_ID}/approve": Reply(200, decision(status="approved")),
        "/v1/reconciliations": listed(example("ReconciliationPage")["items"][0]),
        "/v1/reconciliations/sadad/2026-11-26": Reply(200, example("ReconciliationDetails")),
        "/v1/counter-settlements/2026-11-26": Reply(
            200, example("ReconciliationDetails", source="counter")
        ),
    }
    return payments


@pytest.fixture
def cashier(browser, answering):
    browser.sign_in(CASH)
    return browser


@pytest.fixture
def accountant(browser, answering):
    browser.sign_in(ACCOUNTS)
    return browser


@pytest.fixture
def second_person(browser, answering):
    browser.sign_in(APPROVAL)
    return browser


def test_a_bill_is_found_by_a_civil_id_that_stands_in_no_address(cashier, answering):
    leading = cashier.post("/desk/payments", {"number": CIVIL_ID})
    shown = cashier.get(leading.headers["location"])

    assert CIVIL_ID not in leading.headers["location"]
    assert sent_to(answering, SEARCHES) == [{"number": CIVIL_ID, "limit": 50}]
    assert f'href="{BILL_PAGE}"' in shown.text
    assert "فاتورتان" in shown.text


def test_a_search_is_journaled_once_however_often_its_page_is_shown(cashier, answering):
    address = cashier.post("/desk/payments", {"number": CIVIL_ID}).headers["location"]

    cashier.get(address)
    cashier.get(f"{address}&lang=en")

    assert len(sent_to(answering, SEARCHES)) == 1


def test_a_single_bill_is_shown_at_once(cashier, answering):
    answering.replies[SEARCHES] = listed(bill())
    address = cashier.post("/desk/payments", {"number": "4482000017"}).headers["location"]

    assert cashier.get(address).headers["location"] == BILL_PAGE


def test_a_search_that_finds_nothing_says_so_and_keeps_the_number(cashier, answering):
    answering.replies[SEARCHES] = listed()
    address = cashier.post("/desk/payments", {"number": "123456"}).headers["location"]
    shown = cashier.get(address).text

    assert "لا فواتير" in shown
    assert "فاتورة المنشأة قد تكون باسم مالكها" in shown
    assert "أو هوية من يسددها أو رقمه الموحد" in shown
    assert 'value="123456"' in shown


def test_a_wrong_number_leads_to_its_input(cashier, answering):
    errors = [{"field": "number", "code": "x", "detail": "راجعوا الرقم"}]
    answering.replies[SEARCHES] = problem("invalid-request", 400, errors=errors)
    address = cashier.post("/desk/payments", {"number": "x"}).headers["location"]

    answer = cashier.get(address)

    assert answer.status_code == 400
    assert 'href="#number"' in answer.text


def test_while_the_service_is_away_the_number_stays(cashier, answering):
    answering.replies[SEARCHES] = None
    address = cashier.post("/desk/payments", {"number": "123456"}).headers["location"]

    answer = cashier.get(address)

    assert answer.status_code == 503
    assert 'value="123456"' in answer.text


def test_bills_are_listed_by_state(cashier, answering):
    cashier.get("/desk/payments?status=expired")

    assert ("/v1/bills", {"limit": 50, "status": "expired"}) in answering.asked


def test_a_bill_shows_its_parts_its_masked_payer_and_its_money(cashier):
    shown = cashier.get(BILL_PAGE).text

    assert "رسم رخصة محل تجاري" in shown
    assert "250 ريالًا في السنة" in shown.replace('<bdi dir="ltr">250</bdi>', "250")
    assert "10******08" in shown
    assert "SP-1001" in shown
    assert f'href="{BILL_PAGE}/counter"' in shown


def test_a_hidden_payer_is_left_out(cashier, answering):
    answering.replies[BILL] = Reply(200, bill(payer=None))

    assert "من يسدد" not in cashier.get(BILL_PAGE).text


@pytest.mark.parametrize("changes", [{"status": "settled"}, {"being_cancelled": True}])
def test_a_bill_that_takes_no_money_offers_no_payment(cashier, answering, changes):
    answering.replies[BILL] = Reply(200, bill(**changes))

    assert "/counter" not in cashier.get(BILL_PAGE).text


def test_who_only_reads_is_offered_no_payment_and_gets_no_form(browser, answering):
    browser.sign_in(BILLS)

    assert "/counter" not in browser.get(BILL_PAGE).text
    assert browser.get(f"{BILL_PAGE}/counter").status_code == 403
    assert browser.post(f"{BILL_PAGE}/counter", TAKEN).status_code == 403
    assert sent_to(answering, COUNTER) == []


def test_money_at_the_counter_leads_to_its_receipt(cashier, answering):
    answer = cashier.post(f"{BILL_PAGE}/counter", TAKEN)
    receipt = cashier.get(answer.headers["location"]).text

    assert sent_to(answering, COUNTER) == [TAKEN]
    assert answer.headers["location"] == f"{MONEY}?done=money_counter"
    assert "سُجل السداد" in receipt


def test_another_amount_than_the_bills_is_a_fault_of_the_amount(cashier, answering):
    errors = [{"field": "amount", "code": "amount-of-bill", "detail": "تُسدد كاملة"}]
    answering.replies[COUNTER] = problem("invalid-request", 400, errors=errors)

    answer = cashier.post(f"{BILL_PAGE}/counter", {**TAKEN, "amount": "700"})

    assert answer.status_code == 400
    assert 'id="amount-fault"' in answer.text
    assert 'value="700"' in answer.text


def test_a_lost_answer_keeps_the_form_so_that_the_receipt_is_sent_again(cashier, answering):
    answering.replies |= {COUNTER: None, BILL: None}

    answer = cashier.post(f"{BILL_PAGE}/counter", TAKEN)

    assert answer.status_code == 503
    assert 'value="000123"' in answer.text
    assert 'value="cash" checked' in answer.text


def test_a_worn_out_token_loses_no_word(cashier, answering, desk_issuer):
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    cashier.sign_in(CASH)
    address = cashier.post(f"{BILL_PAGE}/counter", TAKEN).headers["location"]
    desk_issuer.claims = {}
    cashier.sign_in(CASH)

    shown = cashier.get(address).text

    assert sent_to(answering, COUNTER) == []
    assert 'value="000123"' in shown
    assert "لم يُرسل بعد" in shown


def test_waiting_money_says_why_it_waits(accountant, answering):
    shown = accountant.get("/desk/payments/waiting").text

    assert ("/v1/payments", {"limit": 50, "status": "suspended"}) in answering.asked
    assert "سُددت الفاتورة من قبل" in shown


def test_waiting_money_offers_three_proposals_and_settled_money_a_refund(accountant, answering):
    waiting = accountant.get(MONEY).text
    answering.replies[PAYMENT] = Reply(200, payment(status="settled"))
    settled = accountant.get(MONEY).text

    assert [kind for kind in ("apply", "refund", "dismiss") if f"/proposals/{kind}" in waiting] == [
        "apply",
        "refund",
        "dismiss",
    ]
    assert "/proposals/refund" in settled
    assert "/proposals/dismiss" not in settled


def test_money_is_shown_without_its_bill_where_payments_goes_away_behind_the_first_answer(
    accountant, answering
):
    answering.replies[PAYMENT] = Reply(200, payment(bill_id=BILL_ID))
    answering.replies[BILL] = ServiceAway("test")

    assert accountant.get(MONEY).status_code == 200


def test_money_with_an_open_proposal_offers_no_other(accountant, answering):
    answering.replies[PAYMENT] = Reply(200, payment(decisions=[decision()]))

    assert "/proposals/" not in accountant.get(MONEY).text


def test_a_refund_is_proposed_with_account_holder_and_reason(accountant, answering):
    typed = {"iban": "SA0380000000608010167519", "holder": "علي", "reason": "سُددت مرتين"}

    answer = accountant.post(f"{MONEY}/proposals/refund", {**typed, "key": "form-1"})

    assert sent_to(answering, f"{PAYMENT}/decisions") == [{"kind": "refund", **typed}]
    assert answering.keys == ["form-1"]
    assert answer.headers["location"] == f"{MONEY}?done=money_refund"


def test_money_is_applied_to_the_bill_of_a_number(accountant, answering):
    accountant.post(f"{MONEY}/proposals/apply", {"bill_number": "4482000017", "reason": "له"})

    assert ("/v1/bills", {"bill_number": "4482000017", "limit": 1}) in answering.asked
    assert sent_to(answering, f"{PAYMENT}/decisions") == [
        {"kind": "apply", "reason": "له", "bill_id": BILL_ID}
    ]


@pytest.mark.parametrize("number", ["", "4482000099"])
def test_a_number_of_no_bill_is_a_fault_of_its_input(accountant, answering, number):
    answering.replies["/v1/bills"] = listed()

    answer = accountant.post(f"{MONEY}/proposals/apply", {"bill_number": number, "reason": "له"})

    assert answer.status_code == 400
    assert 'href="#bill_number"' in answer.text
    assert sent_to(answering, f"{PAYMENT}/decisions") == []


def test_what_is_no_proposal_and_no_word_is_no_page(accountant, second_person):
    assert accountant.get(f"{MONEY}/proposals/keep").status_code == 403
    assert second_person.get(f"{MONEY}/decisions/{DECISION_ID}/forget").status_code == 404


def test_a_transfer_is_recorded_for_money_that_goes_back(accountant, answering):
    agreed = decision(status="approved")
    answering.replies[PAYMENT] = Reply(200, payment(status="refunding", decisions=[agreed]))

    assert f"{MONEY}/pay-out" in accountant.get(MONEY).text
    shown = accountant.get(f"{MONEY}/pay-out").text
    typed = {"transfer": "TR-1", "decision_id": DECISION_ID}
    answer = accountant.post(f"{MONEY}/pay-out", typed)

    assert f'name="decision_id" value="{DECISION_ID}"' in shown
    assert "SA03****************7519" in shown
    assert sent_to(answering, f"{PAYMENT}/pay-out") == [typed]
    assert answer.status_code == 303


TRANSFERRED = {"status": "refunded", "transfer": "TR-1", "why": None}
RETURNED = {**TRANSFERRED, "transfer_returned_at": "2026-11-28T09:00:00Z"}


def test_money_that_was_transferred_back_offers_no_refund_before_the_bank_returns_it(
    accountant, answering
):
    answering.replies[PAYMENT] = Reply(200, payment(**TRANSFERRED))
    gone = accountant.get(MONEY).text
    answering.replies[PAYMENT] = Reply(200, payment(**RETURNED))
    came_back = accountant.get(MONEY).text

    assert "/proposals/" not in gone
    assert f"{MONEY}/transfer-return" in gone
    assert f"{MONEY}/proposals/refund" in came_back
    assert f"{MONEY}/proposals/apply" not in came_back
    assert "/transfer-return" not in came_back
    assert "أعاد البنك التحويل" in came_back


def test_a_returned_transfer_is_recorded_by_its_number_and_a_reason(accountant, answering):
    answering.replies[PAYMENT] = Reply(200, payment(**TRANSFERRED))
    typed = {"transfer": "TR-1", "reason": "الحساب مغلق"}

    shown = accountant.get(f"{MONEY}/transfer-return").text
    answer = accountant.post(f"{MONEY}/transfer-return", {**typed, "key": "form-1"})

    assert "750.00" in shown
    assert sent_to(answering, f"{PAYMENT}/transfer-return") == [typed]
    assert answering.keys == ["form-1"]
    assert answer.headers["location"] == f"{MONEY}?done=money_transfer-return"


def test_a_second_person_sees_the_transfer_that_came_back(second_person, answering):
    answering.replies[PAYMENT] = Reply(200, payment(**RETURNED, decisions=[decision()]))

    shown = second_person.get(f"{MONEY}/decisions/{DECISION_ID}/approve").text

    assert "تحويل سابق أعاده البنك" in shown
    assert "TR-1" in shown


ACTIONS = (
    *("open", "register", "refuse", "find-paid", "withdraw", "withdraw-there", "give-up"),
    *("cancelled", "expired", "settle", "suspend", "want-refund", "propose-apply"),
    *("propose-refund", "propose-dismiss", "reject-apply", "reject-refund", "reject-dismiss"),
    *("agree-refund", "pay-out", "return-transfer", "dismiss", "empty", "look", "find"),
    *("look-iban", "reconcile"),
)


def entry(action, **changes):
    return {**example("PaymentDetails")["history"][0], "action": action, **changes}


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_history_names_every_act_in_words(accountant, answering, language):
    acts = [entry(one, details=None) for one in ACTIONS]
    answering.replies[PAYMENT] = Reply(200, payment(history=acts))

    shown = accountant.get(f"{MONEY}?lang={language}").text

    assert [one for one in ACTIONS if f"<td>{one}" in shown] == []


def test_the_history_keeps_the_number_of_each_transfer(accountant, answering):
    acts = [
        entry(act, details={"transfer": number})
        for act, number in (("pay-out", "TR-1"), ("return-transfer", "TR-1"), ("pay-out", "TR-2"))
    ]
    answering.replies[PAYMENT] = Reply(200, payment(**RETURNED, history=acts))

    shown = accountant.get(MONEY).text

    assert shown.count(">TR-1<") == 3  # among the facts too
    assert shown.count(">TR-2<") == 1


def test_a_receipt_has_its_number_as_typed_its_municipality_its_payer_and_purpose(
    cashier, answering
):
    taken = {"channel": "counter", "reference": "saihat/R-7781", "status": "settled", "why": None}
    acts = [entry("settle", name="أمين صندوق (بيانات تجريبية)")]
    answering.replies[PAYMENT] = Reply(200, payment(**taken, history=acts))

    shown = cashier.get(MONEY).text

    title = shown[shown.index("<h1>") : shown.index("</h1>")]
    assert "إيصال" in title
    assert ">R-7781<" in title
    assert "بلدية" in title
    assert "saihat" not in shown
    for words in (
        bill()["payer"]["name"],
        "طلب ترخيص",
        "رسم رخصة محل تجاري",
        "أمين صندوق (بيانات تجريبية)",
    ):
        assert words in shown


@pytest.mark.parametrize("missing", [{"bill_id": None}, {}])
def test_money_whose_bill_nobody_sees_has_no_payer(accountant, answering, missing):
    answering.replies |= {
        PAYMENT: Reply(200, payment(**missing)),
        BILL: problem("not-found", 404),
    }

    answer = accountant.get(MONEY)

    assert answer.status_code == 200
    assert "من يسدد" not in answer.text


def test_a_second_person_sees_amount_names_and_reason_before_the_word(second_person, answering):
    answering.replies[PAYMENT] = Reply(200, payment(decisions=[decision()]))

    shown = second_person.get(f"{MONEY}/decisions/{DECISION_ID}/approve").text
    answer = second_person.post(f"{MONEY}/decisions/{DECISION_ID}/approve", {"note": "طابقت الكشف"})

    for words in (
        "750.00",
        "محاسب (بيانات تجريبية)",
        "سُددت الفاتورة مرتين",
        "SA03****************7519",
    ):
        assert words in shown
    assert sent_to(answering, f"/v1/decisions/{DECISION_ID}/approve") == [{"note": "طابقت الكشف"}]
    assert answer.headers["location"] == f"{MONEY}?done=money_approve"


def test_a_second_person_sees_the_bill_that_the_money_would_pay(second_person, answering):
    other = {"bill_number": "4482000099", "bill_id": PAYMENT_ID}
    proposal = decision(kind="apply", bill_id=PAYMENT_ID, iban=None, holder=None)
    answering.replies |= {
        PAYMENT: Reply(200, payment(decisions=[proposal])),
        f"/v1/bills/{PAYMENT_ID}": Reply(200, bill(**other)),
        "/v1/decisions": listed(proposal),
    }

    assert "4482000099" in second_person.get(f"{MONEY}/decisions/{DECISION_ID}/approve").text
    for page in (MONEY, "/desk/payments/decisions"):
        assert f'href="/desk/payments/bills/{PAYMENT_ID}"' in second_person.get(page).text


def test_a_state_that_the_service_adds_is_shown_by_its_code(accountant, answering):
    answering.replies |= {
        PAYMENT: Reply(200, payment(status="frozen", decisions=[decision(status="asked")])),
        "/v1/payments": listed(payment(status="frozen")),
        "/v1/bills": listed(bill(status="paused")),
    }

    for page in (MONEY, "/desk/payments/waiting", "/desk/payments"):
        assert accountant.get(page).status_code == 200
    assert "frozen" in accountant.get(MONEY).text


def test_an_own_proposal_offers_no_word(second_person, answering, desk_issuer):
    mine = decision(proposed_by="p_officer")
    answering.replies |= {
        PAYMENT: Reply(200, payment(decisions=[mine])),
        "/v1/decisions": listed(mine),
    }

    assert "/approve" not in second_person.get(MONEY).text
    assert "ويوافق عليه غيركم" in second_person.get("/desk/payments/decisions").text


def test_the_services_refusal_of_an_own_proposal_is_shown(second_person, answering):
    answering.replies |= {
        PAYMENT: Reply(200, payment(decisions=[decision()])),
        f"/v1/decisions/{DECISION_ID}/approve": problem("second-person-needed"),
    }

    answer = second_person.post(f"{MONEY}/decisions/{DECISION_ID}/approve", {"note": "نعم"})

    assert answer.status_code == 409
    assert "السبب" in answer.text


def test_a_decision_of_another_payment_is_no_page(second_person, answering):
    answering.replies[PAYMENT] = Reply(200, payment())

    assert second_person.get(f"{MONEY}/decisions/{DECISION_ID}/approve").status_code == 404


def test_the_whole_account_number_is_for_who_transfers(accountant, browser):
    page = f"/desk/payments/decisions/{DECISION_ID}"

    assert "SA0380000000608010167519" in accountant.get(page).text
    browser.sign_in(APPROVAL)
    assert browser.get(page).status_code == 403


def test_a_day_shows_its_differences_and_gives_them_as_a_file(accountant, answering):
    file = "/v1/reconciliations/sadad/2026-11-26/differences.csv"
    answering.replies[file] = FileReply(b"kind\r\n", "text/csv; charset=utf-8")

    listing = accountant.get("/desk/payments/days").text
    shown = accountant.get("/desk/payments/days/sadad/2026-11-26").text
    saved = accountant.get("/desk/payments/days/sadad/2026-11-26.csv", **{"Sec-Fetch-Site": "none"})

    assert "فرق واحد" in listing
    assert "ورد في كشف البنك ولم يصل إشعار" in shown
    assert saved.content == b"kind\r\n"


@pytest.mark.parametrize("place", ["sadad/x", "bank/2026-11-26", "sadad/2026-11-26x"])
def test_what_is_no_day_reaches_no_service(accountant, answering, place):
    asked = len(answering.asked)

    assert accountant.get(f"/desk/payments/days/{place}").status_code == 404
    assert len(answering.asked) == asked


def upload(accountant, day, content=b"line_id"):
    form = {"csrf_token": csrf_token(accountant.cookies[DESK.cookie]), "day": day}
    files = {"file": ("bank.csv", content, "text/csv")} if content else None
    return accountant.send(SETTLEMENTS, form, OWN, files)


def test_the_banks_file_of_a_day_is_sent_and_its_day_shown(accountant, answering):
    answer = upload(accountant, "٢٠٢٦/١١/٢٦")

    assert sent_to(answering, "/v1/counter-settlements/2026-11-26") == [
        ("bank.csv", b"line_id", "text/csv")
    ]
    assert answer.headers["location"] == "/desk/payments/days/counter/2026-11-26"


def test_a_faulty_file_says_its_line(accountant, answering):
    errors = [{"field": "file", "code": "settlement-line", "detail": "تعذرت قراءة السطر 3"}]
    answering.replies["/v1/counter-settlements/2026-11-26"] = problem(
        "invalid-request", 400, errors=errors
    )

    answer = upload(accountant, "2026-11-26")

    assert answer.status_code == 400
    assert 'id="file-fault"' in answer.text
    assert 'value="2026-11-26"' in answer.text


def test_a_day_and_a_file_are_needed(accountant):
    assert 'href="#day"' in upload(accountant, "yesterday").text
    assert 'href="#file"' in upload(accountant, "2026-11-26", b"").text


def test_while_the_service_is_away_the_file_is_asked_for_again(accountant, answering):
    answering.replies["/v1/counter-settlements/2026-11-26"] = None

    answer = upload(accountant, "2026-11-26")

    assert answer.status_code == 503
    assert "اختاروا الملف من جديد" in answer.text


def test_a_refund_to_somebody_else_than_the_payer_is_said_before_it_is_agreed_to(
    second_person, answering
):
    page = f"{MONEY}/decisions/{DECISION_ID}/approve"
    answering.replies[PAYMENT] = Reply(200, payment(decisions=[decision()]))
    assert "الحساب ليس باسم من سدد" not in second_person.get(page).text

    answering.replies[PAYMENT] = Reply(200, payment(decisions=[decision(holder="زيد")]))
    shown = second_person.get(page).text

    assert "الحساب ليس باسم من سدد" in shown
    assert bill()["payer"]["name"] in shown


def test_a_proposal_names_the_account_that_the_accountant_has_read(accountant, answering):
    given = {
        "iban": "SA03****************7519",
        "holder": "علي",
        "given_at": "2026-11-27T09:00:00Z",
    }
    read = payment(payer_account={**given, "given_by": "establishment"})
    answering.replies[PAYMENT] = Reply(200, read)
    page = f"{MONEY}/proposals/refund"

    shown = accountant.get(page).text
    accountant.post(page, {"reason": "سُددت مرتين", "account_given_at": given["given_at"]})

    assert 'name="account_given_at" value="2026-11-27T09:00:00Z"' in shown
    assert "تحققوا لدى البنك من أن الحساب باسمها" in shown
    assert sent_to(answering, f"{PAYMENT}/decisions") == [
        {"kind": "refund", "reason": "سُددت مرتين", "account_given_at": "2026-11-27T09:00:00Z"}
    ]


def test_an_accountant_who_read_an_older_account_proposes_again_with_the_newer(
    accountant, answering
):
    given = {"iban": "SA44****************1234", "holder": "علي", "given_by": "payer"}
    newer = {**given, "given_at": "2026-11-27T10:00:00Z"}
    answering.replies[PAYMENT] = Reply(200, payment(payer_account=newer))
    answering.replies[f"{PAYMENT}/decisions"] = problem("account-changed")

    answer = accountant.post(
        f"{MONEY}/proposals/refund",
        {"reason": "سُددت مرتين", "account_given_at": "2026-11-27T09:00:00Z"},
    )

    assert answer.status_code == 409
    assert 'name="account_given_at" value="2026-11-27T10:00:00Z"' in answer.text
    assert "سُددت مرتين" in answer.text
