"""The inquiry by number, as a citizen sees it, and the home page that leads to it."""

from datetime import timedelta

import pytest
from inquiring import (
    MOBILE,
    OTHER_MOBILE,
    PERSON,
    RING,
    TODAY,
    ask,
    driver_of,
    event,
    keep,
    send,
)
from reporting import CODE, step
from reporting import NUMBER as FILED
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.core.states import state
from portal import queries
from portal.catalogue import branches, kinds_with_words
from portal.commands.inquiry_things import forget_unread
from portal.domain.inquiry_form import KINDS, read_question
from portal.models import InquiryThing
from portal.outside.services import Reply

NUMBER, PERMIT = "1448104233", "1448/1312"


def test_a_report_is_shown_in_the_citizens_words(browser, session):
    keep(session, event("report", NUMBER))

    answer = ask(browser, "report", number=NUMBER, proof="050 000 0001")

    words = state("report", "in_progress")
    assert answer.status_code == 200
    assert "<h1>حالة: بلاغ</h1>" in answer.text
    assert f'<dt>رقم بلاغ</dt><dd><bdi dir="ltr">{NUMBER}</bdi></dd>' in answer.text
    assert words.words.ar in answer.text
    assert words.next.ar in answer.text
    assert "اليوم المتوقع للإنجاز" in answer.text
    assert "<dt>من عليه الخطوة التالية</dt><dd>البلدية</dd>" in answer.text
    assert "بلدية صفوى" in answer.text


def test_the_timeline_has_each_status_with_its_day(browser, session):
    thing = new_id()
    keep(
        session,
        event("report", NUMBER, thing=thing, version=1, days_ago=2, status="new"),
        event("report", NUMBER, thing=thing, version=2, days_ago=1, status="assigned"),
        event("report", NUMBER, thing=thing, version=3, status="in_progress"),
    )

    shown = ask(browser, "report", number=NUMBER, proof=MOBILE).text

    names = [state("report", one).words.ar for one in ("new", "assigned", "in_progress")]
    steps = shown.partition("<ol>")[2].partition("</ol>")[0]
    assert [steps.index(f"<li>{name}") for name in names] == sorted(
        steps.index(f"<li>{name}") for name in names
    )


def test_english_stands_beside_arabic(browser, session):
    keep(session, event("report", NUMBER))
    browser.get("/inquiry?lang=en")

    shown = ask(browser, "report", number=NUMBER, proof=MOBILE).text

    assert state("report", "in_progress").next.en in shown
    assert "The municipality" in shown
    assert 'href="/inquiry?kind=report&amp;lang=ar"' in shown


@pytest.mark.parametrize("kind", sorted(kinds_with_words()))
def test_every_kind_has_its_form_and_its_answer(browser, session, kind):
    status = next(iter(state_names(kind)))
    known = [
        (by, {"mobile": MOBILE, "person_id": PERSON}.get(by, "7000000005"))
        for by in KINDS[kind].proofs
    ]
    keep(session, event(kind, PERMIT, known=known, public=KINDS[kind].is_public, status=status))
    typed = {"number": "1448/1312", "municipality": "safwa", "proof": known[0][1] if known else ""}

    form, answer = browser.get(f"/inquiry?kind={kind}"), ask(browser, kind, **typed)

    assert ('name="municipality"' in form.text) is KINDS[kind].repeats
    assert ('name="proof"' in form.text) is not KINDS[kind].is_public
    assert answer.status_code == 200
    assert state(kind, status).words.ar in answer.text


def state_names(kind):
    from chassis.core import contracts

    return contracts.read("reference/states.yaml")[kind]


def test_the_branch_tells_apart_two_things_of_one_number(browser, session):
    keep(
        session,
        event("building_permit", PERMIT, municipality="safwa", status="valid"),
        event("building_permit", PERMIT, municipality="tarout", status="suspended"),
    )

    shown = ask(browser, "building_permit", number=PERMIT, municipality="tarout", proof=MOBILE)

    assert state("building_permit", "suspended").words.ar in shown.text
    assert state("building_permit", "valid").next.ar not in shown.text


