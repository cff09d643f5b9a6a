"""The desk of tenders and leases: the lists, an offering, its forms and actions, and the replies to questions."""

import pytest
from public_asking import example, refusal

from portal.domain.tasks import BID_OPENING, BID_RECEIPT, TENDER_AWARDS, TENDER_OFFICE
from portal.outside.services import Reply

ID, LEASE_ID = "0195ff10-4d00-7b22-9d3f-000000000a01", "0195ff10-4d00-7b22-9d3f-000000000b01"
QUESTION_ID = "0195ff10-4d00-7b22-9d3f-000000000a11"
TENDERS, LEASES = "/v1/tenders", "/v1/leases"
TENDER, LEASE = f"{TENDERS}/{ID}", f"{LEASES}/{LEASE_ID}"
QUESTIONS = f"{TENDER}/questions"
LIST, LEASE_LIST = "/desk/tenders", "/desk/leases"
PAGE, LEASE_PAGE = f"{LIST}/{ID}", f"{LEASE_LIST}/{LEASE_ID}"
FILE, NEW = "0195ff10-4d00-7b22-9d3f-000000000f01", "0195ff10-4d00-7b22-9d3f-000000000f02"
PDF = {"photo_file": ("plan.pdf", b"%PDF-1.7", "application/pdf")}
FAR = dict.fromkeys(("questions_until", "bids_until", "opens_at"), "2070-12-20T09:00:00Z")
PAST = dict.fromkeys(("questions_until", "bids_until", "opens_at"), "2026-01-20T09:00:00Z")
BID = example("tenders", "Bid")
NOTHING = Reply(200, {"items": [], "next_cursor": None})


def shown(name="Tender", **changes):
    return Reply(200, {**example("tenders", name), **FAR, **changes})


@pytest.fixture(autouse=True)
def tenders(asked_services):
    service = asked_services["tenders"]
    service.replies |= {
        TENDERS: Reply(200, example("tenders", "TenderPage")),
        LEASES: Reply(200, example("tenders", "LeasePage")),
        TENDER: shown(),
        LEASE: shown("Lease"),
        QUESTIONS: Reply(200, example("tenders", "QuestionList")),
        f"{LEASE}/questions": Reply(200, {"items": []}),
    }
    return service


def signed_in(browser, task):
    assert browser.sign_in(task).status_code == 303
    return browser


@pytest.fixture
def officer(browser):
    return signed_in(browser, TENDER_OFFICE)


def asked_of(service, path):
    return [content for asked, content in service.asked if asked == path]


@pytest.mark.parametrize("task", [TENDER_OFFICE, BID_RECEIPT, BID_OPENING, TENDER_AWARDS])
def test_each_task_begins_with_the_published_tenders(browser, tenders, task):
    text = signed_in(browser, task).get(task.first_page).text

    assert asked_of(tenders, TENDERS) == [{"status": "published", "limit": 20}]
    assert f'href="{PAGE}"' in text
    assert "سؤال ينتظر" in text


def test_an_offering_leads_back_to_the_list_of_its_kind(officer):
    filtered = f"{LIST}?view=opened"
    officer.get(filtered)

    assert f'href="{filtered}"' in officer.get(PAGE).text
    assert filtered not in officer.get(LEASE_PAGE).text


def test_a_word_in_the_address_of_a_form_without_a_text_for_it_says_nothing(officer):
    assert officer.get(f"{LIST}/new?done=tender_draft").status_code == 200


def test_a_view_and_a_branch_narrow_the_leases(officer, tenders):
    officer.get(f"{LEASE_LIST}?view=handed_over&municipality=saihat&cursor=c1")

    asked = {"status": "handed_over", "municipality": "saihat", "limit": 20, "cursor": "c1"}
    assert asked_of(tenders, LEASES) == [asked]


