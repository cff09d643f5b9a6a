"""The reference data of contracts/reference: professions, courses and seasons (health-professions.yaml), medical
centres (medical-centres.yaml), rules and retention (health-rules.yaml)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from saudi.bilingual import Bilingual
from saudi.days import add_years
from saudi.money import parse_riyals

ORDINARY, SEASONAL, RENEWAL = "ordinary", "seasonal", "renewal"  # codes of fees


@dataclass(frozen=True)
class Course:
    """A course of health education. A pass is good for `months`."""

    code: str
    words: Bilingual
    months: int

    def good_until(self, passed_on: date) -> date:
        """Returns the last good day of a pass: the same day of the month `months` later, or the last day of a shorter
        month."""
        years, rest = divmod(passed_on.month - 1 + self.months, 12)
        first = add_years(passed_on.replace(day=1), years).replace(month=rest + 1)
        for day in range(passed_on.day, 27, -1):
            try:
                return first.replace(day=day)
            except ValueError:
                continue
        return first.replace(day=passed_on.day)


@dataclass(frozen=True)
class Season:
    """A season. Requests are taken from `opens_on` on; certificates are good until `ends_on`."""

    code: str
    words: Bilingual
    opens_on: date
    ends_on: date


@dataclass(frozen=True)
class Profession:
    """A profession of the list, from `since` to `until`. `course`: the health education that the profession asks
    for."""

    code: str
    group: str
    words: Bilingual
    course: Course | None
    season: Season | None
    since: date
    until: date | None

    def is_listed(self, on: date) -> bool:
        """Returns whether people may apply for the profession on the day."""
        if self.season is not None and not self.season.opens_on <= on <= self.season.ends_on:
            return False
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class Professions:
    """The list, by code."""

    groups: Mapping[str, Bilingual]
    courses: Mapping[str, Course]
    seasons: Mapping[str, Season]
    by_code: Mapping[str, Profession]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Professions":
        """Reads the file. Raises LookupError for a course or season that the file doesn't have."""
        courses = {
            one["code"]: Course(one["code"], Bilingual.read(one), one["months"])
            for one in document["courses"]
        }
        seasons = {one["code"]: _season(one) for one in document["seasons"]}
        professions = [_profession(one, courses, seasons) for one in document["professions"]]
        groups = {one["code"]: Bilingual.read(one) for one in document["groups"]}
        return cls(groups, courses, seasons, {one.code: one for one in professions})

    def listed(self, on: date) -> Iterable[Profession]:
        """Returns the professions for which people may apply on the day, in the order of the file."""
        return [one for one in self.by_code.values() if one.is_listed(on)]


def _season(one: Mapping[str, Any]) -> Season:
    opens_on, ends_on = date.fromisoformat(one["opens_on"]), date.fromisoformat(one["ends_on"])
    return Season(one["code"], Bilingual.read(one), opens_on, ends_on)


def _profession(
    one: Mapping[str, Any], courses: Mapping[str, Course], seasons: Mapping[str, Season]
) -> Profession:
    return Profession(
        code=one["code"],
        group=one["group"],
        words=Bilingual.read(one),
        course=courses[one["course"]] if one["course"] else None,
        season=seasons[one["season"]] if one["season"] else None,
        since=date.fromisoformat(one["since"]),
        until=_optional_day(one["until"]),
    )


@dataclass(frozen=True)
class Period:
    """Days from `since` to `until`, the last one; None while no end is known."""

    since: date
    until: date | None

    def includes(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Centre:
    """A medical centre. `organisation`: the code of its people and systems in identity, and its key here."""

    organisation: str
    words: Bilingual
    towns: Sequence[str]
    accredited: Sequence[Period]

    def is_accredited(self, on: date) -> bool:
        """Returns whether the result of an examination on the day counts."""
        return any(period.includes(on) for period in self.accredited)


Centres = Mapping[str, Centre]


def read_centres(document: Mapping[str, Any]) -> Centres:
    """Reads the file; returns the centres by organisation."""
    return {one["organisation"]: _centre(one) for one in document["centres"]}


def _centre(one: Mapping[str, Any]) -> Centre:
    accredited = [
        Period(date.fromisoformat(period["since"]), _optional_day(period["until"]))
        for period in one["accredited"]
    ]
    return Centre(one["organisation"], Bilingual.read(one), one["towns"], accredited)


@dataclass(frozen=True)
class Nationality:
    """A country by its code of ISO 3166-1 alpha-3. `people`: what its people are called, in Arabic."""

    code: str
    words: Bilingual
    people: Sequence[str]


Nationalities = Mapping[str, Nationality]


def read_nationalities(document: Mapping[str, Any]) -> Nationalities:
    """Reads the file; returns the countries by code."""
    return {
        one["code"]: Nationality(one["code"], Bilingual.read(one), one["people"])
        for one in document["nationalities"]
    }


@dataclass(frozen=True)
class Rules:
    """The rules of a municipality on a day; `fees` in halalas. The file explains each rule."""

    examination_days: int
    completion_days: int
    bill_days: int
    minimum_age: int
    residence_permit_checked: bool
    education_asked: bool
    valid_years: int
    fees: Mapping[str, int]
    oldest_examination_days: int
    renewal_days: int


@dataclass(frozen=True)
class Rulebook:
    """All versions of the rules. A municipality's versions hold only what differs from the governorate's."""

    versions: Sequence[tuple[str | None, date, Mapping[str, Any]]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rulebook":
        """Reads the file."""
        versions = [_version(one) for one in document["rules"]]
        return cls(sorted(versions, key=lambda version: version[1]))

    def of(self, municipality: str, on: date) -> Rules:
        """Returns the rules in force. Raises LookupError for a day before the first version."""
        values: dict[str, Any] = {}
        for wanted in (None, municipality):
            for place, since, changed in self.versions:
                if place == wanted and since <= on:
                    values.update(changed)
        if not values:
            raise LookupError(f"no rules for {on}")
        return Rules(**values)


def _version(one: Mapping[str, Any]) -> tuple[str | None, date, Mapping[str, Any]]:
    values = {name: value for name, value in one.items() if name not in ("municipality", "since")}
    if "fees" in values:
        values["fees"] = {kind: parse_riyals(fee) for kind, fee in values["fees"].items()}
    return one["municipality"], date.fromisoformat(one["since"]), values


@dataclass(frozen=True)
class RetentionDays:
    """How many days personal data stay after their row ended. The file says what each number covers."""

    requests: int
    results: int
    certificates: int
    passes: int
    lists: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "RetentionDays":
        """Reads the file."""
        return cls(**document["retention"])


def _optional_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
