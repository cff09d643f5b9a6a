"""What a shop owner reads: what is to do and until when, who else is awaited, bills, licences, violations."""

from datetime import UTC, datetime, timedelta

import pytest
from licences_shown import (
    APPLICATION,
    APPLICATION_ID,
    APPLICATIONS,
    DRAFT_ID,
    FILE_ID,
    LICENCE,
    LICENCE_NO,
    LICENCES,
    MISSING,
    VIOLATION,
    VIOLATION_ID,
    example,
    licence_replies,
)

from portal.outside.services import FileReply, Reply, TokenRefused
from saudi.days import legal_day

SHOWN = f"/my/licences/applications/{APPLICATION_ID}"
HELD = f"/my/licences/held/{LICENCE_NO}"
SEEN = f"/my/licences/violations/{VIOLATION_ID}"


@pytest.fixture(autouse=True)
def answering(licences):
    licences.replies |= licence_replies()


def lacking(by, ar="افعلوا كذا"):
    return {
        "code": "lease-term",
        "by": by,
        "title": {"ar": "عقد", "en": "Lease"},
        "ar": ar,
        "en": ar,
    }


def test_the_overview_has_applications_licences_violations_and_drafts(licensee):
    shown = licensee.get("/my/licences").text

    assert f'href="{SHOWN}"' in shown
    assert f'href="{HELD}"' in shown
    assert f'href="{SEEN}"' in shown
    assert f'href="/my/licences/drafts/{DRAFT_ID}"' in shown


def test_the_cards_tell_two_licences_apart_by_activity_and_place(licensee, licences):
    activity = {"code": "432201", "main": True, "ar": "أعمال السباكة للأفراد", "en": "Plumbing"}
    held = example(
        "Licence", trade_name=None, activities=[activity], town="سيهات", district="النسيم"
    )
    licences.replies[LICENCES] = Reply(200, {"items": [held], "next_cursor": None})

    shown = licensee.get("/my/licences").text

    assert "أعمال السباكة للأفراد" in shown
    assert "سيهات – النسيم" in shown


def test_a_number_that_the_owner_owes_is_never_another_bodys_turn(licensee, licences):
    both = [lacking("outside_body"), lacking("applicant")]
    listed = example("Application", missing=both)
    licences.replies[APPLICATIONS] = Reply(200, {"items": [listed], "next_cursor": None})

    shown = licensee.get("/my/licences").text

    assert "لديكم" in shown
    assert "جهة أخرى" not in shown


def test_each_list_has_a_cursor_of_its_own(licensee, licences):
    listed = {"items": [example("Licence")], "next_cursor": "c2"}
    licences.replies[LICENCES] = Reply(200, listed)

    assert 'href="/my/licences?licences=c2"' in licensee.get("/my/licences").text
    licensee.get("/my/licences?licences=c2")
    assert (LICENCES, {"limit": 10, "cursor": "c2"}) in licences.asked
    assert all("cursor" not in query for path, query in licences.asked if path == APPLICATIONS)


def test_an_application_says_what_is_to_do_until_when_and_who_else_is_awaited(licensee, licences):
    both = [lacking("applicant", "اكتبوا رقم العقد."), lacking("outside_body")]
    licences.replies[APPLICATION] = Reply(200, example("Application", missing=both))

    shown = licensee.get(SHOWN).text

    assert "اكتبوا رقم العقد." in shown
    assert "آخر موعد" in shown
    assert "16 رمضان 1448" in shown
    assert shown.index("اكتبوا رقم العقد.") < shown.index("من يُنتظر غيركم")
    assert f'href="{SHOWN}/correction"' in shown


def test_who_owes_nothing_reads_that_there_is_nothing_to_do(licensee, licences):
    reviewed = example("Application", status="in_review", missing=[], review_until="2026-12-20")
    licences.replies[APPLICATION] = Reply(200, reviewed)

    shown = licensee.get(SHOWN).text

    assert "لا شيء عليكم الآن" in shown
    assert "قرار البلدية قبل نهاية يوم" in shown


def test_a_bill_has_number_biller_amount_what_for_and_how_to_pay(licensee, licences):
    unpaid = example("Application", status="awaiting_payment", missing=[])
    licences.replies[APPLICATION] = Reply(200, unpaid)
    licences.replies[f"{APPLICATION}/bill"] = Reply(200, example("MyBill"))

    shown = licensee.get(SHOWN).text

    for number in ("90200000017", "902", "180.00"):
        assert f'<bdi dir="ltr">{number}</bdi>' in shown
    assert "رسم المساحة" in shown
    assert "سداد، ثم رمز المفوتر" in shown
    assert "سددوا الفاتورة" in shown


def test_a_bill_without_a_number_says_so(licensee, licences):
    waiting = example("MyBill", bill_number=None, biller_code=None)
    licences.replies[f"{APPLICATION}/bill"] = Reply(200, waiting)

    assert "لم يصدر رقمها بعد" in licensee.get(SHOWN).text


