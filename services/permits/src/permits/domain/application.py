"""What an applicant sends: owners, land, building. Parsing checks and normalises in one step, and
names every field at fault.

Input has the shape of the contract's `Application`. Calendars and telephone plans aren't in the
standard library, so what depends on them comes in as `Outside`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from permits.domain import identifiers
from permits.domain.certificates import needs_insulation
from permits.domain.errors import Findings
from permits.domain.permits import KINDS, Kind, Previous, works_of

FENCE_COMPONENT = "سور"
_IDENTITIES = {
    "individual": {"national_id", "iqama", "border_number"},
    "heirs": {"none", "national_id", "iqama"},
    "waqf": {"none", "unified_number"},
    "government": {"none", "unified_number"},
    "company": {"unified_number"},
}


@dataclass(frozen=True)
class Outside:
    """`mobile` answers E.164, or None for what is no Saudi mobile; `hijri_exists` knows whether
    YYYY/MM/DD was a day."""

    mobile: Callable[[str], str | None]
    hijri_exists: Callable[[str], bool]


@dataclass(frozen=True)
class Owner:
    """`id_number` is None exactly when `id_type` is `none`; `share` is a fraction, 1/2; `mobile`
    E.164."""

    name: str
    owner_type: str
    id_type: str
    id_number: str | None
    share: str | None
    mobile: str | None


@dataclass(frozen=True)
class Deed:
    """`type` electronic, registry or legacy; an old paper deed is known by its number and date
    together."""

    type: str
    number: str
    date_hijri: str | None
    issuer: str | None


@dataclass(frozen=True)
class Land:
    """Area in square metres, WGS84 degrees; the plan number as it was written."""

    plan_number: str | None
    block: str | None
    plots: list[str]
    town: str
    district: str
    street: str | None
    deed: Deed | None
    area_m2: float
    latitude: float
    longitude: float


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


@dataclass(frozen=True)
class Representative:
    """Who applies for the owner, by agency (legal_agent) or delegation (delegate)."""

    name: str
    capacity: str
    authority_number: str


@dataclass(frozen=True)
class Office:
    name: str
    licence_number: str


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
    insulation_pledge: bool


def parse(
    data: Mapping[str, Any], outside: Outside, *, today: date, previous_works: str | None = None
) -> tuple[Application, Findings]:
    """The application and what looks odd in it. Raises InvalidFields with every field at fault.

    `previous_works` is what the previous permit builds: the renewal of a fence is a fence.
    """
    findings = Findings()
    kind = Kind(data["kind"])
    previous = data.get("previous_permit_id")
    works = works_of(kind, previous_works)
    _check_previous(kind, previous, findings)
    application = Application(
        kind=kind,
        works=works,
        use_class=data["use_class"],
        previous_permit_id=previous,
        owners=parse_owners(data["owners"], outside, findings),
        representative=_representative(data.get("representative"), findings),
        land=parse_land(data["land"], outside, findings),
        building=parse_building(data["building"], works, findings),
        engineering_office=_office(data["engineering_office"], findings),
        insulation_pledge=data["insulation_pledge"],
    )
    findings.settle()
    _look_twice(application, today, findings)
    return application, findings


def _check_previous(kind: Kind, previous: str | None, findings: Findings) -> None:
    rule = KINDS[kind].previous
    if rule is Previous.REQUIRED and previous is None:
        findings.fault("previous_permit_id", "required")
    if rule is Previous.NONE and previous is not None:
        findings.fault("previous_permit_id", "not-allowed")


def parse_owners(
    data: Sequence[Mapping[str, Any]], outside: Outside, findings: Findings
) -> tuple[Owner, ...]:
    """Owners in the order of the deed: one person, several, heirs, an endowment, a government body,
    a company."""
    if not data:
        findings.fault("owners", "too-few")
    owners = tuple(_owner(item, f"owners.{n}", outside, findings) for n, item in enumerate(data))
    numbers = [owner.id_number for owner in owners]
    for n, number in enumerate(numbers):
        if number is not None and number in numbers[:n]:
            findings.fault(f"owners.{n}.id_number", "repeated")
    findings.fault("owners", _shares_fault([owner.share for owner in owners]))
    return owners


def _owner(data: Mapping[str, Any], path: str, outside: Outside, findings: Findings) -> Owner:
    owner_type, id_type = data["owner_type"], data["id_type"]
    number = _number(data.get("id_number"))
    number = number.replace(" ", "") if number else None
    if id_type not in _IDENTITIES[owner_type]:
        findings.fault(f"{path}.id_type", "not-of-owner-type")
    if id_type == "none":
        findings.fault(f"{path}.id_number", "not-allowed" if number else None)
    elif number is None:
        findings.fault(f"{path}.id_number", "required")
    else:
        findings.fault(f"{path}.id_number", identifiers.identity_fault(id_type, number))
    mobile = _number(data.get("mobile"))
    e164 = outside.mobile(mobile) if mobile else None
    findings.fault(f"{path}.mobile", "mobile" if mobile and e164 is None else None)
    return Owner(
        _required(data["name"], f"{path}.name", findings),
        owner_type,
        id_type,
        number,
        data.get("share"),
        e164,
    )


def _shares_fault(shares: Sequence[str | None]) -> str | None:
    stated = [share for share in shares if share is not None]
    if not stated:
        return None
    if len(stated) < len(shares) or sum(map(Fraction, stated)) != 1:
        return "shares-sum"
    return None


def parse_land(data: Mapping[str, Any], outside: Outside, findings: Findings) -> Land:
    """Several plots are usual; a block, a plan and a deed are often missing in the old quarters."""
    plan = data.get("plan_number")
    if plan is not None:
        findings.fault("land.plan_number", identifiers.plan_number_fault(plan))
    latitude, longitude = data["latitude"], data["longitude"]
    findings.fault("land.latitude", identifiers.coordinates_fault(latitude, longitude))
    findings.fault("land.area_m2", identifiers.measure_fault(data["area_m2"]))
    if identifiers.outside_governorate(latitude, longitude):
        findings.warn("land.latitude", "outside-governorate")
    return Land(
        plan_number=plan.strip() if plan else None,
        block=_text(data.get("block")),
        plots=_plots(data.get("plots") or (), findings),
        town=data["town"],
        district=_required(data["district"], "land.district", findings),
        street=_text(data.get("street")),
        deed=_deed(data.get("deed"), outside, findings),
        area_m2=data["area_m2"],
        latitude=latitude,
        longitude=longitude,
    )


def _plots(data: Sequence[str], findings: Findings) -> list[str]:
    plots = (identifiers.tidy(plot) for plot in data)
    return [_required(plot, f"land.plots.{n}", findings) for n, plot in enumerate(plots)]


def _deed(data: Mapping[str, Any] | None, outside: Outside, findings: Findings) -> Deed | None:
    if data is None:
        return None
    number = identifiers.tidy(data["number"])
    day = _number(data.get("date_hijri"))
    findings.fault("land.deed.number", identifiers.deed_number_fault(data["type"], number))
    if data["type"] == "legacy" and day is None:
        findings.fault("land.deed.date_hijri", "required")
    # Old papers carry days that never were, and years before the tables: kept as written, and shown
    # to the reviewer.
    if day is not None and not outside.hijri_exists(day):
        findings.warn("land.deed.date_hijri", "hijri-date")
    return Deed(data["type"], number, day, _text(data.get("issuer")))


def parse_building(data: Mapping[str, Any], works: str, findings: Findings) -> Building:
    """A fence has a length and may have no area; whatever else is built has an area."""
    fence = works == Kind.FENCE
    length, height = data.get("fence_length_m"), data.get("height_m")
    findings.fault(
        "building.built_area_m2", identifiers.measure_fault(data["built_area_m2"], zero=fence)
    )
    if fence and length is None:
        findings.fault("building.fence_length_m", "required")
    for name, value in (
        ("fence_length_m", length),
        ("height_m", height),
        ("coverage_percent", data.get("coverage_percent")),
    ):
        findings.fault(
            f"building.{name}", identifiers.measure_fault(value) if value is not None else None
        )
    components = [
        _component(item, f"building.components.{n}", findings)
        for n, item in enumerate(data["components"])
    ]
    return Building(
        description=_text(data.get("description")),
        components=components,
        built_area_m2=data["built_area_m2"],
        floors=data["floors"],
        units=data["units"],
        height_m=height,
        coverage_percent=data.get("coverage_percent"),
        fence_length_m=length,
    )


def _component(data: Mapping[str, Any], path: str, findings: Findings) -> Component:
    name = _required(data["component"], f"{path}.component", findings)
    zero = name == FENCE_COMPONENT
    findings.fault(f"{path}.area_m2", identifiers.measure_fault(data["area_m2"], zero=zero))
    return Component(name, data["units"], data["area_m2"], _text(data.get("use")))


def describes_building(
    components: Iterable[str], *, floors: int, units: int, built_area_m2: float
) -> bool:
    """Whether what a permit describes is more than a fence."""
    return bool(floors or units or built_area_m2) or any(
        name != FENCE_COMPONENT for name in components
    )


def _look_twice(application: Application, today: date, findings: Findings) -> None:
    """Warnings across fields: the approved plan of the zone prevails, so none of them blocks."""
    building, land = application.building, application.land
    ratio = (building.coverage_percent or 100) / 100
    storeys = building.floors + 1  # the roof annex isn't counted as a floor
    if building.built_area_m2 > land.area_m2 * ratio * storeys:
        findings.warn("building.built_area_m2", "larger-than-plot")
    is_building = describes_building(
        (item.component for item in building.components),
        floors=building.floors,
        units=building.units,
        built_area_m2=building.built_area_m2,
    )
    needed = needs_insulation(application.works, describes_building=is_building, on=today)
    if needed and not application.insulation_pledge:
        findings.warn("insulation_pledge", "pledge-missing")


def _representative(data: Mapping[str, Any] | None, findings: Findings) -> Representative | None:
    if data is None:
        return None
    name = _required(data["name"], "representative.name", findings)
    number = _required(data["authority_number"], "representative.authority_number", findings)
    return Representative(name, data["capacity"], identifiers.tidy(number))


def _office(data: Mapping[str, Any], findings: Findings) -> Office:
    name = _required(data["name"], "engineering_office.name", findings)
    number = identifiers.tidy(data["licence_number"])
    return Office(name, _required(number, "engineering_office.licence_number", findings))


def _text(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value is not None else None


def _number(value: str | None) -> str | None:
    return identifiers.tidy(value) or None if value is not None else None


def _required(value: str, path: str, findings: Findings) -> str:
    text = _text(value)
    findings.fault(path, None if text else "required")
    return text or ""


WARNING_TITLES = {
    "outside-governorate": ("الموقع خارج حدود المحافظة", "The place lies outside the governorate"),
    "hijri-date": (
        "تاريخ الصك غير موجود في تقويم أم القرى",
        "The deed's date is no day of the Umm al-Qura calendar",
    ),
    "larger-than-plot": (
        "مساحة البناء أكبر مما تتسع له القطعة",
        "The built area is larger than the plot allows",
    ),
    "pledge-missing": ("لم يقدم تعهد العزل الحراري", "The insulation pledge is missing"),
}
