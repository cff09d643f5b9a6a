"""The list of professions that need a certificate, the courses of health education, and the seasons
(contracts/reference/health-professions.yaml)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from saudi.bilingual import Bilingual


@dataclass(frozen=True)
class Course:
    """A course of health education. A pass is good for `months`."""

    code: str
    words: Bilingual
    months: int


@dataclass(frozen=True)
class Season:
    """Requests are taken from `opens_on` on; certificates are good until `ends_on`."""

    code: str
    words: Bilingual
    opens_on: date
    ends_on: date


@dataclass(frozen=True)
class Profession:
    """A profession of the list, from `since` to `until`. `course`: of health education that it asks for."""

    code: str
    group: str
    words: Bilingual
    course: Course | None
    season: Season | None
    since: date
    until: date | None

    def is_listed(self, on: date) -> bool:
        """Whether a certificate for it may be asked for on the day."""
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
        """Of the file. Raises LookupError for a course or season that it doesn't have."""
        courses = {
            one["code"]: Course(one["code"], Bilingual.read(one), one["months"])
            for one in document["courses"]
        }
        seasons = {one["code"]: _season(one) for one in document["seasons"]}
        found = [_profession(one, courses, seasons) for one in document["professions"]]
        groups = {one["code"]: Bilingual.read(one) for one in document["groups"]}
        return cls(groups, courses, seasons, {one.code: one for one in found})

    def listed(self, on: date) -> Iterable[Profession]:
        """Those that may be asked for on the day, in the order of the file."""
        return [one for one in self.by_code.values() if one.is_listed(on)]


def _season(one: Mapping[str, Any]) -> Season:
    opens_on, ends_on = _day(one["opens_on"]), _day(one["ends_on"])
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
        since=_day(one["since"]),
        until=_day(one["until"]) if one["until"] else None,
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)
