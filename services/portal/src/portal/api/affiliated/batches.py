"""Applications in a file: one a row, each with a result of its own. Sent again, no row is submitted twice."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from pages.words import LANGUAGES
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, post_lines
from portal.api.files import chosen_file
from portal.api.my.licences import forms
from portal.domain import application_rows, large_forms
from portal.domain.application_rows import COLUMNS, Row, RowResult, UnreadableFile
from portal.domain.licence_form import PLACE_MARK
from portal.outside.services import ServiceAway, TokenRefused
from saudi.cells import cell
from saudi.text import search_key

FILES, RESULTS = large_forms.APPLICATION_FILES, "/affiliated/files/results"
_BATCHES, _RESULTS = "/v1/licence-application-batches", "affiliated-results"
_CSV = "text/csv; charset=utf-8"
_MARK = "\ufeff"


def show_file_form(visit: Visit) -> flask.Response:
    """GET /affiliated/files: the form for a file."""
    return _show_form(visit, was_lost="lost" in visit.query)


def send_template(visit: Visit) -> flask.Response:
    """GET /affiliated/files/template.csv: the headings of the file and an example row, which is never sent."""
    heads = [_label(visit, column, visit.language) for column in COLUMNS]
    town, choices = _own_places(visit)[0]
    listed = [code.partition(PLACE_MARK)[2] for code, _ in choices if PLACE_MARK in code]
    example = application_rows.example_cells(
        forms.choice_words(visit), town.ar, listed[0] if listed else ""
    )
    return visit.send_file(_csv([heads, example]), "applications-template.csv", _CSV)


def _own_places(visit: Visit) -> forms.PlaceGroups:
    """Returns the places of the municipality; Qatif's are all."""
    own = visit.known.caller.attributes.get("municipality", "")
    return catalogue.places_of(own) or catalogue.places()


def _allowed_by_column(visit: Visit) -> list[tuple[str, str]]:
    """Returns the label of each column with what the column takes: the words of a list, or a form to write in."""
    words = forms.choice_words(visit)
    separator = f"{visit.text('comma')} "
    towns = separator.join(town.ar for town, _ in _own_places(visit))

    def allowed(column: str) -> str:
        control = application_rows.control_of(column)
        if column == application_rows.TOWN:
            return towns
        if control in words:
            return separator.join(words[control])
        return visit.text(f"aff_column_takes_{control}")

    return [(_label(visit, column, visit.language), allowed(column)) for column in COLUMNS]


def submit_file(visit: Visit) -> flask.Response:
    """POST /affiliated/files: sends the rows, and leads to their results. The key of the form and the file's digest are
    the request's key, and each row's own number keeps the row from being submitted twice."""
    file = chosen_file("file")
    if file is None:
        return _show_form(visit, faults=_fault(visit.text("aff_file_needed")))
    content = file.read()
    try:
        rows = application_rows.read_rows(content, _column_names(visit))
    except UnreadableFile as error:
        return _show_form(visit, faults=_fault(visit.text(error.text, **error.values)))
    sent = [row for row in rows if not row.types_over_example]
    why = str(visit.text("aff_row_types_over_example", example=application_rows.EXAMPLE))
    results = [application_rows.result_unsent(row, why) for row in rows if row.types_over_example]
    if sent:
        answer = _send_rows(visit, sent, content)
        if isinstance(answer, flask.Response):
            return answer
        results += application_rows.results_of(sent, answer)
    results.sort(key=attrgetter("row"))
    key = saved_forms.save(visit, _RESULTS, {"results": [one.kept() for one in results]})
    return visit.see_other(f"{RESULTS}?file={key}")


def _send_rows(
    visit: Visit, rows: Sequence[Row], content: bytes
) -> Sequence[Mapping[str, Any]] | flask.Response:
    """Returns the gateway's answer to each row, or the page that says why no row was sent."""
    choices = _codes_by_words(visit)
    lines = [application_rows.line_of(row, choices) for row in rows]
    once = f"{visit.form.get('key') or uuid4()}-{hashlib.sha256(content).hexdigest()[:32]}"
    try:
        reply = post_lines(visit, _BATCHES, lines, once=once)
    except TokenRefused:
        return visit.see_other(f"{FILES}?lost=file")
    except ServiceAway:
        return _show_form(visit, is_away=True, status=503)
    if reply.status == 403:
        raise ServiceProblem(reply)
    if reply.is_problem:
        return _show_form(visit, faults=_fault(saved_forms.words_of(reply)), status=reply.status)
    answered: Sequence[Mapping[str, Any]] = reply.document["lines"]
    return answered


def show_results(visit: Visit) -> flask.Response:
    """GET /affiliated/files/results: what became of each row."""
    results = _kept_results(visit)
    counts = {
        name: sum(one.result == name for one in results)
        for name in ("accepted", "repeated", "refused")
    }
    return visit.render(
        "affiliated_results.html",
        results=[(one, _shown_faults(visit, one)) for one in results],
        counts=counts,
        file_address=f"{RESULTS}.csv?file={visit.query.get('file', '')}",
    )


def send_results(visit: Visit) -> flask.Response:
    """GET /affiliated/files/results.csv: the same as a file."""
    heads = ("row", "reference", "result", "reasons")
    lines = [
        [one.row, one.reference, visit.text(f"aff_result_{one.result}")]
        + [" ".join(_shown_faults(visit, one))]
        for one in _kept_results(visit)
    ]
    content = _csv([[visit.text(f"aff_results_{one}") for one in heads], *lines])
    return visit.send_file(content, "applications-results.csv", _CSV)


def _kept_results(visit: Visit) -> list[RowResult]:
    """Returns the results that this session keeps. Raises Problem for another session's."""
    kept = saved_forms.read(visit, _RESULTS, named="file")
    if kept is None:
        raise Problem("not-found")
    return [RowResult.of(one) for one in kept["results"]]


def _shown_faults(visit: Visit, result: RowResult) -> list[str]:
    """Returns the faults of a row, each with the label of its column."""
    return [
        f"{_label(visit, column, visit.language)}: {text}" if column else text
        for column, text in result.faults
    ]


def _column_names(visit: Visit) -> dict[str, list[str]]:
    """Returns how the heading of each column may be written."""
    return {
        column: [column, *(_label(visit, column, language) for language in LANGUAGES)]
        for column in COLUMNS
    }


def _label(visit: Visit, column: str, language: str) -> str:
    words, name = visit.site.rendering.words, column.replace(".", "_")
    own, of_form = f"aff_column_{name}", f"my_licence_field_{name}"
    return str(words.text(language, own if words.has(own) else of_form))


def _codes_by_words(visit: Visit) -> dict[str, dict[str, str]]:
    return {
        name: {search_key(words): code for code, words in choices}
        for name, choices in forms.words_by_list(visit).items()
    }


def _fault(words: str) -> Faults:
    return Faults([FieldFault("file", words)])


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([cell(one) for one in line] for line in lines)
    return f"{_MARK}{out.getvalue()}".encode()


def _show_form(
    visit: Visit, *, faults: Faults = NO_FAULTS, status: int | None = None, **notices: Any
) -> flask.Response:
    return visit.render(
        "affiliated_file.html",
        status=status or (400 if faults else 200),
        faults=faults,
        key=str(uuid4()),
        most=application_rows.MOST_ROWS,
        example=application_rows.EXAMPLE,
        columns=_allowed_by_column(visit),
        **{"is_away": False, "was_lost": False, **notices},
    )
