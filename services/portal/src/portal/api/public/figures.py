"""The public figures by month: a chart, a table, a CSV file for each series, and a catalogue for machines (DCAT)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.charts import draw_columns
from pages.site import Visit
from pages.words import AR, EN, LANGUAGES
from portal import catalogue
from portal.domain.figures import (
    CATEGORY,
    KIND,
    LEAST,
    SERIES,
    TIMING,
    TIMINGS,
    Figure,
    MonthCount,
    MonthFigures,
    Series,
    branch_figures_of,
    figures_of,
    months_before,
)
from portal.queries import count_months
from portal.resources import CountedMonths
from saudi.cells import cell
from saudi.day_names import gregorian_month_name
from saudi.days import legal_day

FIGURES, MUNICIPALITY = "/figures", "municipality"
CATALOGUE = f"{FIGURES}/catalogue.jsonld"
LICENCE = {"ar": "رخصة البيانات المفتوحة في المملكة", "en": "KSA Open Data License"}
LICENCE_PAGE = "https://open.data.gov.sa/"
_CSV, _JSON_LD = "text/csv; charset=utf-8", "application/ld+json"
_HEADINGS = ("month", "series", "part", "part_ar", "part_en", "count", "updated_on", "licence")
_BOM = "\ufeff"


@dataclass(frozen=True)
class _Counted:
    """What was counted. `today`: the day in Riyadh, on which the figures stand."""

    today: date
    counts: Sequence[MonthCount]


def show_overview(visit: Visit) -> flask.Response:
    """GET /figures: each series with its last two months."""
    counted = _count_things(visit)
    rows = []
    for series in SERIES.values():
        months = _publish_series(series, counted)
        rows.append((series, [_word_figure(visit, one.total) for one in months[-2:][::-1]]))
    named = [_name_month(visit.language, one) for one in months_before(counted.today)[-2:][::-1]]
    return visit.render("figures.html", rows=rows, months=named, **_terms_of(counted))


def show_series(visit: Visit, code: str) -> flask.Response:
    """GET /figures/{code}: a series by month, with its parts and by branch. With a branch in the address: that branch
    alone."""
    series, counted = _require_series(code), _count_things(visit)
    months = _publish_series(series, counted)
    by_branch = _publish_branches(series, counted, months)
    branch, branches = _branch_of(visit), _name_parts(visit, catalogue.branches())
    title, parts = visit.text(f"figures_series_{code}"), _name_parts(visit, _parts_of(series))
    if branch:
        title = visit.text("figures_at_branch", series=title, branch=branches[branch])
        months = [
            MonthFigures(one.month, one.parts.get(branch, Figure(0)), {}) for one in by_branch
        ]
        parts = {}
    columns = [(str(one.month.month), one.total.count) for one in months]
    return visit.render(
        "figures_series.html",
        series=series,
        title=title,
        chart=draw_columns(title, columns, from_right=visit.language == AR),
        branch=branch,
        branches=branches,
        parts=parts,
        rows=_rows_of(visit, months, ("", *parts)),
        branch_rows=_rows_of(visit, by_branch, branches),
        **_terms_of(counted),
    )


def _branch_of(visit: Visit) -> str:
    """Returns the branch of the address; empty for anything else."""
    named = visit.query.get("municipality", "")
    return named if named in catalogue.branches() else ""


def _name_parts(visit: Visit, parts: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    return {code: words[visit.language] for code, words in parts.items()}


def _rows_of(
    visit: Visit, months: Sequence[MonthFigures], codes: Iterable[str]
) -> list[tuple[str, list[str]]]:
    """Returns a row for each month, the newest first: its name, and its figures in the order of the parts."""
    return [
        (
            _name_month(visit.language, one.month),
            [_word_figure(visit, _figure_of(one, code)) for code in codes],
        )
        for one in reversed(months)
    ]


def _figure_of(one: MonthFigures, part: str) -> Figure:
    """Returns the figure of a part; the empty part is the sum."""
    return one.parts.get(part, Figure(0)) if part else one.total


def _terms_of(counted: _Counted) -> dict[str, Any]:
    """Returns what stands below the figures: the day of counting, the licence, and which counts are left out."""
    return {
        "updated_on": counted.today,
        "licence": LICENCE,
        "licence_page": LICENCE_PAGE,
        "least": LEAST,
    }


def send_csv(visit: Visit, code: str) -> flask.Response:
    """GET /figures/{code}.csv: a row for each month and part. A part that is empty is the sum. With `by=municipality`
    in the address the parts are the branches."""
    series, counted = _require_series(code), _count_things(visit)
    months, divided = _publish_series(series, counted), _parts_of(series)
    if visit.query.get("by") == MUNICIPALITY:
        months, divided = _publish_branches(series, counted, months), catalogue.branches()
    out = io.StringIO(newline="")
    out.write(_BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    parts = {"": {AR: "", EN: ""}, **divided}
    for one in months:
        for part, words in parts.items():
            named = (f"{one.month:%Y-%m}", code, part, words[AR], words[EN])
            row = (
                *named,
                _write_figure(_figure_of(one, part)),
                counted.today.isoformat(),
                LICENCE[EN],
            )
            writer.writerow(map(cell, row))
    return visit.send_file(out.getvalue().encode(), f"{code}.csv", _CSV)


def send_catalogue(visit: Visit) -> flask.Response:
    """GET /figures/catalogue.jsonld: the series as datasets of DCAT, for catalogues of open data."""
    counted = _count_things(visit)
    document = _describe_catalogue(visit, counted.today, visit.site.public_url)
    content = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return visit.send_file(content, "catalogue.jsonld", _JSON_LD)


def _require_series(code: str) -> Series:
    if code not in SERIES:
        raise Problem("not-found")
    return SERIES[code]


def _count_things(visit: Visit) -> _Counted:
    """Returns what was counted within the last hour. Counts anew in a short transaction of its own."""
    today = legal_day(visit.now)

    def count() -> Sequence[MonthCount]:
        with visit.process.database.transaction() as session:
            return count_months(session, months_before(today)[0], today.replace(day=1))

    months: CountedMonths = visit.process.resources.counted_months
    return _Counted(today, months.read(today, visit.now, count))


def _publish_series(series: Series, counted: _Counted) -> Sequence[MonthFigures]:
    return figures_of(series, counted.counts, counted.today, _part_of)


def _publish_branches(
    series: Series, counted: _Counted, months: Sequence[MonthFigures]
) -> Sequence[MonthFigures]:
    return branch_figures_of(
        series, counted.counts, counted.today, months, list(catalogue.branches())
    )


def _part_of(series: Series, one: MonthCount) -> str | None:
    """Returns the part of a count: reports by the heading of their type, other things by their kind or timing."""
    if series.parts == CATEGORY:
        return _groups_of_categories().get(one.category or "", "other")
    return {KIND: one.kind, TIMING: one.timing}.get(series.parts or "")


@cache
def _groups_of_categories() -> Mapping[str, str]:
    return {kind.code: group.code for group in catalogue.report_groups() for kind in group.kinds}


def _parts_of(series: Series) -> Mapping[str, Mapping[str, str]]:
    """Returns the parts of a series with their names."""
    if series.parts == CATEGORY:
        return {group.code: group.words.pair() for group in catalogue.report_groups()}
    if series.parts == KIND:
        return {kind: _KIND_NAMES[kind] for kind in series.kinds}
    return {one: _TIMING_NAMES[one] for one in TIMINGS} if series.parts == TIMING else {}


_KIND_NAMES = {
    "building_permit": {"ar": "بناء", "en": "Building"},
    "demolition_restoration_permit": {"ar": "هدم أو ترميم", "en": "Demolition or restoration"},
    "shop_licence": {"ar": "محلات", "en": "Shops"},
    "professional_licence": {"ar": "مهنية", "en": "Professional"},
    "office_licence": {"ar": "مكاتب هندسية", "en": "Engineering offices"},
}
_TIMING_NAMES = {
    "in_time": {"ar": "ضمن مدة الخدمة", "en": "Within the service time"},
    "late": {"ar": "بعد مدة الخدمة", "en": "After the service time"},
    "untimed": {"ar": "دون مدة محددة", "en": "Without a service time"},
}


def _word_figure(visit: Visit, figure: Figure) -> str:
    """Returns a figure for a table."""
    if figure.count is not None:
        return f"{figure.count:,}"
    text = "figures_few" if figure.is_few else "figures_hidden"
    return visit.text(text, least=str(LEAST))


def _write_figure(figure: Figure) -> str:
    """Returns a figure for a machine."""
    if figure.count is not None:
        return str(figure.count)
    return f"<{LEAST}" if figure.is_few else "hidden"


def _name_month(language: str, month: date) -> str:
    name = gregorian_month_name(month.month, "ar" if language == AR else "en")
    return f"{name} {month.year}"


def _describe_catalogue(visit: Visit, today: date, url: str) -> dict[str, Any]:
    """Returns the catalogue in DCAT 2, as JSON-LD."""
    months = months_before(today)
    day = {"@type": "xsd:date", "@value": today.isoformat()}
    licence = {
        "@type": "dct:LicenseDocument",
        "dct:title": list(_tag_languages(LICENCE)),
        "foaf:page": {"@id": LICENCE_PAGE},
    }
    publisher = {
        "@type": "foaf:Organization",
        "foaf:name": list(_tag_languages(catalogue.branches()["qatif"])),
    }
    datasets = [
        {
            "@id": f"{url}{FIGURES}/{code}",
            "@type": "dcat:Dataset",
            "dct:title": list(_tag_languages(_texts_of(visit, f"figures_series_{code}"))),
            "dct:description": list(_tag_languages(_texts_of(visit, f"figures_about_{code}"))),
            "dct:publisher": publisher,
            "dct:modified": day,
            "dct:accrualPeriodicity": {"@id": _MONTHLY},
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": months[0].isoformat(),
                "dcat:endDate": (today.replace(day=1) - timedelta(days=1)).isoformat(),
            },
            "dcat:distribution": {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": f"{url}{FIGURES}/{code}.csv"},
                "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/text/csv"},
                "dct:license": licence,
            },
        }
        for code in SERIES
    ]
    return {
        "@context": _VOCABULARIES,
        "@id": f"{url}{CATALOGUE}",
        "@type": "dcat:Catalog",
        "dct:title": list(_tag_languages(_texts_of(visit, "figures_title"))),
        "dct:publisher": publisher,
        "dct:license": licence,
        "dct:modified": day,
        "foaf:homepage": {"@id": f"{url}{FIGURES}"},
        "dcat:dataset": datasets,
    }


_MONTHLY = "http://publications.europa.eu/resource/authority/frequency/MONTHLY"
_VOCABULARIES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def _texts_of(visit: Visit, key: str) -> Mapping[str, str]:
    words = visit.site.rendering.words
    return {language: words.text(language, key).unescape() for language in LANGUAGES}


def _tag_languages(pair: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    for language in LANGUAGES:
        yield {"@language": language, "@value": pair[language]}
