"""Counting in Arabic: the form of a noun depends on the number (CLDR's six categories)."""

from dataclasses import dataclass
from typing import Literal

Category = Literal["zero", "one", "two", "few", "many", "other"]


@dataclass(frozen=True, kw_only=True)
class Noun:
    """A noun in its six forms: «لا أيام», «يوم واحد», «يومان», 3 «أيام», 11 «يومًا», 100 «يوم»."""

    zero: str
    one: str
    two: str
    few: str
    many: str
    other: str


DAY = Noun(zero="لا أيام", one="يوم واحد", two="يومان", few="أيام", many="يومًا", other="يوم")
WORKING_DAY = Noun(
    zero="لا أيام عمل",
    one="يوم عمل واحد",
    two="يوما عمل",
    few="أيام عمل",
    many="يوم عمل",
    other="يوم عمل",
)
HOUR = Noun(zero="لا ساعات", one="ساعة واحدة", two="ساعتان", few="ساعات", many="ساعة", other="ساعة")
MINUTE = Noun(
    zero="لا دقائق", one="دقيقة واحدة", two="دقيقتان", few="دقائق", many="دقيقة", other="دقيقة"
)


def category(count: int) -> Category:
    """0 zero, 1 one, 2 two; by the last two digits 3 to 10 few, 11 to 99 many; 100, 101, 102 other."""
    if count in (0, 1, 2):
        return ("zero", "one", "two")[count]
    last = count % 100
    if 3 <= last <= 10:
        return "few"
    return "many" if last >= 11 else "other"


def counted(count: int, noun: Noun) -> str:
    """Returns the number with its noun: «يومان», «3 أيام», «11 يومًا», «100 يوم»."""
    kind = category(count)
    form: str = getattr(noun, kind)
    return form if kind in ("zero", "one", "two") else f"{count} {form}"
