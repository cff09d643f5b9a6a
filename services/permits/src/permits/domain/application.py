"""Applications: owners, representative, building, offices and clearances. Parsing checks and normalises in one step,
and names every field at fault.

The input has the shape of the contract's `Application`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from permits.domain.land import DECISION_WARNING_TITLES as DECISION_TITLES
from permits.domain.land import (
    NO_TOWNS,
    Land,
    Site,
    Town,
    day_text,
    parse_land,
    parse_site,
    warn_of_decision,
)
from permits.domain.owners import Owner, Representative, parse_owners, parse_representative
from permits.domain.permits import (
    FENCE_COMPONENT,
    KINDS,
    Kind,
    Previous,
    building_needs_insulation,
    works_of,
)
from permits.domain.reading import Findings, read_name, required, text_or_none
from permits.domain.succession import WARNING_TITLES as FOLLOWING_TITLES
from permits.domain.succession import Before, check_following
from saudi.measures import parse_measure
from saudi.text import tidy


@dataclass(frozen=True)
class Component:
    component: str
    units: int
    area_m2: float
    use: str | None


@dataclass(frozen=True)
class Building:
    """Areas in square metres, lengths in metres."""

    description: str | None
    components: list[Component]
    built_area_m2: float
    floors: int
    units: int
    height_m: float | None
    coverage_percent: float | None
    fence_length_m: float | None


def parse_building(data: Mapping[str, Any], works: str, findings: Findings) -> Building:
    """Parses a building. A fence has a length and may have no area; a prepared site has no building; any other
    building has an area."""
    fence, site = works == Kind.FENCE, works == Kind.SITE_PREPARATION
    length, height = data.get("fence_length_m"), data.get("height_m")
    area, is_nothing = data["built_area_m2"], fence or site
    findings.read("building.built_area_m2", parse_measure, area, zero=is_nothing)
    for name in ("built_area_m2", "floors", "units") if site else ():
        findings.fault(f"building.{name}", "not-allowed" if data[name] else None)
    if fence and length is None:
        findings.fault("building.fence_length_m", "required")
    for name in ("fence_length_m", "height_m", "coverage_percent"):
        if (value := data.get(name)) is not None:
            findings.read(f"building.{name}", parse_measure, value)
    components = [
        _component(item, f"building.components.{n}", findings)
        for n, item in enumerate(data["components"])
    ]
    return Building(
        description=text_or_none(data.get("description")),
        components=components,
        built_area_m2=data["built_area_m2"],
        floors=data["floors"],
        units=data["units"],
        height_m=height,
        coverage_percent=data.get("coverage_percent"),
        fence_length_m=length,
    )


def _component(data: Mapping[str, Any], path: str, findings: Findings) -> Component:
    name = required(data["component"], f"{path}.component", findings)
    zero = name == FENCE_COMPONENT
    findings.read(f"{path}.area_m2", parse_measure, data["area_m2"], zero=zero)
    return Component(name, data["units"], data["area_m2"], text_or_none(data.get("use")))


@dataclass(frozen=True)
class Approval:
    """`approved_on` is ISO 8601."""

    number: str
    approved_on: str | None


@dataclass(frozen=True)
class Clearances:
    insurance_policy_number: str | None
    civil_defence: Approval | None


def parse_clearances(data: Mapping[str, Any] | None, findings: Findings) -> Clearances | None:
    """Parses clearances in the shape of the contract's ClearancesInput, with days as days or as stored. None if
    nothing is given."""
    if data is None:
        return None
    approval = data.get("civil_defence")
    given = Clearances(
        text_or_none(data.get("insurance_policy_number")),
        Approval(
            required(approval["number"], "clearances.civil_defence.number", findings),
            day_text(approval.get("approved_on")),
        )
        if approval
        else None,
    )
    return given if given != Clearances(None, None) else None


@dataclass(frozen=True)
class Office:
    name: str
    licence_number: str
    classification: str | None


@dataclass(frozen=True)
class Application:
    """The whole of it, checked and normalised. `works` is what is built."""

    kind: Kind
    works: str
    use_class: str
    previous_permit_id: str | None
    owners: tuple[Owner, ...]
    representative: Representative | None
    land: Land
    building: Building
    engineering_office: Office
    contractor: Office | None
    supervising_office: Office | None
    site: Site | None
    clearances: Clearances | None
    remarks: str | None
    insulation_pledge: bool
    construction_state: str | None


def parse(
    data: Mapping[str, Any],
    *,
    today: date,
    previous: Before | None = None,
    towns: Mapping[str, Town] = NO_TOWNS,
) -> tuple[Application, Findings]:
    """Returns the application and its warnings. Raises InvalidFields with every field at fault. `previous`: the
    previous permit; the renewal of a fence is a fence of the same land and owners. `towns`: whose districts are
    known (parse_land)."""
    findings = Findings()
    kind = Kind(data["kind"])
    works = works_of(kind, previous.works if previous else None)
    _check_previous(kind, data.get("previous_permit_id"), findings)
    application = read_parts(data, kind, works, findings, today=today, towns=towns)
    if previous is not None and not findings.faults:
        check_following(kind, previous, asdict(application), findings)
    findings.settle()
    warn_across_fields(application, findings)
    warn_of_pledge(application, today, findings)
    warn_of_decision(application.site, today, findings)
    return application, findings


def read_parts(
    data: Mapping[str, Any],
    kind: Kind,
    works: str,
    findings: Findings,
    *,
    today: date,
    towns: Mapping[str, Town] = NO_TOWNS,
    older: bool = False,
) -> Application:
    """Returns all parts in their normal form. Notes faults in `findings`, which the caller settles. `older`: the
    parts are those of a permit from before the system."""
    return Application(
        kind=kind,
        works=works,
        use_class=data["use_class"],
        previous_permit_id=data.get("previous_permit_id"),
        owners=parse_owners(data["owners"], findings, older=older),
        representative=parse_representative(data, findings, today),
        land=parse_land(data["land"], findings, today=today, towns=towns),
        building=parse_building(data["building"], works, findings),
        engineering_office=parse_office(data["engineering_office"], findings),
        contractor=_other_office(data, "contractor", findings),
        supervising_office=_other_office(data, "supervising_office", findings),
        site=parse_site(data.get("site"), findings),
        clearances=parse_clearances(data.get("clearances"), findings),
        remarks=text_or_none(data.get("remarks")),
        insulation_pledge=data["insulation_pledge"],
        construction_state=data.get("construction_state"),
    )


def _check_previous(kind: Kind, previous: str | None, findings: Findings) -> None:
    rule = KINDS[kind].previous
    if rule is Previous.REQUIRED and previous is None:
        findings.fault("previous_permit_id", "required")
    if rule is Previous.NONE and previous is not None:
        findings.fault("previous_permit_id", "not-allowed")


def warn_of_pledge(application: Application, today: date, findings: Findings) -> None:
    """Warns of a missing insulation pledge. Permits from before the system aren't warned of: their papers don't know
    the pledge."""
    built = asdict(application.building)
    needed = building_needs_insulation(application.works, built, on=today)
    if needed and not application.insulation_pledge:
        findings.warn("insulation_pledge", "pledge-missing")


def warn_across_fields(application: Application, findings: Findings) -> None:
    """Warnings across fields: the approved plan of the zone prevails, so none of them blocks."""
    building, land = application.building, application.land
    ratio = (building.coverage_percent or 100) / 100
    storeys = building.floors + 1  # the roof annex isn't counted as a floor
    if building.built_area_m2 > land.area_m2 * ratio * storeys:
        findings.warn("building.built_area_m2", "larger-than-plot")


def parse_office(
    data: Mapping[str, Any], findings: Findings, path: str = "engineering_office"
) -> Office:
    """Parses an office or a contractor: name, licence number, and the classification if it's known."""
    name = read_name(data["name"], f"{path}.name", findings)
    number = required(tidy(data["licence_number"]), f"{path}.licence_number", findings)
    return Office(name, number, text_or_none(data.get("classification")))


