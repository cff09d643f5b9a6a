"""The desk of tenders and leases: what is offered when, and what becomes of typed forms."""

from datetime import UTC, datetime

import pytest

from chassis.core import contracts
from portal.domain import tender_forms
from portal.domain.entry_form import input_of
from portal.domain.tasks import (
    AWARD_TENDERS,
    OPEN_BIDS,
    PREPARE_TENDERS,
    PUBLISH_TENDERS,
    RECEIVE_BIDS,
)
from portal.domain.tender_desk import (
    DESK_KINDS,
    FORMS,
    LEASE_DESK,
    TENDER_DESK,
    next_due,
    offered_actions,
)
from saudi.moments import parse_moment

EXAMPLES = contracts.openapi("tenders")["components"]["examples"]
TENDER, LEASE = EXAMPLES["Tender"]["value"], EXAMPLES["Lease"]["value"]
BID = {"withdrawn_at": None, "accepted": True}
REFUSED_BID, WITH_BID = {**BID, "accepted": False}, {**TENDER, "bids": [BID]}
ALL_SCOPES = {PREPARE_TENDERS, PUBLISH_TENDERS, RECEIVE_BIDS, OPEN_BIDS, AWARD_TENDERS}
# The questions end on the 10th, the bids on the 20th at nine, and the opening is at ten.
EARLY, LATE = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
OPENING = datetime(2026, 12, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("kind", DESK_KINDS.values(), ids=lambda kind: kind.name)
def test_each_action_and_form_is_an_operation_with_its_scope(kind):
    paths = contracts.openapi("tenders")["paths"]
    one = f"{kind.service_path}/{{{kind.id_field}}}"

    for action in kind.actions.values():
        operation = paths[f"{one}/{action.path}"]["post"]
        (allowed,) = operation["security"][0].values()
        assert action.scopes == tuple(allowed), action.name
    for name, scope in FORMS.items():
        path, verb = (one, "put") if name == "edit" else (f"{one}/{name}", "post")
        assert paths[path][verb]["security"] == [{"oauth2": [scope]}], name


RENTED = {**LEASE, "ends_on": "2099-12-31"}


@pytest.mark.parametrize(
    ("kind", "offering", "status", "now", "offered"),
    [
        (TENDER_DESK, TENDER, "draft", EARLY, ["edit", "publish", "cancel"]),
        (TENDER_DESK, TENDER, "published", EARLY, ["amend", "receive", "withdraw_receipt", "cancel"]),
        (TENDER_DESK, TENDER, "published", LATE, ["withdraw_receipt", "cancel"]),
        (TENDER_DESK, TENDER, "published", OPENING, ["open", "cancel"]),
        (TENDER_DESK, TENDER, "closed", LATE, ["withdraw_receipt", "cancel"]),
        (TENDER_DESK, TENDER, "closed", OPENING, ["open", "cancel"]),
        (TENDER_DESK, WITH_BID, "opened", OPENING, ["award", "cancel"]),
        (TENDER_DESK, {**TENDER, "bids": []}, "opened", OPENING, ["cancel"]),
        (TENDER_DESK, TENDER, "awarded", OPENING, ["contract", "cancel"]),
        (TENDER_DESK, TENDER, "contracted", OPENING, []),
        (LEASE_DESK, {**LEASE, "bids": [BID]}, "opened", OPENING, ["negotiate", "award", "cancel"]),
        (LEASE_DESK, {**LEASE, "bids": [REFUSED_BID]}, "opened", OPENING, ["cancel"]),
        (LEASE_DESK, {**LEASE, "bids": [BID]}, "negotiating", OPENING, ["award", "cancel"]),
        (LEASE_DESK, LEASE, "contracted", OPENING, ["hand_over"]),
        (LEASE_DESK, RENTED, "handed_over", OPENING, ["extend"]),
        (LEASE_DESK, {**RENTED, "extended": True}, "handed_over", OPENING, []),
        (LEASE_DESK, {**RENTED, "kind": "long"}, "handed_over", OPENING, []),
        (LEASE_DESK, {**RENTED, "ends_on": "2000-01-01"}, "handed_over", OPENING, ["return"]),
        (LEASE_DESK, LEASE, "cancelled", OPENING, []),
    ],
)  # fmt: skip
def test_state_and_published_times_say_what_is_offered(kind, offering, status, now, offered):
    assert offered_actions(kind, {**offering, "status": status}, ALL_SCOPES, now) == offered


def test_nobody_is_offered_what_another_scope_does():
    closed = {**TENDER, "status": "closed"}

    assert offered_actions(TENDER_DESK, closed, {AWARD_TENDERS}, OPENING) == []
    assert offered_actions(TENDER_DESK, closed, {OPEN_BIDS}, OPENING) == ["open"]


@pytest.mark.parametrize(
    ("status", "now", "due"),
    [
        ("published", EARLY, ("questions_until", False)),
        ("published", datetime(2026, 12, 12, tzinfo=UTC), ("bids_until", False)),
        ("published", LATE, ("opens_at", False)),
        ("closed", LATE, ("opens_at", False)),
        ("closed", OPENING, ("opens_at", True)),
        ("opened", OPENING, None),
    ],
)
def test_the_list_names_the_next_published_moment(status, now, due):
    found = next_due({**TENDER, "status": status}, now)

    assert (found and (found.name, found.is_over)) == due


def typed_of(kind, offering, **changes):
    rows = tender_forms.document_rows(offering["documents"])
    blank = {one.name: "" for one in tender_forms.draft_fields(kind, rows)}
    return blank | tender_forms.typed_draft(kind, offering) | changes


@pytest.mark.parametrize(
    ("kind", "shown", "new"),
    [(TENDER_DESK, TENDER, "NewTender"), (LEASE_DESK, LEASE, "NewLease")],
    ids=["tender", "lease"],
)
def test_a_draft_that_is_saved_unchanged_stays_the_same(kind, shown, new):
    body = tender_forms.draft_body(kind, typed_of(kind, {**shown, "estimate": "1250000.00"}))

    for name in ("questions_until", "bids_until", "opens_at"):
        assert parse_moment(body.pop(name)) == datetime.fromisoformat(shown[name])
    properties = contracts.openapi("tenders")["components"]["schemas"][new]["properties"]
    secret = "estimate" if kind is TENDER_DESK else "minimum_rent"
    expected = {name: shown[name] for name in body if name != secret}
    assert body == {**expected, secret: "1250000.00"}
    assert body.keys() <= properties.keys()


def test_a_day_of_either_calendar_and_a_time_become_one_moment():
    typed = typed_of(
        TENDER_DESK, TENDER, bids_until="١٤٤٨/٠٧/١١", bids_until_time="٩:٣٠", opens_at_time=""
    )

    body = tender_forms.draft_body(TENDER_DESK, typed)

    assert parse_moment(body["bids_until"]) == datetime(2026, 12, 20, 6, 30, tzinfo=UTC)
    assert parse_moment(body["opens_at"]) == datetime(2026, 12, 20, 9, tzinfo=UTC)


def test_a_number_that_is_none_goes_as_it_was_typed():
    typed = typed_of(LEASE_DESK, LEASE, area_m2="٢٤٫٥", term_days="ثلاثون", latitude="26.5")

    body = tender_forms.draft_body(LEASE_DESK, typed)

    assert (body["area_m2"], body["term_days"], body["site"]["latitude"]) == (24.5, "ثلاثون", 26.5)


@pytest.mark.parametrize("endless", ["nan", "inf", "-inf", "1e400", "9" * 400])
def test_a_number_without_an_end_goes_as_it_was_typed(endless):
    body = tender_forms.draft_body(LEASE_DESK, typed_of(LEASE_DESK, LEASE, area_m2=endless))

    assert body["area_m2"] == endless


def test_a_row_of_documents_without_a_word_is_left_out_and_faults_find_their_row():
    form = {
        f"document_{at}_{part}": "" for at in range(4) for part in ("kind", "title_ar", "title_en", "url")
    }  # fmt: skip
    form |= {"document_1_url": "https://x.example/a.pdf", "document_3_title_ar": "إعلان"}

    rows = tender_forms.sent_documents(form)
    fields = tender_forms.amend_fields(rows)
    blank = {one.name: "" for one in fields}

    assert rows == [False, True, False, True]
    assert tender_forms.amend_body(blank | form)["documents"] == [
        {"title": {}, "url": "https://x.example/a.pdf"},
        {"title": {"ar": "إعلان"}},
    ]
    assert input_of("documents.0.kind", fields) == "document_1_kind"
    assert input_of("documents.1.title.en", fields) == "document_3_title_en"


def test_an_amendment_leaves_the_moments_that_nobody_typed():
    fields = tender_forms.amend_fields([])
    typed = {one.name: "" for one in fields} | {"reason_ar": "تمديد", "bids_until": "2026/12/27"}

    assert tender_forms.amend_body(typed) == {
        "reason": {"ar": "تمديد"},
        "bids_until": "2026/12/27T12:00:00+03:00",
        "documents": [],
    }


def test_an_opening_reads_every_receipt_and_names_what_is_missing_where_it_is():
    receipts = ["E-1", "E-2"]
    fields = tender_forms.opening_fields(receipts)
    typed = {one.name: "" for one in fields} | tender_forms.typed_opening(receipts)
    typed |= {"minutes_number": "م-14", "bid_0_bidder": "مؤسسة", "bid_0_accepted": "no"}

    assert tender_forms.sent_receipts(typed) == receipts
    assert tender_forms.opening_body(receipts, typed) == {
        "minutes_number": "م-14",
        "bids": [
            {"receipt_number": "E-1", "bidder": "مؤسسة", "accepted": False},
            {"receipt_number": "E-2"},
        ],
    }
    assert input_of("bids.1.unified_number", fields) == "bid_1_unified_number"
