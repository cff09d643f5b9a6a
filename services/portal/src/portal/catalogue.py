"""Reference data of the public pages, as read from contracts: kinds, branches, and the municipality's services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from chassis.core import contracts
from portal.domain.inquiry_form import KINDS
from portal.domain.report_form import PLACE_MARK, Question, ReportKind
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE, names_by_code


@dataclass(frozen=True)
class MunicipalService:
    """A service of the municipality on the home page. `kinds` are what can be asked about; the words for whom, how
    long, fee and channel stand in the texts, where the repository knows them."""

    code: str
    kinds: Sequence[str]


SERVICES = (
    MunicipalService("reports", ("report",)),
    MunicipalService("transactions", ("transaction",)),
    MunicipalService("appointments", ("appointment",)),
    MunicipalService(
        "permits", ("permit_request", "building_permit", "demolition_restoration_permit")
    ),
    MunicipalService(
        "completion",
        ("insulation_certificate", "completion_certificate", "occupancy_certificate"),
    ),
    MunicipalService("current", ("electricity_release",)),
    MunicipalService("licences", ("licence_application", "shop_licence", "professional_licence")),
    MunicipalService("health", ("health_certificate_request", "health_certificate")),
)


@dataclass(frozen=True)
class Telephones:
    """The numbers that people call: where lives are in danger, and to report a problem to the municipality."""

    emergency: str
    centre: str


TELEPHONES = Telephones(emergency="911", centre="940")


@cache
def service_figures() -> Mapping[str, str]:
    """Returns the figures of the services' texts: working days of transactions, fees of health certificates, the
    telephone of the reports centre."""
    kinds = contracts.read("reference/transaction-kinds.yaml")["kinds"]
    days = [kind["rules"][-1]["working_days"] for kind in kinds if kind["online"]]
    rules = contracts.read("reference/health-rules.yaml")["rules"]
    health = next(rule for rule in rules if rule["municipality"] is None)
    riyals = {name: f"{float(amount):g}" for name, amount in health["fees"].items()}
    return {
        "least_days": str(min(days)),
        "most_days": str(max(days)),
        "examination_days": str(health["examination_days"]),
        "centre": TELEPHONES.centre,
        **riyals,
    }


def kinds_by_group() -> dict[str, list[str]]:
    """Returns the kinds under their headings. A kind whose states have no words yet is left out: no event tells of
    it."""
    groups: dict[str, list[str]] = {}
    for kind in KINDS.values():
        if kind.code in kinds_with_words():
            groups.setdefault(kind.group, []).append(kind.code)
    return groups


@cache
def kinds_with_words() -> frozenset[str]:
    """Returns the kinds of which an answer can be put into words."""
    return frozenset(contracts.read("reference/states.yaml"))


@cache
def branches() -> Mapping[str, Mapping[str, str]]:
    """Returns the municipality and its branches by code, with their names."""
    names = names_by_code(contracts.read("reference/places.yaml"))
    return {code: name.pair() for code, name in names.items()}


def branch_choices(language: str) -> list[tuple[str, str]]:
    """Returns the municipality and its branches for a field to choose among: code and name."""
    return [(code, name[language]) for code, name in branches().items()]


def branch_name(code: str | None, language: str) -> str | None:
    """Returns the name of a branch, the code itself where it's on no list, and None for none."""
    name = branches().get(code or "")
    return name[language] if name else code


@dataclass(frozen=True)
class KindGroup:
    """A heading under which people find types of reports."""

    code: str
    words: Bilingual
    kinds: Sequence[ReportKind]


@cache
def report_groups() -> Sequence[KindGroup]:
    """Returns the types of reports under the headings of the first level."""
    return [
        KindGroup(
            group["code"],
            _words(group),
            [_report_kind(one) for kind in group["kinds"] for one in kind["types"]],
        )
        for group in contracts.read("reference/report-categories.yaml")["groups"]
    ]


@cache
def report_kinds() -> Mapping[str, ReportKind]:
    """Returns the types of reports by code."""
    return {one.code: one for group in report_groups() for one in group.kinds}


