"""The walks through a citizen's refunds."""

from typing import Any

from portal_walks import Walk, fault, send

from chassis.core import contracts

PAGE, LIST = "/my/refunds", "/v1/my/refunds"
REFUND = contracts.openapi("payments")["components"]["examples"]["MyRefund"]["value"]
OWN, PATH = f"{PAGE}/{REFUND['payment_id']}", f"{LIST}/{REFUND['payment_id']}"
GIVEN, ACCOUNT = f"{OWN}?done=my_refund", f"{PATH}/account"
SENT = {
    **REFUND, "state": "transferred", "transfer": "TR-448", "transferred_at": "2026-11-28T09:00:00Z",
    "state_title": {"ar": "حُول إلى حسابكم", "en": "Sent to your account"},
}  # fmt: skip
WANTED = {
    **REFUND, "state": "account_wanted", "account": None,
    "state_title": {"ar": "ننتظر رقم حسابكم", "en": "Waiting for your account"},
}  # fmt: skip
NOTHING = {LIST: (200, {"items": [], "next_cursor": None})}
AWAY = {LIST: (503, {}), PATH: (503, {})}
IBAN = "SA03 8000 0000 6080 1016 7519"
DECIDED = {
    ACCOUNT: (
        409,
        {
            "type": "…/account-not-wanted", "title": "لا يُطلب لهذا المبلغ حساب",
            "detail": "تنظر البلدية في أمر هذا المبلغ أو حُول من قبل.", "status": 409,
        },
    )
}  # fmt: skip


def my_refund_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service of payments that is well answers a payer, by path."""
    return {
        LIST: (200, {"items": [WANTED, REFUND, SENT], "next_cursor": "c2"}),
        PATH: (200, WANTED),
        ACCOUNT: (200, REFUND),
    }


MY_REFUND_WALKS = tuple(
    Walk(page, state, address, task="my-refunds", **more)
    for page, state, address, more in (
        ("my_refunds", "good", PAGE, {}),
        ("my_refunds", "nothing", PAGE, {"changed": NOTHING}),
        ("my_refunds", "away", PAGE, {"changed": AWAY}),
        ("my_refund", "good", OWN, {}),
        ("my_refund", "given", GIVEN, {"changed": {PATH: (200, REFUND)}}),
        ("my_refund", "sent", OWN, {"changed": {PATH: (200, SENT)}}),
        ("my_refund_entry", "good", OWN, {"act": send(iban=IBAN)}),
        (
            "my_refund_entry", "fault", OWN,
            {"act": send(iban="SA1"), "meanwhile": {ACCOUNT: fault("iban")}, "is_error": True},
        ),
        ("my_refund_entry", "slower", OWN, {"act": send(iban=IBAN), "meanwhile": DECIDED, "is_error": True}),
        ("my_refund_entry", "lost", OWN, {"act": send(iban=IBAN), "meanwhile": {ACCOUNT: (503, {})}}),
    )
)  # fmt: skip
