"""The dispatcher's pages: what is asked, what is shown, and what an address may say."""

import csv
import io
from zipfile import ZipFile

import pytest
from permits_shown import PERMIT_ID, one, page, permit, verdict

from portal.domain.tasks import LOOK_UP
from portal.outside.services import Reply

PERMITS, SEARCHES = "/v1/building-permits", "/v1/building-permit-searches"
PERMIT = f"{PERMITS}/{PERMIT_ID}"


def follow(browser, answer):
    return browser.get(answer.headers["location"])


def test_a_search_stands_in_the_address_and_asks_the_gateway(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(200, page(permit()))

    answer = dispatcher.post("/sec/permits", {"plan_number": " 713/7 ", "plot": "215", "town": ""})
    shown = follow(dispatcher, answer)

    assert answer.headers["location"] == "/sec/permits?plan_number=713%2F7&plot=215"
    assert (PERMITS, {"plan_number": "713/7", "plot": "215", "limit": 20}) in gateway.asked
    assert '<bdi dir="ltr">1448/1312</bdi>' in shown.text
    assert "يُطلق التيار جزئيًا" in shown.text


def test_an_owners_number_is_in_no_address_and_no_link(dispatcher, gateway):
    gateway.replies[SEARCHES] = Reply(200, page(permit(), cursor="c2"))

    form = {"owner_number": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
    answer = dispatcher.post("/sec/permits", form)
    shown = follow(dispatcher, answer)

    assert "1000000008" not in answer.headers["location"]
    assert shown.status_code == 200
    assert "1000000008" not in "".join(
        part.partition('"')[0] for part in shown.text.split('href="')[1:]
    )
    asked = {
        "civil_id": "1000000008",
        "purpose": "meter-connection",
        "case_reference": "C-1",
        "limit": 20,
    }
    assert (SEARCHES, asked) in gateway.asked


def test_a_case_reference_is_typed_in_digits_of_either_kind(dispatcher, gateway):
    gateway.replies[SEARCHES] = Reply(200, page(permit()))
    form = {"owner_number": "1000000008", "purpose": "meter-connection", "case_reference": "C-٧٧"}

    follow(dispatcher, dispatcher.post("/sec/permits", form))

    assert [asked["case_reference"] for path, asked in gateway.asked if path == SEARCHES] == [
        "C-77"
    ]


@pytest.mark.parametrize("field", ["permit_number", "plan_number", "request_number"])
def test_an_id_in_another_field_is_refused_in_the_form_and_reaches_no_address(
    dispatcher, gateway, field
):
    answer = dispatcher.post("/sec/permits", {field: "1000000008"})

    assert answer.status_code == 400
    assert f'<a href="#{field}">' in answer.text
    assert 'value="1000000008"' in answer.text
    assert "location" not in answer.headers
    assert [path for path, _ in gateway.asked if path in (PERMITS, SEARCHES)] == []


@pytest.mark.parametrize("page", ["/sec/permits", "/sec/permits.csv", "/sec/permits.xlsx"])
def test_an_id_that_was_typed_into_the_address_goes_no_further(dispatcher, gateway, page):
    answer = dispatcher.get(f"{page}?permit_number=1000000008")

    assert answer.status_code == (400 if page == "/sec/permits" else 303)
    assert "1000000008" not in answer.headers.get("location", "")
    assert [path for path, _ in gateway.asked if path in (PERMITS, SEARCHES)] == []
    links = [part.partition('"')[0] for part in answer.text.split('href="')[1:]]
    assert not [one for one in links if "1000000008" in one]


def test_another_sessions_search_counts_as_gone(dispatcher, other_browser, gateway, issuer):
    gateway.replies[SEARCHES] = Reply(200, page(permit()))
    form = {"owner_number": "1000000008"}
    address = dispatcher.post("/sec/permits", form).headers["location"]
    issuer.claims = {"sub": "p_other"}
    other_browser.sign_in()

    answer = other_browser.get(address)

    assert answer.status_code == 404
    assert "1000000008" not in answer.text
    assert dispatcher.get(address).status_code == 200


def test_the_next_page_goes_on_behind_the_cursor(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(200, page(permit(), cursor="c2"))
    shown = dispatcher.get("/sec/permits?plan_number=713%2F7")

    assert 'rel="next" href="/sec/permits?plan_number=713%2F7&amp;cursor=c2"' in shown.text
    dispatcher.get("/sec/permits?plan_number=713%2F7&cursor=c2")
    assert (PERMITS, {"plan_number": "713/7", "limit": 20, "cursor": "c2"}) in gateway.asked


def test_nothing_typed_is_told_at_once(dispatcher, gateway):
    answer = dispatcher.post("/sec/permits", {"town": "القطيف"})

    assert answer.status_code == 400
    assert 'href="#permit_number"' in answer.text
    assert 'value="القطيف"' in answer.text
    assert [path for path, _ in gateway.asked if path == PERMITS] == []


def test_the_gateways_faults_lead_to_the_inputs_and_keep_what_was_typed(dispatcher, gateway):
    faults = [
        {"field": "issued_from", "code": "no-such-day", "detail": "ليس في التقويم هذا اليوم"},
        {"field": "plan_number", "code": "too-long", "detail": "طويل"},
    ]
    gateway.replies[PERMITS] = Reply(400, {"title": "x", "errors": faults})

    shown = dispatcher.get("/sec/permits?issued_from=1448%2F13%2F01&plan_number=7")

    assert shown.status_code == 400
    assert '<a href="#issued_from">' in shown.text
    assert ": ليس في التقويم هذا اليوم</a>" in shown.text
    assert '<a href="#plan_number">' in shown.text
    assert ": طويل</a>" in shown.text
    assert 'value="1448/13/01"' in shown.text
    assert "<title>خطأ: " in shown.text


def test_while_the_gateway_is_away_the_page_keeps_what_was_typed(dispatcher, gateway):
    gateway.replies = {PERMITS: None, SEARCHES: None, "/v1/grant": None}
    form = {"owner_number": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
    address = dispatcher.post("/sec/permits", form).headers["location"]

    shown = dispatcher.get(address)

    assert shown.status_code == 503
    for typed in ('value="1000000008"', 'value="meter-connection" selected', 'value="C-1"'):
        assert typed in shown.text
    assert "بوابة الشركاء غير متاحة الآن" in shown.text


@pytest.mark.parametrize(
    ("extent", "said"),
    [("none", "لا يُطلق التيار"), ("partial", "يُطلق التيار جزئيًا"), ("full", "يُطلق التيار كاملًا")],
)
def test_the_verdict_is_said_first_with_its_reasons(dispatcher, gateway, extent, said):
    connection = verdict(extent, ("أمرت البلدية بفصل التيار", "The municipality ordered it"))
    gateway.replies[PERMIT] = Reply(200, one(permit(connection=connection)))

    shown = dispatcher.get(f"/sec/permits/{PERMIT_ID}").text

    place = shown.index(f'<section class="verdict {extent}"')
    assert shown.index("<h1>") < place < shown.index("<h2>")
    assert said in shown
    assert "أمرت البلدية بفصل التيار" in shown


def test_a_grant_without_the_release_shows_no_verdict(dispatcher, gateway):
    item = {
        name: value for name, value in permit().items() if name not in ("connection", "release")
    }
    gateway.replies[PERMIT] = Reply(200, one(item))

    shown = dispatcher.get(f"/sec/permits/{PERMIT_ID}").text

    assert "لا تدل هذه الصفحة على جواز إطلاق التيار" in shown
    assert "لم يُطلب إطلاق التيار" not in shown


def test_only_the_fields_that_every_grant_has_make_a_page(dispatcher, gateway):
    always = (
        "permit_id",
        "version",
        "permit_number",
        "origin",
        "verified",
        "status",
        "status_title",
        "issued_on",
    )
    gateway.replies[PERMIT] = Reply(200, one({name: permit()[name] for name in always}))

    assert dispatcher.get(f"/sec/permits/{PERMIT_ID}").status_code == 200


def test_stored_script_is_text(dispatcher, gateway):
    script = "<script>alert(1)</script>"
    owners = [{"name": script, "id_masked": script}]
    gateway.replies[PERMIT] = Reply(200, one(permit(owners=owners, town=script, plots=[script])))
    gateway.replies[PERMITS] = Reply(200, page(permit(town=script, plan_number=script)))

    for address in (f"/sec/permits/{PERMIT_ID}", "/sec/permits?plan_number=%3Cscript%3E"):
        assert "<script" not in dispatcher.get(address).text


def test_a_file_has_a_mark_for_excel_and_no_cell_that_computes(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(
        200, page(permit(town="=1+1", district="@x", plan_number="3/15"))
    )

    answer = dispatcher.get("/sec/permits.csv?plan_number=3%2F15")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\r\n") == 2
    row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1]
    assert {"'=1+1", "'@x", "3/15"} <= set(row)
    assert 'filename="permits.csv"' in answer.headers["content-disposition"]


def test_a_workbook_has_texts_only(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(200, page(permit(town="=1+1", plan_number="3/15")))

    answer = dispatcher.get("/sec/permits.xlsx?plan_number=3%2F15")

    sheet = ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 'rightToLeft="1"' in sheet


def test_a_file_walks_the_pages_up_to_its_most_rows(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(200, page(*[permit()] * 200, cursor="more"))

    answer = dispatcher.get("/sec/permits.csv?plan_number=7")

    assert answer.content.count(b"\r\n") == 1_001


def test_another_sites_page_fetches_no_file(dispatcher, gateway):
    gateway.replies[PERMITS] = Reply(200, page(permit()))

    answer = dispatcher.get("/sec/permits.csv?plan_number=7", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert gateway.asked == []


def test_who_may_only_look_isnt_offered_a_search_by_owner(browser, gateway):
    browser.sign_in(LOOK_UP)

    assert "owner_number" not in browser.get("/sec/permits").text


@pytest.mark.parametrize("document", [{"title": "غير موجود"}, {}])
def test_a_refusal_without_words_is_a_page_too(dispatcher, gateway, document):
    gateway.replies[PERMIT] = Reply(404, document)

    answer = dispatcher.get(f"/sec/permits/{PERMIT_ID}?lang=en")

    assert answer.status_code == 404
    assert '<html lang="en"' in answer.text
    assert "Sign out" in answer.text


def test_a_refusal_of_the_gateway_is_a_page_in_its_words(dispatcher, gateway):
    gateway.replies[PERMIT] = Reply(
        429, {"type": "…/quota-exceeded", "title": "بلغتم حد الاستعلام", "detail": "بعد 30 ث."}
    )

    answer = dispatcher.get(f"/sec/permits/{PERMIT_ID}")

    assert answer.status_code == 429
    assert "بلغتم حد الاستعلام" in answer.text
