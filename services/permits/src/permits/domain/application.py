"""The application: owners, land, building. Parsing checks and normalises in one step, and
names every field at fault.

Input has the shape of the contract's `Application`; `saudi` reads what people write.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from chassis.core.refusals import Fault
from chassis.core.refusals import Findings as Faults
from permits.domain.following import Before, check_following
from permits.domain.permits import KINDS, Kind, Previous, works_of
from permits.domain.works import FENCE_COMPONENT, building_needs_insulation
from saudi import Malformed
from saudi.coordinates import QATIF, check_order
from saudi.days import parse_hijri
from saudi.ids import parse_id
from saudi.land import (
    Deed,
    deed_date_warning,
    parse_deed_number,
    parse_plan_number,
    parse_plot,
    plan_number_warning,
)
from saudi.measures import parse_measure
from saudi.mobiles import parse_mobile
from saudi.text import compact, parse_name, tidy

Value = TypeVar("Value")

_IDENTITIES = {
    "individual": {"national_id", "iqama", "border_number"},
    "heirs": {"none", "national_id", "iqama"},
    "waqf": {"none", "unified_number"},
    "government": {"none", "unified_number"},
    "company": {"unified_number"},
}


@dataclass
class Findings(Faults):
    """Faults refuse the input; warnings only tell the reviewer."""

    warnings: list[Fault] = field(default_factory=list)

    def warn(self, path: str, code: str) -> None:
        self.warnings.append(Fault(path, code))


@dataclass(frozen=True)
class Owner:
    """`id_number` is None exactly when `id_type` is `none`; `share` is a fraction, 1/2; `mobile` E.164."""

    name: str
    owner_type: str
    id_type: str
    id_number: str | None
    share: str | None
    mobile: str | None


@dataclass(frozen=True)
class Land:
    """Area in square metres, WGS84 degrees; the plan number in its normal form, 713/7."""

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
    contractor: Office | None
    supervising_office: Office | None
    insulation_pledge: bool
    construction_state: str | None


def parse(
    data: Mapping[str, Any], *, today: date, previous: Before | None = None
) -> tuple[Application, Findings]:
    """The application and its warnings. Raises InvalidFields with every field at fault.

    `previous` is the previous permit: the renewal of a fence is a fence, and of the same land and owners.
    """
    findings = Findings()
    kind = Kind(data["kind"])
    works = works_of(kind, previous.works if previous else None)
    _check_previous(kind, data.get("previous_permit_id"), findings)
    application = read_parts(data, kind, works, findings, today=today)
    if previous is not None and not findings.faults:
        check_following(kind, previous, asdict(application), findings)
    findings.settle()
    look_twice(application, today, findings)
    return application, findings


def read_parts(
    data: Mapping[str, Any], kind: Kind, works: str, findings: Findings, *, today: date
) -> Application:
    """All parts in their normal form; what's wrong is noted in `findings`, for the caller to settle."""
    return Application(
        kind=kind,
        works=works,
        use_class=data["use_class"],
        previous_permit_id=data.get("previous_permit_id"),
        owners=parse_owners(data["owners"], findings),
        representative=_representative(data.get("representative"), findings),
        land=parse_land(data["land"], findings, today=today),
        building=parse_building(data["building"], works, findings),
        engineering_office=parse_office(data["engineering_office"], findings),
        contractor=_other_office(data, "contractor", findings),
        supervising_office=_other_office(data, "supervising_office", findings),
        insulation_pledge=data["insulation_pledge"],
        construction_state=data.get("construction_state"),
    )


def _check_previous(kind: Kind, previous: str | None, findings: Findings) -> None:
    rule = KINDS[kind].previous
    if rule is Previous.REQUIRED and previous is None:
        findings.fault("previous_permit_id", "required")
    if rule is Previous.NONE and previous is not None:
        findings.fault("previous_permit_id", "not-allowed")


def parse_owners(data: Sequence[Mapping[str, Any]], findings: Findings) -> tuple[Owner, ...]:
    """Owners in the order of the deed: one person, several, heirs, an endowment, a government body, a company."""
    if not data:
        findings.fault("owners", "too-few", limit=1)
    owners = tuple(_owner(item, f"owners.{n}", findings) for n, item in enumerate(data))
    numbers = [owner.id_number for owner in owners]
    for n, number in enumerate(numbers):
        if number is not None and number in numbers[:n]:
            findings.fault(f"owners.{n}.id_number", "repeated")
    findings.fault("owners", _shares_fault([owner.share for owner in owners]))
    return owners


def _owner(data: Mapping[str, Any], path: str, findings: Findings) -> Owner:
    owner_type, id_type = data["owner_type"], data["id_type"]
    number = compact(data.get("id_number") or "") or None
    if id_type not in _IDENTITIES[owner_type]:
        findings.fault(f"{path}.id_type", "not-of-owner-type")
    if id_type == "none":
        findings.fault(f"{path}.id_number", "not-allowed" if number else None)
    elif number is None:
        findings.fault(f"{path}.id_number", "required")
    else:
        _read(findings, f"{path}.id_number", parse_id, id_type, number)
    mobile = tidy(data.get("mobile") or "")
    return Owner(
        _name(data["name"], f"{path}.name", findings),
        owner_type,
        id_type,
        number,
        data.get("share"),
        _read(findings, f"{path}.mobile", parse_mobile, mobile) if mobile else None,
    )


