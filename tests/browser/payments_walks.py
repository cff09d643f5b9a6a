"""The walks through the desk of cashiers, accountants and second persons."""

from typing import Any

from portal_walks import FORM, Walk, fault, press, send
from selenium.webdriver.common.by import By

from chassis.core import contracts

_EXAMPLES = contracts.openapi("payments")["components"]["examples"]
BILL = {**_EXAMPLES["BillDetails"]["value"], "status": "registered"}
DECISION = {**_EXAMPLES["Decision"]["value"], "status": "proposed"}
PAYMENT = {
    **_EXAMPLES["PaymentDetails"]["value"],
    "status": "suspended",
    "why": "سُددت الفاتورة من قبل في 1448/06/14.",
    "decisions": [],
}
DAY = _EXAMPLES["ReconciliationDetails"]["value"]
BILLS, SEARCHES, MONEY = "/v1/bills", "/v1/bill-searches", "/v1/payments"
BILL_PATH, PAYMENT_PATH = f"{BILLS}/{BILL['bill_id']}", f"{MONEY}/{PAYMENT['payment_id']}"
DECISIONS, DAYS = "/v1/decisions", "/v1/reconciliations"
DECISION_PATH, DAY_PATH = f"{DECISIONS}/{DECISION['decision_id']}", f"{DAYS}/sadad/2026-11-26"
DESK = "/desk/payments"
BILL_PAGE, PAGE = f"{DESK}/bills/{BILL['bill_id']}", f"{DESK}/money/{PAYMENT['payment_id']}"
COUNTER, WORD = f"{BILL_PAGE}/counter", f"{PAGE}/decisions/{DECISION['decision_id']}/approve"
SETTLEMENTS = f"{DESK}/settlements"
MISSING = "01937c5e-8f00-7a11-8c2e-00000000dead"


