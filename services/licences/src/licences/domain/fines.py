"""The table of violations, and what a violation costs by it: base × size × repetition. Nobody types an amount."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from chassis.core.refusals import InvalidFields
from saudi.bilingual import Bilingual
from saudi.money import Halalas, riyal_words

CLASSES = 5
SIZES = ("micro", "small", "medium", "large")
_SIZE_WORDS = {
    "micro": Bilingual("منشأة متناهية الصغر", "micro establishment"),
    "small": Bilingual("منشأة صغيرة", "small establishment"),
    "medium": Bilingual("منشأة متوسطة", "medium establishment"),
    "large": Bilingual("منشأة كبيرة", "large establishment"),
    None: Bilingual("فرد", "individual"),
}
_SEEN = Bilingual(" كما رآها المفتش", " as the inspector saw it")  # nobody's own declaration


@dataclass(frozen=True)
class Item:
    """A violation of the table. `warning_days`: the first time, the offender is warned and has so many days to
    correct the violation; None: the offender is fined at once. `closes`: the place may be closed for it."""

    code: str
    group: str
    words: Bilingual
    grave: bool
    closes: bool
    warning_days: int | None
    tariffs: Sequence[tuple[date, tuple[Halalas, ...]]]

    def base(self, municipality_class: int, on: date) -> Halalas | None:
        """Returns what the item costs in a municipality of this class on the day; None before its first tariff."""
        held = [amounts for since, amounts in self.tariffs if since <= on]
        return held[-1][municipality_class - 1] if held else None


@dataclass(frozen=True)
class Parameters:
    """What holds for all items from a day on. `factors`: by the number of times; the last factor holds for every
    later time."""

    since: date
    sizes: Mapping[str | None, int]
    repetition_years: int
    factors: Sequence[int]
    caps: Mapping[bool, Halalas]
    reductions: Sequence[int]
    objection_days: int
    decision_days: int
    court_days: int
    closing_days: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Parameters":
        caps = document["caps"]
        days = ("objection_days", "decision_days", "court_days", "closing_days")
        return cls(
            since=date.fromisoformat(document["since"]),
            sizes={**document["sizes"], None: document["person"]},
            repetition_years=document["repetition_years"],
            factors=document["factors"],
            caps={False: caps["ordinary"] * 100, True: caps["grave"] * 100},
            reductions=document["reductions"],
            **{name: document[name] for name in days},
        )


@dataclass(frozen=True)
class Fine:
    """How an amount came about. `size` None: the offender is a person. `reduced_to`: the share, in per cent, that a
    decision left; None without a decision."""

    base: Halalas
    municipality_class: int
    size: str | None
    size_percent: int
    repetition: int
    factor: int
    cap: Halalas
    reduced_to: int | None = None

    @property
    def amount(self) -> Halalas:
        whole = min(self.base * self.size_percent * self.factor // 100, self.cap)
        return whole if self.reduced_to is None else whole * self.reduced_to // 100

    def reduced(self, percent: int) -> "Fine":
        """Returns the fine with the share that a decision leaves."""
        return replace(self, reduced_to=percent)

    @property
    def is_capped(self) -> bool:
        return self.base * self.size_percent * self.factor // 100 > self.cap

    def because(self) -> Bilingual:
        """Returns the amount in a sentence, for the bill and for inquirers."""
        size, seen = _SIZE_WORDS[self.size], _SEEN if self.size else Bilingual("", "")
        parts = [
            Bilingual(
                f"الأساس {riyal_words(self.base)} لبلدية من الفئة {self.municipality_class}",
                f"base {riyal_words(self.base, 'en')} in a municipality of class {self.municipality_class}",
            ),
            Bilingual(
                f"{size.ar}{seen.ar} {self.size_percent}%",
                f"{size.en}{seen.en} {self.size_percent}%",
            ),
        ]
        if self.factor > 1:
            parts.append(
                Bilingual(
                    f"تكرار للمرة {self.repetition} ×{self.factor}",
                    f"repeated, time {self.repetition}, ×{self.factor}",
                )
            )
        if self.is_capped:
            cap = self.cap
            parts.append(
                Bilingual(f"الحد الأعلى {riyal_words(cap)}", f"at most {riyal_words(cap, 'en')}")
            )
        if self.reduced_to is not None:
            parts.append(
                Bilingual(
                    f"خُفضت بقرار إلى {self.reduced_to}%",
                    f"reduced by decision to {self.reduced_to}%",
                )
            )
        return Bilingual("، ".join(one.ar for one in parts), ", ".join(one.en for one in parts))


class Fined(Protocol):
    """A violation as it's stored."""

    @property
    def size(self) -> str | None: ...
    @property
    def repetition(self) -> int | None: ...
    @property
    def municipality_class(self) -> int | None: ...
    @property
    def base_halalas(self) -> Halalas | None: ...
    @property
    def size_percent(self) -> int | None: ...
    @property
    def factor(self) -> int | None: ...
    @property
    def cap_halalas(self) -> Halalas | None: ...
    @property
    def reduced_to_percent(self) -> int | None: ...


