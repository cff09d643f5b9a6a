"""Where, when and how much → what the API answers: plans, plots, deeds, days, points, areas and amounts as papers and
telephones spell them, what's kept of each, and the code of each refusal or warning.

`test_vectors.py` sends the 110 of the review; these are others.
"""

from collections.abc import Callable
from typing import Any

import pytest

from .test_older import body

Application = Callable[..., dict[str, Any]]
LEGACY = {"type": "legacy", "number": "331", "date_hijri": "1374/08/12"}


def kept(api: Any, application: Application, **changes: Any) -> Any:
    return api.ask("submit_permit_request", application(**changes))


def odd(row: Any) -> set[tuple[str, str]]:
    return {
        (one["field"], one["code"])
        for one in row["warnings"]
        if not one["field"].startswith("papers.")
    }


@pytest.mark.parametrize(
    ("written", "shown", "oddity"),
    [
        ("٤٢٢ / ٣ ج", "422/3 ج", None),
        ("352/3", "352/3", None),
        ("1264", "1264", None),
        ("848", "848", None),
        ("٣/١٥", "3/15", None),
        ("415/جـ", "415/ج", None),
        ("1" * 20, "1" * 20, None),
        ("بلا مخطط", None, None),
        (None, None, None),
        ("422\\3", "422\\3", "plan-number-odd"),
        ("7/713", "7/713", "plan-number-reversed"),
    ],
)
def test_a_plan_is_shown_in_one_spelling_and_an_odd_one_is_warned_of(
    api: Any, application: Application, written: str | None, shown: str | None, oddity: str | None
) -> None:
    row = kept(api, application, land__plan_number=written, land__plots=["1499"])

    assert row["land"]["plan_number"] == shown
    assert odd(row) == ({("land.plan_number", oddity)} if oddity else set())


@pytest.mark.parametrize("asked", ["422/3 ج", "٤٢٢/٣ج", "422 / 3 ج", "٤٢٢ /٣ـ ج", "۴۲۲/۳ج"])
@pytest.mark.parametrize("search", ["list_permit_requests", "find_permits"])
def test_a_plan_is_found_in_every_spelling(
    api: Any, paid: Callable[..., str], asked: str, search: str
) -> None:
    permit = api.ask("issue_permit", request_id=paid(land__plan_number="422/3ج"))

    found = api.ask(search, query={"plan_number": asked, "plot": "215"})["items"]

    assert permit["request_number"] in [one["request_number"] for one in found]


@pytest.mark.parametrize(
    ("plots", "told"),
    [
        (["٢١٥ / ٢"], ["215/2"]),
        (["215 أ", "216"], ["215 أ", "216"]),
        ([], []),
        ([" "], {"land.plots.0": "required"}),
        (["1" * 16], {"land.plots.0": "too-long"}),
    ],
)
def test_plots_are_texts_of_which_there_may_be_none(
    api: Any, application: Application, plots: list[str], told: Any
) -> None:
    answer = api.send("submit_permit_request", application(land__plots=plots)).json()

    if isinstance(told, list):
        assert answer["land"]["plots"] == told
    else:
        assert {one["field"]: one["code"] for one in answer["errors"]} == told


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (None, None),
        ({"type": "registry", "number": "١٢٣٤ ٥٦٧٨ ٩٠١٢ ٣٤٥٦"}, "1234567890123456"),
        ({"type": "legacy", "number": "331 جلد 4", "date_hijri": "12/8/1374"}, "331 جلد 4"),
        ({"type": "electronic", "number": "91230400567"}, {"land.deed.number": "length"}),
        ({"type": "electronic", "number": "91230400567x"}, {"land.deed.number": "digits"}),
        ({"type": "registry", "number": "912304005678"}, {"land.deed.number": "length"}),
        ({"type": "legacy", "number": " ", "date_hijri": "12/8/1374"}, {"land.deed.number": "required"}),
        ({"type": "electronic", "number": ""}, {"land.deed.number": "required"}),
    ],
)  # fmt: skip
def test_a_deed_is_of_twelve_digits_of_sixteen_or_an_old_paper(
    api: Any, application: Application, deed: Any, told: Any
) -> None:
    answer = api.send("submit_permit_request", application(land__deed=deed)).json()

    if isinstance(told, dict):
        assert {one["field"]: one["code"] for one in answer["errors"]} == told
    else:
        assert (answer["land"]["deed"] or {}).get("number") == told


@pytest.mark.parametrize(
    ("written", "shown", "oddity"),
    [
        ("1446/02/30", "1446/02/30", None),
        ("1447/02/30", "1447/02/30", "hijri-date"),
        ("1446/13/01", "1446/13/01", "hijri-date"),
        ("1320/05/06", "1320/05/06", "hijri-date"),
        ("1480/01/01", "1480/01/01", "deed-in-future"),
        ("١٣٧٤-٨-١٢", "1374/08/12", None),
        ("20/11/2018", "1440/03/12", None),
    ],
)
def test_the_day_of_an_old_deed_is_kept_as_written_and_an_odd_one_is_warned_of(
    api: Any, application: Application, written: str, shown: str, oddity: str | None
) -> None:
    deed = {**LEGACY, "date_hijri": written}

    row = kept(api, application, land__deed=deed, land__plots=["1498"])

    assert row["land"]["deed"]["date_hijri"] == shown
    assert odd(row) == ({("land.deed.date_hijri", oddity)} if oddity else set())


