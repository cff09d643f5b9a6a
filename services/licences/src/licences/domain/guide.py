"""What an applicant asks before applying: the papers of an activity, where it's licensed, and what it costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from licences.domain.declarations import ISSUE, Declaration
from licences.domain.explanations import condition_title
from licences.domain.licences import PROFESSIONAL
from licences.domain.missing import NOT_DECLARED, TO_DO
from licences.domain.rules import Activity, FeeRule, Rules, applies_to_new, fee_lines, needs_officer
from saudi.bilingual import Bilingual
from saudi.text import search_key

# The conditions for which an applicant brings something, in the order of the form.
_PAPERS = (
    *("establishment-active", "lease-term", "engineering-classification", "civil-defence"),
    *("building-use", "health-certificates", "cleaning-contract"),
)
_SHORTEST_WITH_ARTICLE = 4
_ESTABLISHMENT = Bilingual(
    "اكتبوا الرقم الموحد للمنشأة كما في السجل التجاري.",
    "Give the establishment's unified number as in the commercial register.",
)
_PER: Mapping[str, Bilingual] = {
    "once": Bilingual("مرة واحدة", "once"),
    "year": Bilingual("في السنة", "a year"),
    "square-metre-year": Bilingual("للمتر المربع في السنة", "a square metre and year"),
    "sign-metre-year": Bilingual(
        "لمتر اللوحة المربع في السنة", "a square metre of the sign and year"
    ),
}


@dataclass(frozen=True)
class Paper:
    """A condition for which the applicant brings something, and what that is."""

    code: str
    title: Bilingual
    words: Bilingual


def papers_of(activity: Activity, kind: str, rules: Rules) -> list[Paper]:
    """Returns what an applicant brings for a new licence of this kind."""
    named = rules.conditions["always"] | rules.conditions.get(kind, frozenset()) | activity.needs
    if kind != PROFESSIONAL:
        named |= rules.conditions["establishment"]
    return [Paper(code, condition_title(code), _words(code)) for code in _PAPERS if code in named]


def _words(code: str) -> Bilingual:
    if code == "establishment-active":
        return _ESTABLISHMENT
    return NOT_DECLARED.get(code) or TO_DO[code]


def fee_rules_of(activity: Activity, kind: str, rules: Rules, on: date) -> list[FeeRule]:
    """Returns the parts of the fee for a new licence, that hold on the day."""
    return [one for one in rules.fees if applies_to_new(one, kind, activity.fee_class, on)]


def unit_words(rule: FeeRule) -> Bilingual:
    """Returns for what the amount of a part of the fee is paid: once, a year, a square metre and year."""
    return _PER[rule.per]


def offered_activities(
    rules: Rules,
    *,
    words: str | None,
    also_called: Mapping[str, Sequence[str]],
    kind: str | None,
    municipality: str | None,
    on: date,
) -> Iterator[Activity]:
    """Yields the activities that are licensed on the day, by code: with these words in the name or in the everyday
    words of the activity (`also_called`, by code), of this kind, in this municipality."""
    wanted = [_without_article(one) for one in search_key(words).split()] if words else []
    for code in sorted(rules.activities):
        activity = rules.activities[code]
        names = activity.words.ar, activity.words.en, *also_called.get(code, ())
        name = search_key(" ".join(names))
        if (
            activity.is_offered(on)
            and all(word in name for word in wanted)
            and (kind is None or kind in activity.kinds)
            and (municipality is None or municipality in activity.terms)
        ):
            yield activity


def _without_article(word: str) -> str:
    """«المطعم» → «مطعم»."""
    return word.removeprefix("ال") if len(word) > _SHORTEST_WITH_ARTICLE else word


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A shop, office or trade for which somebody thinks of applying."""

    activity: str
    kind: str
    municipality: str
    area_m2: Decimal
    years: int
    sign_m2: Decimal

    def form(self) -> dict[str, Any]:
        """Returns the parts of an application's form on which the offer depends."""
        activities: Sequence[Mapping[str, Any]] = [{"code": self.activity, "main": True}]
        return {
            "activities": activities,
            "kind": self.kind,
            "years": self.years,
            "area_m2": self.area_m2,
        }

    def declaration(self, on: date) -> Declaration:
        """Returns the plan as a declaration of nobody, by which the fee is computed."""
        return Declaration(
            request=ISSUE,
            kind=self.kind,
            municipality=self.municipality,
            submitted_on=on,
            activities=(self.activity,),
            years=self.years,
            area_m2=self.area_m2,
            workers=0,
            sign_m2=self.sign_m2,
            establishment=None,
            owner="",
            lease=None,
            safety=None,
            classification=None,
            permit=None,
        )


def is_immediate(plan: Plan, rules: Rules, on: date) -> bool:
    """Returns whether no officer has to review the plan."""
    return not needs_officer(plan.declaration(on), rules)


def fee_of(plan: Plan, rules: Rules, on: date) -> list[dict[str, Any]]:
    """Returns the lines of the fee, as an application carries them."""
    return [line.record() for line in fee_lines(plan.declaration(on), rules, on=on)]