def test_one_query_finds_a_register_by_number_and_all_else_by_hash_and_branch(session):
    keep(
        session,
        event("building_permit", PERMIT, municipality="safwa", status="valid"),
        event("building_permit", PERMIT, municipality="tarout", status="suspended"),
        event("shop_licence", NUMBER, known=[], public=True, status="valid"),
    )

    def answers(kind, number, municipality="", proof=""):
        typed = {"number": number, "municipality": municipality, "proof": proof}
        question = read_question(KINDS[kind], typed, branches())
        found = queries.answer_question(driver_of(session), question, RING, today=TODAY)
        return [(one.kind, one.municipality) for one in found]

    assert answers("building_permit", PERMIT, "tarout", MOBILE) == [("building_permit", "tarout")]
    assert answers("building_permit", PERMIT, "tarout", OTHER_MOBILE) == []
    assert answers("shop_licence", NUMBER) == [("shop_licence", "safwa")]
    assert answers("office_licence", NUMBER) == []


def test_a_permit_expires_on_the_page_without_an_event(browser, session):
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    keep(session, event("building_permit", PERMIT, status="valid", expires_on=yesterday))

    shown = ask(browser, "building_permit", number=PERMIT, municipality="safwa", proof=MOBILE)

    assert state("building_permit", "expired").next.ar in shown.text


def test_a_delay_of_the_municipality_is_said(browser, session):
    keep(session, event("report", NUMBER, due_on=(TODAY - timedelta(days=1)).isoformat()))

    assert "مضى هذا اليوم ولم يُنجز بعد" in ask(browser, "report", number=NUMBER, proof=MOBILE).text


def test_every_wrong_input_is_named_and_what_was_typed_stays(browser):
    answer = ask(browser, "building_permit", number="رقم", proof="12")

    assert answer.status_code == 400
    for field in ("number", "municipality", "proof"):
        assert f'href="#{field}"' in answer.text
    assert 'value="رقم"' in answer.text


def test_a_kind_that_does_not_exist_is_not_found(browser):
    assert browser.get("/inquiry?kind=dream").status_code == 404
    browser.get("/inquiry?kind=report")
    assert send(browser, "dream", number="1").status_code == 404


def test_a_kind_without_words_is_not_offered(browser):
    unspoken = set(KINDS) - kinds_with_words()

    assert all(browser.get(f"/inquiry?kind={kind}").status_code == 404 for kind in unspoken)


def test_the_home_page_names_services_and_leads_to_pages_that_exist(browser, public_services):
    empty = Reply(200, {"items": [], "next_cursor": None})
    public_services["appointments"].replies["/v1/public/appointment-departments"] = empty
    public_services["tenders"].replies["/v1/public/tenders"] = empty
    shown = browser.get("/").text

    assert 'من <bdi dir="ltr">3</bdi> أيام عمل' in shown
    assert '<bdi dir="ltr">100</bdi> ريال' in shown
    links = {part.partition('"')[0] for part in shown.split('href="')[1:]} - {"#content"}
    for link in sorted(links):
        assert browser.get(link.replace("&amp;", "&")).status_code == 200, link


def test_things_that_no_topic_has_any_more_are_removed_only_when_that_is_accepted(session):
    keep(session, event("report", NUMBER, thing="a"))
    began = session.scalar(select(InquiryThing.read_at)) + timedelta(seconds=1)
    session.execute(InquiryThing.__table__.insert(), row("b", began))

    assert forget_unread(session, began, accepted=0) == 1
    assert set(session.scalars(select(InquiryThing.thing_id))) == {"a", "b"}
    assert forget_unread(session, began, accepted=1) == 1
    assert set(session.scalars(select(InquiryThing.thing_id))) == {"b"}


def row(thing_id, read_at):
    return {
        "thing_id": thing_id,
        "version": 1,
        "match_keys": [],
        "steps": [],
        "changed_at": read_at,
        "read_at": read_at,
    }


REPORT = contracts.openapi("reports")["components"]["examples"]["InquiredReport"]["value"]


def test_the_code_of_940_opens_the_report_of_a_caller_without_a_saudi_mobile(
    browser, public_reports
):
    public_reports.inquired = {**REPORT, "report_number": FILED}

    answer = ask(browser, "report", number=FILED, proof="4821 0937")

    assert answer.status_code == 200
    assert REPORT["status_title"]["ar"] in answer.text
    assert REPORT["history"][0]["title"]["ar"] in answer.text


def test_a_wrong_code_and_a_wrong_number_get_one_answer(browser, public_reports):
    public_reports.inquired = {**REPORT, "report_number": FILED}

    by_code = ask(browser, "report", number=FILED, proof="48210938")
    by_number = ask(browser, "report", number="1448000098", proof=CODE)

    assert (by_code.status_code, by_number.status_code) == (404, 404)
    assert "48210938" in by_code.text