def test_while_the_service_is_away_a_list_does_not_say_that_nothing_is_there(officer, tenders):
    tenders.replies[TENDERS] = None

    answer = officer.get(LIST)

    assert answer.status_code == 503
    assert "لا منافسات في هذه القائمة" not in answer.text


def test_a_number_leads_to_the_tender_or_the_lease(officer, tenders):
    tender = officer.post(LIST, {"number": "١٤٤٨٠٤٥-٠٠٠٠٠١٧"})
    tenders.replies[TENDERS] = NOTHING
    lease = officer.post(LIST, {"number": "14480440000017"})

    assert tender.headers["location"] == PAGE
    assert lease.headers["location"] == LEASE_PAGE


def test_an_identity_number_is_asked_nowhere_and_an_unknown_number_is_said(officer, tenders):
    person = officer.post(LIST, {"number": "1000000008"})
    asked = list(tenders.asked)
    tenders.replies |= {TENDERS: NOTHING, LEASES: NOTHING}
    unknown = officer.post(LIST, {"number": "14480450000099"})

    assert (person.status_code, unknown.status_code) == (400, 400)
    assert asked == []


def test_the_officer_sees_what_may_be_done_and_the_questions_without_askers(officer):
    text = officer.get(PAGE).text

    assert f'href="{PAGE}/amend"' in text
    assert f'href="{PAGE}/actions/cancel"' in text
    assert f'href="{PAGE}/questions/{QUESTION_ID}/answer"' in text
    assert f'href="{PAGE}/actions/receive"' not in text
    assert f'href="{PAGE}/open"' not in text


def test_what_the_service_keeps_sealed_stands_nowhere(browser, tenders):
    tenders.replies[TENDER] = shown(bids=[BID])

    text = signed_in(browser, BID_RECEIPT).get(PAGE).text

    assert "E-77120" in text
    assert "مغلق حتى الفتح" in text
    assert f'href="{PAGE}/actions/receive"' in text
    assert f'href="{PAGE}/questions/{QUESTION_ID}/answer"' not in text


def test_a_moment_that_cannot_be_read_is_said_at_its_time_or_its_day(officer, tenders):
    faults = [
        {"field": one, "code": "moment-format", "detail": "هكذا: 1448/06/14T11:30:00+03:00"}
        for one in ("questions_until", "bids_until")
    ]
    tenders.replies[TENDERS] = Reply(400, {"title": "x", "errors": faults})
    typed = {
        "key": "k-1", "bids_until": "1448/07/11", "bids_until_time": "25:70", "questions_until": "غدا",
    }  # fmt: skip

    shown = officer.post(f"{LIST}/new", typed).text

    assert 'id="bids_until_time-fault"' in shown
    assert 'id="bids_until-fault"' not in shown
    assert 'id="questions_until-fault"' in shown
    assert "+03:00" not in shown


def test_a_draft_is_sent_once_with_its_days_and_documents(officer, tenders):
    tenders.replies[TENDERS] = Reply(201, example("tenders", "Tender"))
    form = officer.get(f"{LIST}/new").text
    typed = {
        "key": "k-1", "title_ar": "صيانة حديقة", "bids_until": "1448/07/11", "bids_until_time": "12:00",
        "document_0_kind": "booklet", "document_0_title_ar": "كراسة", "document_0_title_en": "Booklet",
        "document_0_url": "https://etimad.example/b.pdf",
    }  # fmt: skip
    done = officer.post(f"{LIST}/new", typed)

    (body,) = asked_of(tenders, TENDERS)
    assert 'name="document_3_url"' in form
    assert body == {
        "title": {"ar": "صيانة حديقة"},
        "description": {},
        "bids_until": "1448/07/11T12:00:00+03:00",
        "documents": [
            {
                "title": {"ar": "كراسة", "en": "Booklet"},
                "kind": "booklet",
                "url": "https://etimad.example/b.pdf",
            }
        ],
    }
    assert tenders.keys == ["k-1"]
    assert done.headers["location"] == f"{PAGE}?done=draft"


