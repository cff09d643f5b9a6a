"""Permits from before the system say less than a request: they're entered, compared and followed all the same."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from permits.models import Permit

from .batches import Importing

Desk = Any
NUMBERLESS = {
    "name": "حسن بن علي آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "none",
}


def faults(desk: Desk, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as caught:
        desk.submit(**changes)
    return [(one.field, one.code) for one in caught.value.faults]


def test_an_owner_whose_number_became_known_renews_the_permit_under_the_same_name(
    desk: Desk, house: Any
) -> None:
    permit = desk.verified(desk.older(owners=[NUMBERLESS]))

    renewal = {"kind": "renewal", "previous_permit_id": permit.permit_id}

    assert desk.submit(**renewal).status == "draft"
    [owner] = house()["owners"]
    other = {**owner, "name": "علي بن حسن آل مثال (بيانات تجريبية)"}
    assert faults(desk, **renewal, owners=[other]) == [("owners", "other-owners")]


def test_a_row_that_was_judged_right_is_a_verified_permit(
    batch: Importing, files: Any, desk: Desk
) -> None:
    batch.start(files.rows(1, 40))
    drawn = {row.row_number for row in batch.draw()}
    for row in batch.draw():
        batch.judge(row)
    batch.release()

    rows = list(batch.rows.values())
    permits = {row.row_number: desk.session.get_one(Permit, row.permit_id) for row in rows}
    assert {number for number, permit in permits.items() if permit.verified} == drawn
    [event] = desk.published(permits[min(drawn)].permit_id)
    assert (event.happened, event.version, event.data["verified"]) == ("entered", 1, True)
    rows_of_history = history(desk.session, ("permit", permits[min(drawn)].permit_id))
    assert [(one.action, one.subject) for one in rows_of_history] == [
        *(("enter", desk.officer.subject), ("verify", desk.reviewer.subject)),
    ]


def test_old_rows_are_not_warned_of_a_pledge_that_their_papers_do_not_know(
    batch: Importing, files: Any
) -> None:
    batch.start([files.row(1, insulation_pledge="لا")])

    assert "pledge-missing" not in [one["code"] for one in batch.rows[2].warnings]


def test_a_refused_renewal_names_each_field_that_differs(desk: Desk, house: Any) -> None:
    permit = desk.issued(land__block="4")
    renewal = {"kind": "renewal", "previous_permit_id": permit.permit_id}

    assert faults(desk, **renewal, land__block="5", land__plots=["9"], building__floors=3) == [
        ("land.block", "other-land"),
        ("land.plots", "other-land"),
        ("building.floors", "other-building"),
    ]


def test_parts_that_exceed_a_recorded_area_are_an_addition(desk: Desk, house: Any) -> None:
    old = {**house()["building"], "components": []}
    permit = desk.verified(desk.older(building=old))
    larger = [{"component": "أرضي", "units": 1, "area_m2": 500}]

    found = faults(
        desk,
        kind="renewal",
        previous_permit_id=permit.permit_id,
        building__components=larger,
    )

    assert found == [("building.components", "other-building")]
