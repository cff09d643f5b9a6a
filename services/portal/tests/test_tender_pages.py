"""Tenders and auctions as everybody reads them: the list, one of them, questions, following, buying a booklet."""

import pytest
from public_asking import example, press_twice, refusal
from reporting import step

from portal.outside.services import FileReply, Reply

NUMBER, LEASE_NUMBER = "14480450000017", "14480440000017"
QUESTION_ID = "0195ff10-4d00-7b22-9d3f-000000000a11"
TENDERS, LEASES = "/v1/public/tenders", "/v1/public/leases"
TENDER, LEASE = f"{TENDERS}/{NUMBER}", f"{LEASES}/{LEASE_NUMBER}"
QUESTIONS, QUESTION = f"{TENDER}/questions", f"/v1/public/questions/{QUESTION_ID}"
CODES, FOLLOWINGS = "/v1/public/follow-codes", "/v1/public/followings"
BOOKLET_CODES, BOOKLETS = "/v1/public/booklet-codes", "/v1/public/booklets"
FILE = "0195ff10-4d00-7b22-9d3f-000000000f01"
READINGS = "/v1/public/booklet-readings"
FOLLOW, ASK = f"/tenders/{NUMBER}/follow", f"/tenders/{NUMBER}/question"
BUY = f"/auctions/{LEASE_NUMBER}/booklet"
MOBILE = "0500000001"
BUYER = {
    "name": "مؤسسة تجربة (بيانات تجريبية)",
    "id_type": "unified_number",
    "id_number": "7000000005",
}


@pytest.fixture
def tenders(public_services):
    service = public_services["tenders"]
    sent = Reply(202, {**example("tenders", "SentCode"), "expires_at": "2070-12-01T04:15:00Z"})
    service.replies |= {
        TENDERS: Reply(200, example("tenders", "PublicTenderPage")),
        LEASES: Reply(200, example("tenders", "PublicLeasePage")),
        TENDER: Reply(200, example("tenders", "PublicTender")),
        LEASE: Reply(200, example("tenders", "PublicLease")),
        QUESTIONS: Reply(202, example("tenders", "Asked")),
        QUESTION: Reply(200, example("tenders", "AskedQuestion")),
        CODES: sent,
        BOOKLET_CODES: sent,
        FOLLOWINGS: Reply(201, example("tenders", "Followed")),
        BOOKLETS: Reply(201, example("tenders", "BookletPurchase")),
    }
    return service


def published(**changes):
    return Reply(200, {**example("tenders", "PublicTender"), **changes})


def test_the_list_shows_what_takes_bids_now_with_the_deadline_in_both_calendars(browser, tenders):
    shown = browser.get("/tenders").text

    assert tenders.asked == [(TENDERS, {"status": "published", "limit": 10})]
    assert f'href="/tenders/{NUMBER}"' in shown
    assert "11 رجب 1448" in shown
    assert "20 ديسمبر 2026" in shown


@pytest.mark.parametrize(
    ("number", "page"),
    [(NUMBER, f"/tenders/{NUMBER}"), (LEASE_NUMBER, f"/auctions/{LEASE_NUMBER}")],
)
def test_the_short_address_of_the_texts_leads_to_the_page_in_its_language(
    browser, tenders, number, page
):
    led = browser.get(f"/t/{number}?lang=en")

    assert (led.status_code, led.headers["Location"]) == (303, page)
    assert 'lang="en"' in browser.get(page).text


def test_a_short_address_without_a_number_of_an_offering_is_not_found(browser, tenders):
    assert browser.get("/t/1448131244").status_code == 404


def test_a_published_file_is_offered_and_sent(browser, tenders):
    tenders.replies[f"/v1/public/files/{FILE}"] = FileReply(b"%PDF-1.7", "application/pdf")

    page, file = browser.get(f"/tenders/{NUMBER}").text, browser.get(f"/tenders/files/{FILE}")

    assert f'href="/tenders/files/{FILE}"' in page
    assert (file.status_code, file.content) == (200, b"%PDF-1.7")
    assert file.headers["content-disposition"].startswith("attachment")
    assert browser.get(f"/tenders/files/{QUESTION_ID}").status_code == 404


