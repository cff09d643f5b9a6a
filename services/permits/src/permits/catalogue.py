"""What the contracts say that rules are made of, read once."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from chassis.core import contracts
from permits.domain import appeals
from permits.domain.actors import Duty, DutyRule
from permits.domain.asked_words import read_word
from permits.domain.csv_rows import Column
from permits.domain.fees import FeeUnknown, Tariff
from permits.domain.imports import Plan
from permits.domain.insulation import OfficerRule
from permits.domain.land import Town
from permits.domain.people import Limits
from saudi.branches import names_by_code
from saudi.text import place_key, search_key
from saudi.working_time import WorkingTime

Words = dict[str, str]


@cache
def officer_rules() -> tuple[OfficerRule, ...]:
    """Returns where officers enter inspections of insulation."""
    rules = contracts.read("reference/insulation-inspectors.yaml")["rules"]
    return tuple(map(OfficerRule.read, rules))


@cache
def duties() -> tuple[Duty, ...]:
    """Acts that one person doesn't do both."""
    return tuple(map(Duty.read, contracts.read("reference/separation-of-duties.yaml")["duties"]))


@cache
def duty_rules() -> tuple[DutyRule, ...]:
    """Returns where a broken duty is refused, and where the duty is noted."""
    return tuple(map(DutyRule.read, contracts.read("reference/separation-of-duties.yaml")["rules"]))


def duty_title(code: str) -> tuple[str, str] | None:
    """What's said of who did both, in Arabic and English; None for another code."""
    return next(((one.ar, one.en) for one in duties() if one.code == code), None)


@cache
def search_limits() -> tuple[Limits, ...]:
    """Returns how often one person may search for people."""
    return tuple(map(Limits.read, contracts.read("reference/person-searches.yaml")["rules"]))


@cache
def appeal_rules() -> tuple[appeals.AppealRule, ...]:
    """Returns the days for an owner's appeal and for the municipality's decision."""
    return tuple(map(appeals.AppealRule.read, contracts.read("reference/appeals.yaml")["rules"]))


@cache
def appeal_titles() -> Mapping[str, Words]:
    """What's appealed against, by its code."""
    titles: Mapping[str, Words] = contracts.read("reference/appeals.yaml")["titles"]
    return titles


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Returns the words of each kind, and the papers that are asked for with it."""
    found: Mapping[str, Mapping[str, Any]] = contracts.read("reference/permit-kinds.yaml")["kinds"]
    return found


def papers_of(kind: str) -> list[dict[str, str]]:
    """Returns the papers that are asked for with a kind: code, and words in both languages."""
    found: list[dict[str, str]] = kinds()[kind]["documents"]
    return found


@cache
def _paper_titles() -> Mapping[str, Words]:
    papers = (paper for kind in kinds().values() for paper in kind["documents"])
    return {one["code"]: {"ar": one["ar"], "en": one["en"]} for one in papers}


def paper_title(code: str) -> Words:
    """Returns the title of a paper, or its code if the list doesn't have the paper any more."""
    return _paper_titles().get(code, {"ar": code, "en": code})


@cache
def names_kept_days() -> int:
    """Returns how long the names of a partner's inspectors are kept."""
    return int(contracts.read("reference/entry-retention.yaml")["retention"]["names"])


@cache
def towns() -> Mapping[str, Town]:
    """Returns the towns by their Arabic names."""
    found = contracts.read("reference/places.yaml")["towns"]
    return {one["ar"]: _town(one) for one in found}


def _town(written: Mapping[str, Any]) -> Town:
    centre = written.get("centre")
    return Town(
        written["municipality"],
        {place_key(one["ar"]): one["ar"] for one in written["districts"]},
        (centre["latitude"], centre["longitude"]) if centre else None,
    )


@cache
def town_names() -> Mapping[str, str]:
    """Returns the towns' names as the contract has them, by the form under which they meet."""
    return {place_key(name): name for name in towns()}