def test_a_refused_application_leads_to_a_new_application_with_its_data(licensee, licences):
    refused = example(
        "Application", status="refused", actions=["apply_again"],
        reasons=[{"ar": "المساحة لا تكفي", "en": None}],
    )  # fmt: skip
    licences.replies[APPLICATION] = Reply(200, refused)

    shown = licensee.get(f"{SHOWN}?lang=en").text

    assert f'href="/my/licences/new?again={APPLICATION_ID}"' in shown
    assert '<span lang="ar" dir="rtl">المساحة لا تكفي</span>' in shown
    assert "/withdrawal" not in shown


def test_another_persons_application_is_not_there(licensee, licences):
    licences.replies[APPLICATION] = MISSING

    assert licensee.get(SHOWN).status_code == 404


@pytest.mark.parametrize("path", ["/my/licences", SHOWN, HELD, SEEN])
def test_while_licences_is_away_no_page_says_that_there_is_nothing(licensee, licences, path):
    licences.replies = dict.fromkeys(licences.replies)

    answer = licensee.get(path)

    assert answer.status_code == 503
    assert "لا رخص" not in answer.text


def test_a_licence_says_from_which_day_on_it_may_be_renewed(licensee):
    shown = licensee.get(HELD).text

    assert "يُفتح التجديد يوم" in shown
    assert "24 ربيع الأول 1449" in shown
    assert f'href="{HELD}/renewal"' not in shown
    assert f'href="/my/licences/new?move={LICENCE_NO}"' in shown


def test_a_professional_moves_a_place_of_work_and_no_shop(licensee, licences):
    movable = example("Licence", actions=["move"])
    licences.replies[LICENCE] = Reply(200, {**movable, "kind": "professional"})
    professional = licensee.get(HELD).text
    licences.replies[LICENCE] = Reply(200, {**movable, "kind": "shop"})
    shop = licensee.get(HELD).text

    assert "نقل مكان العمل إلى موقع آخر" in professional
    assert "نقل المحل" not in professional
    assert "نقل المحل إلى موقع آخر" in shop


def test_a_licence_within_its_window_leads_to_the_renewal(licensee, licences):
    ending = example("Licence", actions=["renew", "move", "end"])
    licences.replies[LICENCE] = Reply(200, ending)

    assert f'href="{HELD}/renewal"' in licensee.get(HELD).text


def test_the_licences_document_is_downloaded(licensee, licences):
    licences.replies[f"{LICENCE}/document"] = FileReply(b"%PDF-1.7", "application/pdf")

    answer = licensee.get(f"{HELD}/document")

    assert answer.content == b"%PDF-1.7"
    assert f'filename="licence-{LICENCE_NO}.pdf"' in answer.headers["content-disposition"]


def test_a_document_that_is_not_available_says_why(licensee, licences):
    refusal = Reply(409, {"type": "…/document-not-available", "title": "لا وثيقة لهذه الرخصة"})
    licences.replies[f"{LICENCE}/document"] = FileReply(b"", "", refusal)

    answer = licensee.get(f"{HELD}/document")

    assert answer.status_code == 409
    assert "لا وثيقة لهذه الرخصة" in answer.text


@pytest.mark.parametrize("number", ["1", "144804000017x", "..%2Fviolations", "244804000017"])
def test_what_is_no_licence_number_is_asked_nowhere(licensee, licences, number):
    assert licensee.get(f"/my/licences/held/{number}").status_code == 404
    assert licences.asked == []


def test_a_file_of_an_application_comes_with_the_persons_token(licensee, licences):
    licences.replies[f"{APPLICATION}/files/{FILE_ID}"] = FileReply(b"png", "image/png")

    answer = licensee.get(f"{SHOWN}/files/{FILE_ID}")

    assert answer.content == b"png"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_file_of_another_kind_is_not_sent_on(licensee, licences):
    licences.replies[f"{APPLICATION}/files/{FILE_ID}"] = FileReply(b"<script>", "text/html")

    assert licensee.get(f"{SHOWN}/files/{FILE_ID}").status_code == 404


def test_a_violation_has_findings_pictures_and_the_days_that_are_left(licensee, licences):
    until = legal_day(datetime.now(UTC)) + timedelta(days=1)
    licences.replies[VIOLATION] = Reply(200, example("Violation", object_until=until.isoformat()))

    shown = licensee.get(SEEN).text

    assert "ما زالت المخالفة قائمة" in shown
    assert f'src="{SEEN}/files/{FILE_ID}"' in shown
    assert "بقي يومان" in shown
    assert f'href="{SEEN}/objection"' in shown
    assert '<bdi dir="ltr">4800000000123</bdi>' in shown


def test_a_violation_that_nobody_can_object_to_offers_no_objection(licensee, licences):
    over = example("Violation", actions=[], status="closed")
    licences.replies[VIOLATION] = Reply(200, over)

    assert "/objection" not in licensee.get(SEEN).text