def _other_office(data: Mapping[str, Any], part: str, findings: Findings) -> Office | None:
    written = data.get(part)
    return parse_office(written, findings, part) if written else None


WARNING_TITLES = {
    **DECISION_TITLES,
    **FOLLOWING_TITLES,
    "owner-without-number": (
        "مالك بلا رقم هوية؛ أضيفوا رقمه متى عُرف، فلا يجد رخصته بدونه",
        "An owner without an ID number; add it once it is known: without it the owner finds no permit",
    ),
    "outside-governorate": ("الموقع خارج حدود المحافظة", "The place lies outside the governorate"),
    "hijri-date": (
        "تاريخ الصك غير موجود في تقويم أم القرى",
        "The deed's date is no day of the Umm al-Qura calendar",
    ),
    "deed-in-future": ("تاريخ الصك لم يأت بعد", "The deed's date is still to come"),
    "plan-number-odd": (
        "رقم المخطط ليس بالصيغة المعتادة: أرقام وشرطة مائلة وحرف",
        "The plan number has not the usual form: digits, a slash, a letter",
    ),
    "plan-number-reversed": (
        "قد يكون رقم المخطط معكوسًا؛ يُكتب رقم المخطط قبل الشرطة المائلة",
        "The plan number may be reversed; the plan's own number stands before the slash",
    ),
    "larger-than-plot": (
        "مساحة البناء أكبر مما تتسع له القطعة",
        "The built area is larger than the plot allows",
    ),
    "site-from-previous": (
        "الحدود والأطوال والارتدادات من الرخصة السابقة؛ رقمها {permit_number}",
        "Boundaries, lengths and setbacks are the previous permit's; its number is {permit_number}",
    ),
    "clearances-from-previous": (
        "وثيقة التأمين وموافقة الدفاع المدني من الرخصة السابقة، فتحققوا من سريانهما؛ رقمها {permit_number}",
        "Policy and Civil Defence's approval are the previous permit's, so check both; its number is {permit_number}",
    ),
    "remarks-from-previous": (
        "الملاحظات من الرخصة السابقة؛ رقمها {permit_number}",
        "The remarks are the previous permit's; its number is {permit_number}",
    ),
    "pledge-missing": ("لم يقدم تعهد العزل الحراري", "The insulation pledge is missing"),
}
