"""Where staff would look twice, and how the history tells what changed."""

from typing import Any

import pytest

from chassis.core import contracts
from permits import catalogue
from permits.domain import application, fields, plausibility_warnings

LAND = {"town": "القطيف", "district": "الخزامى", "latitude": 26.5639, "longitude": 50.0012}
BUILDING = {
    "built_area_m2": 310.25,
    "components": [
        {"component": "أرضي", "area_m2": 310.25},
        {"component": "سور", "area_m2": 0},
    ],
}


def codes(municipality: str = "central-qatif", *, land: Any = None, building: Any = None) -> Any:
    place, house = {**LAND, **(land or {})}, {**BUILDING, **(building or {})}
    found = plausibility_warnings.place_warnings(municipality, place, house, catalogue.towns())
    return [(one.field, one.code) for one in found]


def test_a_usual_application_has_nothing_odd() -> None:
    assert codes() == []
    assert codes("qatif") == []
    assert codes(land={"district": "حي الخزامي"}) == []


@pytest.mark.parametrize(
    ("municipality", "changes", "odd"),
    [
        ("safwa", {}, ("land.town", "town-of-another-municipality")),
        ("central-qatif", {"land": {"district": "لا يوجد"}}, ("land.district", "district-unknown")),
        (
            "central-qatif",
            {"land": {"latitude": 24.7, "longitude": 46.7}},
            ("land.latitude", "far-from-town"),
        ),
        (
            "central-qatif",
            {"building": {"built_area_m2": 715}},
            ("building.components", "components-sum"),
        ),
    ],
)
def test_what_is_odd_is_told(municipality: str, changes: Any, odd: tuple[str, str]) -> None:
    assert codes(municipality, **changes) == [odd]


@pytest.mark.parametrize("town", catalogue.towns())
def test_the_centre_of_a_town_is_not_far_from_it(town: str) -> None:
    known = catalogue.towns()[town]
    if known.centre is not None:
        latitude, longitude = known.centre
        place = {"town": town, "latitude": latitude, "longitude": longitude, "district": "-"}
        found = dict(codes(known.municipality, land=place))
        assert "land.latitude" not in found


def test_warnings_have_one_title_each() -> None:
    assert plausibility_warnings.WARNING_TITLES.keys() & application.WARNING_TITLES.keys() == set()


def test_every_field_of_the_contract_has_a_title() -> None:
    schemas = contracts.openapi("permits")["components"]["schemas"]
    parts = {"land": "Land", "building": "Building", "engineering_office": "EngineeringOffice"}
    paths = {f"{part}.{name}" for part, of in parts.items() for name in schemas[of]["properties"]}
    owners = set(schemas["OwnerInput"]["properties"])

    assert paths | owners <= set(fields.TITLES)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("land.block", None, None),
        ("land.plots", [], None),
        ("land.plots", ["215", "216"], "215، 216"),
        ("insulation_pledge", True, "نعم"),
        ("land.area_m2", 541, "541"),
        (
            "land.deed",
            {"type": "legacy", "number": "331", "date_hijri": "1374/08/12", "issuer": None},
            "صك ورقي 331 1374/08/12هـ",
        ),
        ("kind", "addition", "إضافة وتعديل مكونات"),
        ("use_class", "residential_commercial", "سكني تجاري"),
        ("construction_state", "under_construction", "تحت الإنشاء"),
        ("representative", "legal_agent", "وكيل شرعي"),
        ("owners.1.owner_type", "waqf", "وقف"),
        ("owners.1.id_type", "none", "بلا رقم"),
        ("owners.1.id_number", "10******08", "\u206610******08\u2069"),
        ("status", "permit_checked", "بانتظار العزل الحراري"),
        ("flag_reason", "insulation-revoked", "سُحبت شهادة العزل الحراري"),
        ("site.front", "north", "شمال"),
        ("site.survey_decision.decided_on", "2026-11-24", "1448/06/14هـ الموافق 2026/11/24م"),
        ("clearances.civil_defence.approved_on", "2101-02-03", "2101/02/03م"),
        ("land.street", "north", "north"),
    ],
)
def test_values_are_told_as_people_read_them(path: str, value: Any, text: str | None) -> None:
    assert fields.text_of(path, value) == text


def test_a_flag_is_told_with_the_words_of_its_reason() -> None:
    assert fields.note_of("flag", "permit-cancelled") == "أُلغيت الرخصة"
    assert fields.note_of("suspend", "permit-cancelled") == "permit-cancelled"
    assert fields.note_of("unflag", None) is None


def test_an_owner_is_named_by_his_place() -> None:
    assert fields.title_of("owners.1.share") == ("الحصة (2)", "Share (2)")
    assert fields.title_of("owners") == ("عدد الملاك", "Number of owners")
