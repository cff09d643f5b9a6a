"""A file of applications: its heading in either language, its rows as lines of the batch, its faults at columns."""

import tracemalloc

import pytest

from portal.domain.application_rows import (
    MOST_ROWS,
    Row,
    RowResult,
    UnreadableFile,
    line_of,
    read_rows,
    results_of,
)
from saudi.text import search_key

NAMES = {
    "reference": ["reference", "المرجع"],
    "kind": ["kind", "نوع الرخصة"],
    "activities": ["activities", "الأنشطة"],
    "owner.name": ["owner.name", "اسم المالك"],
    "place.town": ["place.town", "البلدة"],
}
CHOICES = {"kinds": {search_key("محل تجاري"): "shop"}}


def refusal(content):
    with pytest.raises(UnreadableFile) as caught:
        read_rows(content, NAMES)
    return caught.value.text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_headings_are_read_in_either_language_with_any_separator(separator):
    lines = [["المرجع", "owner.name", " البلدة "], ["S-1", "بيانات تجريبية", "سيهات"]]
    content = "\r\n".join(separator.join(line) for line in lines).encode("utf-8-sig")

    (row,) = read_rows(content, NAMES)

    assert row == Row(
        2, {"reference": "S-1", "owner.name": "بيانات تجريبية", "place.town": "سيهات"}
    )


def test_empty_rows_are_left_out_and_each_row_keeps_its_number():
    rows = read_rows(b"reference\nS-1\n\n ,\nS-2\n", NAMES)

    assert [(row.number, row.cells["reference"]) for row in rows] == [(2, "S-1"), (5, "S-2")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "aff_file_no_reference"),
        (b"reference\n", "aff_file_empty"),
        (b"kind\nshop\n", "aff_file_no_reference"),
        (b"reference,surprise\nS-1,x\n", "aff_file_column_unknown"),
        ("reference,المرجع\nS-1,x\n".encode(), "aff_file_column_twice"),
        ("المرجع\nS-1".encode("cp1256"), "aff_file_unreadable"),
        (b"PK\x03\x04rest", "aff_file_workbook"),
        (b"reference\n" + b"S-1\n" * (MOST_ROWS + 1), "aff_file_too_long"),
        (b"reference,kind\nS-1,shop,surplus\n", "aff_file_surplus"),
    ],
)
def test_a_file_that_is_not_sent_says_why(content, why):
    assert refusal(content) == why


def test_a_file_of_very_many_rows_is_read_no_further_than_needed():
    content = b"reference\n" + b"a\n" * 200_000

    tracemalloc.start()
    assert refusal(content) == "aff_file_too_long"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8 * len(content)


def test_a_row_with_surplus_cells_is_named_by_its_number():
    with pytest.raises(UnreadableFile) as caught:
        read_rows(b"reference,kind\nS-1,shop\n\nS-2,shop,x\n", NAMES)

    assert caught.value.values == {"row": 4}


def test_empty_cells_behind_the_last_heading_are_none():
    (row,) = read_rows(b"reference,kind\nS-1,shop,, \n", NAMES)

    assert row.cells == {"reference": "S-1", "kind": "shop"}


def test_an_eleventh_activity_goes_to_the_gateway_which_refuses_it():
    codes = [str(960_100 + place) for place in range(200)]

    line = line_of(Row(2, {"reference": "S-1", "activities": " ".join(codes)}), {})

    assert [one["code"] for one in line["application"]["activities"]] == codes[:11]


def test_a_row_becomes_a_line_with_codes_in_place_of_words():
    cells = {
        "reference": "S-1",
        "kind": "محل تجارى",
        "activities": "960111، 960210",
        "owner.name": "بيانات تجريبية",
        "place.town": "سيهات",
    }

    line = line_of(Row(2, cells), CHOICES)

    assert line["reference"] == "S-1"
    assert line["application"] == {
        "kind": "shop",
        "activities": [{"code": "960111", "main": True}, {"code": "960210", "main": False}],
        "owner": {"name": "بيانات تجريبية"},
        "place": {"town": "سيهات"},
    }


def test_a_row_without_a_reference_goes_without_so_that_the_gateway_says_so():
    assert "reference" not in line_of(Row(2, {"reference": ""}), CHOICES)


def test_each_fault_leads_to_its_column():
    named = [
        ("application.owner.id_number", "owner.id_number"),
        ("application.activities.0.code", "activities"),
        ("application.establishment", "establishment.unified_number"),
        ("application.place.town", "place.town"),
        ("reference", "reference"),
        ("something", ""),
    ]
    errors = [{"field": field, "detail": "خطأ"} for field, _ in named]
    answered = {"line": 1, "reference": "S-1", "result": "refused", "problem": {"errors": errors}}

    (result,) = results_of([Row(7, {"reference": "S-1"})], [answered])

    assert [column for column, _ in result.faults] == [column for _, column in named]
    assert (result.row, result.result) == (7, "refused")
    assert RowResult.of(result.kept()) == result


def test_a_problem_of_the_whole_row_is_told_in_its_own_words():
    problem = {"title": "المرجع مستعمل", "detail": "لطلب آخر"}
    answered = {"line": 1, "reference": "S-1", "result": "refused", "problem": problem}

    (result,) = results_of([Row(2, {})], [answered])

    assert result.faults == [("", "لطلب آخر")]
