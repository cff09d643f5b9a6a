"""The walks through the public pages of tenders and auctions."""

from collections.abc import Callable
from typing import Any

from portal_walks import Walk, fault, fill, press, send, words
from selenium.webdriver.common.by import By

from chassis.core import contracts

NUMBER, LEASE_NUMBER = "14480450000017", "14480440000017"
QUESTION_ID = "0195ff10-4d00-7b22-9d3f-000000000a11"
TENDERS, LEASES = "/v1/public/tenders", "/v1/public/leases"
TENDER, LEASE = f"{TENDERS}/{NUMBER}", f"{LEASES}/{LEASE_NUMBER}"
TENDER_PAGE, LEASE_PAGE = f"/tenders/{NUMBER}", f"/auctions/{LEASE_NUMBER}"
CODES, FOLLOWINGS = "/v1/public/follow-codes", "/v1/public/followings"
BOOKLET_CODES, BOOKLETS = "/v1/public/booklet-codes", "/v1/public/booklets"
MARK = "(بيانات تجريبية)"


def example(name: str) -> Any:
    """Returns an example of the contract."""
    return contracts.openapi("tenders")["components"]["examples"][name]["value"]


def ended(name: str) -> dict[str, Any]:
    """Returns a tender or an auction of which every part is filled."""
    shown = example(name)
    first = shown["editions"][0]
    reason = words("مددنا إلى 1448/07/11", "More time, until 1448/07/11")
    award = {
        "supplier": f"مؤسسة تجربة {MARK}", "unified_number": "7000000005", "amount": "120000.00",
        "awarded_at": "2026-12-28T09:00:00Z",
    }  # fmt: skip
    return {
        **shown, "status": "contracted", "status_title": words("وقع العقد", "Contract signed"), "bids_count": 3,
        "estimate": "130000.00", "award": award, "contract_number": "448/12", "signed_on": "2026-12-30",
        "edition": 2, "editions": [first, {**first, "edition": 2, "reason": reason}],
    }  # fmt: skip


def cancelled() -> dict[str, Any]:
    """Returns a tender that was cancelled."""
    reason = {
        "code": "no-bids", "reason": words("لا عروض حتى 1448/07/11", "No bids until 1448/07/11"),
        "cancelled_at": "2026-12-28T09:00:00Z",
    }  # fmt: skip
    state = {"status": "cancelled", "status_title": words("ملغاة", "Cancelled")}
    return {**example("PublicTender"), **state, "cancellation": reason, "questions": []}


