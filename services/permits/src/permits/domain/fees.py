"""The fee of a request, computed from the table contracts/reference/permit-fees.yaml; another amount that two people
agreed on; the payer, the last day to pay, and held money."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Self

from chassis.core.refusals import Conflict, Findings, InvalidFields
from saudi.ids import parse_id
from saudi.mobiles import parse_mobile
from saudi.money import parse_riyals, riyal_words
from saudi.text import parse_name

Line = dict[str, Any]
ANOTHER = "building-permit-other-amount"


class FeeUnknown(Conflict):
    """The table has no tariff for the kind, the use and the day: it fails closed."""

    problem = "fee-unknown"


class AmountUndecided(Conflict):
    """Another amount was proposed, and nobody has decided about it."""

    problem = "amount-undecided"


class NoAmountProposed(Conflict):
    """There's no other amount to decide about."""

    problem = "amount-not-proposed"


class AnotherPersonAgrees(Conflict):
    """Nobody agrees to an amount that he proposed himself."""

    problem = "another-person-agrees"


class Proposal(StrEnum):
    """The status of a proposed amount. `dropped`: the request went back, and the basis of the fee with it."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Tariff:
    """One of the table. `halalas`: of the municipality's classes, first to fifth; `until` is the last day."""

    code: str
    ar: str
    en: str
    kinds: frozenset[str]
    use_classes: frozenset[str]
    per: str
    halalas: tuple[int, ...]
    minimum: int
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a tariff of the file."""
        return cls(
            code=written["code"],
            ar=written["ar"],
            en=written["en"],
            kinds=frozenset(written["kinds"]),
            use_classes=frozenset(written["use_classes"]),
            per=written["per"],
            halalas=tuple(map(parse_riyals, written["riyals"])),
            minimum=parse_riyals(written["minimum"]),
            since=date.fromisoformat(written["since"]),
            until=date.fromisoformat(written["until"]) if written["until"] else None,
        )

    def holds(self, kind: str, use_class: str, on: date) -> bool:
        """Returns whether the tariff is for that kind and use on that day."""
        return (
            kind in self.kinds
            and use_class in self.use_classes
            and self.since <= on <= (self.until or date.max)
        )


@dataclass(frozen=True)
class FeeBasis:
    """The data on which a fee depends. `municipality_class`: 1 to 5; `before`: the previous permit's building."""

    kind: str
    use_class: str
    municipality_class: int
    building: Mapping[str, Any]
    before: Mapping[str, Any] | None = None


def fee_lines(asked: FeeBasis, tariffs: Iterable[Tariff], *, on: date) -> list[Line]:
    """Returns the lines of the invoice, each with its calculation. Raises FeeUnknown."""
    for tariff in tariffs:
        if tariff.holds(asked.kind, asked.use_class, on):
            return [_line(tariff, asked)]
    raise FeeUnknown


def total(lines: Sequence[Line]) -> int:
    """Returns the sum in halalas."""
    return sum(line["amount_halalas"] for line in lines)


def _line(tariff: Tariff, asked: FeeBasis) -> Line:
    rate = tariff.halalas[asked.municipality_class - 1]
    count, measure = _measure(tariff.per, asked)
    computed = int((rate * count).quantize(Decimal(1), ROUND_HALF_UP))
    ar = [f"{riyal_words(rate)} × {measure[0]}", f"بلدية من الفئة {asked.municipality_class}"]
    en = [f"{riyal_words(rate, 'en')} x {measure[1]}", f"class {asked.municipality_class}"]
    if computed < tariff.minimum:
        ar.append(f"الحد الأدنى {riyal_words(tariff.minimum)}")
        en.append(f"at least {riyal_words(tariff.minimum, 'en')}")
    return {
        "code": tariff.code,
        "ar": tariff.ar,
        "en": tariff.en,
        "amount_halalas": max(computed, tariff.minimum),
        "because": {"ar": "، ".join(ar), "en": ", ".join(en)},
    }


def _measure(per: str, asked: FeeBasis) -> tuple[Decimal, tuple[str, str]]:
    """Returns the factor of the rate, with its words."""
    if per == "once":
        return Decimal(1), ("مرة واحدة", "once")
    if per == "fence-metre":
        metres = _decimal(asked.building["fence_length_m"] or 0)
        return metres, (f"طول السور {metres:f} م", f"{metres:f} m of fence")
    area = _decimal(asked.building["built_area_m2"])
    if per == "added-area" and asked.before is not None:
        added = max(area - _decimal(asked.before["built_area_m2"]), Decimal(0))
        return added, (f"المساحة المضافة {added:f} م²", f"{added:f} m2 added")
    return area, (f"مسطحات البناء {area:f} م²", f"{area:f} m2 built")


