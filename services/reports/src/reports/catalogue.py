"""Reads the reference data that the rules take: categories, places, working time."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from functools import cache
from typing import Any

from chassis.core import contracts
from reports.domain.categories import Catalogue, Words
from reports.domain.places import Governorate
from saudi.days import hijri_month, parse_day
from saudi.working_time import Hours, Season, WorkingTime


@cache
def catalogue() -> Catalogue:
    """Categories, departments, outside bodies and referrals of `contracts/reference/report-categories.yaml`."""
    return Catalogue.read(contracts.read("reference/report-categories.yaml"))


@cache
def governorate() -> Governorate:
    """Towns and branches of `contracts/reference/places.yaml`."""
    return Governorate.read(contracts.read("reference/places.yaml"))


@cache
def municipalities() -> Mapping[str, Words]:
    """The names of the municipality and its branches, by code."""
    document = contracts.read("reference/places.yaml")
    return {one["code"]: Words(one["ar"], one["en"]) for one in document["municipalities"]}


@cache
def office() -> WorkingTime:
    """The municipality's working time of `contracts/reference/working-time.yaml`."""
    document = contracts.read("reference/working-time.yaml")
    ramadan = _hours(document["ramadan"])
    return WorkingTime(
        hours=_hours(document["hours"]),
        seasons=tuple(Season(*hijri_month(year, 9), ramadan) for year in document["ramadan_years"]),
        holidays=frozenset(_days(document["holidays"])),
    )


def _hours(document: Mapping[str, str]) -> Hours:
    return Hours(time.fromisoformat(document["opens"]), time.fromisoformat(document["closes"]))


def _days(holidays: Any) -> Iterator[date]:
    for holiday in holidays:
        day, last = parse_day(holiday["first"]), parse_day(holiday["last"])
        while day <= last:
            yield day
            day += timedelta(days=1)
