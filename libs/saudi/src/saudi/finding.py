"""How a permit or a request is found by what people bring: one spelling for what's stored and for what's asked, the
same at the municipality's desk and at its partners."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saudi.land import plan_key, says_no_plan
from saudi.text import compact, number_key, place_key, search_key

NO_PLAN = plan_key("بدون مخطط")
MIN_NAME_PARTS = 2
FAMILY = "ال"  # «آل», as searches compare it
SERVANT = "العبد"  # of «العبد الله», which is one word, as «عبد الله» is
_SERVANT_OF = re.compile(rf"\b{SERVANT} (?=ال)")
_LINKS = frozenset(("بن", "ابن", "بنت"))


@dataclass(frozen=True)
class PlaceKeys:
    """The keys of a piece of land. `plan`: NO_PLAN where it has none; `deed`: None where it has none."""

    plan: str
    plots: list[str]
    town: str
    district: str
    deed: str | None


def place_keys(land: Mapping[str, Any]) -> PlaceKeys:
    """What's stored of land in the shape of the contracts."""
    deed = land.get("deed")
    return PlaceKeys(
        plan=found_plan_key(land["plan_number"] or NO_PLAN),
        plots=[plan_key(plot) for plot in land["plots"]],
        town=place_key(land["town"]),
        district=place_key(land["district"]),
        deed=number_key(deed["number"]) if deed else None,
    )


def found_plan_key(plan_number: str) -> str:
    """Returns the form under which a plan is found; that of a permit without one for the words «بدون مخطط»."""
    return NO_PLAN if says_no_plan(plan_number) else plan_key(plan_number)


def asked_key(fold: Callable[[str], str], text: str | None) -> str | None:
    """Returns what somebody asks for, folded. None also for a text without a sign that shows, such as a zero-width
    space: it selects nothing."""
    return (fold(text) or None) if text else None


def name_parts(name: str) -> Sequence[str]:
    """Returns the parts under which a person's name is found, each once, in order: «عبد الله بن محمد آل تجربة» has
    عبدالله, محمد, تجربه, التجربه. Only whole parts meet; words between them («بن») and what's in brackets don't count.
    A family that's written with «آل» is found without it, and by the spelling in one word."""
    parts: list[str] = []
    for word, family in _words(name):
        parts += [word, FAMILY + word.removeprefix(FAMILY)] if family else [word]
    return list(dict.fromkeys(parts))


def asked_name_parts(name: str) -> Sequence[str]:
    """Returns the parts that somebody asks for: «آل تجربة», «ال تجربة» and «التجربة» are one part, and the same."""
    asked = (
        FAMILY + word.removeprefix(FAMILY) if family else word for word, family in _words(name)
    )
    return list(dict.fromkeys(asked))


def stored_forms(part: str) -> Sequence[str]:
    """Returns the stored parts that an asked part finds: the part, and the part with the article. People say
    «ابراهيم» and «الإبراهيم» of one family. The reverse isn't found: «العلي» would find everybody called «علي»."""
    return [part] if part.startswith(FAMILY) else [part, FAMILY + part]


def _words(name: str) -> Iterator[tuple[str, bool]]:
    """The words of a name that count, and whether «آل» stands before each."""
    family = False
    spelled = _SERVANT_OF.sub(SERVANT, search_key(name.split("(", 1)[0]))
    for word in map(compact, spelled.split()):
        if word == FAMILY:
            family = True
        elif word not in _LINKS:
            yield word, family
            family = False
