"""What a file of older permits says, cell by cell."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits import catalogue
from permits.domain import csv_rows

COLUMNS = catalogue.import_columns()


def read(files: Any, **changes: str) -> tuple[dict[str, Any], dict[str, str]]:
    cells = {**files.ROW, **changes}
    data, found = csv_rows.read_row(
        list(cells), list(cells.values()), COLUMNS, catalogue.town_names()
    )
    return data, {one.column: one.code for one in found}


def test_a_row_becomes_a_permit_of_the_contract(files: Any) -> None:
    data, faults = read(files)

    assert faults == {}
    assert data["kind"] == "new"
    assert str(data["issued_on"]) == "2025-03-01"
    assert data["land"]["plots"] == ["215", "216"]
    assert data["owners"] == [
        {
            "name": "حسن بن علي آل تجربة (بيانات تجريبية)",
            "owner_type": "individual",
            "id_type": "national_id",
            "id_number": "1000000008",
        }
    ]
    assert data["insulation_pledge"] is True


def test_several_owners_stand_in_one_cell(files: Any) -> None:
    data, faults = read(
        files,
        owner_name="حسن آل تجربة|مريم آل تجربة",
        owner_type="فرد|ورثة",
        owner_id_type="هوية وطنية|لا يوجد",
        owner_id_number="1000000008|",
        owner_share="1/2|1/2",
    )

    assert faults == {}
    assert [one["share"] for one in data["owners"]] == ["1/2", "1/2"]
    assert data["owners"][1]["id_number"] is None


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("permit_number", "", "required"),
        ("kind", "قصر", "enum"),
        ("town", "الرياض", "enum"),
        ("issued_on", "1446/13/01", "no-such-day"),
        ("land_area_m2", "خمسمائة", "number"),
        ("latitude", "91", "maximum"),
        ("floors", "-1", "digits"),
        ("insulation_pledge", "ربما", "enum"),
        ("owner_share", "نصف", "pattern"),
        ("component_units", "", "required"),
        ("district", "ح" * 61, "too-long"),
    ],
)
def test_each_fault_names_its_column(files: Any, column: str, text: str, code: str) -> None:
    assert read(files, **{column: text})[1][column] == code


@pytest.mark.parametrize("text", ["1,250.50", "1250.5", "١٬٢٥٠٫٥٠", "1،250.50"])
def test_an_area_is_read_with_the_separators_that_people_write(files: Any, text: str) -> None:
    data, faults = read(files, land_area_m2=text)

    assert (data["land"]["area_m2"], faults) == (1250.5, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [("1,25.5", "number"), ("1,250,50", "number"), ("1.2.3", "number"), ("9" * 400, "too-long")],
)
def test_a_number_with_separators_elsewhere_or_without_end_is_a_fault(
    files: Any, text: str, code: str
) -> None:
    assert read(files, land_area_m2=text)[1]["land_area_m2"] == code


def test_what_may_be_chosen_is_told_in_the_words_of_the_file(files: Any) -> None:
    cells = {**files.ROW, "owner_id_type": "هوية"}

    found = csv_rows.read_row(list(cells), list(cells.values()), COLUMNS, catalogue.town_names())[1]

    assert found[0].params["allowed"] == ["هوية وطنية", "إقامة", "رقم حدود", "رقم موحد", "لا يوجد"]


def test_an_owner_without_a_number_for_each_name_is_a_fault(files: Any) -> None:
    assert "owner_name" in read(files, owner_name="حسن آل تجربة|مريم آل تجربة")[1]


def test_a_deed_needs_its_number_once_its_kind_is_given(files: Any) -> None:
    assert read(files, deed_type="إلكتروني", deed_number="")[1] == {"deed_number": "required"}


def heading(text: str) -> list[str]:
    return csv_rows.heading(next(csv_rows.records(text.encode()), []), COLUMNS)


def test_headings_are_codes_or_arabic_and_separated_by_commas_or_semicolons(files: Any) -> None:
    names = [one.ar for one in COLUMNS]

    assert heading(",".join(files.ROW)) == list(files.ROW)
    assert heading(";".join(names)) == [one.code for one in COLUMNS]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("permit_number,colour", "csv-column-unknown"),
        ("permit_number,permit_number", "csv-column-twice"),
        ("permit_number", "csv-column-missing"),
        ("", "csv-column-missing"),
    ],
)
def test_a_heading_that_cannot_be_read_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        heading(text)

    assert refused.value.faults[0].code == code


def test_another_encoding_and_broken_quotes_are_refused_by_name() -> None:
    for content, code in (
        (b"\xe3\xe4,b\n", "csv-encoding"),
        (b"PK\x03\x04\x14", "csv-workbook"),
        (b'a,"b"c\n', "csv-malformed"),
    ):
        with pytest.raises(InvalidFields) as refused:
            list(csv_rows.records(content))
        assert refused.value.faults[0].code == code


def test_a_quoted_line_break_stays_in_its_cell() -> None:
    assert list(csv_rows.records(b'a,b\n"1\n2",3\n\n4,5\n')) == [
        ["a", "b"],
        ["1\n2", "3"],
        ["4", "5"],
    ]


def test_every_column_fills_a_field_and_has_its_words() -> None:
    assert len({one.path for one in COLUMNS}) == len(COLUMNS) == len({one.ar for one in COLUMNS})
    assert {one.form for one in COLUMNS} <= set(csv_rows._READ)