@pytest.mark.parametrize(
    ("written", "issued_on", "expires_on"),
    [
        ("1445/09/01", "2024-03-11", "2027-03-11"),
        ("1446/01/01", "2024-07-07", "2027-07-07"),
        ("1446-04-10", "2024-10-13", "2027-10-13"),  # not 2027-09-11: three Gregorian years
        ("١٤٤٧/٠١/٠١", "2025-06-26", "2028-06-26"),
        ("1448/1/1", "2026-06-16", "2029-06-16"),
        ("26/4/1438هـ", "2017-01-24", "2020-01-24"),
        ("1446/02/30", "2024-09-03", "2027-09-03"),
        ("2024-02-29", "2024-02-29", "2027-02-28"),
        ("1447/02/30", None, "no-such-day"),
        ("1342/12/29", None, "outside-calendar"),
        ("01/02/48", None, "date-format"),
    ],
)
def test_a_day_of_either_calendar_is_one_day_and_three_years_are_gregorian(
    api: Any, paper: Any, written: str, issued_on: str | None, expires_on: str
) -> None:
    sent = body(paper, issued_on=written)

    if issued_on is None:
        assert api.faults("enter_older_permit", sent) == {"issued_on": expires_on}
    else:
        row = api.ask("enter_older_permit", sent)
        assert (row["issued_on"], row["expires_on"]) == (issued_on, expires_on)


@pytest.mark.parametrize(
    ("latitude", "longitude", "told"),
    [
        (26.5639, 50.0012, set()),
        (
            24.7,
            46.7,
            {("land.latitude", "outside-governorate"), ("land.latitude", "far-from-town")},
        ),
        (26.4834, 50.0468, {("land.latitude", "far-from-town")}),  # Saihat
        (50.0012, 26.5639, {"land.latitude": "coordinates-swapped"}),
        (91, 50.0, {"land.latitude": "maximum"}),
        ("26.56", 50.0, {"land.latitude": "type"}),
    ],
)
def test_a_point_elsewhere_is_warned_of_and_a_swapped_one_refused(
    api: Any, application: Application, latitude: Any, longitude: Any, told: Any
) -> None:
    place = {"land__latitude": latitude, "land__longitude": longitude, "land__plots": ["1497"]}

    answer = api.send("submit_permit_request", application(**place))

    if isinstance(told, dict):
        assert {one["field"]: one["code"] for one in answer.json()["errors"]} == told
    else:
        assert odd(answer.json()) == told


@pytest.mark.parametrize(
    ("area", "code"),
    [
        (1250.5, None),
        (0.01, None),
        (9999999.99, None),
        ("1,250.50", "type"),  # a number of JSON; a cell of a CSV is read as people write it
        (-1, "minimum"),
        (0, "positive"),
        (10.123, "decimals"),
        (10_000_000, "maximum"),
    ],
)
def test_an_area_is_more_than_nothing_with_two_decimals(
    api: Any, application: Application, area: Any, code: str | None
) -> None:
    answer = api.send("submit_permit_request", application(land__area_m2=area))

    codes = {one["code"] for one in answer.json().get("errors", ())}
    assert (answer.status_code, codes) == ((400, {code}) if code else (201, set()))


def test_more_is_built_than_the_plot_holds(api: Any, application: Application) -> None:
    parts = [{"component": "أرضي", "units": 1, "area_m2": 2000}]
    house = {"components": parts, "built_area_m2": 2000, "floors": 1, "units": 1}

    row = kept(api, application, building=house, land__plots=["1496"])

    assert odd(row) == {("building.built_area_m2", "larger-than-plot")}


@pytest.mark.parametrize("amount", ["744.60", "744.6", "٧٤٤٫٦٠", "۷۴۴٫۶"])
@pytest.mark.parametrize("due_on", ["2076-11-26", "1499/12/29", "٢٩-١٢-١٤٩٩هـ"])
def test_an_amount_and_a_last_day_are_read_as_people_write_them(
    api: Any, desk: Any, amount: str, due_on: str
) -> None:
    request_id = desk.approved().request_id
    desk.session.flush()  # the operation has a session of its own

    billed = api.ask("request_payment", {"amount": amount, "due_on": due_on}, request_id=request_id)

    assert billed["invoice"]["amount"] == "744.60"
    assert billed["invoice"]["due_on_hijri"] == "1499/12/29"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("٤٤١٢٩٩٨١", "44129981"),
        ("44Bx/9982", "44Bx/9982"),
        (" 4412 9983", "44129983"),
        ("  ", "pattern"),
        ("1448-22", "pattern"),
        ("", "required"),
    ],
)
def test_baladys_number_is_kept_in_ascii_digits_without_spaces_and_has_no_hyphens(
    api: Any, application: Application, written: str, told: str
) -> None:
    answer = api.send("submit_permit_request", application(request_number=written)).json()

    if "errors" in answer:
        assert [one["code"] for one in answer["errors"]] == [told]
    else:
        assert answer["request_number"] == told
