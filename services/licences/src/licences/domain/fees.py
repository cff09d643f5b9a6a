"""What a licence costs, and how the amount came about: a line for each rule that applies, in halalas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from licences.domain.asked import Asked
from licences.domain.rules import FeeRule, Rules
from saudi.bilingual import Bilingual
from saudi.money import riyal_words

# States of an invoice: payments has agreed that its money goes back; it went.
REFUNDING, REFUNDED = "refunding", "refunded"


@dataclass(frozen=True)
class Line:
    """A part of the fee. `because`: how it was computed, for people."""

    code: str
    words: Bilingual
    halalas: int
    because: Bilingual

    def record(self) -> dict[str, Any]:
        """As an invoice and an application carry it."""
        return {
            "code": self.code,
            **self.words.pair(),
            "amount_halalas": self.halalas,
            "because": self.because.pair(),
        }


def fee_lines(asked: Asked, rules: Rules, *, on: date) -> Sequence[Line]:
    """By the dearest fee class among the activities, because the applicant names the main one, and by the kind, the
    area, the sign and the years. Empty: nothing is to be paid."""
    activities = (rules.activities.get(code) for code in asked.activities)
    classes = [one.fee_class for one in activities if one is not None]
    return max((_lines_of(one, asked, rules, on) for one in classes or [""]), key=total)


def _lines_of(fee_class: str, asked: Asked, rules: Rules, on: date) -> Sequence[Line]:
    applying = (rule for rule in rules.fees if _applies(rule, asked, fee_class, on))
    lines = (_line(rule, asked) for rule in applying)
    return [line for line in lines if line.halalas]


def total(lines: Sequence[Line]) -> int:
    """In halalas."""
    return sum(line.halalas for line in lines)


def _applies(rule: FeeRule, asked: Asked, fee_class: str, on: date) -> bool:
    return (
        rule.holds(on)
        and (not rule.kinds or asked.kind in rule.kinds)
        and (not rule.fee_classes or fee_class in rule.fee_classes)
        and (not rule.requests or asked.request in rule.requests)
        and (asked.is_late or not rule.late_only)
    )


def _line(rule: FeeRule, asked: Asked) -> Line:
    count, because = _count(rule, asked)
    amount = (rule.halalas * count).quantize(Decimal(1), ROUND_HALF_UP)
    ar, en = (riyal_words(rule.halalas, language) for language in ("ar", "en"))
    return Line(
        rule.code,
        rule.words,
        int(amount),
        Bilingual(f"{ar} × {because.ar}", f"{en} × {because.en}"),
    )


def _count(rule: FeeRule, asked: Asked) -> tuple[Decimal, Bilingual]:
    years = Decimal(asked.years)
    if rule.per == "once":
        return Decimal(1), Bilingual("مرة واحدة", "once")
    if rule.per == "year":
        return years, Bilingual(f"عدد السنوات {years}", f"{years} years")
    metres = asked.area_m2 if rule.per == "square-metre-year" else asked.sign_m2
    return metres * years, Bilingual(
        f"المساحة {metres} م2 × عدد السنوات {years}", f"{metres} m2 × {years} years"
    )
