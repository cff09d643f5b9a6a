"""The public figures: counted from the things of the topics, shown as chart and table, sent as CSV and as DCAT."""

import csv
import io
import json
from datetime import timedelta

import pytest
from inquiring import TODAY, event, keep

from portal.domain.figures import months_before
from portal.queries import count_months
from portal.resources import counted_months

LAST = months_before(TODAY)[-1]


@pytest.fixture(autouse=True)
def counter(app, resources):
    """Nothing was counted before."""
    app.process.resources.counted_months = counted_months()


def report(number, category="pothole", **block):
    """Returns the event of a report of the last whole month."""
    told = event("report", number, **{"opened_on": LAST.isoformat(), **block})
    told.data["category"] = category
    return told


@pytest.fixture
def counted(session):
    """Twelve reports about roads, three about animals, and a report of this month."""
    keep(
        session,
        *(report(f"14481042{place:02}") for place in range(12)),
        *(report(f"14481043{place:02}", "stray-dogs") for place in range(3)),
        report("1448104400", opened_on=TODAY.replace(day=1).isoformat()),
    )


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_last_whole_month_is_counted_and_this_month_is_not(browser, counted):
    shown = browser.get("/figures").text

    assert '<bdi dir="ltr">15</bdi>' in shown
    assert 'href="/figures/reports"' in shown
    assert "رخصة البيانات المفتوحة" in shown


def test_a_series_has_a_chart_a_table_and_no_small_count(browser, counted):
    shown = browser.get("/figures/reports").text

    assert '<svg class="chart"' in shown
    assert "أقل من 5" in shown
    assert "غير منشور" in shown
    assert '<bdi dir="ltr">3</bdi>' not in shown
    assert '<bdi dir="ltr">12</bdi>' not in shown


def test_the_file_has_the_licence_and_the_day_and_no_small_count(browser, counted):
    answer = browser.get("/figures/reports.csv")

    rows = {one["part"]: one for one in rows_of(answer) if one["month"] == f"{LAST:%Y-%m}"}
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (rows[""]["count"], rows["roads"]["count"], rows["animals"]["count"]) == (
        *("15", "hidden"),
        "<5",
    )
    assert rows["parks"]["count"] == "0"
    assert rows[""]["updated_on"] == TODAY.isoformat()
    assert rows[""]["licence"] == "KSA Open Data License"


def test_a_series_is_shown_and_sent_by_branch(browser, session):
    keep(
        session,
        *(report(f"14481045{place:02}", municipality="saihat") for place in range(9)),
        *(report(f"14481046{place:02}", municipality="tarout") for place in range(8)),
    )

    series = browser.get("/figures/reports").text
    branch = browser.get("/figures/reports?municipality=saihat").text
    file = rows_of(browser.get("/figures/reports.csv?by=municipality"))

    assert 'href="/figures/reports?municipality=saihat"' in series
    assert '<bdi dir="ltr">17</bdi>' in series
    assert '<bdi dir="ltr">9</bdi>' in branch
    assert '<bdi dir="ltr">8</bdi>' not in branch
    counts = {one["part"]: one["count"] for one in file if one["month"] == f"{LAST:%Y-%m}"}
    assert (counts[""], counts["saihat"], counts["tarout"], counts["safwa"]) == (
        "17",
        "9",
        "8",
        "0",
    )


def test_reports_are_counted_as_ended_within_their_service_time_or_late(session):
    day = LAST.isoformat()
    before = (LAST - timedelta(days=1)).isoformat()
    keep(
        session,
        report("1448104500", decided_on=day, due_on=day),
        report("1448104501", decided_on=day, due_on=before),
        report("1448104502", decided_on=day, due_on=None),
    )

    found = count_months(session, LAST, TODAY.replace(day=1))

    ended = {one.timing: one.count for one in found if one.by == "decided_on"}
    assert ended == {"in_time": 1, "late": 1, "untimed": 1}


def test_an_emptied_report_and_a_confidential_thing_stay_counted(session):
    first, last = report("1448104600"), report("1448104600", match=[], subjects=[])
    keep(session, first, event("transaction", "1", known=(), opened_on=LAST.isoformat()))
    before = count_months(session, LAST, TODAY.replace(day=1))
    keep(session, type(last)(**{**vars_of(last), "subject": first.subject, "sequence": 2}))

    assert sorted(one.kind for one in before) == ["report", "transaction"]
    assert count_months(session, LAST, TODAY.replace(day=1)) == before


def vars_of(event):
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


def test_the_catalogue_names_each_file_with_its_licence(browser, counted):
    answer = browser.get("/figures/catalogue.jsonld")

    document = json.loads(answer.content)
    files = [
        one["dcat:distribution"]["dcat:downloadURL"]["@id"] for one in document["dcat:dataset"]
    ]
    assert answer.headers["content-type"] == "application/ld+json"
    assert document["@type"] == "dcat:Catalog"
    assert "https://services.example/figures/reports.csv" in files
    assert document["dct:modified"]["@value"] == TODAY.isoformat()
    for one in files:
        assert browser.get(one.removeprefix("https://services.example")).status_code == 200


def test_another_series_is_not_found(browser):
    assert browser.get("/figures/salaries").status_code == 404
    assert browser.get("/figures/salaries.csv").status_code == 404


def test_the_things_are_counted_once_an_hour(app, browser, counted, session):
    browser.get("/figures")
    keep(session, *(report(f"14481049{place:02}") for place in range(9)))

    assert '<bdi dir="ltr">15</bdi>' in browser.get("/figures").text
    app.process.resources.counted_months = counted_months()
    assert '<bdi dir="ltr">24</bdi>' in browser.get("/figures").text


def test_a_system_without_things_has_no_months(browser):
    assert "لا توجد أشهر مكتملة بعد" in browser.get("/figures/reports").text