def _shares_fault(shares: Sequence[str | None]) -> str | None:
    given = [share for share in shares if share is not None]
    if not given:
        return None
    if len(given) < len(shares) or sum(map(Fraction, given)) != 1:
        return "shares-sum"
    return None


def parse_land(data: Mapping[str, Any], findings: Findings, *, today: date) -> Land:
    """Several plots are usual; a block, a plan and a deed are often missing in the old quarters."""
    plan = data.get("plan_number")
    if plan is not None:
        plan = _read(findings, "land.plan_number", parse_plan_number, plan)
    if plan and (odd := plan_number_warning(plan)):
        findings.warn("land.plan_number", odd)
    latitude, longitude = data["latitude"], data["longitude"]
    _read(findings, "land.latitude", check_order, latitude, longitude)
    _read(findings, "land.area_m2", parse_measure, data["area_m2"])
    if not QATIF.contain(latitude, longitude):
        findings.warn("land.latitude", "outside-governorate")
    return Land(
        plan_number=plan,
        block=_text(data.get("block")),
        plots=_plots(data.get("plots") or (), findings),
        town=data["town"],
        district=_required(data["district"], "land.district", findings),
        street=_text(data.get("street")),
        deed=_deed(data.get("deed"), findings, today),
        area_m2=data["area_m2"],
        latitude=latitude,
        longitude=longitude,
    )


def _plots(data: Sequence[str], findings: Findings) -> list[str]:
    return [
        _read(findings, f"land.plots.{n}", parse_plot, plot) or "" for n, plot in enumerate(data)
    ]


def _deed(data: Mapping[str, Any] | None, findings: Findings, today: date) -> Deed | None:
    if data is None:
        return None
    number = _read(findings, "land.deed.number", parse_deed_number, data["type"], data["number"])
    day = _deed_date(tidy(data.get("date_hijri") or ""), findings, today)
    if data["type"] == "legacy" and not data.get("date_hijri"):
        findings.fault("land.deed.date_hijri", "required")
    return Deed(data["type"], number or "", day, _text(data.get("issuer")))


def _deed_date(written: str, findings: Findings, today: date) -> str | None:
    """The day of the paper, kept also when there never was such a day; odd ones are shown to the reviewer."""
    day = _read(findings, "land.deed.date_hijri", parse_hijri, written) if written else None
    if day is None:
        return None
    if odd := deed_date_warning(day, today=today):
        findings.warn("land.deed.date_hijri", odd)
    return str(day)


def parse_building(data: Mapping[str, Any], works: str, findings: Findings) -> Building:
    """A fence has a length and may have no area, a prepared site has no building; any other building has an area."""
    fence, site = works == Kind.FENCE, works == Kind.SITE_PREPARATION
    length, height = data.get("fence_length_m"), data.get("height_m")
    _read(
        findings, "building.built_area_m2", parse_measure, data["built_area_m2"], zero=fence or site
    )
    for name in ("built_area_m2", "floors", "units") if site else ():
        findings.fault(f"building.{name}", "not-allowed" if data[name] else None)
    if fence and length is None:
        findings.fault("building.fence_length_m", "required")
    for name in ("fence_length_m", "height_m", "coverage_percent"):
        if (value := data.get(name)) is not None:
            _read(findings, f"building.{name}", parse_measure, value)
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
    _read(findings, f"{path}.area_m2", parse_measure, data["area_m2"], zero=zero)
    return Component(name, data["units"], data["area_m2"], _text(data.get("use")))


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


def _representative(data: Mapping[str, Any] | None, findings: Findings) -> Representative | None:
    if data is None:
        return None
    name = _name(data["name"], "representative.name", findings)
    number = _required(data["authority_number"], "representative.authority_number", findings)
    return Representative(name, data["capacity"], tidy(number))


def parse_office(
    data: Mapping[str, Any], findings: Findings, path: str = "engineering_office"
) -> Office:
    """An office, or a contractor, by name and licence number."""
    name = _name(data["name"], f"{path}.name", findings)
    number = tidy(data["licence_number"])
    return Office(name, _required(number, f"{path}.licence_number", findings))


def _other_office(data: Mapping[str, Any], part: str, findings: Findings) -> Office | None:
    written = data.get(part)
    return parse_office(written, findings, part) if written else None


def _text(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value is not None else None


def _name(value: str, path: str, findings: Findings) -> str:
    return _read(findings, path, parse_name, value) or ""


def _read(
    findings: Findings, path: str, parse: Callable[..., Value], *written: Any, **options: Any
) -> Value | None:
    """The value that `parse` reads from a field; None for a field at fault, which is noted."""
    try:
        return parse(*written, **options)
    except Malformed as error:
        findings.fault(path, error.code, **error.params)
        return None


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
    "pledge-missing": ("لم يقدم تعهد العزل الحراري", "The insulation pledge is missing"),
}
