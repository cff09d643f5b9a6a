"""A change of use, of the contractor or of the supervising office takes the place of a permit and changes nothing else;
a site is prepared without a building."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain.permits import PreviousNotUsable

Desk = Any
OLD = {"name": "مقاول تجريبي (بيانات تجريبية)", "licence_number": "7001"}
OTHER = {"name": "مقاول آخر (بيانات تجريبية)", "licence_number": "7002"}
KINDS = {
    "change_of_contractor": {"contractor": OTHER},
    "change_of_supervisor": {"supervising_office": OTHER},
    "change_of_use": {"use_class": "commercial"},
}
WHO = {"contractor": OLD, "supervising_office": OLD}


def faults(desk: Desk, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as caught:
        desk.submit(**changes)
    return [(one.field, one.code) for one in caught.value.faults]


def follow(desk: Desk, kind: str, permit: Any, **more: Any) -> Any:
    changes = {**WHO, **KINDS[kind], **more}
    return desk.issued(kind=kind, previous_permit_id=permit.permit_id, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_the_place_of_the_permit_and_does_not_prolong_it(desk: Desk, kind: str) -> None:
    permit = desk.issued(**WHO)
    insulation = desk.insulated(permit)
    desk.now += timedelta(days=100)

    after = follow(desk, kind, permit)

    assert (permit.status, after.status, after.works) == ("superseded", "valid", "new")
    assert after.expires_on == permit.expires_on
    assert after.building_id == permit.building_id
    assert insulation.permit_id == after.permit_id
    assert desk.complete(after).status == "issued"


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_is_for_has_to_change_and_nothing_else_does(desk: Desk, kind: str) -> None:
    permit = desk.issued(**WHO)
    asked = {"kind": kind, "previous_permit_id": permit.permit_id, **WHO}
    [part] = KINDS[kind]

    assert faults(desk, **asked) == [(part, "no-change")]
    changed = {**asked, **KINDS[kind]}
    assert faults(desk, **changed, land__plots=["9"]) == [("land.plots", "other-land")]
    assert faults(desk, **changed, building__floors=3) == [("building.floors", "other-building")]


def test_a_change_of_contractor_names_one_and_leaves_the_use(desk: Desk) -> None:
    permit = desk.issued(**WHO)
    asked = {"kind": "change_of_contractor", "previous_permit_id": permit.permit_id}

    assert faults(desk, **asked) == [("contractor", "required")]
    assert faults(desk, **asked, contractor=OTHER, use_class="commercial") == [
        ("use_class", "other-use")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_expired_permit_is_renewed_first(desk: Desk, kind: str) -> None:
    permit = desk.issued(**WHO)
    desk.now += timedelta(days=3 * 366)
    asked = {"kind": kind, "previous_permit_id": permit.permit_id, **WHO, **KINDS[kind]}

    with pytest.raises(PreviousNotUsable) as caught:
        desk.submit(**asked)

    assert caught.value.code == "expired"


def test_the_use_of_a_finished_building_changes_and_is_certified_without_building(
    desk: Desk,
) -> None:
    permit = desk.issued(**WHO)
    desk.insulated(permit)
    desk.complete(permit)

    after = follow(desk, "change_of_use", permit)

    assert (permit.status, after.works) == ("completed", "change_of_use")
    assert after.expires_on > desk.now.date()
    assert desk.complete(after).status == "issued"


def test_a_site_is_prepared_without_a_building(desk: Desk) -> None:
    empty = {"built_area_m2": 0, "floors": 0, "units": 0, "components": []}
    building = {"description": "تسوية وردم", **empty}

    permit = desk.issued(kind="site_preparation", building=building)

    assert (permit.works, desk.complete(permit).status) == ("site_preparation", "issued")
    assert [path for path, _ in faults(desk, kind="site_preparation")] == [
        *("building.built_area_m2", "building.floors", "building.units"),
    ]