def test_all_faults_of_a_lease_s_draft_stand_at_their_inputs(officer, tenders):
    faults = [(one, "خطأ") for one in ("site.district", "documents.0.title.en", "opens_at", "kind")]
    tenders.replies[LEASES] = refusal("invalid-request", *faults, status=400)

    text = officer.post(
        f"{LEASE_LIST}/new", {"document_0_kind": "", "document_0_url": "", "document_1_url": "x"}
    ).text

    for name in ("district", "opens_at", "kind"):
        assert f'href="#{name}"' in text
    assert 'value="x"' in text


def test_an_edit_begins_with_the_draft_and_replaces_it(officer, tenders):
    tenders.replies[LEASE] = shown("Lease", status="draft", estimate="50000.00")

    form = officer.get(f"{LEASE_PAGE}/edit").text
    done = officer.post(f"{LEASE_PAGE}/edit", {"minimum_rent": "60000"})

    assert 'value="50000.00"' in form
    assert 'value="2070/12/20"' in form
    assert asked_of(tenders, LEASE)[-1] == {
        "title": {}, "description": {}, "activity": {}, "site": {}, "minimum_rent": "60000", "documents": [],
    }  # fmt: skip
    assert done.headers["location"] == f"{LEASE_PAGE}?done=edit"


def test_an_amendment_says_when_nothing_changed(officer, tenders):
    tenders.replies[f"{TENDER}/amend"] = refusal(
        "invalid-request", ("reason", "لم يتغير شيء"), status=400
    )

    answer = officer.post(f"{PAGE}/amend", {"reason_ar": "تمديد"})

    assert answer.status_code == 400
    assert 'href="#reason_ar"' in answer.text


def test_a_new_time_of_an_amendment_wants_its_day(officer, tenders):
    tenders.replies[f"{TENDER}/amend"] = refusal(
        "invalid-request", ("bids_until", "not a moment"), status=400
    )

    typed = {"reason_ar": "تمديد", "bids_until_time": "15:14", "opens_at": "1448/07/12"}
    answer = officer.post(f"{PAGE}/amend", typed)

    (body,) = asked_of(tenders, f"{TENDER}/amend")
    assert body["bids_until"] == "T15:14:00+03:00"
    assert 'href="#bids_until"' in answer.text
    assert "not a moment" not in answer.text


def test_a_stale_amendment_is_shown_with_the_present_version_and_what_was_typed(officer, tenders):
    tenders.replies[TENDER] = shown(version=7)
    tenders.replies[f"{TENDER}/amend"] = refusal("offering-changed")

    answer = officer.post(f"{PAGE}/amend", {"version": "2", "reason_ar": "تمديد المهلة"})

    assert answer.status_code == 409
    assert 'name="version" value="7"' in answer.text
    assert "تمديد المهلة" in answer.text


@pytest.mark.parametrize("action", ["award", "contract", "cancel"])
def test_nothing_is_decided_from_a_page_of_before(browser, tenders, action):
    task = TENDER_OFFICE if action == "cancel" else TENDER_AWARDS
    tenders.replies[f"{TENDER}/{action}"] = refusal("offering-changed")

    answer = signed_in(browser, task).post(f"{PAGE}/actions/{action}", {"version": "4"})

    assert (answer.status_code, tenders.versions) == (409, [4])


def test_an_answer_begins_with_the_question_and_a_dismissal_takes_a_reason(officer, tenders):
    one = f"{QUESTIONS}/{QUESTION_ID}"
    tenders.replies |= dict.fromkeys(
        (f"{one}/answer", f"{one}/dismiss"), Reply(200, example("tenders", "Question"))
    )

    form = officer.get(f"{PAGE}/questions/{QUESTION_ID}/answer").text
    answered = officer.post(
        f"{PAGE}/questions/{QUESTION_ID}/answer", {"question": "الري؟", "answer": "نعم."}
    )
    officer.post(f"{PAGE}/questions/{QUESTION_ID}/dismiss", {"dismissal": "repeated"})

    assert "هل تشمل الصيانة شبكة الري؟" in form
    assert asked_of(tenders, f"{one}/answer") == [{"question": "الري؟", "answer": "نعم."}]
    assert asked_of(tenders, f"{one}/dismiss") == [{"reason": "repeated"}]
    assert answered.headers["location"] == f"{PAGE}?done=answer"


