"""The walks through the desk of tenders and leases. The things are those of the contract's examples."""

from typing import Any

from desk_walks import find
from portal_walks import Walk, fault, send
from tender_walks import MARK, NUMBER, QUESTION_ID, example

_ID = "0195ff10-4d00-7b22-9d3f-000000000"
TENDERS, LEASES = "/v1/tenders", "/v1/leases"
TENDER, LEASE = f"{TENDERS}/{_ID}a01", f"{LEASES}/{_ID}b01"
LIST, LEASE_LIST = "/desk/tenders", "/desk/leases"
PAGE, LEASE_PAGE, MISSING = f"{LIST}/{_ID}a01", f"{LEASE_LIST}/{_ID}b01", f"{LIST}/{_ID}fff"
OFFICE, OPENING = "tender-office", "bid-opening"
MOMENTS = ("questions_until", "bids_until", "opens_at")
FAR, PAST = (
    dict.fromkeys(MOMENTS, "2070-12-20T09:00:00Z"),
    dict.fromkeys(MOMENTS, "2026-01-20T09:00:00Z"),
)
WITHDRAWN = {**example("Bid"), "receipt_number": "E-77", "withdrawn_at": "2026-11-29T09:00:00Z"}
OPENED = {
    **example("Bid"), "receipt_number": "E-78", "bidder": f"مؤسسة الواحة {MARK}", "amount": "62000.00",
    "accepted": True,
}  # fmt: skip
DISMISSAL = {
    "reason": "repeated",
    "title": {"ar": "أُجيب من قبل في 3-5", "en": "Answered before"},
    "dismissed_at": "2026-11-29T08:00:00Z",
}
DISMISSED = {**example("Question"), "question_id": f"{_ID}a12", "dismissal": DISMISSAL}


