"""A district that its town's list doesn't have: taken with a reason, which staff read and nobody else."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from permits import catalogue, queries
from permits.commands import change_permit, plausibility_warnings, submit_request
from permits.commands.import_older import read_files
from permits.models import Permit, PermitRequest

Desk = Any
REASON = "حي جديد لم يُدرج بعد"
NEW = {"land__district": "حي تجربة", "land__district_reason": REASON}


def refused(call: Any, *args: Any, **named: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as refusal:
        call(*args, **named)
    return [(one.field, one.code) for one in refusal.value.faults]


def edit(desk: Desk, request: PermitRequest, land: Any) -> None:
    submit_request.edit(desk.work, request.request_id, {"land": land})


def amend(desk: Desk, permit: Permit, **land: Any) -> None:
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="تصحيح",
        wanted={"land": land},
    )


def of_before(session: Session, row: Any) -> None:
    """As rows were before a reason was asked for."""
    row.land = {
        **{name: part for name, part in row.land.items() if name != "district_reason"},
        "district": "حي قديم",
    }
    session.flush()


@pytest.mark.parametrize("reason", [None, " . "])
def test_a_district_off_the_list_is_refused_without_a_reason(desk: Desk, reason: Any) -> None:
    wanted = {"land__district": "حي تجربة", "land__district_reason": reason}

    assert refused(desk.submit, **wanted) == [("land.district", "district-reason")]


def test_with_a_reason_it_is_taken_told_and_warned_of(desk: Desk) -> None:
    request = desk.submit(**NEW)

    assert request.land["district_reason"] == REASON
    assert ("land.district", "district-unknown") in {
        (one["field"], one["code"]) for one in request.warnings
    }
    [told] = queries.history_of_request(desk.session, desk.officer, request.request_id)
    assert told.details == {"land.district_reason": [None, REASON]}


def test_a_district_of_the_list_needs_none_and_keeps_none(desk: Desk) -> None:
    assert desk.submit(land__district_reason="بلا داع").land["district_reason"] is None


def test_the_reason_goes_to_the_permit_and_is_not_published(desk: Desk) -> None:
    permit = desk.issued(**NEW)
    desk.session.flush()

    assert permit.land["district_reason"] == REASON
    assert "district_reason" not in desk.published(permit.permit_id)[-1].data["land"]
    odd = [one["code"] for one in plausibility_warnings.warnings_of_permit(desk.session, permit)]
    assert "district-unknown" in odd


def test_an_edit_of_the_area_leaves_district_and_reason(desk: Desk, house: Any) -> None:
    request = desk.submit(**NEW)
    land = {**house()["land"], "district": "حي تجربة", "area_m2": 541}

    edit(desk, request, land)

    assert (request.land["area_m2"], request.land["district_reason"]) == (541, REASON)


def test_a_reason_is_not_taken_away_from_a_district_that_needs_it(desk: Desk, house: Any) -> None:
    request = desk.submit(**NEW)
    land = {**house()["land"], "district": "حي تجربة", "district_reason": None}

    assert refused(edit, desk, request, land) == [("land.district", "district-reason")]


def test_a_row_of_before_is_edited_and_corrected_without_a_reason(desk: Desk, house: Any) -> None:
    request, permit = desk.submit(), desk.issued()
    of_before(desk.session, request)
    of_before(desk.session, permit)

    edit(desk, request, {**house()["land"], "district": "حي قديم", "area_m2": 541})
    amend(desk, permit, area_m2=541)

    assert request.land["area_m2"] == permit.land["area_m2"] == 541


def test_a_correction_to_another_district_off_the_list_needs_a_reason(desk: Desk) -> None:
    permit = desk.issued()

    assert refused(amend, desk, permit, district="حي تجربة") == [
        ("land.district", "district-reason")
    ]
    amend(desk, permit, district="حي تجربة", district_reason=REASON)
    told = list(queries.history_of_permit(desk.session, desk.officer, permit.permit_id))[-1]
    assert told.details == {
        "land.district": ["الخزامى", "حي تجربة"],
        "land.district_reason": [None, REASON],
    }


def test_an_older_permit_and_a_row_of_a_file_need_it_too(desk: Desk, paper: Any) -> None:
    data = paper()
    data["land"]["district"] = "حي تجربة"

    found, _ = read_files.check_older(data, desk.now.date())
    assert [(one.column, one.code) for one in found] == [("district", "district-reason")]
    assert refused(desk.older, land=data["land"]) == [("land.district", "district-reason")]
    data["land"]["district_reason"] = REASON
    _, odd = read_files.check_older(data, desk.now.date())
    assert [one["code"] for one in odd] == ["district-unknown"]


def test_a_town_without_a_list_takes_any_district(desk: Desk) -> None:
    town = next(name for name, one in catalogue.towns().items() if not one.districts)

    assert desk.submit(land__town=town, land__district="حي تجربة").land["town"] == town


@pytest.mark.parametrize("typed", ["خزامي", "حي الخُزامى", "الخزامي"])
def test_a_district_is_kept_in_the_spelling_of_its_list(desk: Desk, typed: str) -> None:
    permit = desk.issued(land__district=typed)

    assert permit.land["district"] == "الخزامى"
    amend(desk, permit, district="المجيديه")
    assert permit.land["district"] == "المجيدية"
