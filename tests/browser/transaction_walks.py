"""The walks through the pages of transactions: a citizen's, and the desk's."""

from typing import Any

from portal_walks import (
    FORM,
    Walk,
    fault,
    outdate_form,
    outlive_session,
    press_unfolded,
    send,
    send_after,
    words,
)
from selenium.webdriver.common.by import By

from chassis.core import contracts

ID, MISSING = "0195ff10-4d00-7b22-9d3f-000000000901", "0195ff10-4d00-7b22-9d3f-00000000dead"
MINE, KINDS = "/v1/my/transactions", "/v1/transaction-kinds"
UPLOADS = "/v1/my/transaction-attachments"
OWN, PAGE = f"{MINE}/{ID}", f"/my/transactions/{ID}"
LIST, WORKLOAD = "/v1/transactions", "/v1/workload"
ONE, SHOWN, INBOX = f"{LIST}/{ID}", f"/desk/transactions/{ID}", "/desk/transactions"
NEW = "/my/transactions/new?kind=survey-decision"


def example(name: str) -> Any:
    """Returns an example of the contract."""
    return contracts.openapi("transactions")["components"]["examples"][name]["value"]


def returned(name: str) -> dict[str, Any]:
    """Returns a transaction that was returned, of which every part is filled."""
    shown = example(name)
    moves = [
        *shown["history"],
        {
            **shown["history"][0], "action": "return", "title": words("إعادة", "Returned"), "to": None,
            "text": "نرجو إرفاق الصك 3-5\nوصورة الهوية",
        },
    ]  # fmt: skip
    letter = {**shown["letters"][0], "status": "cancelled", "subject": "إفادة 3-5"}
    state = {
        "status": "returned",
        "status_title": words("معادة", "Returned"),
        "next_step": "applicant",
    }
    return {
        **shown, **state, "answer_until": "2026-12-20", "decided_on": "2026-12-13", "ended_on": "2026-12-13",
        "history": moves, "letters": [*shown["letters"], letter],
    }  # fmt: skip


