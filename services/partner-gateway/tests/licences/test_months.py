"""The table of a year: the municipality's applications by month and status, also as a file."""

import csv
import io

import pytest
from municipal import application_event

from chassis.core.ids import new_id
from partner_gateway.domain.applications import awaited_of

MONTHS = "/v1/licence-application-months"


@pytest.fixture
def some(project_licences):
    """Applications of Saihat in two Hijri months, and one of Tarout."""
    project_licences(
        application_event(new_id(), status="waiting", submitted_at="2026-11-20T06:00:00Z"),
        application_event(new_id(), status="issued", submitted_at="2026-11-20T06:00:00Z"),
        # The last evening of the month in Riyadh, and its first moment.
        application_event(new_id(), status="issued", submitted_at="2026-11-10T20:59:59Z"),
        application_event(new_id(), status="issued", submitted_at="2026-11-10T21:00:00Z"),
        application_event(new_id(), municipality="tarout", submitted_at="2026-11-20T06:00:00Z"),
    )


def counts_of(answer, month):
    assert answer.status_code == 200, answer.text
    (row,) = [one for one in answer.json()["months"] if one["month"] == month]
    return {name: number for name, number in row["counts"].items() if number}


@pytest.mark.usefixtures("some")
def test_a_municipality_counts_its_own_by_the_days_of_riyadh(look):
    answer = look(MONTHS, year="1448")

    assert counts_of(answer, "1448/06") == {"waiting": 1, "issued": 2, "total": 3}
    assert counts_of(answer, "1448/05") == {"issued": 1, "total": 1}
    assert counts_of(answer, "1448/01") == {}
    assert answer.json()["sum"]["total"] == 4


@pytest.mark.usefixtures("some")
def test_a_year_is_written_in_either_calendar_and_in_any_digits(look):
    assert counts_of(look(MONTHS, year="٢٠٢٦"), "2026/11")["total"] == 4
    assert len(look(MONTHS, year="2025").json()["months"]) == 12


@pytest.mark.usefixtures("some")
def test_qatif_counts_all_and_nobody_else_counts_another_municipality(look):
    def total(**asked):
        return look(MONTHS, year="1448", **asked).json()["sum"]["total"]

    found = {name: total(municipality=name) for name in ("saihat", "tarout", "safwa", "qatif")}

    assert found == {"saihat": 4, "tarout": 1, "safwa": 0, "qatif": 5}


@pytest.mark.usefixtures("some")
def test_a_named_municipality_narrows_the_table_and_opens_none(client, clerk):
    def total(caller):
        asked = {"year": "1448", "municipality": "tarout"}
        head = clerk("licences.read", municipality=caller)
        return client.get(MONTHS, params=asked, headers=head).json()["sum"]["total"]

    assert (total("qatif"), total("saihat")) == (1, 0)


@pytest.mark.usefixtures("some")
def test_the_file_has_the_same_numbers_and_arabic_headings(look):
    answer = look(f"{MONTHS}.csv", year="1448")

    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    sixth = dict(zip(heads, rows[5], strict=True))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "applications-1448.csv" in answer.headers["content-disposition"]
    assert len(rows) == 13
    assert (sixth["الشهر"], sixth["منجز"], sixth["الإجمالي"]) == ("1448/06", "2", "3")
    assert rows[-1][-1] == "4"


@pytest.mark.parametrize("year", ["3000", "1600", "0000", "144", "14480"])
def test_what_is_no_year_is_refused_at_its_parameter(look, year):
    answer = look(MONTHS, year=year)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "year"


def test_the_table_needs_the_scope(client, clerk):
    head = clerk("licences.submit", "licences.export")

    for path in (MONTHS, f"{MONTHS}.csv"):
        assert client.get(path, params={"year": "1448"}, headers=head).status_code == 403


@pytest.mark.parametrize(
    ("status", "asked", "awaited"),
    [
        ("submitted", None, "municipality"),
        ("waiting", None, "outside_body"),
        ("waiting", {"codes": ["lease-term"]}, "applicant"),
        ("returned", None, "applicant"),
        ("in_review", None, "municipality"),
        ("in_review", {"codes": ["lease-term"]}, "applicant"),
        ("inspection", None, "municipality"),
        ("awaiting_payment", None, "applicant"),
        ("issued", None, "nobody"),
        ("refused", {"codes": ["lease-term"]}, "nobody"),
        ("withdrawn", None, "nobody"),
    ],
)
def test_it_is_the_applicant_s_turn_while_the_applicant_owes_something(status, asked, awaited):
    assert awaited_of(status, asked) == awaited


def test_an_application_shows_what_is_missing_until_when_and_from_whom(look, project_licences):
    asked = {"codes": ["lease-term"], "words": "عقد الإيجار", "words_en": "The lease"}
    event = application_event(
        new_id(), status="waiting", ends_on="2026-12-16", asked=asked,
        inspection={"due_on": "2026-12-02", "result": None},
    )  # fmt: skip
    project_licences(event)

    shown = look(f"/v1/licence-applications/{event.subject}").json()

    assert shown["awaits"] == "applicant"
    assert shown["asked"] == {"codes": ["lease-term"], "ar": "عقد الإيجار", "en": "The lease"}
    assert (shown["ends_on"], shown["ends_on_hijri"]) == ("2026-12-16", "1448/07/07")
    assert shown["inspection"]["due_on"] == "2026-12-02"