def test_an_offender_reads_why_the_court_decided_so(licensee, licences):
    judged = example(
        "Violation", status="reduced", court_case="4471/1448", judgment_reasons="لم تثبت في المحضر"
    )
    licences.replies[VIOLATION] = Reply(200, judged)

    shown = licensee.get(SEEN).text

    assert "أسباب الحكم" in shown
    assert "لم تثبت في المحضر" in shown
    assert "4471/1448" in shown


def test_a_decided_objection_shows_its_reasons_and_the_money_that_goes_back(licensee, licences):
    objection = {
        "channel": "citizen", "reasons": "كانت سارية", "filed_at": "2026-11-20T08:00:00Z",
        "decide_until": "2026-12-20", "decide_until_hijri": "1448/07/11", "overdue": False, "outcome": "reduce",
        "decision_reasons": "صُححت في يومها", "decided_at": "2026-11-25T08:00:00Z",
    }  # fmt: skip
    title = {"ar": "تقرر رده", "en": "agreed to"}
    refund = {"amount": "150.00", "bill": None, "status": "refunding", "status_title": title}
    decided = example("Violation", objection=objection, refunds=[refund])
    licences.replies[VIOLATION] = Reply(200, decided)

    shown = licensee.get(SEEN).text

    assert "تخفيض الغرامة" in shown
    assert "صُححت في يومها" in shown
    assert "تقرر رده" in shown
    assert 'href="/my/refunds"' in shown


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("owner", "سحبه صاحبه"),
        ("delegate", "سحبه مفوض المنشأة"),
        ("municipality", "سحبته البلدية بطلب صاحبه"),
        ("system", "انتهت مهلته"),
        (None, "سُحب الطلب"),
        ("somebody-new", "سُحب الطلب"),
    ],
)
def test_a_withdrawn_application_says_who_withdrew_it_and_when(licensee, licences, by, words):
    withdrawn = {"by": by, "at": "2026-11-25T08:00:00Z"}
    ended = example("Application", status="withdrawn", missing=[], actions=[])
    licences.replies[APPLICATION] = Reply(200, {**ended, "withdrawn": withdrawn})

    shown = licensee.get(SHOWN).text

    assert words in shown
    assert "15 جمادى الآخرة 1448" in shown
    assert "أو انتهت مهلته" not in shown


def test_a_decided_application_is_not_told_as_just_received(licensee, licences):
    refused = example("Application", status="refused", missing=[], actions=[])
    licences.replies[APPLICATION] = Reply(200, refused)

    assert 'id="done-title"' not in licensee.get(f"{SHOWN}?done=sent").text


BILL = {"biller_code": "901", "bill_number": "4800000000123"}


@pytest.mark.parametrize(
    ("status", "withdrawn", "words"),
    [
        ("objected", BILL, "إلى حين القرار، فلا تسددوها"),
        ("objected", None, "لا فاتورة إلى حين القرار"),
        ("judicial", BILL, "إلى حين القرار، فلا تسددوها"),
        ("cancelled", BILL, "أُلغيت الفاتورة"),
        ("notified", None, "لم يصدر رقمها بعد"),
    ],
)
def test_a_fine_without_a_bill_says_what_became_of_the_bill(
    licensee, licences, status, withdrawn, words
):
    shown = example("Violation", status=status, bill=None, actions=[])
    licences.replies[VIOLATION] = Reply(200, {**shown, "withdrawn_bill": withdrawn})

    page = licensee.get(SEEN).text

    assert words in page
    assert ("4800000000123" in page) is (withdrawn is not None)
    assert ("لم يصدر رقمها بعد" in page) is (status == "notified")


def test_a_reduced_fine_says_until_when_the_board_of_grievances_takes_a_case(licensee, licences):
    until = legal_day(datetime.now(UTC)) + timedelta(days=1)
    reduced = example("Violation", status="reduced", object_until=until.isoformat(), actions=[])
    licences.replies[VIOLATION] = Reply(200, reduced)

    shown = licensee.get(f"{SEEN}?done=objected").text

    assert "خُفضت الغرامة" in shown
    assert "ديوان المظالم" in shown
    assert "بقي يومان" in shown
    assert 'id="done-title"' not in shown
    assert "لا تُسدد الغرامة قبل القرار" not in shown


def test_a_final_fine_offers_no_court(licensee, licences):
    final = example("Violation", status="upheld", object_until=None, final=True, actions=[])
    licences.replies[VIOLATION] = Reply(200, final)

    shown = licensee.get(SEEN).text

    assert "الغرامة نهائية" in shown
    assert "ديوان المظالم" not in shown


def test_a_token_that_the_service_refuses_ends_the_session(licensee, licences, monkeypatch):
    def refuse(*_, **__):
        raise TokenRefused

    monkeypatch.setattr(licences, "get", refuse)

    assert licensee.get("/my/licences").headers["location"].startswith("/my?to=")


def test_a_session_of_another_task_reads_nothing_here(citizen, licences):
    assert citizen.get("/my/licences").status_code == 303
    assert licences.asked == []
