"""GeoReport's own rules: windows, statuses, what the public reads, and the documents."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from chassis.core.refusals import Fault, InvalidFields
from reports.catalogue import governorate
from reports.domain import georeport
from reports.domain.reports import Status
from reports.open311.documents import answer

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, (NOW - 90 * DAY, NOW)),
        (NOW - 5 * DAY, None, (NOW - 5 * DAY, NOW)),
        (NOW - 200 * DAY, None, (NOW - 200 * DAY, NOW - 110 * DAY)),
        (None, NOW - 9 * DAY, (NOW - 99 * DAY, NOW - 9 * DAY)),
        (NOW - 90 * DAY, NOW, (NOW - 90 * DAY, NOW)),
        (NOW + DAY, None, (NOW + DAY, NOW + DAY)),
        (FIRST, None, (FIRST, FIRST + 90 * DAY)),
        (None, FIRST, (FIRST, FIRST)),
        (LAST, None, (LAST, LAST)),
    ],
)
def test_a_window_is_ninety_days_unless_it_says_otherwise(start, end, found):
    assert georeport.window(start, end, NOW) == found


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (NOW - 91 * DAY, NOW, "span-too-wide"),
        (FIRST, LAST, "span-too-wide"),
        (NOW, NOW - DAY, "end-before-start"),
    ],
)
def test_a_window_that_cannot_be_is_refused(start, end, code):
    with pytest.raises(InvalidFields) as refused:
        georeport.window(start, end, NOW)

    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_page_too_far_back_is_refused():
    assert georeport.rows_before(6, 1_000) == georeport.MOST_ROWS_SKIPPED

    with pytest.raises(InvalidFields):
        georeport.rows_before(7, 1_000)


def test_a_request_is_closed_once_its_report_has_ended():
    closed = {one for one in Status if georeport.status_of(one) == "closed"}

    assert closed == {Status.CLOSED, Status.REJECTED, Status.DUPLICATE}


@pytest.mark.parametrize(
    ("status", "closes"),
    [("OPEN", False), ("closed", True), ("FIXED", True), ("investigating", False)],
)
def test_an_update_says_whether_it_closes(status, closes):
    assert georeport.is_closing(status) is closes


def test_a_status_of_nobodys_is_refused():
    with pytest.raises(InvalidFields):
        georeport.is_closing("burnt")


def test_an_address_names_a_town_between_its_commas():
    assert georeport.town_of("شارع الخليج، النسيم، سيهات", governorate()) == "سيهات"
    assert georeport.town_of("123 Any Street", governorate()) is None


def test_faults_bear_the_standards_names():
    faults = [Fault("location.latitude", "x"), Fault("extra.volume", "x"), Fault("other", "x")]

    named = [fault.field for fault in georeport.rename_faults(faults)]

    assert named == ["lat", "attribute[volume]", "other"]


def test_a_document_is_the_same_in_both_formats():
    value = [{"service_code": "a", "metadata": True, "keywords": None, "name": "a & <b>"}]

    xml = ET.fromstring(answer("xml", "services", value)[0])

    assert answer("json", "services", value)[0] == (
        b'[{"service_code": "a", "metadata": true, "keywords": null, "name": "a & <b>"}]'
    )
    assert xml.tag == "services"
    assert {part.tag: part.text for part in xml.find("service")} == {
        "service_code": "a",
        "metadata": "true",
        "keywords": None,
        "name": "a & <b>",
    }


@pytest.mark.parametrize("text", ["\x00", "\x0b\x1b", "\ufffe", "]]>", "\U0001f600", "‏بلاغ"])
def test_any_text_makes_well_formed_xml(text):
    content, _, headers = answer("xml", "errors", [{"description": f"a{text}b"}])

    assert ET.fromstring(content).findtext("error/description").startswith("a")
    assert headers["Content-Type"] == "text/xml; charset=utf-8"
