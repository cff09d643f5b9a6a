"""Parsing an application: every field at fault is named, what's only odd is a warning."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import Fault, InvalidFields
from permits.domain.application import Application, parse
from permits.domain.reading import Findings
from permits.domain.succession import Before

House = Callable[..., dict[str, Any]]
TODAY = date(2026, 11, 24)
OWNER = {
    "name": "مالك (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000008",
}


def read(data: dict[str, Any]) -> tuple[Application, Findings]:
    return parse(data, today=TODAY)


def faults(data: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(InvalidFields) as caught:
        read(data)
    return {(fault.field, fault.code) for fault in caught.value.faults}


def test_a_sound_application_comes_back_normalised(house: House) -> None:
    application, findings = read(house())

    assert application.owners[0].id_number == "1000000008"
    assert application.owners[0].mobile == "+966501234567"
    assert application.land.plots == ["215", "216"]
    assert application.land.plan_number == "713/7"
    assert findings.warnings == []


def test_every_field_at_fault_is_named_at_once(house: House) -> None:
    data = house(
        owners=[{**OWNER, "id_number": "1000000007", "mobile": "0138552222"}],
        land__latitude=50.0,
        land__longitude=26.5,
        land__area_m2=-1,
        building__built_area_m2=0,
    )

    assert faults(data) == {
        ("owners.0.id_number", "check-digit"),
        ("owners.0.mobile", "mobile"),
        ("land.latitude", "coordinates-swapped"),
        ("land.area_m2", "positive"),
        ("building.built_area_m2", "positive"),
    }


@pytest.mark.parametrize("owner_type", ["heirs", "waqf", "government"])
def test_heirs_an_endowment_and_the_government_may_own_without_a_number(
    house: House, owner_type: str
) -> None:
    owner = {"name": "ورثة تجريبية", "owner_type": owner_type, "id_type": "none"}

    application, _ = read(house(owners=[owner]))

    assert application.owners[0].id_number is None


@pytest.mark.parametrize(
    ("owner", "fault"),
    [
        (
            {"owner_type": "individual", "id_type": "none"},
            ("owners.0.id_type", "not-of-owner-type"),
        ),
        (
            {"owner_type": "company", "id_type": "national_id"},
            ("owners.0.id_type", "not-of-owner-type"),
        ),
        ({"owner_type": "heirs", "id_type": "none"}, ("owners.0.id_number", "not-allowed")),
        ({"id_number": None}, ("owners.0.id_number", "required")),
        ({"name": "   "}, ("owners.0.name", "required")),
    ],
)
def test_an_owner_and_his_number_belong_together(
    house: House, owner: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(house(owners=[{**OWNER, **owner}]))


def test_the_same_person_cannot_own_twice(house: House) -> None:
    assert faults(house(owners=[OWNER, {**OWNER, "id_number": "١٠٠٠٠٠٠٠٠٨"}])) == {
        ("owners.1.id_number", "repeated")
    }


@pytest.mark.parametrize(("first", "second"), [("1/2", "1/3"), ("1/2", None), ("2/3", "2/3")])
def test_shares_make_a_whole(house: House, first: str, second: str | None) -> None:
    other = {**OWNER, "id_number": "2000000006", "id_type": "iqama"}

    assert faults(house(owners=[{**OWNER, "share": first}, {**other, "share": second}])) == {
        ("owners", "shares-sum")
    }


def test_shares_of_thirds_make_a_whole_exactly(house: House) -> None:
    other = {**OWNER, "id_number": "2000000006", "id_type": "iqama"}

    application, _ = read(house(owners=[{**OWNER, "share": "1/3"}, {**other, "share": "2/3"}]))

    assert [owner.share for owner in application.owners] == ["1/3", "2/3"]


def test_an_old_quarter_has_no_plan_no_plot_and_no_deed(house: House) -> None:
    application, _ = read(house(land__plan_number=None, land__plots=[], land__deed=None))

    assert application.land.plan_number is None
    assert application.land.plots == []


def test_an_old_paper_deed_needs_its_date(house: House) -> None:
    assert faults(house(land__deed={"type": "legacy", "number": "331"})) == {
        ("land.deed.date_hijri", "required")
    }


def test_a_day_that_never_was_on_an_old_deed_is_kept_and_shown(house: House) -> None:
    deed = {"type": "legacy", "number": "٣٣١", "date_hijri": "١٤٤٧/٠٢/٣٠"}

    application, findings = read(house(land__deed=deed))

    assert application.land.deed is not None
    assert application.land.deed.number == "331"
    assert application.land.deed.date_hijri == "1447/02/30"
    assert findings.warnings == [Fault("land.deed.date_hijri", "hijri-date")]


@pytest.mark.parametrize("written", ["12/08/1374", "1374/8/12", "١٣٧٤-٠٨-١٢"])
def test_the_date_of_an_old_deed_is_read_as_papers_have_it(house: House, written: str) -> None:
    deed = {"type": "legacy", "number": "331", "date_hijri": written}

    application, findings = read(house(land__deed=deed))

    assert application.land.deed is not None
    assert application.land.deed.date_hijri == "1374/08/12"
    assert findings.warnings == []


def test_a_deed_of_the_future_is_a_warning(house: House) -> None:
    deed = {"type": "legacy", "number": "331", "date_hijri": "1480/01/01"}

    _, findings = read(house(land__deed=deed))

    assert findings.warnings == [Fault("land.deed.date_hijri", "deed-in-future")]


def test_a_date_of_a_deed_that_cannot_be_read_is_a_fault(house: House) -> None:
    deed = {"type": "legacy", "number": "331", "date_hijri": "12/8/74"}

    assert faults(house(land__deed=deed)) == {("land.deed.date_hijri", "date-format")}


def test_words_for_no_plan_are_no_plan(house: House) -> None:
    application, _ = read(house(land__plan_number="بدون مخطط"))

    assert application.land.plan_number is None


def test_a_name_has_letters_and_is_kept_as_they_are_shown(house: House) -> None:
    application, _ = read(house(owners=[{**OWNER, "name": "ﻣﺤﻤﺪ القطـــيف"}]))

    assert application.owners[0].name == "محمد القطيف"
    assert faults(house(owners=[{**OWNER, "name": "123"}])) == {("owners.0.name", "name")}


def test_an_identity_may_have_spaces(house: House) -> None:
    application, _ = read(house(owners=[{**OWNER, "id_number": "1000 000 008"}]))

    assert application.owners[0].id_number == "1000000008"


def test_a_fence_has_a_length_instead_of_an_area(house: House) -> None:
    building = {"components": [], "built_area_m2": 0, "floors": 0, "units": 0}

    assert faults(house(kind="fence", building=building)) == {
        ("building.fence_length_m", "required")
    }
    application, _ = read(house(kind="fence", building={**building, "fence_length_m": 96.5}))
    assert application.building.fence_length_m == 96.5


def test_the_renewal_of_a_fence_is_a_fence(house: House) -> None:
    building = {
        "components": [],
        "built_area_m2": 0,
        "floors": 0,
        "units": 0,
        "fence_length_m": 90,
    }
    data = house(kind="renewal", building=building, previous_permit_id="p", insulation_pledge=False)

    fence = Before("fence", data["land"], data["building"], tuple(data["owners"]))

    application, findings = parse(data, today=TODAY, previous=fence)

    assert application.works == "fence"
    assert findings.warnings == []


@pytest.mark.parametrize(
    ("number", "oddity"), [("422\\3", "plan-number-odd"), ("٣/٤٢٢", "plan-number-reversed")]
)
def test_a_plan_number_of_an_unusual_form_is_a_warning(
    house: House, number: str, oddity: str
) -> None:
    _, findings = read(house(land__plan_number=number))

    assert findings.warnings == [Fault("land.plan_number", oddity)]


def test_what_looks_odd_is_a_warning(house: House) -> None:
    data = house(
        land__latitude=24.71,
        land__longitude=46.67,
        building__built_area_m2=5000,
        insulation_pledge=False,
    )

    _, findings = read(data)

    assert {warning.code for warning in findings.warnings} == {
        "outside-governorate",
        "larger-than-plot",
        "pledge-missing",
    }


@pytest.mark.parametrize(
    ("kind", "previous", "code"),
    [
        ("renewal", None, "required"),
        ("ownership_transfer", None, "required"),
        ("new", "01937c5e-8f00-7a11-8c2e-000000001312", "not-allowed"),
        ("fence", "01937c5e-8f00-7a11-8c2e-000000001312", "not-allowed"),
    ],
)
def test_a_kind_says_whether_it_follows_another_permit(
    house: House, kind: str, previous: str | None, code: str
) -> None:
    assert ("previous_permit_id", code) in faults(house(kind=kind, previous_permit_id=previous))