def _decimal(value: float) -> Decimal:
    return Decimal(str(value)).normalize()


def agreed_lines(computed: Sequence[Line], amount_halalas: int) -> list[Line]:
    """Returns the table's lines and a line for the difference to the amount that two people agreed on. Their reason
    stays in the house."""
    difference = amount_halalas - total(computed)
    if not difference:
        return list(computed)
    line = {
        "code": ANOTHER,
        "ar": "فرق عن الجدول",
        "en": "Other than the table",
        "amount_halalas": difference,
        "because": {
            "ar": "مبلغ آخر بسبب مسجل، اقترحه موظف ووافق عليه آخر",
            "en": "another amount for a recorded reason, proposed by one officer and agreed to by another",
        },
    }
    return [*computed, line]


def check_proposed(amount_halalas: int, computed: Sequence[Line]) -> None:
    """Raises InvalidFields for nothing, and for what the table says anyhow."""
    if amount_halalas <= 0:
        raise InvalidFields.of("amount", "positive")
    if amount_halalas == total(computed):
        raise InvalidFields.of("amount", "amount-of-table")


def check_seen(seen_halalas: int | None, lines: Sequence[Line]) -> None:
    """Refuses to bill another amount than the officer saw. Raises InvalidFields."""
    if seen_halalas is not None and seen_halalas != total(lines):
        raise InvalidFields.of("amount", "other-amount")


def require_another(subject: str, proposed_by: str) -> None:
    """Raises AnotherPersonAgrees."""
    if subject == proposed_by:
        raise AnotherPersonAgrees


DAYS_TO_PAY = 30  # where the officer names no last day


class PayerMissing(Conflict):
    """No owner has an ID number, and the bill system takes no bill without one: the officer names who pays."""

    problem = "payer-missing"


@dataclass(frozen=True)
class Payer:
    """The payer: a person or an establishment with a number. `mobile` in E.164."""

    name: str
    id_type: str
    id_number: str = field(repr=False)
    mobile: str | None = field(default=None, repr=False)

    def record(self) -> dict[str, str]:
        """Returns $defs/payer of events/invoice.v1.schema.json."""
        return {"name": self.name, "id_type": self.id_type, "id_number": self.id_number}


def payer_of(owners: Iterable[Mapping[str, Any]]) -> Payer:
    """Returns the first owner of the deed who has a number. Raises PayerMissing: a waqf may have none, nor heirs as
    such."""
    for owner in owners:
        if owner["id_number"]:
            names = ("name", "id_type", "id_number", "mobile")
            return Payer(**{name: owner[name] for name in names})
    raise PayerMissing


def parse_payer(data: Mapping[str, Any]) -> Payer:
    """Parses a payer whom the officer names, in the contract's shape. Raises InvalidFields."""
    findings = Findings()
    name = findings.read("payer.name", parse_name, data["name"])
    number = findings.read("payer.id_number", parse_id, data["id_type"], data["id_number"])
    written = data.get("mobile")
    mobile = findings.read("payer.mobile", parse_mobile, written) if written else None
    findings.settle()
    return Payer(name or "", data["id_type"], number or "", mobile)


def pays_still(
    held: Mapping[str, Any] | None, named: Payer | None, owners: Iterable[Mapping[str, Any]]
) -> bool:
    """Returns whether the person whose money is held still pays: the officer names this person, or names nobody and
    the person is an owner. Without an owner who has a number nobody else is known to pay."""
    if held is None:
        return False
    if named is not None:
        return bool(named.id_number == held["id_number"])
    numbers = [owner["id_number"] for owner in owners if owner["id_number"]]
    return not numbers or held["id_number"] in numbers


def check_due_on(due_on: date, *, today: date) -> None:
    """Raises InvalidFields for a last day that's past."""
    if due_on < today:
        raise InvalidFields.of("due_on", "past-date")


def last_day(named: date | None, today: date) -> date:
    """Returns the named last day; the default is thirty days from now."""
    return named or today + timedelta(days=DAYS_TO_PAY)


def covers_fee(held_halalas: int, due_halalas: int) -> bool:
    """Returns whether held money pays a corrected request. Only the exact amount does: other money goes back whole,
    and the request is billed anew."""
    return held_halalas == due_halalas