@cache
def _import() -> Mapping[str, Any]:
    found: Mapping[str, Any] = contracts.read("reference/permit-import.yaml")
    return found


@cache
def import_columns() -> tuple[Column, ...]:
    """Returns the columns of a file of older permits."""
    return tuple(map(Column.read, _import()["columns"]))


@cache
def import_column(code: str) -> Column:
    """Raises LookupError."""
    return {one.code: one for one in import_columns()}[code]


def import_limit() -> int:
    """Returns the largest number of rows in a batch."""
    return int(_import()["limits"]["rows"])


@cache
def import_plans() -> tuple[Plan, ...]:
    """Returns how large the checked sample of a batch is."""
    return tuple(map(Plan.read, _import()["sampling"]))


@cache
def most_files() -> int:
    """Returns the largest number of files of an older permit, a paper or an appeal."""
    return int(contracts.read("reference/permit-files.yaml")["limits"]["files"])


@cache
def files_kept_days() -> int:
    """Returns how long the files of a request that came to nothing are kept."""
    return int(contracts.read("reference/permit-files.yaml")["retention"]["unissued"])


@cache
def tariffs() -> tuple[Tariff, ...]:
    """Returns the tariffs of permits."""
    return tuple(map(Tariff.read, contracts.read("reference/permit-fees.yaml")["tariffs"]))


@cache
def _classes() -> tuple[tuple[date, Mapping[str, int]], ...]:
    """Returns the classes of municipalities with their first days, newest first."""
    found = contracts.read("reference/violations.yaml")["classes"]
    dated = [(date.fromisoformat(one["since"]), one["of"]) for one in found]
    return tuple(sorted(dated, key=lambda one: one[0], reverse=True))


def class_of(municipality: str, on: date) -> int:
    """Returns the class of a municipality, 1 to 5, by which fees and fines go. Raises FeeUnknown if no class is
    known on that day."""
    for since, classes in _classes():
        if since <= on and municipality in classes:
            return classes[municipality]
    raise FeeUnknown


@cache
def entry_words(code: str) -> Words:
    """Returns the words that answer a partner's entry, with their code. Raises LookupError for an unknown code."""
    reasons = contracts.read("reference/entry-reasons.yaml")
    return {"code": code, **(reasons["refusals"] | reasons["effects"])[code]}


def refusal_words(code: str, status: Words | None) -> Words:
    """Returns why the gate was shut, in the words of the problem completion-refused. `status`: of a permit that
    isn't valid."""
    words = contracts.problem_types()["types"]["completion-refused"]["codes"][code]
    fill = status or {"ar": "", "en": ""}
    return {"code": code, **{name: words[name].format(status=fill[name]) for name in ("ar", "en")}}


@cache
def municipalities() -> Mapping[str, Words]:
    """Returns the names of the municipality and its branches, by code."""
    names = names_by_code(contracts.read("reference/places.yaml"))
    return {code: name.pair() for code, name in names.items()}


def municipality(code: str) -> Words:
    """Returns the name of the governorate's municipality or of a branch. Raises LookupError."""
    return municipalities()[code]


_OFFICE_WORDS = re.compile("^(بلديه|مكتب خدمات) | (municipality|service office)$")


def read_branch(text: str) -> str:
    """`central-qatif`, «بلدية وسط القطيف» and «وسط القطيف» → `central-qatif`. Raises Malformed `enum`, which lists
    them."""
    asked = _OFFICE_WORDS.sub("", search_key(text))
    for code, words in municipalities().items():
        if asked == code or asked in {
            _OFFICE_WORDS.sub("", search_key(one)) for one in words.values()
        }:
            return code
    return read_word(text, {code: (one["ar"], one["en"]) for code, one in municipalities().items()})


@cache
def office() -> WorkingTime:
    """Returns the municipality's working time of `contracts/reference/working-time.yaml`."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml"))
