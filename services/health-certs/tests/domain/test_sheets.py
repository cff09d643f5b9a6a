"""A table of workers as spreadsheets save it."""

from datetime import date

import pytest

from chassis.core.refusals import InvalidFields
from health_certs import catalogue
from health_certs.domain.worker_lists import (
    COLUMNS,
    MOST_ROWS,
    Line,
    column_of,
    read_lines,
    request_of,
)
from saudi.bilingual import Bilingual

ROW = {
    "name_ar": "",
    "name_en": "Sample Worker",
    "id_type": "إقامة",
    "id_number": "٢٠٠٠٠٠٠٠٠٦",
    "nationality": "ind",
    "birth_date": "1994-03-02",
    "sex": "ذكر",
    "mobile": "٠٥٠٠٠٠٠٠٠١",
    "language": "",
    "profession": "عامل مغسله",
    "residence_permit_until": "١٤٤٩/٠٣/٠١",
    "centre": "",
    "photo": "صورة.png",
}
PROFESSIONS = {"laundry-worker": Bilingual("عامل مغسلة", "Laundry worker")}
CENTRES = {"saihat-centre": Bilingual("المركز الطبي بسيهات", "Saihat medical centre")}
ARABIC = [words.ar for words in COLUMNS.values()]


def written(names: list[str], *rows: list[str], separator: str = ",", end: str = "\r\n") -> str:
    return end.join(separator.join(cells) for cells in (names, *rows)) + end


def asked(centre: str | None = "saihat-centre", **cells: str) -> dict:  # type: ignore[type-arg]
    line = Line(2, {**ROW, **cells})
    return request_of(line, PROFESSIONS, CENTRES, centre, catalogue.nationalities())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_table_is_read_as_any_spreadsheet_saves_it(separator: str, coding: str, end: str) -> None:
    text = written(ARABIC, list(ROW.values()), separator=separator, end=end)

    (line,) = read_lines(text.encode(coding))

    assert (line.row, line.cells) == (2, ROW)


def test_columns_are_known_by_codes_and_in_every_spelling() -> None:
    english = [words.en.upper() for words in COLUMNS.values()]

    for names in (list(COLUMNS), english, [one.replace("ة", "ه") for one in ARABIC]):
        (line,) = read_lines(written(names, list(ROW.values())).encode())
        assert line.cells == ROW


def test_a_row_is_a_request_in_the_contracts_words() -> None:
    assert asked() == {
        "worker": {
            "name": {"ar": None, "en": "Sample Worker"},
            "id_type": "iqama",
            "id_number": "٢٠٠٠٠٠٠٠٠٦",
            "nationality": "IND",
            "birth_date": date(1994, 3, 2),
            "sex": "male",
            "language": "ar",
            "mobile": "٠٥٠٠٠٠٠٠٠١",
        },
        "profession": "laundry-worker",
        "residence_permit_until": date(2027, 8, 3),
        "centre": "saihat-centre",
        "photo": "صورة.png",
    }


def test_every_fault_of_a_row_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as error:
        asked(None, id_number="", sex="x", birth_date="1994-02-30", profession="طيار", photo="")

    assert {(one.field, one.code) for one in error.value.faults} == {
        ("id_number", "required"),
        ("photo", "required"),
        ("birth_date", "no-such-day"),
        ("sex", "not-of-list"),
        ("profession", "profession-unknown"),
        ("centre", "required"),
    }


def test_what_was_made_safe_for_spreadsheets_is_read_back() -> None:
    (line,) = read_lines(
        written(ARABIC, ["'+966500000001" if one == "" else one for one in ROW.values()]).encode()
    )

    assert line.cells["name_ar"] == "+966500000001"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "column-missing"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "list-unreadable"),
        (b"\xff\xfe\x00", "list-unreadable"),
        ("اسم,رقم\n".encode("cp1256"), "list-unreadable"),
        (written([*COLUMNS, "salary"]).encode(), "column-unknown"),
        (written([*COLUMNS, "sex"]).encode(), "column-twice"),
        (written(list(COLUMNS)).encode(), "list-empty"),
        (written(list(COLUMNS), *[["x"] * 13] * (MOST_ROWS + 1)).encode(), "list-too-long"),
        (written(list(COLUMNS), ['"' + "x" * 200_000]).encode(), "list-unreadable"),
    ],
)
def test_what_is_no_table_of_workers_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(InvalidFields) as error:
        read_lines(content)

    assert code in {one.code for one in error.value.faults}
    assert {one.field for one in error.value.faults} == {"file"}


def test_empty_rows_are_skipped_and_rows_keep_their_numbers() -> None:
    lines = read_lines(written(list(COLUMNS), [""] * 13, list(ROW.values())).encode())

    assert [one.row for one in lines] == [3]


def test_a_field_of_a_request_stands_in_a_column() -> None:
    fields = ("worker.id_number", "worker.name", "worker.name.en", "photo")
    assert [column_of(one) for one in fields] == ["id_number", "name_ar", "name_en", "photo"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("باكستاني", "PAK"), ("الباكستانية", "PAK"), ("باكستان", "PAK"), ("Pakistan", "PAK"),
        ("هندى", "IND"), ("الهند", "IND"), ("مصريه", "EGY"), ("pak", "PAK"), ("FJI", "FJI"),
    ],
)  # fmt: skip
def test_a_nationality_is_written_as_people_write_it(text: str, code: str) -> None:
    assert asked(nationality=text)["worker"]["nationality"] == code


@pytest.mark.parametrize("text", ["مريخي", "Atlantis", "P4K"])
def test_an_unknown_nationality_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidFields) as error:
        asked(nationality=text)

    assert [(one.field, one.code) for one in error.value.faults] == [
        ("nationality", "nationality-unknown")
    ]


def test_every_country_is_named_once() -> None:
    listed = catalogue.nationalities().values()
    names = [name for one in listed for name in {one.words.ar, *one.people}]

    assert len(names) == len(set(names))
