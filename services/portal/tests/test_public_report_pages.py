"""The public list of reports and a single one."""

import pytest
from reporting import PHOTO_ID, listed, refusal


def test_the_list_shows_what_everybody_may_read(browser, public_reports):
    public_reports.items = [listed(description="حفرة كبيرة", photo=PHOTO_ID)]

    shown = browser.get("/reports").text

    assert "حفرة كبيرة" in shown
    assert "محال إلى الإدارة المختصة" in shown
    assert f'src="/reports/photos/{PHOTO_ID}"' in shown
    assert 'href="/reports?cursor=c2"' in shown


def test_the_filters_stand_in_the_address_and_reach_the_reports(browser, public_reports):
    shown = browser.get("/reports?category=pothole&place=سيهات|النسيم&state=open&cursor=c1").text

    assert public_reports.query == {
        "category": "pothole",
        "town": "سيهات",
        "district": "النسيم",
        "open": "true",
        "cursor": "c1",
        "limit": 10,
    }
    assert '<option value="pothole" selected>' in shown


def test_only_kinds_that_are_public_can_be_chosen(browser):
    shown = browser.get("/reports").text

    assert 'value="pothole"' in shown
    assert 'value="shop-unlicensed"' not in shown


def test_a_filter_that_means_nothing_is_named_beside_its_field(browser, public_reports):
    public_reports.refusals["list"] = refusal(("town", "لا توجد بلدة"))

    answer = browser.get("/reports?place=جدة")

    assert answer.status_code == 400
    assert 'href="#place"' in answer.text


def test_without_the_reports_the_list_says_so(browser, public_reports):
    public_reports.away = {"list"}

    answer = browser.get("/reports?category=pothole")

    assert answer.status_code == 503
    assert "خدمة البلاغات غير متاحة الآن" in answer.text
    assert '<option value="pothole" selected>' in answer.text


def test_an_empty_list_says_so(browser, public_reports):
    public_reports.items = []

    assert "لا توجد بلاغات" in browser.get("/reports").text


def test_a_single_report_has_its_page(browser):
    answer = browser.get("/reports/1448000001")

    assert answer.status_code == 200
    assert "<title>البلاغ 1448000001" in answer.text


@pytest.mark.parametrize(
    "number", ["1448999999", "x", "..%2Fphotos", "1448000001%2F..", "١٤٤٨٠٠٠٠٠١"]
)
def test_what_is_no_public_report_is_not_found(browser, number):
    assert browser.get(f"/reports/{number}").status_code == 404


def test_a_photo_that_nobody_released_is_not_found(browser, public_reports):
    other = "0195ff10-4d00-7b22-9d3f-0000000000ff"

    assert browser.get(f"/reports/photos/{other}").status_code == 404
    assert browser.get("/reports/photos/not-an-id").status_code == 404