def test_the_search_reaches_the_service_and_the_next_page_keeps_it(browser, tenders):
    tenders.replies[TENDERS] = Reply(
        200, {**example("tenders", "PublicTenderPage"), "next_cursor": "c2"}
    )

    shown = browser.get("/tenders?words=حديقة&status=all&sort=works&municipality=saihat").text

    asked = {"words": "حديقة", "category": "works", "municipality": "saihat", "limit": 10}
    assert tenders.asked == [(TENDERS, asked)]
    assert "cursor=c2" in shown
    assert "status=all" in shown.partition("cursor=c2")[0].rpartition("href=")[2]


def test_auctions_have_a_list_of_their_own(browser, tenders):
    shown = browser.get("/auctions?sort=temporary&status=handed_over").text

    assert tenders.asked == [(LEASES, {"kind": "temporary", "status": "handed_over", "limit": 10})]
    assert f'href="/auctions/{LEASE_NUMBER}"' in shown


@pytest.mark.parametrize("words", ["1000000008", "١٠٠٠٠٠٠٠٠٨", "050 000 0001", "علي 1000000008"])
def test_a_persons_number_is_searched_nowhere(browser, tenders, words):
    answer = browser.get(f"/tenders?words={words}")

    assert answer.status_code == 400
    assert 'href="#words"' in answer.text
    assert tenders.asked == []


def test_the_number_of_a_tender_is_a_word_of_the_search(browser, tenders):
    assert browser.get(f"/tenders?words={NUMBER}").status_code == 200


def test_while_tenders_is_away_the_list_does_not_say_that_there_are_none(browser, tenders):
    tenders.replies[TENDERS] = None

    answer = browser.get("/tenders?words=حديقة")

    assert answer.status_code == 503
    assert "لا منافسات" not in answer.text
    assert 'value="حديقة"' in answer.text


def test_a_tender_shows_its_dates_documents_answers_and_amendments(browser, tenders):
    first = example("tenders", "PublicTender")["editions"][0]
    reason = {"ar": "تمديد المهلة لكثرة الأسئلة", "en": "More time, because of many questions"}
    tenders.replies[TENDER] = published(
        edition=2,
        editions=[
            {**first, "bids_until": "2026-12-17T09:00:00Z"},
            {**first, "edition": 2, "reason": reason},
        ],
    )

    shown = browser.get(f"/tenders/{NUMBER}").text

    assert "20 ديسمبر 2026" in shown
    assert 'href="https://etimad.example/booklet.pdf"' in shown
    assert "هل تشمل الصيانة شبكة الري" in shown
    assert "تمديد المهلة لكثرة الأسئلة" in shown
    assert "17 ديسمبر 2026" in shown, "the deadline before the amendment"
    assert "مستندات إصدارات سابقة" not in shown


def test_a_file_that_an_amendment_took_away_stays_with_its_edition(browser, tenders):
    first = example("tenders", "PublicTender")["editions"][0]
    second = {**first, "edition": 2, "reason": {"ar": "سُحب", "en": "Withdrawn"}, "files": []}
    tenders.replies[TENDER] = published(edition=2, files=[], editions=[first, second])

    shown = browser.get(f"/tenders/{NUMBER}").text

    former = shown.partition("مستندات إصدارات سابقة")[2].partition("</ul>")[0]
    assert f'href="/tenders/files/{first["files"][0]["attachment_id"]}"' in former
    assert "etimad.example" not in former
    assert 'حتى الإصدار <bdi dir="ltr">1</bdi>' in former


def test_a_link_that_an_amendment_took_away_stays_with_its_edition(browser, tenders):
    first = example("tenders", "PublicTender")["editions"][0]
    second = {**first, "edition": 2, "reason": {"ar": "نُقل", "en": "Moved"}, "documents": []}
    tenders.replies[TENDER] = published(edition=2, documents=[], editions=[first, second])

    shown = browser.get(f"/tenders/{NUMBER}")

    former = shown.text.partition("مستندات إصدارات سابقة")[2].partition("</ul>")[0]
    assert f'href="{first["documents"][0]["url"]}"' in former
    assert "/tenders/files/" not in former


