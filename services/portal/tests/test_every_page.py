"""What holds on every page: its headers, and where its forms may come from."""

import pytest
from permits_shown import PERMIT_ID, one, page, permit
from reports_shown import PHOTO_ID, REPORT_ID, report_replies

from chassis.http.problems import Problem
from pages.origins import csrf_token
from portal.api.desk.permits.table import OWNERS, READ
from portal.api.desk.reports.table import CALLS
from portal.api.sec.table import INSPECT
from portal.api.table import TABLE
from portal.domain.areas import AREAS, SEC
from portal.domain.tasks import EXAMINATIONS, MUNICIPAL_LICENCES, MY_PERMITS, REFERRAL
from portal.outside.services import Reply

PUBLIC_URL = "https://services.example"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}
# Of the forms of an inspector, of an operator and of the desk for permits the tests stand in test_inspections,
# test_desk_calls and test_desk_permits; those of a municipality's addresses in test_affiliated_addresses.
ELSEWHERE = (CALLS, INSPECT, READ, OWNERS, "affiliated webhooks.manage")
FORMS = [row.path for row in TABLE if "POST" in row.methods and row.guard not in ELSEWHERE]
PAGES = [row.path for row in TABLE if "GET" in row.methods]


def address_of(path):
    return (
        path.replace("<uuid:permit_id>", PERMIT_ID)
        .replace("<task>", "dispatch")
        .replace("<uuid:entry_id>", PERMIT_ID)
        .replace("<uuid:webhook_id>", PERMIT_ID)
        .replace("<uuid:report_id>", REPORT_ID)
        .replace("<uuid:attachment_id>", PHOTO_ID)
        .replace("<action>", "refer")
        .replace("<form>", "none")
        .replace("<kind>", "permits")
        .replace("<uuid:thing_id>", PERMIT_ID)
        .replace("<queue>", "requests")
        .replace("<uuid:photo_id>", PERMIT_ID)
        .replace("<number>", "1448000001")
        .replace("<uuid:question_id>", PERMIT_ID)
        .replace("<uuid:transaction_id>", PERMIT_ID)
        .replace("<uuid:letter_id>", PERMIT_ID)
        .replace("<uuid:appointment_id>", PERMIT_ID)
        .replace("<uuid:closure_id>", PERMIT_ID)
        .replace("<licence_no>", "144804000017")
        .replace("<uuid:application_id>", PERMIT_ID)
        .replace("<uuid:draft_id>", PERMIT_ID)
        .replace("<uuid:violation_id>", PERMIT_ID)
        .replace("<code>", "960111")
        .replace("<uuid:request_id>", PERMIT_ID)
        .replace("<uuid:bill_id>", PERMIT_ID)
        .replace("<uuid:payment_id>", PERMIT_ID)
        .replace("<uuid:decision_id>", PERMIT_ID)
        .replace("<certificate_no>", "1448048000017")
        .replace("<change>", "withdraw")
        .replace("<kind>", "refund")
        .replace("<word>", "approve")
        .replace("<source>", "sadad")
        .replace("<day>", "2026-11-26")
        .replace("<thing_id>", "p_k3v9t2m8q4x7w1z6a5b2")
        .replace("<uuid:delegation_id>", PERMIT_ID)
        .replace("<uuid:ended_id>", PERMIT_ID)
        .replace("<uuid:inspection_id>", PERMIT_ID)
        .replace("<any(tenders, leases):offerings>", "tenders")
        .replace("<reply>", "answer")
        .replace("<uuid:department_id>", PERMIT_ID)
        .replace("<uuid:template_id>", PERMIT_ID)
    )


@pytest.fixture
def insider(dispatcher):
    """A browser that is signed in to every area."""
    dispatcher.sign_in(REFERRAL)
    dispatcher.sign_in(MY_PERMITS)
    dispatcher.sign_in(EXAMINATIONS)
    dispatcher.sign_in(MUNICIPAL_LICENCES)
    return dispatcher


def is_still_signed_in(browser):
    """The session in each area goes on: no form has ended it."""
    pages = (browser.get("/sec/permits"), browser.get("/desk/reports"))
    return all(answer.status_code == 200 for answer in pages)