def _report_kind(document: Mapping[str, Any]) -> ReportKind:
    questions = [_question(one) for one in document.get("fields", ())]
    return ReportKind(
        document["code"],
        _words(document),
        document.get("alert", False),
        document["public"],
        questions,
    )


def _question(document: Mapping[str, Any]) -> Question:
    choices = [(one["key"], _words(one)) for one in document.get("values", ())]
    return Question(
        document["code"], _words(document), document["datatype"], document["required"], choices
    )


def _words(document: Mapping[str, Any]) -> Bilingual:
    return Bilingual(document["ar"], document["en"])


@cache
def places() -> Sequence[tuple[Bilingual, Sequence[tuple[str, Bilingual]]]]:
    """Returns each town with the choices of a place in it: the town, and its districts, in the order of their Arabic
    names. The words of a district name the town, because names of districts repeat."""
    towns = sorted(contracts.read("reference/places.yaml")["towns"], key=lambda one: one["ar"])
    return [(_words(town), _places_in(town)) for town in towns]


@cache
def places_of(municipality: str) -> Sequence[tuple[Bilingual, Sequence[tuple[str, Bilingual]]]]:
    """Returns the choices of a place in a municipality."""
    towns = contracts.read("reference/places.yaml")["towns"]
    return [(_words(one), _places_in(one)) for one in towns if one["municipality"] == municipality]


def _places_in(town: Mapping[str, Any]) -> list[tuple[str, Bilingual]]:
    name = _words(town)
    districts = sorted(map(_words, town["districts"]), key=lambda one: one.ar)
    return [
        (name.ar, name),
        *(
            (
                f"{name.ar}{PLACE_MARK}{one.ar}",
                Bilingual(f"{one.ar}، {name.ar}", f"{one.en}, {name.en}"),
            )
            for one in districts
        ),
    ]


@cache
def english_place_names() -> Mapping[tuple[str | None, str | None], str]:
    """Returns the English name of each town and of each district, by the Arabic names of town and district."""
    names: dict[tuple[str | None, str | None], str] = {}
    for town in contracts.read("reference/places.yaml")["towns"]:
        names[town["ar"], None] = town["en"]
        names |= {(town["ar"], one["ar"]): one["en"] for one in town["districts"]}
    return names


@cache
def english_site_names() -> Mapping[tuple[str, str], str]:
    """Returns the English name of each town and district by the code of a municipality that leases there, and by the
    Arabic name: the site of a lease names no town."""
    return {
        (municipality, one["ar"]): one["en"]
        for town in contracts.read("reference/places.yaml")["towns"]
        for one in (*town["districts"], town)
        for municipality in (town["municipality"], GOVERNORATE)
    }


@cache
def town_centres() -> Sequence[tuple[Bilingual, float, float]]:
    """Returns name, latitude and longitude of each town whose centre is known."""
    towns = contracts.read("reference/places.yaml")["towns"]
    return [
        (_words(town), centre["latitude"], centre["longitude"])
        for town in towns
        if (centre := town.get("centre"))
    ]


@cache
def municipalities_of_towns() -> Mapping[str, str]:
    """Returns the code of each town's municipality, by the town's Arabic name."""
    towns = contracts.read("reference/places.yaml")["towns"]
    return {town["ar"]: town["municipality"] for town in towns}


@cache
def nationalities() -> Mapping[str, Mapping[str, str]]:
    """Returns the countries from which workers usually come, by code, with their names."""
    listed = contracts.read("reference/nationalities.yaml")["nationalities"]
    return {one["code"]: _words(one).pair() for one in listed}


@cache
def departments() -> Mapping[str, Mapping[str, str]]:
    """Returns the departments by code, with their names: those of the plan, and those that treat reports."""
    listed = contracts.read("reference/departments.yaml")["departments"]
    treating = contracts.read("reference/report-categories.yaml")["departments"]
    return {one["code"]: _words(one).pair() for one in (*treating, *listed)}
