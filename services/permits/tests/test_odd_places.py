"""Places and plots that a slip of the pen makes: folded, refused or told with what is asked for."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits import queries
from permits.api.views import history_view, warning_words
from permits.commands import change_permit

Desk = Any


def test_a_plot_that_is_written_three_times_is_one_plot(desk: Desk) -> None:
    row = desk.submit(land__plots=["215", "٢١٥", "215 ", "216"])

    assert row.land["plots"] == ["215", "216"]


def test_a_plan_number_without_a_letter_or_a_digit_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidFields) as caught:
        desk.submit(land__plan_number="🏗")

    assert [(one.field, one.code) for one in caught.value.faults] == [
        ("land.plan_number", "pattern")
    ]


def test_a_correction_moves_no_permit_out_of_the_governorate(desk: Desk) -> None:
    permit = desk.issued()
    riyadh = {"land": {"latitude": 24.7, "longitude": 46.7}}

    with pytest.raises(InvalidFields) as caught:
        change_permit.amend(desk.work, permit.permit_id, reason="تصحيح", wanted=riyadh)

    assert [(one.field, one.code) for one in caught.value.faults] == [
        ("land.latitude", "coordinates-outside")
    ]


def test_a_small_setback_says_how_much_is_asked_for(desk: Desk) -> None:
    north = {"description": "شارع", "length_m": 20, "street_width_m": 20, "setback_m": 3.9}

    row = desk.submit(site={"boundaries": {"north": north}, "front": "north"})

    [odd] = [one for one in row.warnings if one["code"] == "setback-small"]
    assert odd["params"] == {"needed_m": 4.0}
    assert "4.0" in warning_words(odd)["ar"]


def test_a_corrected_name_stands_in_the_history_as_another_name(desk: Desk) -> None:
    permit = desk.issued()
    corrected = {"position": 0, "name": "حسن علي آل تجربة (بيانات تجريبية)"}
    wanted = {"owners": {"version": permit.version, "correct": [corrected]}}

    change_permit.amend(desk.work, permit.permit_id, reason="الهوية", wanted=wanted)
    desk.session.flush()
    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)

    [change] = history_view(rows)["items"][-1]["changes"]
    assert (change["from"], change["to"]) == ("الاسم السابق", "اسم آخر")