def test_a_code_opens_nothing_of_another_kind(browser, public_reports):
    answer = ask(browser, "transaction", number="1448000001", proof=CODE)

    assert answer.status_code == 400
    assert public_reports.visitors == []


def test_who_lost_the_text_of_a_question_has_it_sent_again(browser, session, public_reports):
    keep(session, event("report", FILED, status="waiting_reporter", next_step="applicant"))
    shown = ask(browser, "report", number=FILED, proof="0500000001")

    sent = step(browser, "/inquiry/question", {"number": FILED, "proof": "0500000001"})

    assert 'action="/inquiry/question"' in shown.text
    assert 'name="proof" value="0500000001"' in shown.text
    assert public_reports.links == [(FILED, "0500000001")]
    assert sent.headers["location"] == "/inquiry?kind=report&sent"
    assert "استلمنا طلبكم" in browser.get("/inquiry?kind=report&sent").text


def test_an_appointment_has_its_hour_its_service_and_its_department(browser, session):
    names = {"service_name": "تراخيص", "service_name_en": "Licences", "department": "الرخص"}
    beside = {"time": "10:30", "department_en": "Licensing", **names}
    keep(session, event("appointment", "480000001", status="confirmed", beside=beside))

    shown = ask(browser, "appointment", number="480000001", proof=MOBILE).text

    assert '<bdi dir="ltr">10:30</bdi>' in shown
    assert "<dt>الخدمة</dt><dd>تراخيص</dd>" in shown
    assert "<dt>الإدارة</dt><dd>الرخص</dd>" in shown


def test_an_appointment_that_cannot_be_kept_leads_to_the_page_that_moves_it(browser, session):
    known = event("appointment", "480000001", status="affected", next_step="applicant")
    keep(session, known)

    shown = ask(browser, "appointment", number="480000001", proof=MOBILE).text

    assert "تعذر استقبالكم في وقته" in shown
    assert 'href="/appointments/open"' in shown


def test_a_returned_transaction_has_its_last_day_and_the_way_to_the_answer(browser, session):
    returned = {"status": "returned", "next_step": "applicant"}
    beside = {"answer_until": (TODAY + timedelta(days=9)).isoformat()}
    keep(session, event("transaction", "1448027000017", thing="t-1", beside=beside, **returned))

    shown = ask(browser, "transaction", number="1448027000017", proof=MOBILE).text

    assert "<dt>آخر يوم لما عليكم</dt>" in shown
    assert "اليوم المتوقع للإنجاز" not in shown
    assert 'href="/my/transactions/t-1"' in shown


@pytest.mark.parametrize(
    ("kind", "number", "page"),
    [("tender", "14480250000017", "/tenders"), ("auction", "14480240000017", "/auctions")],
)
def test_on_a_public_offering_the_bidders_act_next_and_its_page_is_linked(
    browser, session, kind, number, page
):
    published = {"status": "published", "next_step": "applicant", "public": True}
    ends = {"bids_until": "2026-12-20T09:00:00Z"}
    keep(session, event(kind, number, known=[], beside=ends, **published))

    shown = ask(browser, kind, number=number).text

    assert "<dd>المتنافسون" in shown
    deadline = shown.partition("<dt>آخر موعد لتقديم العروض</dt>")[2].partition("</dd>")[0]
    assert "20 ديسمبر 2026" in deadline
    assert "12:00" in deadline
    assert f'href="{page}/{number}"' in shown


def test_a_number_of_another_kind_is_asked_about_by_one_press(browser, session):
    keep(session, event("shop_licence", "144804000017", known=[], public=True, status="valid"))
    missed = ask(browser, "report", number="144804000017", proof=MOBILE)

    found = send(browser, "shop_licence", number="144804000017", proof=MOBILE, municipality="")

    assert missed.status_code == 404
    assert (
        '<button class="button second" type="submit" name="kind" value="shop_licence">'
        in missed.text
    )
    assert found.status_code == 200


def test_a_report_that_waits_for_the_reporter_says_that_the_reporter_acts(browser, session):
    keep(session, event("report", NUMBER, status="waiting_reporter", next_step="applicant"))

    shown = ask(browser, "report", number=NUMBER, proof=MOBILE).text

    assert "<dt>من عليه الخطوة التالية</dt><dd>أنتم</dd>" in shown