@pytest.fixture
def answering(gateway, reports, permits):
    reports.replies |= report_replies()
    permits.replies["/v1/my/permits"] = Reply(200, {"items": [], "next_cursor": None})
    gateway.replies |= {
        "/v1/building-permits": Reply(200, page(permit())),
        f"/v1/building-permits/{PERMIT_ID}": Reply(200, one(permit())),
        "/v1/quota": Reply(200, {"limits": []}),
        "/v1/waiting-releases": Reply(200, page()),
        "/v1/health-examinations": Reply(200, {"items": [], "next_cursor": None}),
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_allows_no_script_and_is_kept_nowhere(insider, answering, path):
    answer = insider.get(address_of(path))

    policy = answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "style=" not in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        one
        for one in PAGES
        if one.startswith(("/sec/", "/desk/", "/my/", "/centre/", "/affiliated/"))
    ],
)
def test_a_page_of_an_area_shows_nothing_without_a_session(browser, answering, path):
    answer = browser.get(address_of(path))

    assert answer.status_code in (303, 403, 404)
    assert "مريم" not in answer.text
    assert "حفرة" not in answer.text


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_a_form_of_another_site_changes_nothing(insider, answering, reports, path, headers):
    area = AREAS.get(path.split("/")[1], SEC)
    form = {"csrf_token": csrf_token(insider.cookies[area.cookie]), "plan_number": "7"}

    assert insider.send(address_of(path), form, headers).status_code == 403
    assert is_still_signed_in(insider)
    assert reports.keys == []


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("sent", ["", "x" * 43])
def test_a_form_without_the_sessions_token_changes_nothing(insider, answering, reports, path, sent):
    answer = insider.send(address_of(path), {"csrf_token": sent, "plan_number": "7"}, OWN)

    assert answer.status_code == 403
    assert is_still_signed_in(insider)
    assert reports.keys == []


def test_the_language_is_kept_and_arabic_comes_first(browser):
    assert '<html lang="ar" dir="rtl">' in browser.get("/").text
    assert '<html lang="en" dir="ltr">' in browser.get("/?lang=en").text
    assert '<html lang="en" dir="ltr">' in browser.get("/sec").text
    assert '<html lang="ar" dir="rtl">' in browser.get("/?lang=ar").text


def test_the_toggle_keeps_the_page(dispatcher, answering):
    shown = dispatcher.get("/sec/permits?plan_number=713%2F7").text

    assert 'href="/sec/permits?plan_number=713%2F7&amp;lang=en"' in shown


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_what_is_no_page_is_answered_by_a_page(client, method):
    for path in ("/nothing", "/sec/nothing", "/sec/permits/not-an-id", "/sec//permits"):
        answer = client.request(method, path, headers=OWN)

        assert answer.status_code in (404, 405)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "cookie", "language"),
    [
        ("", "", "ar"),
        ("?lang=en", "", "en"),
        ("", "language=en", "en"),
        ("?lang=ar", "language=en", "ar"),
    ],
)
def test_the_address_of_a_form_is_no_page_to_open(client, query, cookie, language):
    answer = client.put(f"/tenders{query}", headers={**OWN, "Cookie": cookie})

    missing = Problem("not-found").document(language)
    assert answer.status_code == Problem("method-not-allowed").status
    assert f'<html lang="{language}"' in answer.text
    assert missing["title"] in answer.text
    assert "Allow" not in answer.text


def test_a_bug_is_a_page_that_tells_nothing(dispatcher, monkeypatch, app):
    monkeypatch.setattr(
        app.process.resources.access["sec"].services["partner-gateway"], "get", lambda *_: 1 / 0
    )

    answer = dispatcher.get("/sec/permits")

    assert answer.status_code == Problem("internal-error").status
    assert "ZeroDivisionError" not in answer.text


@pytest.mark.parametrize("asset", ["pages.css", "ibm-plex-sans-arabic-arabic-400-normal.woff2"])
def test_the_sheet_and_the_fonts_come_from_the_portal(client, asset):
    assert client.get(f"/assets/{asset}").status_code == 200
    assert client.get("/assets/..%2Fsite.py").status_code == 404
