"""The application: owners, land, building. Parsing checks and normalises in one step, and
names every field at fault.

Input has the shape of the contract's `Application`; `saudi` reads what people write.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from permits.domain.buildings import Building, parse_building
from permits.domain.clearances import Clearances, parse_clearances
from permits.domain.following import Before, check_following
from permits.domain.land import NO_TOWNS, Land, parse_land
from permits.domain.looking import Town
from permits.domain.owners import Owner, parse_owners
from permits.domain.permits import KINDS, Kind, Previous, works_of
from permits.domain.reading import Findings, read_name, required, text_or_none
from permits.domain.site import WARNING_TITLES as DECISION_TITLES
from permits.domain.site import Site, day_text, look_at_decision, parse_site
from permits.domain.works import building_needs_insulation
from saudi.text import tidy

CAPACITIES = {"legal_agent": ("وكيل شرعي", "Legal agent"), "delegate": ("مفوض", "Delegate")}


@dataclass(frozen=True)
class Representative:
    """Who applies for the owner, by agency (legal_agent) or delegation (delegate); `authorised_on` is ISO 8601."""

    name: str
    capacity: str
    authority_number: str
    authorised_on: str | None


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
    """The application and its warnings. Raises InvalidFields with every field at fault.

    `previous` is the previous permit: the renewal of a fence is a fence, and of the same land and owners. `towns`:
    whose districts are known (parse_land).
    """
    findings = Findings()
    kind = Kind(data["kind"])
    works = works_of(kind, previous.works if previous else None)
    _check_previous(kind, data.get("previous_permit_id"), findings)
    application = read_parts(data, kind, works, findings, today=today, towns=towns)
    if previous is not None and not findings.faults:
        check_following(kind, previous, asdict(application), findings)
    findings.settle()
    look_twice(application, today, findings)
    look_at_decision(application.site, today, findings)
    return application, findings


def read_parts(
    data: Mapping[str, Any],
    kind: Kind,
    works: str,
    findings: Findings,
    *,
    today: date,
    towns: Mapping[str, Town] = NO_TOWNS,
) -> Application:
    """All parts in their normal form; what's wrong is noted in `findings`, for the caller to settle."""
    return Application(
        kind=kind,
        works=works,
        use_class=data["use_class"],
        previous_permit_id=data.get("previous_permit_id"),
        owners=parse_owners(data["owners"], findings),
        representative=_representative(data.get("representative"), findings, today),
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


def look_twice(application: Application, today: date, findings: Findings) -> None:
    """Warnings across fields: the approved plan of the zone prevails, so none of them blocks."""
    building, land = application.building, application.land
    ratio = (building.coverage_percent or 100) / 100
    storeys = building.floors + 1  # the roof annex isn't counted as a floor
    if building.built_area_m2 > land.area_m2 * ratio * storeys:
        findings.warn("building.built_area_m2", "larger-than-plot")
    needed = building_needs_insulation(application.works, asdict(building), on=today)
    if needed and not application.insulation_pledge:
        findings.warn("insulation_pledge", "pledge-missing")


def _representative(
    data: Mapping[str, Any] | None, findings: Findings, today: date
) -> Representative | None:
    if data is None:
        return None
    name = read_name(data["name"], "representative.name", findings)
    number = required(data["authority_number"], "representative.authority_number", findings)
    day = day_text(data.get("authorised_on"))
    if day is not None and date.fromisoformat(day) > today:
        findings.fault("representative.authorised_on", "future-date")
    return Representative(name, data["capacity"], tidy(number), day)


def parse_office(
    data: Mapping[str, Any], findings: Findings, path: str = "engineering_office"
) -> Office:
    """An office, or a contractor, by name and licence number, with its classification where it's known."""
    name = read_name(data["name"], f"{path}.name", findings)
    number = required(tidy(data["licence_number"]), f"{path}.licence_number", findings)
    return Office(name, number, text_or_none(data.get("classification")))


def _other_office(data: Mapping[str, Any], part: str, findings: Findings) -> Office | None:
    written = data.get(part)
    return parse_office(written, findings, part) if written else None


WARNING_TITLES = {
    **DECISION_TITLES,
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