def test_what_a_colleague_has_changed_is_neither_published_nor_changed_unread(officer, tenders):
    publish = f"{PAGE}/actions/publish"
    version = tenders.replies[TENDER].document["version"]

    forms = [officer.get(one).text for one in (publish, f"{PAGE}/edit", f"{PAGE}/amend")]
    tenders.replies[f"{TENDER}/publish"] = refusal("offering-changed")
    answer = officer.post(publish, {"version": str(version)})

    assert all(f'name="version" value="{version}"' in one for one in forms)
    assert tenders.versions == [version]
    assert answer.status_code == 409
    assert "مشكلة" in answer.text


@pytest.mark.parametrize(
    ("bids_until", "is_doubted"),
    [
        ("2026-11-27T09:00:00Z", True),
        ("2070-01-03T09:00:00Z", True),
        ("2070-01-05T09:00:00Z", False),
    ],
)
def test_bids_of_few_days_or_ending_at_a_weekend_are_doubted_before_publishing(
    officer, tenders, bids_until, is_doubted
):
    tenders.replies[TENDER] = shown(status="draft", bids_until=bids_until)

    form = officer.get(f"{PAGE}/actions/publish").text

    assert ("قبل النشر" in form) is is_doubted


def test_a_file_of_a_draft_is_added_behind_the_others_and_withdrawn(officer, tenders):
    tenders.replies |= {
        TENDER: shown(status="draft"),
        f"{TENDER}/files": shown(status="draft"),
        "/v1/document-files": Reply(
            201, example("tenders", "UploadedFile") | {"attachment_id": NEW}
        ),
    }
    hidden = {"offerings": "tenders", "thing_id": ID, "version": "2", "published": "", "place": "1"}
    words = {"kind": "plan", "title_ar": "مخطط", "title_en": "Plan"}

    page, form = officer.get(PAGE).text, officer.get(f"{PAGE}/files/new").text
    added = officer.send_files("/desk/tender-files", hidden | words, PDF)
    withdrawn = officer.post(f"{PAGE}/files/{FILE}/withdraw", hidden)

    (old,) = example("tenders", "Tender")["files"]
    new = {"kind": "plan", "title": {"ar": "مخطط", "en": "Plan"}, "attachment_id": NEW}
    assert f'href="{PAGE}/files/{FILE}/withdraw"' in page
    assert "reason_ar" not in form
    assert asked_of(tenders, f"{TENDER}/files") == [{"files": [old, new]}, {"files": []}]
    assert added.headers["location"] == f"{PAGE}?done=file"
    assert withdrawn.headers["location"] == f"{PAGE}?done=withdraw_file"


def test_a_file_of_what_is_published_is_added_by_an_amendment_that_says_why(officer, tenders):
    tenders.replies |= {
        f"{TENDER}/amend": refusal(
            "invalid-request", ("files.1.title.en", "اكتبوا العنوان"), status=400
        ),
        "/v1/document-files": Reply(
            201, example("tenders", "UploadedFile") | {"attachment_id": NEW}
        ),
    }
    hidden = {
        "offerings": "tenders",
        "thing_id": ID,
        "version": "2",
        "published": "yes",
        "place": "1",
        "key": "k-1",
    }

    form = officer.get(f"{PAGE}/files/new").text
    answer = officer.send_files("/desk/tender-files", hidden | {"reason_ar": "إضافة مخطط"}, PDF)

    (body,) = asked_of(tenders, f"{TENDER}/amend")
    assert 'name="reason_ar"' in form
    assert (body["reason"], len(body["files"])) == ({"ar": "إضافة مخطط"}, 2)
    assert tenders.versions == [2]
    assert tenders.keys == ["k-1"]
    assert answer.status_code == 400
    assert 'href="#title_en"' in answer.text
    assert f'name="photo" value="{NEW}"' in answer.text


