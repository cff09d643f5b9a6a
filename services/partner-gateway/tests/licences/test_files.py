"""Licences as a file, for the municipality that they are of."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from municipal import (
    EXPORTS,
    LICENCES,
    licence_event,
    number,
)
from sqlalchemy import event

from partner_gateway.api import licences as api
from partner_gateway.domain.applications import Reach
from partner_gateway.queries import licences
from saudi.cells import cell
from saudi.days import legal_day


def rows(answer):
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_file_has_the_same_licences_as_the_list(look, project_licences):
    project_licences(
        *(licence_event(number(place)) for place in range(5)),
        licence_event(number(9), municipality="tarout"),
    )

    listed = {one["licence_no"]: one for one in look(LICENCES).json()["items"]}
    lines = [json.loads(one) for one in look(EXPORTS, format="ndjson").text.splitlines()]

    assert {one["licence_no"]: one for one in lines} == listed
    assert {one["licence_no"] for one in rows(look(EXPORTS))} == set(listed)
    assert len(rows(look(EXPORTS, municipality="qatif"))) == 6
    assert rows(look(EXPORTS, kind="professional")) == []


def test_a_csv_file_says_its_encoding_and_ends_its_lines_as_the_standard_says(
    look, project_licences
):
    project_licences(licence_event(number(1)))

    answer = look(EXPORTS)

    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 2


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+966",
        "-2",
        "@SUM(A1)",
        "\tx",
        "\r=1",
        "  =1",
        "＝1",
        '=HYPERLINK("https://x")',
        "\n=1",
        "علي;=1+1",
    ],
)
def test_no_cell_is_read_as_a_formula(look, project_licences, text):
    names = {"ar": text, "en": text}
    project_licences(licence_event(number(1), trade_name=names))

    (row,) = rows(look(EXPORTS))

    assert row["trade_name_ar"] == cell(text) != text


def test_a_file_is_recorded_with_how_many_licences_it_has(look, project_licences, session):
    from sqlalchemy import text

    project_licences(*(licence_event(number(place)) for place in range(3)))

    look(EXPORTS, format="ndjson", kind="shop")

    (row,) = session.execute(text("SELECT operation, result_count, filters FROM access_log")).all()
    assert (row.operation, row.result_count) == ("export_licences", 3)
    assert row.filters == {"format": "ndjson", "kind": "shop"}


def test_a_file_of_many_licences_is_read_piece_by_piece(
    look, project_licences, session, monkeypatch
):
    monkeypatch.setattr(licences, "PIECE", 2)
    project_licences(*(licence_event(number(place)) for place in range(7)))

    numbers = [one["licence_no"] for one in rows(look(EXPORTS))]

    assert sorted(numbers) == [number(place) for place in range(7)]


def test_licences_are_counted_where_they_are(project_licences, session):
    project_licences(*(licence_event(number(place)) for place in range(4)))
    fetched, connection = [], session.connection()

    def note(_connection, cursor, *_):
        fetched.append(cursor.rowcount)

    def count(most):
        today, reach = legal_day(datetime.now(UTC)), Reach("qatif", sees_all=True)
        return licences.count_licences(
            session, reach, licences.LicenceSearch(), today=today, most=most
        )

    event.listen(connection, "after_cursor_execute", note)
    try:
        counts = [count(9), count(2)]
    finally:
        event.remove(connection, "after_cursor_execute", note)

    assert counts == [4, 3]  # one more than the most says that there are too many
    assert fetched == [1, 1]


def test_too_many_licences_for_a_file_and_too_many_files_at_once_are_refused(
    look, project_licences, monkeypatch, app
):
    project_licences(*(licence_event(number(place)) for place in range(3)))
    monkeypatch.setattr(api, "MOST_EXPORTED", 2)
    assert look(EXPORTS).json()["errors"][0]["code"] == "export-too-large"
    monkeypatch.undo()
    places = app.process.resources.exports
    taken = [places.take(), places.take()]

    assert look(EXPORTS).status_code == 503
    for give_back in taken:
        give_back()
    assert len(rows(look(EXPORTS))) == 3


def test_a_file_that_is_refused_takes_no_place_from_the_next_one(look, app, monkeypatch):
    from partner_gateway.record.chain import Unrecorded

    def breaks(_access):
        raise Unrecorded

    recorder = app.process.resources.recorder
    for _ in range(5):
        monkeypatch.setattr(recorder, "write", breaks)
        assert look(EXPORTS).status_code == 503
        monkeypatch.undo()
        assert look(EXPORTS, issued_from="x").status_code == 400

    assert look(EXPORTS).status_code == 200


def test_a_scope_to_read_does_not_export(client, clerk):
    assert client.get(EXPORTS, headers=clerk("licences.read")).status_code == 403
    assert client.get(LICENCES, headers=clerk("licences.export")).status_code == 403