def tender_desk_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `tenders` that is well answers the desk, by path."""
    tender = {**example("Tender"), **FAR, "bids": [example("Bid"), WITHDRAWN]}
    lease = {
        **example("Lease"),
        **PAST,
        "status": "closed",
        "sells_booklet": True,
        "bids": [example("Bid"), OPENED, WITHDRAWN],
    }
    questions = [*example("QuestionList")["items"], DISMISSED]
    return {
        # A list and the draft that is made have one path.
        TENDERS: (200, {**tender, **example("TenderPage"), "next_cursor": "c2"}),
        LEASES: (200, {**lease, **example("LeasePage"), "next_cursor": "c2"}),
        TENDER: (200, tender),
        LEASE: (200, lease),
        f"{TENDER}/questions": (200, {"items": questions}),
        f"{LEASE}/questions": (200, {"items": []}),
        f"{TENDER}/amend": (200, tender),
        f"{TENDER}/publish": (200, tender),
        f"{TENDER}/questions/{QUESTION_ID}/answer": (200, example("Question")),
        f"{LEASE}/open": (200, lease),
        f"{LEASE}/booklets": (200, example("BuyerList")),
    }  # fmt: skip


DRAFT = {
    TENDER: (
        200,
        {**example("Tender"), **FAR, "status": "draft", "number": None, "published_at": None},
    )
}
SIGNING = {"sign_until": "2027-01-18", "record_until": "2027-01-25"}
AWARDED = {LEASE: (200, {**example("Lease"), **PAST, "status": "awarded", **SIGNING})}
AWAY = dict.fromkeys((TENDERS, LEASES, TENDER, LEASE), (503, {}))
NOTHING = {LEASES: (200, {"items": [], "next_cursor": None})}
SEALED = {
    f"{LEASE}/booklets": (409, {"type": "…/bids-are-sealed", "title": "لم يحن موعد فتح العروض"})
}
ANSWER = f"{PAGE}/questions/{QUESTION_ID}/answer"
FILE = f"{PAGE}/files/{_ID}f01"
FILE_WORDS = send(title_ar="مخطط 3-5", title_en="Plan 3-5", reason_ar="نقص مخطط 3-5")
REASON = send(reason_ar="بطلب 3-5 متنافسين", reason_en="As bidders asked")
MINUTES = send(minutes_number="م-14")
REPLY, PUBLISH = send(answer="نعم، كما في 3-5."), send()
TITLE = send(title_ar="صيانة حديقة 3-5")
OF_OFFICER = (
    ("desk_tenders", "good", LIST, {}),
    ("desk_tenders", "away", LIST, {"changed": AWAY}),
    ("desk_leases", "good", f"{LEASE_LIST}?view=closed&municipality=saihat&cursor=c1", {}),
    ("desk_leases", "nothing", f"{LEASE_LIST}?view=returned", {"changed": NOTHING}),
    ("desk_offering_search", "good", LIST, {"act": find(NUMBER)}),
    ("desk_offering_search", "person", LIST, {"act": find("1000000008"), "is_error": True}),
    ("desk_offering", "good", f"{PAGE}?done=answer", {}),
    ("desk_offering", "draft", PAGE, {"changed": DRAFT}),
    ("desk_offering", "missing", MISSING, {}),
    ("desk_offering_draft", "good", f"{LIST}/new", {}),
    ("desk_offering_draft", "lease", f"{LEASE_LIST}/new", {}),
    ("desk_offering_draft_entry", "good", f"{LIST}/new", {"act": TITLE}),
    (
        "desk_offering_draft_entry", "fault", f"{LEASE_LIST}/new",
        {"act": TITLE, "changed": {LEASES: fault("site.district")}, "is_error": True},
    ),
    ("desk_offering_edit", "good", f"{PAGE}/edit", {"changed": DRAFT}),
    ("desk_offering_edit", "missing", f"{MISSING}/edit", {}),
    ("desk_offering_edit_entry", "good", f"{PAGE}/edit", {"act": TITLE}),
    (
        "desk_offering_edit_entry", "fault", f"{PAGE}/edit",
        {"act": TITLE, "meanwhile": {TENDER: fault("documents.0.url")}, "is_error": True},
    ),
    ("desk_offering_amend", "good", f"{PAGE}/amend", {}),
    ("desk_offering_amend", "missing", f"{MISSING}/amend", {}),
    ("desk_offering_amend_entry", "good", f"{PAGE}/amend", {"act": REASON}),
    (
        "desk_offering_amend_entry", "fault", f"{PAGE}/amend",
        {"act": REASON, "changed": {f"{TENDER}/amend": fault("bids_until")}, "is_error": True},
    ),
    ("desk_offering_reply", "good", ANSWER, {}),
    ("desk_offering_reply", "dismiss", f"{PAGE}/questions/{QUESTION_ID}/dismiss", {}),
    ("desk_offering_reply", "unknown", f"{PAGE}/questions/{QUESTION_ID}/publish", {}),
    ("desk_offering_reply_entry", "good", ANSWER, {"act": REPLY}),
    (
        "desk_offering_reply_entry", "fault", ANSWER,
        {"act": REPLY, "changed": {f"{TENDER}/questions/{QUESTION_ID}/answer": fault("answer")}, "is_error": True},
    ),
    ("desk_offering_file", "good", f"{PAGE}/files/new", {}),
    ("desk_offering_file", "missing", f"{MISSING}/files/new", {}),
    ("desk_offering_file_entry", "good", f"{PAGE}/files/new", {"act": FILE_WORDS}),
    (
        "desk_offering_file_entry", "fault", f"{PAGE}/files/new",
        {"act": FILE_WORDS, "changed": {f"{TENDER}/amend": fault("files.1.attachment_id")}, "is_error": True},
    ),
    ("desk_offering_file_content", "missing", f"{MISSING}/files/{QUESTION_ID}", {}),
    ("desk_offering_file_withdrawal", "good", f"{FILE}/withdraw", {}),
    ("desk_offering_file_withdrawal", "missing", f"{PAGE}/files/{QUESTION_ID}/withdraw", {}),
    ("desk_offering_file_withdrawal_entry", "good", f"{FILE}/withdraw", {"act": REASON}),
    (
        "desk_offering_file_withdrawal_entry", "fault", f"{FILE}/withdraw",
        {"act": REASON, "changed": {f"{TENDER}/amend": fault("reason.en")}, "is_error": True},
    ),
    ("desk_offering_action", "good", f"{PAGE}/actions/cancel", {}),
    ("desk_offering_action", "no-permission", f"{PAGE}/actions/award", {}),
    ("desk_offering_action_entry", "good", f"{PAGE}/actions/publish", {"act": PUBLISH}),
    (
        "desk_offering_action_entry", "fault", f"{PAGE}/actions/publish",
        {"act": PUBLISH, "changed": {f"{TENDER}/publish": fault("bids_until")}, "is_error": True},
    ),
)  # fmt: skip
OF_COMMITTEE = (
    ("desk_offering", "lease", LEASE_PAGE, {}),
    ("desk_offering", "awarded", LEASE_PAGE, {"changed": AWARDED}),
    ("desk_offering_open", "good", f"{LEASE_PAGE}/open", {}),
    ("desk_offering_open", "missing", f"{MISSING}/open", {}),
    ("desk_offering_open_entry", "good", f"{LEASE_PAGE}/open", {"act": MINUTES}),
    (
        "desk_offering_open_entry", "fault", f"{LEASE_PAGE}/open",
        {"act": MINUTES, "changed": {f"{LEASE}/open": fault("bids.0.amount")}, "is_error": True},
    ),
    ("desk_offering_action", "withdraw", f"{PAGE}/actions/withdraw_receipt", {}),
    ("desk_booklet_buyers", "good", f"{LEASE_PAGE}/booklets", {}),
    ("desk_booklet_buyers", "sealed", f"{LEASE_PAGE}/booklets", {"changed": SEALED}),
)  # fmt: skip
TENDER_DESK_WALKS = tuple(
    Walk(page, state, address, **{"task": task, **more})
    for task, walks in ((OFFICE, OF_OFFICER), (OPENING, OF_COMMITTEE))
    for page, state, address, more in walks
)