def test_who_may_not_prepare_is_offered_no_file(browser, tenders):
    tenders.replies[TENDER] = shown(status="draft")

    text = signed_in(browser, BID_RECEIPT).get(PAGE).text

    assert f'href="{PAGE}/files/{FILE}"' in text
    assert f"{PAGE}/files/new" not in text
    assert f"{PAGE}/files/{FILE}/withdraw" not in text


def test_another_word_than_a_reply_and_an_unknown_question_are_no_pages(officer):
    unknown = f"{PAGE}/questions/{LEASE_ID}/answer"

    assert officer.get(f"{PAGE}/questions/{QUESTION_ID}/publish").status_code == 404
    assert officer.get(unknown).status_code == 404


def test_the_committee_reads_every_standing_bid_after_its_time(browser, tenders):
    withdrawn = {**BID, "receipt_number": "E-0", "withdrawn_at": "2026-12-01T08:00:00Z"}
    tenders.replies |= {
        TENDER: shown(status="closed", bids=[BID, withdrawn], **PAST),
        f"{TENDER}/open": shown(status="opened"),
    }
    committee = signed_in(browser, BID_OPENING)
    page, form = committee.get(PAGE).text, committee.get(f"{PAGE}/open").text
    done = committee.post(
        f"{PAGE}/open",
        {
            "minutes_number": "م-14",
            "bid_0_receipt_number": "E-77120",
            "bid_0_bidder": "مؤسسة الواحة",
            "bid_0_unified_number": "7000000005",
            "bid_0_amount": "1190000",
            "bid_0_accepted": "yes",
        },
    )

    assert f'href="{PAGE}/open"' in page
    assert "E-0" not in form
    assert asked_of(tenders, f"{TENDER}/open") == [
        {
            "minutes_number": "م-14",
            "bids": [
                {
                    "receipt_number": "E-77120",
                    "bidder": "مؤسسة الواحة",
                    "unified_number": "7000000005",
                    "amount": "1190000",
                    "accepted": True,
                }
            ],
        }
    ]
    assert done.headers["location"] == f"{PAGE}?done=open"


def test_the_form_of_the_opening_says_which_questions_nobody_can_answer_afterwards(
    browser, tenders
):
    committee = signed_in(browser, BID_OPENING)
    tenders.replies[TENDER] = shown(status="closed", bids=[BID], questions_waiting=2, **PAST)
    waiting = committee.get(f"{PAGE}/open").text
    tenders.replies[TENDER] = shown(status="closed", bids=[BID], questions_waiting=0, **PAST)

    assert "سؤالان ينتظران. لا يُجاب عن سؤال بعد فتح العروض" in waiting
    assert "لا يُجاب عن سؤال" not in committee.get(f"{PAGE}/open").text


def test_the_numbers_of_minutes_and_of_the_hand_over_report_stand_on_the_page(officer, tenders):
    numbers = {"opening_minutes": "م-14", "award_minutes": "م-15", "hand_over_report": "ت-3"}
    tenders.replies[LEASE] = shown("Lease", **numbers)

    text = officer.get(LEASE_PAGE).text

    assert [number for number in numbers.values() if number not in text] == []
    assert "المحاضر" not in officer.get(PAGE).text