def payments_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service of payments that is well answers, by path."""
    waiting = {**BILL, "bill_number": None, "biller_code": None, "status": "requested"}
    (_, given), wish = GIVEN[PAYMENT_PATH], {"ar": "سُحب الطلب", "en": "Withdrawn"}
    wanted = {**given, "why": None, "refund_why": wish}
    agreed = {**DAY, "differences": 0, "found": []}
    return {
        BILLS: (200, {"items": [BILL, waiting], "next_cursor": "c2"}),
        SEARCHES: (200, {"items": [BILL, waiting], "next_cursor": None}),
        BILL_PATH: (200, BILL),
        f"{BILL_PATH}/counter-payments": (200, _EXAMPLES["Payment"]["value"]),
        MONEY: (200, {"items": [PAYMENT, wanted], "next_cursor": "c2"}),
        PAYMENT_PATH: (200, PAYMENT),
        f"{PAYMENT_PATH}/decisions": (201, DECISION),
        f"{PAYMENT_PATH}/pay-out": (200, PAYMENT),
        f"{PAYMENT_PATH}/transfer-return": (200, PAYMENT),
        DECISIONS: (200, {"items": [DECISION], "next_cursor": None}),
        DECISION_PATH: (200, {**DECISION, "iban": "SA0380000000608010167519"}),
        f"{DECISION_PATH}/approve": (200, DECISION),
        DAYS: (200, {"items": [DAY, agreed], "next_cursor": "c2"}),
        DAY_PATH: (200, DAY),
        f"{DAYS}/counter/2026-11-26": (200, agreed),
    }


def take_money(browser: Any) -> None:
    """Fills in the form at the counter and sends it."""
    browser.find_element(By.ID, "receipt").send_keys("000123")
    browser.find_element(By.CSS_SELECTOR, "[name=method][value=cash]").click()
    browser.find_element(By.ID, "amount").send_keys("750.00")
    press(browser, FORM)


AWAY = dict.fromkeys(
    (BILLS, SEARCHES, BILL_PATH, MONEY, PAYMENT_PATH, DECISIONS, DAYS, DAY_PATH), (503, {})
)
LOST = {f"{BILL_PATH}/counter-payments": (503, {})}
NOTHING = {SEARCHES: (200, {"items": [], "next_cursor": None})}
OPEN = {PAYMENT_PATH: (200, {**PAYMENT, "decisions": [DECISION]})}
REFUNDING = {PAYMENT_PATH: (200, {**PAYMENT, "status": "refunding", "why": None})}
TRANSFERRED = {**PAYMENT, "status": "refunded", "why": None, "transfer": "TR-1"}
GONE = {PAYMENT_PATH: (200, TRANSFERRED)}
CAME_BACK = {PAYMENT_PATH: (200, {**TRANSFERRED, "transfer_returned_at": "2026-11-28T09:00:00Z"})}
OTHER_HOLDER = {
    PAYMENT_PATH: (
        200,
        {**PAYMENT, "decisions": [{**DECISION, "holder": "زيد بن عمر آل تجربة (بيانات تجريبية)"}]},
    )
}
GIVEN = {
    PAYMENT_PATH: (
        200,
        {
            **PAYMENT,
            "payer_account": {
                "iban": DECISION["iban"], "holder": DECISION["holder"], "given_at": "2026-11-27T09:00:00Z",
                "given_by": "establishment",
            },
        },
    )
}  # fmt: skip
RECEIPT = {
    PAYMENT_PATH: (
        200,
        {
            **PAYMENT, "status": "settled", "why": None, "channel": "counter", "method": "cash",
            "reference": "saihat/R-7781",
        },
    )
}  # fmt: skip
SAME_PERSON = {
    "type": "…/second-person-needed", "title": "يلزم شخص آخر", "detail": "اقترحتموه في 1448/06/14",
}  # fmt: skip
PAYMENTS_WALKS = tuple(
    Walk(page, state, address, task=task, **more)
    for task, page, state, address, more in (
        ("cash", "desk_bills", "good", DESK, {}),
        ("cash", "desk_bills", "gone", f"{DESK}?form=none&status=settled", {}),
        ("cash", "desk_bills", "away", DESK, {"changed": AWAY}),
        ("cash", "desk_bill_search", "good", DESK, {"act": send(number="1000000008")}),
        ("cash", "desk_bill_search", "nothing", DESK, {"act": send(number="1000000008"), "changed": NOTHING}),
        (
            "cash", "desk_bill_search", "fault", DESK,
            {"act": send(number="x"), "changed": {SEARCHES: fault("number")}, "is_error": True},
        ),
        ("cash", "desk_bill", "good", BILL_PAGE, {}),
        ("cash", "desk_bill", "missing", f"{DESK}/bills/{MISSING}", {}),
        ("cash", "desk_counter", "good", COUNTER, {}),
        ("cash", "desk_counter_entry", "good", COUNTER, {"act": take_money}),
        ("cash", "desk_counter_entry", "lost", COUNTER, {"act": take_money, "meanwhile": LOST}),
        (
            "cash", "desk_counter_entry", "fault", COUNTER,
            {"act": take_money, "changed": {f"{BILL_PATH}/counter-payments": fault("amount")}, "is_error": True},
        ),
        ("accounts", "desk_money", "good", f"{DESK}/waiting", {}),
        ("accounts", "desk_money", "wanted", f"{DESK}/waiting?list=wanted", {}),
        ("accounts", "desk_money", "away", f"{DESK}/waiting", {"changed": AWAY}),
        ("accounts", "desk_payment", "good", PAGE, {}),
        ("accounts", "desk_payment", "open", f"{PAGE}?done=money_refund", {"changed": OPEN}),
        ("accounts", "desk_payment", "missing", f"{DESK}/money/{MISSING}", {}),
        ("accounts", "desk_payment", "transferred", PAGE, {"changed": GONE}),
        ("accounts", "desk_payment", "returned", PAGE, {"changed": CAME_BACK}),
        ("cash", "desk_payment", "receipt", f"{PAGE}?done=money_counter", {"changed": RECEIPT}),
        ("accounts", "desk_proposal", "refund", f"{PAGE}/proposals/refund", {}),
        ("accounts", "desk_proposal", "account-given", f"{PAGE}/proposals/refund", {"changed": GIVEN}),
        ("accounts", "desk_proposal", "unknown", f"{PAGE}/proposals/keep", {}),
        ("accounts", "desk_proposal_entry", "good", f"{PAGE}/proposals/dismiss", {"act": send(reason="لم يصل")}),
        (
            "accounts", "desk_proposal_entry", "fault", f"{PAGE}/proposals/refund",
            {
                "act": send(iban="SA1", reason="مرتين"),
                "changed": {f"{PAYMENT_PATH}/decisions": fault("iban")}, "is_error": True,
            },
        ),
        ("accounts", "desk_pay_out", "good", f"{PAGE}/pay-out", {"changed": REFUNDING}),
        (
            "accounts", "desk_pay_out_entry", "good", f"{PAGE}/pay-out",
            {"act": send(transfer="TR-1"), "changed": REFUNDING},
        ),
        (
            "accounts", "desk_pay_out_entry", "fault", f"{PAGE}/pay-out",
            {"act": send(), "changed": {f"{PAYMENT_PATH}/pay-out": fault("transfer")}, "is_error": True},
        ),
        ("accounts", "desk_transfer_return", "good", f"{PAGE}/transfer-return", {"changed": GONE}),
        (
            "accounts", "desk_transfer_return_entry", "good", f"{PAGE}/transfer-return",
            {"act": send(transfer="TR-1", reason="الحساب مغلق"), "changed": GONE},
        ),
        (
            "accounts", "desk_transfer_return_entry", "fault", f"{PAGE}/transfer-return",
            {
                "act": send(transfer="TR-9", reason="الحساب مغلق"),
                "changed": {**GONE, f"{PAYMENT_PATH}/transfer-return": fault("transfer")}, "is_error": True,
            },
        ),
        ("accounts", "desk_decision", "good", f"{DESK}/decisions/{DECISION['decision_id']}", {}),
        ("approval", "desk_decision", "no-permission", f"{DESK}/decisions/{DECISION['decision_id']}", {}),
        ("approval", "desk_decisions", "good", f"{DESK}/decisions", {}),
        ("approval", "desk_decisions", "away", f"{DESK}/decisions", {"changed": AWAY}),
        ("approval", "desk_word", "good", WORD, {"changed": OPEN}),
        ("approval", "desk_word", "other-holder", WORD, {"changed": OTHER_HOLDER}),
        ("approval", "desk_word", "gone", WORD, {}),
        ("approval", "desk_word_entry", "good", WORD, {"act": send(note="طابقت"), "changed": OPEN}),
        (
            "approval", "desk_word_entry", "same-person", WORD,
            {
                "act": send(note="طابقت"),
                "changed": {**OPEN, f"{DECISION_PATH}/approve": (409, SAME_PERSON)}, "is_error": True,
            },
        ),
        ("accounts", "desk_days", "good", f"{DESK}/days", {}),
        ("accounts", "desk_days", "away", f"{DESK}/days", {"changed": AWAY}),
        ("accounts", "desk_day", "good", f"{DESK}/days/sadad/2026-11-26", {}),
        ("accounts", "desk_day", "agreed", f"{DESK}/days/counter/2026-11-26", {}),
        ("accounts", "desk_day", "unknown", f"{DESK}/days/bank/2026-11-26", {}),
        ("accounts", "desk_day_csv", "missing", f"{DESK}/days/counter/2026-11-25.csv", {}),
        ("accounts", "desk_settlement", "good", SETTLEMENTS, {}),
        ("accounts", "desk_settlement", "lost-file", f"{SETTLEMENTS}?day=2026-11-26&lost=file", {}),
        ("accounts", "desk_settlement_entry", "fault", SETTLEMENTS, {"act": send(day="x"), "is_error": True}),
    )
)  # fmt: skip