def test_an_award_names_who_won_and_for_how_much(browser, tenders):
    award = {
        "supplier": "مؤسسة تجربة (بيانات تجريبية)",
        "unified_number": "7000000005",
        "amount": "120000.00",
        "awarded_at": "2026-12-28T09:00:00Z",
    }
    tenders.replies[TENDER] = published(
        status="awarded", award=award, bids_count=3, estimate="130000.00"
    )

    shown = browser.get(f"/tenders/{NUMBER}").text

    assert "مؤسسة تجربة" in shown
    assert '<bdi dir="ltr">120000.00</bdi>' in shown
    assert f'href="{ASK}"' not in shown


def test_an_auction_shows_its_site_and_its_term(browser, tenders):
    shown = browser.get(f"/auctions/{LEASE_NUMBER}").text

    assert "90 يومًا" in shown
    assert "352/3" in shown
    assert f'href="{BUY}"' not in shown


@pytest.mark.parametrize("number", ["1448000001", "x", f"{NUMBER}%2Fquestions", "14480410000017"])
def test_what_is_no_number_of_an_offering_is_asked_nowhere(browser, tenders, number):
    assert browser.get(f"/tenders/{number}").status_code == 404
    assert tenders.asked == []


def test_a_question_leads_to_a_page_that_only_its_asker_knows(browser, tenders):
    browser.get(ASK)
    answer = step(browser, ASK, {"question": "هل تشمل الصيانة شبكة الري؟"})

    assert answer.headers["location"] == f"/tenders/questions/{QUESTION_ID}"
    assert tenders.bodies(QUESTIONS) == [{"question": "هل تشمل الصيانة شبكة الري؟"}]
    assert "أُجيب عن هذا السؤال من قبل" in browser.get(answer.headers["location"]).text


def test_a_refused_question_stays_beside_the_reason(browser, tenders):
    tenders.replies[QUESTIONS] = refusal(
        "invalid-request", ("question", "لا تكتبوا رقم جوال"), status=400
    )

    answer = step(browser, ASK, {"question": "اتصلوا بي"})

    assert answer.status_code == 400
    assert 'href="#question"' in answer.text
    assert ">اتصلوا بي</textarea>" in answer.text


def test_a_question_survives_a_service_that_is_away(browser, tenders):
    tenders.replies[QUESTIONS] = None

    assert step(browser, ASK, {"question": "هل تمددون؟"}).status_code == 503
    assert ">هل تمددون؟</textarea>" in browser.get(f"{ASK}?lang=en").text


def send_code(browser, path, mobile=MOBILE):
    return step(browser, path, {"action": "send", "mobile": mobile})


def test_a_follower_proves_the_mobile_by_a_code_and_no_address_has_it(browser, tenders):
    sent = send_code(browser, FOLLOW)
    asks = browser.get(sent.headers["location"]).text
    done = step(browser, FOLLOW, {"action": "use", "code": "418207"})

    assert sent.headers["location"] == FOLLOW
    assert 'autocomplete="one-time-code"' in asks
    assert tenders.bodies(CODES) == [{"number": NUMBER, "mobile": MOBILE, "language": "ar"}]
    follower = {"number": NUMBER, "mobile": MOBILE, "code": "418207", "language": "ar"}
    assert tenders.bodies(FOLLOWINGS) == [follower]
    assert done.headers["location"] == f"/tenders/{NUMBER}?followed=yes"
    assert MOBILE not in browser.get(FOLLOW).text


def test_a_second_press_has_the_key_of_the_first_and_another_code_another_key(browser, tenders):
    send_code(browser, FOLLOW)
    tenders.replies[FOLLOWINGS] = refusal("code-not-right", status=422)
    for code in ("000000", "000000", "418207"):
        step(browser, FOLLOW, {"action": "use", "code": code})

    first, second, other = tenders.keys[-3:]
    assert first == second
    assert first not in (None, other)


def test_a_press_after_the_first_answer_reads_the_same(browser, tenders):
    send_code(browser, FOLLOW)

    first, second = (step(browser, FOLLOW, {"action": "use", "code": "418207"}) for _ in range(2))

    assert (
        first.headers["location"] == second.headers["location"] == f"/tenders/{NUMBER}?followed=yes"
    )
    assert len(tenders.bodies(FOLLOWINGS)) == 1
    assert send_code(browser, FOLLOW).status_code == 303, "another mobile may follow"