def test_a_receipt_is_recorded_once_for_each_form(browser, tenders):
    tenders.replies[f"{TENDER}/bids"] = Reply(201, BID)
    typed = {"key": "k-7", "receipt_number": "E-9", "source": "paper"}

    signed_in(browser, BID_RECEIPT).post(f"{PAGE}/actions/receive", typed)

    assert tenders.keys == ["k-7"]
    assert asked_of(tenders, f"{TENDER}/bids") == [{"receipt_number": "E-9", "source": "paper"}]


def test_the_number_of_an_envelope_is_typed_in_digits_of_either_kind(browser, tenders):
    tenders.replies[f"{TENDER}/bids"] = Reply(201, BID)
    typed = {"key": "k-8", "receipt_number": "١٠١", "source": "paper"}

    signed_in(browser, BID_RECEIPT).post(f"{PAGE}/actions/receive", typed)

    assert asked_of(tenders, f"{TENDER}/bids") == [{"receipt_number": "101", "source": "paper"}]


def test_whoever_opened_reads_that_another_person_awards(browser, tenders):
    opened = {**BID, "bidder": "مؤسسة", "amount": "5.00", "accepted": True}
    tenders.replies |= {
        LEASE: shown("Lease", status="negotiating", bids=[opened]),
        f"{LEASE}/award": refusal("same-person"),
    }
    committee = signed_in(browser, TENDER_AWARDS)

    form = committee.get(f"{LEASE_PAGE}/actions/award").text
    answer = committee.post(
        f"{LEASE_PAGE}/actions/award",
        {"receipt_number": "E-77120", "minutes_number": "م-15", "amount": "6"},
    )

    assert '<option value="E-77120">' in form
    assert answer.status_code == 409
    assert "فسرها" in answer.text
    assert asked_of(tenders, f"{LEASE}/award") == [
        {"receipt_number": "E-77120", "minutes_number": "م-15", "amount": "6"}
    ]


def test_nobody_opens_a_form_of_another_scope(officer, tenders):
    assert officer.get(f"{PAGE}/open").status_code == 403
    assert officer.get(f"{PAGE}/actions/award").status_code == 403
    assert officer.get(f"{LEASE_PAGE}/booklets").status_code == 403
    assert officer.get(f"{PAGE}/actions/hand_over").status_code == 404
    assert tenders.asked == []


def test_the_buyers_of_a_booklet_stand_behind_the_opening(browser, tenders):
    tenders.replies |= {
        LEASE: shown("Lease", status="opened", sells_booklet=True, bids_count=1, **PAST),
        f"{LEASE}/booklets": Reply(200, example("tenders", "BuyerList")),
    }
    committee = signed_in(browser, BID_OPENING)
    text = committee.get(f"{LEASE_PAGE}/booklets").text
    link = f'href="{LEASE_PAGE}/booklets"'

    assert link in committee.get(LEASE_PAGE).text
    assert "مؤسسة الواحة" in text

    tenders.replies |= {
        LEASE: shown("Lease", sells_booklet=True),
        f"{LEASE}/booklets": refusal("bids-are-sealed"),
    }
    assert link not in committee.get(LEASE_PAGE).text
    assert committee.get(f"{LEASE_PAGE}/booklets").status_code == 409


def test_an_awarded_tender_has_no_term_of_signing(browser, tenders):
    tenders.replies[TENDER] = shown(status="awarded")

    page = signed_in(browser, TENDER_AWARDS).get(PAGE)

    assert page.status_code == 200
    assert "تُلغى الترسية" not in page.text


def test_an_awarded_lease_says_until_when_its_contract_is_signed_and_recorded(browser, tenders):
    days = {"sign_until": "2027-01-18", "record_until": "2027-01-25"}
    tenders.replies[LEASE] = shown("Lease", status="awarded", **days)
    committee = signed_in(browser, TENDER_AWARDS)

    page = committee.get(f"{LEASE_PAGE}?lang=en").text
    form = committee.get(f"{LEASE_PAGE}/actions/contract?lang=en").text

    for text in (page, form):
        assert "18 January 2027" in text
        assert "25 January 2027" in text
