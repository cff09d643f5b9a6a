"""Permits from before the system say less than a request: they're entered, compared and followed all the same."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from permits.api.views import warning_words
from permits.commands import change_permit, plausibility_warnings
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


def codes(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in rows]


def test_an_owner_without_a_number_is_taken_from_an_old_paper_with_a_warning(
    batch: Importing, files: Any
) -> None:
    row = files.row(1, owner_id_type="لا يوجد", owner_id_number="")

    batch.released([row])

    entered = batch.rows[2]
    assert (entered.status, entered.faults) == ("released", [])
    assert ("owner_id_type", "owner-without-number") in [
        (one["column"], one["code"]) for one in entered.warnings
    ]


def test_an_owner_without_a_number_is_refused_in_a_new_request(desk: Desk) -> None:
    assert faults(desk, owners=[NUMBERLESS]) == [("owners.0.id_type", "not-of-owner-type")]


def test_an_owner_whose_number_became_known_renews_the_permit_under_the_same_name(
    desk: Desk, house: Any
) -> None:
    permit = desk.verified(desk.older(owners=[NUMBERLESS]))

    renewal = {"kind": "renewal", "previous_permit_id": permit.permit_id}

    assert desk.submit(**renewal).status == "draft"
    [owner] = house()["owners"]
    other = {**owner, "name": "علي بن حسن آل مثال (بيانات تجريبية)"}
    assert faults(desk, **renewal, owners=[other]) == [("owners", "other-owners")]


def test_the_number_of_an_old_owner_is_added_by_a_correction(desk: Desk) -> None:
    permit = desk.older(owners=[NUMBERLESS])
    corrected = {"position": 0, "id_type": "national_id", "id_number": "1000000008"}
    wanted = {"owners": {"version": permit.version, "correct": [corrected]}}

    change_permit.amend(desk.work, permit.permit_id, reason="الهوية", wanted=wanted)

    assert [owner.id_number for owner in permit.owners] == ["1000000008"]


def test_a_row_with_a_number_that_the_branch_issued_itself_is_warned_of(
    batch: Importing, files: Any, desk: Desk
) -> None:
    issued: Permit = desk.issued()

    batch.start([files.row(1, permit_number=issued.permit_number), files.row(2)])

    [odd] = [one for one in batch.rows[2].warnings if one["code"] == "number-of-another-origin"]
    assert (batch.rows[2].status, odd["column"]) == ("ready", "permit_number")
    assert odd["params"] == {"origin": "system", "issued_on": issued.issued_on.isoformat()}
    words = warning_words(odd)
    assert "صادرة من النظام" in words["ar"]
    assert "1448/06/14" in words["ar"]
    assert not [one for one in batch.rows[3].warnings if one["code"] == odd["code"]]


def test_an_entered_permit_with_a_number_of_another_origin_is_warned_of_until_it_is_verified(
    desk: Desk,
) -> None:
    issued = desk.issued()
    older = desk.older(permit_number=issued.permit_number)
    desk.session.flush()

    def warned() -> bool:
        found = plausibility_warnings.warnings_of_permit(desk.session, older)
        return ("permit_number", "number-of-another-origin") in codes(found)

    assert warned()
    desk.verified(older)
    assert not warned()


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


def test_a_renewal_completes_what_the_old_record_leaves_out(desk: Desk, house: Any) -> None:
    old = {**house()["building"], "components": []}
    permit = desk.verified(desk.older(land__plots=[], building=old))

    row = desk.submit(
        kind="renewal", previous_permit_id=permit.permit_id, land__block="4", land__plots=["215"]
    )

    assert [one for one in codes(row.warnings) if one[1] == "not-in-previous"] == [
        ("land.block", "not-in-previous"),
        ("land.plots", "not-in-previous"),
        ("building.components", "not-in-previous"),
    ]


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