def tender_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `tenders` that is well answers, by path."""
    sent = (202, example("SentCode"))
    lease = {**example("PublicLease"), "sells_booklet": True}
    return {
        TENDERS: (200, {**example("PublicTenderPage"), "next_cursor": "c2"}),
        LEASES: (200, {**example("PublicLeasePage"), "next_cursor": "c2"}),
        # Far days: the page offers a question until the last day for questions.
        TENDER: (200, {**example("PublicTender"), "questions_until": "2070-12-10T09:00:00Z"}),
        LEASE: (200, lease),
        f"{TENDER}/questions": (202, example("Asked")),
        f"{LEASE}/questions": (202, example("Asked")),
        f"/v1/public/questions/{QUESTION_ID}": (200, example("AskedQuestion")),
        CODES: sent,
        BOOKLET_CODES: sent,
        FOLLOWINGS: (201, example("Followed")),
        BOOKLETS: (201, example("BookletPurchase")),
    }


def prove_mobile(*selectors: str, **inputs: str) -> Callable[[Any], None]:
    """Returns the act of typing the mobile and then the code with other inputs; `selectors` are the buttons."""

    def act(browser: Any) -> None:
        browser.find_element(By.ID, "mobile").send_keys("0500000001")
        press(browser, "button[value=send]")
        if selectors:
            send(*selectors, **inputs)(browser)

    return act


USE = "button[value=use]"
NOT_RIGHT = (422, {"type": "…/code-not-right", "title": "x", "detail": "المحاولات المتبقية: 4"})
AWAY = dict.fromkeys((TENDERS, LEASES, TENDER, CODES, f"{TENDER}/questions"), (503, {}))
NOTHING = dict.fromkeys((TENDERS, LEASES), (200, {"items": [], "next_cursor": None}))
ASK, FOLLOW = f"{TENDER_PAGE}/question", f"{TENDER_PAGE}/follow"
LEASE_ASK, LEASE_FOLLOW = f"{LEASE_PAGE}/question", f"{LEASE_PAGE}/follow"
BUY, MISSING = f"{LEASE_PAGE}/booklet", "14480450000099"
WORDS = fill(question="هل تشمل الصيانة 3-5 حدائق؟")
BUYER = {"code": "418207", "name": f"مؤسسة تجربة {MARK}", "id_number": "7000000005"}
SALE_OVER = {LEASE: (200, {**example("PublicLease"), "sells_booklet": True, "status": "opened"})}
LEASE_QUESTION_FAULT = {f"{LEASE}/questions": fault("question")}
TENDER_WALKS = tuple(
    Walk(page, state, address, task=None, **more)
    for page, state, address, more in (
        ("tenders", "good", "/tenders", {}),
        ("tenders", "nothing", "/tenders?status=all&words=x", {"changed": NOTHING}),
        ("tenders", "away", "/tenders", {"changed": AWAY}),
        ("tenders", "fault", "/tenders?words=1000000008", {"is_error": True}),
        ("tender", "good", TENDER_PAGE, {}),
        ("tender", "followed", f"{TENDER_PAGE}?followed=yes", {}),
        ("tender", "contracted", TENDER_PAGE, {"changed": {TENDER: (200, ended("PublicTender"))}}),
        ("tender", "cancelled", TENDER_PAGE, {"changed": {TENDER: (200, cancelled())}}),
        ("tender", "missing", f"/tenders/{MISSING}", {}),
        ("tender", "away", TENDER_PAGE, {"changed": AWAY}),
        ("offering_link", "good", f"/t/{NUMBER}", {}),
        ("offering_link", "no-number", "/t/1", {}),
        ("tender_question", "good", ASK, {}),
        ("tender_question", "no-number", "/tenders/1/question", {}),
        ("tender_question_entry", "good", ASK, {"act": WORDS}),
        ("tender_question_entry", "away", ASK, {"act": WORDS, "changed": AWAY}),
        (
            "tender_question_entry", "fault", ASK,
            {"act": WORDS, "changed": {f"{TENDER}/questions": fault("question")}, "is_error": True},
        ),
        ("tender_file", "missing", f"/tenders/files/{QUESTION_ID}", {}),
        ("tender_asked", "good", f"/tenders/questions/{QUESTION_ID}", {}),
        ("tender_asked", "missing", "/tenders/questions/0195ff10-4d00-7b22-9d3f-00000000dead", {}),
        ("tender_follow", "good", FOLLOW, {}),
        ("tender_follow", "code", FOLLOW, {"act": prove_mobile()}),
        ("tender_follow", "no-number", "/tenders/1/follow", {}),
        ("tender_follow_entry", "good", FOLLOW, {"act": prove_mobile(USE, code="418207")}),
        ("tender_follow_entry", "away", FOLLOW, {"act": prove_mobile(), "changed": AWAY}),
        (
            "tender_follow_entry", "wrong-code", FOLLOW,
            {"act": prove_mobile(USE, code="000000"), "changed": {FOLLOWINGS: NOT_RIGHT}, "is_error": True},
        ),
        ("auctions", "good", "/auctions", {}),
        ("auctions", "nothing", "/auctions", {"changed": NOTHING}),
        ("auctions", "away", "/auctions", {"changed": AWAY}),
        ("auction", "good", LEASE_PAGE, {}),
        ("auction", "contracted", LEASE_PAGE, {"changed": {LEASE: (200, ended("PublicLease"))}}),
        ("auction", "missing", "/auctions/14480440000099", {}),
        ("auction_question", "good", LEASE_ASK, {}),
        ("auction_question", "no-number", "/auctions/1/question", {}),
        ("auction_question_entry", "good", LEASE_ASK, {"act": WORDS}),
        (
            "auction_question_entry", "fault", LEASE_ASK,
            {"act": WORDS, "changed": LEASE_QUESTION_FAULT, "is_error": True},
        ),
        ("auction_follow", "good", LEASE_FOLLOW, {}),
        ("auction_follow", "no-number", "/auctions/1/follow", {}),
        ("auction_follow_entry", "good", LEASE_FOLLOW, {"act": prove_mobile(USE, code="418207")}),
        (
            "auction_follow_entry", "fault", LEASE_FOLLOW,
            {"act": prove_mobile(), "changed": {CODES: fault("mobile")}, "is_error": True},
        ),
        ("auction_booklet", "good", BUY, {}),
        ("auction_booklet", "no-number", "/auctions/1/booklet", {}),
        ("auction_booklet", "sale-over", BUY, {"act": prove_mobile(), "changed": SALE_OVER}),
        ("auction_booklet_entry", "good", BUY, {"act": prove_mobile(USE, **BUYER)}),
        (
            "auction_booklet_entry", "fault", BUY,
            {"act": prove_mobile(USE, **BUYER), "changed": {BOOKLETS: fault("buyer.id_number")}, "is_error": True},
        ),
    )
)  # fmt: skip