def fine_of(kept: Fined) -> Fine | None:
    """Returns how a stored violation's amount came about; None before its record was confirmed."""
    if kept.base_halalas is None:
        return None
    return Fine(
        base=kept.base_halalas,
        municipality_class=kept.municipality_class or 0,
        size=kept.size,
        size_percent=kept.size_percent or 0,
        repetition=kept.repetition or 1,
        factor=kept.factor or 1,
        cap=kept.cap_halalas or 0,
        reduced_to=kept.reduced_to_percent,
    )


class Table:
    """The table, as contracts/reference/violations.yaml has it."""

    def __init__(
        self,
        parameters: Sequence[Parameters],
        classes: Sequence[tuple[date, Mapping[str, int]]],
        groups: Mapping[str, Bilingual],
        items: Mapping[str, Item],
    ) -> None:
        self._parameters = sorted(parameters, key=lambda one: one.since)
        self._classes = sorted(classes, key=lambda one: one[0])
        self.groups = groups
        self.items = items

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Table":
        """Reads the document. Raises ValueError for a table that contradicts itself."""
        groups = {one["code"]: Bilingual.read(one) for one in document["groups"]}
        items = [_item(one) for one in document["items"]]
        if (
            len({one.code for one in items}) < len(items)
            or {one.group for one in items} - groups.keys()
        ):
            raise ValueError("an item's code stands twice, or its group isn't there")
        classes = [(date.fromisoformat(one["since"]), one["of"]) for one in document["classes"]]
        parameters = [Parameters.read(one) for one in document["parameters"]]
        return cls(parameters, classes, groups, {one.code: one for one in items})

    def parameters(self, on: date) -> Parameters:
        """Returns the parameters of the day; the first ones for a day before all."""
        held = [one for one in self._parameters if one.since <= on]
        return held[-1] if held else self._parameters[0]

    def item(self, code: str, on: date) -> Item:
        """Returns an item in force on the day. Raises InvalidFields."""
        item = self.items.get(code)
        if item is None or item.base(1, on) is None:
            raise InvalidFields.of("item", "violation-item-unknown")
        return item

    def class_of(self, municipality: str, on: date) -> int:
        """Returns the class, 1 to 5. Raises KeyError for a municipality that isn't in the table."""
        held = [of for since, of in self._classes if since <= on] or [self._classes[0][1]]
        return held[-1][municipality]

    def fine(
        self, item: Item, *, municipality: str, size: str | None, repetition: int, on: date
    ) -> Fine:
        """Returns what the item costs the offender for the `repetition`-th time, on the day of the observation."""
        rules, level = self.parameters(on), self.class_of(municipality, on)
        base = item.base(level, on)
        if base is None:
            raise InvalidFields.of("item", "violation-item-unknown")
        return Fine(
            base=base,
            municipality_class=level,
            size=size,
            size_percent=rules.sizes[size],
            repetition=repetition,
            factor=rules.factors[min(repetition, len(rules.factors)) - 1],
            cap=rules.caps[item.grave],
        )

    def spans(
        self, municipalities: Iterable[str], on: date
    ) -> Mapping[str, tuple[Halalas, Halalas]]:
        """Returns the least and the most that each item in force costs, by code: over the classes of the
        municipalities, the sizes and the repetitions."""
        rules, places = self.parameters(on), list(municipalities)
        found = {}
        for code, item in self.items.items():
            if item.base(1, on) is None:
                continue
            amounts = [
                self.fine(item, municipality=place, size=size, repetition=time, on=on).amount
                for place in places
                for size in rules.sizes
                for time in range(1, len(rules.factors) + 1)
            ]
            found[code] = (min(amounts), max(amounts))
        return found


def _item(document: Mapping[str, Any]) -> Item:
    tariffs = [
        (date.fromisoformat(one["since"]), tuple(riyals * 100 for riyals in one["riyals"]))
        for one in document["tariffs"]
    ]
    if any(len(amounts) != CLASSES for _, amounts in tariffs):
        raise ValueError("an item has an amount for each of the five classes")
    return Item(
        code=document["code"],
        group=document["code"][0],
        words=Bilingual.read(document),
        grave=document.get("grave", False),
        closes=document.get("closes", False),
        warning_days=document.get("warning_days"),
        tariffs=sorted(tariffs),
    )