def transaction_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `transactions` that is well answers, by path."""
    late = {
        **example("Transaction"), "overdue": True, "confidential": True,
        "referred_by": {"code": "survey", "ar": "إدارة المساحة", "en": "Survey Department"},
        "incoming": {"number": "12/448", "day": "2026-11-20", "day_hijri": "1448/06/10"},
    }  # fmt: skip
    return {
        # The list and the entry have one path.
        MINE: (
            200,
            {**example("OwnTransaction"), **example("OwnTransactionPage"), "next_cursor": "c2"},
        ),
        KINDS: (200, example("KindList")),
        UPLOADS: (201, example("Attachment")),
        OWN: (200, returned("OwnTransaction")),
        f"{OWN}/answer": (200, returned("OwnTransaction")),
        f"{OWN}/withdraw": (200, returned("OwnTransaction")),
        LIST: (200, {**late, "items": [late, example("Transaction")], "next_cursor": "c2"}),
        "/v1/attachments": (201, example("Attachment")),
        ONE: (200, late),
        f"{ONE}/complete": (200, late),
        f"{ONE}/refer": (200, late),
        f"{ONE}/reveal": (200, late),
        WORKLOAD: (200, example("Workload")),
    }


SECRET = {**example("Transaction"), "confidential": True, "in_charge": False}
NEW_ENTRY = "/desk/transactions/new"
SEND, ATTACH = "button[value=send]", "button[value=attach]"
# The button of a desk's form that attaches files too.
ENTER, COMPLETE = "main form > .actions .button", f"{SHOWN}/actions/complete"
SUBJECT = {"subject": "قرار مساحي لقطعة 3-5 (بيانات تجريبية)"}
NOTHING = {MINE: (200, {"items": [], "next_cursor": None})}
REFUSED = (409, {"type": "…/illegal-transition", "title": "x", "detail": "حُفظت في 1448/06/14"})
REFER = f"{SHOWN}/actions/refer"
_MINE, _REGISTRY, _HEAD = {"task": "my-transactions"}, {"task": "registry"}, {"task": "decisions"}
ENTERED = {"changed": {OWN: (200, example("OwnTransaction"))}}
RETURNED = {"changed": {ONE: (200, returned("Transaction"))}}
CALL_BACK = {"act": send(FORM, reason="الاتصال به")}


def attach_deed(browser: Any) -> None:
    """Chooses the paper and its file, and attaches the file."""
    browser.find_element(By.CSS_SELECTOR, "#paper option[value=deed]").click()
    send(ATTACH, documents=__file__)(browser)


TRANSACTION_WALKS = tuple(
    Walk(page, state, address, **{**task, **more})
    for page, state, address, task, more in (
        ("transaction_entry", "good", NEW_ENTRY, _REGISTRY, {}),
        ("transaction_entering", "good", NEW_ENTRY, _REGISTRY, {"act": send(ENTER, **SUBJECT)}),
        ("transaction_entering", "attached", NEW_ENTRY, _REGISTRY, {"act": attach_deed}),
        (
            "transaction_entering", "file-fault", NEW_ENTRY, _REGISTRY,
            {"act": send(ATTACH), "is_error": True},
        ),
        (
            "transaction_entering", "confidential", NEW_ENTRY, _REGISTRY,
            {"act": send(ENTER, **SUBJECT), "changed": {LIST: (201, SECRET)}},
        ),
        (
            "transaction_entering", "fault", NEW_ENTRY, _REGISTRY,
            {"act": send(ENTER), "changed": {LIST: fault("applicant.name")}, "is_error": True},
        ),
        ("transaction_completion", "good", COMPLETE, _REGISTRY, RETURNED),
        ("transaction_completion", "missing", f"{INBOX}/{MISSING}/actions/complete", _REGISTRY, {}),
        ("transaction_completing", "good", COMPLETE, _REGISTRY, {"act": send(ENTER, text="أحضر الصك")}),
        ("transaction_completing", "attached", COMPLETE, _REGISTRY, {**RETURNED, "act": attach_deed}),
        (
            "transaction_completing", "refused", COMPLETE, _REGISTRY,
            {"act": send(ENTER), "changed": {f"{ONE}/complete": REFUSED}, "is_error": True},
        ),
        (
            "transaction_completing", "away", COMPLETE, _REGISTRY,
            {"act": send(ENTER, text="أحضر"), "changed": {f"{ONE}/complete": (503, {})}},
        ),
        ("my_transactions", "good", "/my/transactions", _MINE, {}),
        ("my_transactions", "nothing", "/my/transactions", _MINE, {"changed": NOTHING}),
        ("my_transactions", "away", "/my/transactions", _MINE, {"changed": {MINE: (503, {})}}),
        ("my_transaction", "good", PAGE, _MINE, {}),
        ("my_transaction", "entered", f"{PAGE}?done=entered", _MINE, ENTERED),
        ("my_transaction", "missing", f"/my/transactions/{MISSING}", _MINE, {}),
        ("my_transaction_entry", "kinds", "/my/transactions/new", _MINE, {}),
        ("my_transaction_entry", "good", NEW, _MINE, {}),
        ("my_transaction_entry", "away", NEW, _MINE, {"changed": {KINDS: (503, {})}}),
        ("my_transaction_entering", "good", NEW, _MINE, {"act": send(SEND, **SUBJECT)}),
        ("my_transaction_entering", "attached", NEW, _MINE, {"act": send(ATTACH, documents=__file__)}),
        (
            "my_transaction_entering", "fault", NEW, _MINE,
            {"act": send(SEND), "changed": {MINE: fault("municipality")}, "is_error": True},
        ),
        (
            "my_transaction_entering", "file-fault", NEW, _MINE,
            {"act": send(ATTACH, documents=__file__), "changed": {UPLOADS: fault("file")}, "is_error": True},
        ),
        (
            "my_transaction_entering", "file-session-over", NEW, _MINE,
            {"act": send_after(outlive_session, documents=__file__, **SUBJECT)},
        ),
        (
            "my_transaction_entering", "file-other-tab", NEW, _MINE,
            {"act": send_after(outdate_form, documents=__file__, **SUBJECT)},
        ),
        ("my_transaction_entering", "away", NEW, _MINE, {"act": send(SEND), "changed": {MINE: (503, {})}}),
        ("my_transaction_answer", "good", f"{PAGE}/answer", _MINE, {}),
        ("my_transaction_answer", "missing", f"/my/transactions/{MISSING}/answer", _MINE, {}),
        ("my_transaction_answering", "good", f"{PAGE}/answer", _MINE, {"act": send(SEND, text="أرفقت الصك")}),
        (
            "my_transaction_answering", "refused", f"{PAGE}/answer", _MINE,
            {"act": send(SEND), "changed": {f"{OWN}/answer": REFUSED}, "is_error": True},
        ),
        (
            "my_transaction_answering", "away", f"{PAGE}/answer", _MINE,
            {"act": send(SEND, text="أرفقت"), "changed": {f"{OWN}/answer": (503, {})}},
        ),
        ("my_transaction_withdrawal", "good", PAGE, _MINE, {"act": press_unfolded()}),
        (
            "my_transaction_withdrawal", "refused", PAGE, _MINE,
            {"act": press_unfolded(), "changed": {f"{OWN}/withdraw": REFUSED}, "is_error": True},
        ),
        ("my_transaction_document", "missing", f"{PAGE}/documents/{MISSING}", _MINE, {}),
        ("my_transaction_letter", "missing", f"{PAGE}/letters/{MISSING}", _MINE, {}),
        ("transactions", "good", INBOX, _REGISTRY, {}),
        ("transactions", "filtered", f"{INBOX}?view=overdue&department=survey&cursor=c1", _REGISTRY, {}),
        ("transactions", "found", f"{INBOX}?number=1448047000017", _REGISTRY, {}),
        ("transactions", "nothing", INBOX, _REGISTRY, {"changed": {LIST: NOTHING[MINE]}}),
        ("transactions", "away", INBOX, _REGISTRY, {"changed": {LIST: (503, {})}}),
        (
            "transactions", "fault", f"{INBOX}?department=x", _REGISTRY,
            {"changed": {LIST: fault("department")}, "is_error": True},
        ),
        ("transactions_search", "good", INBOX, _REGISTRY, {"act": send(FORM, number="1448047000017")}),
        ("transactions_search", "fault", INBOX, _REGISTRY, {"act": send(FORM, number="1000000008"), "is_error": True}),
        ("transaction", "good", SHOWN, _REGISTRY, {}),
        ("transaction", "done", f"{SHOWN}?done=note", _HEAD, {"changed": {ONE: (200, returned("Transaction"))}}),
        ("transaction", "missing", f"{INBOX}/{MISSING}", _REGISTRY, {}),
        *(
            ("transaction_action", name, f"{SHOWN}/actions/{name}", _HEAD, {})
            for name in ("refer", "note", "return", "decide", "letter", "file")
        ),
        ("transaction_action", "unknown", f"{SHOWN}/actions/delete", _HEAD, {}),
        ("transaction_action", "away", REFER, _HEAD, {"changed": {ONE: (503, {})}}),
        ("transaction_action_entry", "good", REFER, _HEAD, {"act": send(FORM, note="لإبداء الرأي")}),
        ("transaction_action_entry", "revealed", f"{SHOWN}/actions/reveal", _REGISTRY, CALL_BACK),
        ("transaction_action_entry", "away", REFER, _HEAD, {"act": send(FORM), "changed": {f"{ONE}/refer": (503, {})}}),
        (
            "transaction_action_entry", "fault", REFER, _HEAD,
            {"act": send(FORM), "changed": {f"{ONE}/refer": fault("department")}, "is_error": True},
        ),
        ("transaction_document", "missing", f"{SHOWN}/documents/{MISSING}", _HEAD, {}),
        ("transaction_letter", "missing", f"{SHOWN}/letters/{MISSING}", _HEAD, {}),
        ("transactions_workload", "good", f"{INBOX}/workload", _HEAD, {}),
        (
            "transactions_workload", "nothing", f"{INBOX}/workload", _HEAD,
            {"changed": {WORKLOAD: (200, {"departments": [], "waits": []})}},
        ),
        ("transactions_workload", "away", f"{INBOX}/workload", _HEAD, {"changed": {WORKLOAD: (503, {})}}),
    )
)  # fmt: skip