def test_a_wrong_code_is_named_beside_its_input(browser, tenders):
    send_code(browser, FOLLOW)
    tenders.replies[FOLLOWINGS] = refusal("code-not-right", status=422)

    answer = step(browser, FOLLOW, {"action": "use", "code": "000000"})

    assert answer.status_code == 422
    assert 'href="#code"' in answer.text


def test_a_code_that_is_over_leads_back_to_the_mobile_which_is_still_there(browser, tenders):
    send_code(browser, FOLLOW)
    tenders.replies[FOLLOWINGS] = refusal("code-over")

    answer = step(browser, FOLLOW, {"action": "use", "code": "418207"})

    assert f'value="{MOBILE}"' in answer.text
    assert 'name="code"' not in answer.text


def test_another_code_that_comes_too_early_is_refused_on_the_page_of_the_code(browser, tenders):
    send_code(browser, FOLLOW)
    too_early = refusal("too-many-requests", status=429, detail="أعيدوا المحاولة بعد 42 ثانية.")
    tenders.replies[CODES] = too_early

    answer = step(browser, FOLLOW, {"action": "send"})

    assert "أعيدوا المحاولة بعد" in answer.text
    assert 'name="code"' in answer.text


def test_a_second_press_while_the_code_goes_out_leads_to_the_code(browser, tenders):
    first_step = {"action": "send", "mobile": MOBILE}

    second = press_twice(browser, tenders, CODES, FOLLOW, first_step)

    assert second.headers["location"] == FOLLOW
    assert 'name="code"' in browser.get(FOLLOW).text


def test_a_foreign_browser_sees_no_mobile(browser, other_browser, tenders):
    send_code(browser, FOLLOW)

    assert MOBILE not in other_browser.get(FOLLOW).text


def test_a_buyer_gets_the_bill_and_reads_it_again(browser, tenders):
    send_code(browser, BUY)
    done = step(browser, BUY, {"action": "use", "code": "418207", **BUYER})

    shown = browser.get(done.headers["location"]).text

    bought = {"number": LEASE_NUMBER, "mobile": MOBILE, "code": "418207", "language": "ar"}
    assert tenders.bodies(BOOKLETS) == [{**bought, "buyer": BUYER}]
    assert '<bdi dir="ltr">90200000017</bdi>' in shown
    assert '<bdi dir="ltr">500.00</bdi>' in shown


def test_a_fault_of_the_buyer_leads_to_its_input_and_loses_no_word(browser, tenders):
    send_code(browser, BUY)
    tenders.replies[BOOKLETS] = refusal(
        "invalid-request", ("buyer.id_number", "رقم غير صحيح"), status=400
    )

    answer = step(browser, BUY, {"action": "use", "code": "418207", **BUYER})

    assert 'href="#id_number"' in answer.text
    assert 'value="7000000005"' in answer.text


def test_who_bought_before_reads_the_address_of_the_booklet(browser, tenders):
    send_code(browser, BUY)
    paid = {**example("tenders", "BookletPurchase"), "status": "paid"}
    tenders.replies[READINGS] = Reply(200, {**paid, "booklet_url": "https://files.example/b.pdf"})

    step(browser, BUY, {"action": "read", "code": "418207"})

    assert 'href="https://files.example/b.pdf"' in browser.get(BUY).text
    assert tenders.bodies(BOOKLETS) == []


def test_a_booklet_that_is_no_longer_sold_is_read_and_not_bought(browser, tenders):
    opened = {**example("tenders", "PublicLease"), "sells_booklet": True, "status": "opened"}
    tenders.replies[LEASE] = Reply(200, opened)
    send_code(browser, BUY)

    shown = browser.get(BUY).text

    assert 'name="id_number"' not in shown
    assert 'value="use"' not in shown
    assert 'value="read"' in shown


def test_the_portal_tells_the_service_for_whom_it_asks(browser, tenders, move):
    move("203.0.113.7")
    send_code(browser, FOLLOW)

    assert tenders.visitors[-1].address == "203.0.113.7"


def test_a_bought_booklet_is_closed_on_a_shared_browser(browser, tenders):
    send_code(browser, BUY)
    step(browser, BUY, {"action": "use", "code": "418207", **BUYER})
    shown = browser.get(BUY).text
    step(browser, BUY, {"action": "restart"})

    assert "90200000017" in shown
    assert "7000000005" not in shown
    assert "90200000017" not in browser.get(BUY).text
