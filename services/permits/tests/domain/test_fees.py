"""What a permit costs, by the table and by two people."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from permits import catalogue
from permits.domain import fees
from permits.domain.fees import AnotherPersonAgrees, FeeBasis, FeeUnknown, Tariff
from permits.domain.permits import KINDS

TODAY = date(2026, 11, 24)
USES = contracts.openapi("permits")["components"]["schemas"]["UseClass"]["enum"]


def building(area: float = 715.5, fence: float | None = None) -> dict[str, Any]:
    return {"built_area_m2": area, "fence_length_m": fence}


def asked(**changes: Any) -> FeeBasis:
    facts = {"kind": "new", "use_class": "residential", "municipality_class": 2}
    return FeeBasis(**{**facts, "building": building(), **changes})


def lines(**changes: Any) -> list[dict[str, Any]]:
    return fees.fee_lines(asked(**changes), catalogue.tariffs(), on=TODAY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use_class", USES)
def test_every_kind_and_use_has_one_tariff_on_any_day(kind: str, use_class: str) -> None:
    since = min(tariff.since for tariff in catalogue.tariffs())
    days = [since + timedelta(days=n) for n in range(0, 4000, 100)]

    for day in days:
        held = [one.code for one in catalogue.tariffs() if one.holds(kind, use_class, day)]
        assert len(held) == 1, (day, held)


def test_every_tariff_has_five_rates_that_fall() -> None:
    for tariff in catalogue.tariffs():
        assert len(tariff.halalas) == 5
        assert list(tariff.halalas) == sorted(tariff.halalas, reverse=True)
        assert min(tariff.halalas) > 0
        assert tariff.minimum > 0


@pytest.mark.parametrize(
    ("changes", "halalas", "words"),
    [
        ({}, 171_720, "SAR 2.40 x 715.5 m2 built, class 2"),
        ({"municipality_class": 5}, 42_930, "SAR 0.60 x 715.5 m2 built, class 5"),
        ({"use_class": "commercial"}, 343_440, "SAR 4.80 x 715.5 m2 built, class 2"),
        ({"building": building(3)}, 10_000, "SAR 2.40 x 3 m2 built, class 2, at least SAR 100.00"),
        ({"building": building(100.01)}, 24_002, "SAR 2.40 x 100.01 m2 built, class 2"),
        ({"kind": "renewal"}, 171_720, "SAR 2.40 x 715.5 m2 built, class 2"),
        (
            {"kind": "addition", "before": building(600)},
            27_720,
            "SAR 2.40 x 115.5 m2 added, class 2",
        ),
        (
            {"kind": "addition", "before": building(800)},
            10_000,
            "SAR 2.40 x 0 m2 added, class 2, at least SAR 100.00",
        ),
        ({"kind": "addition"}, 171_720, "SAR 2.40 x 715.5 m2 built, class 2"),
        (
            {"kind": "fence", "building": building(0, 96)},
            15_360,
            "SAR 1.60 x 96 m of fence, class 2",
        ),
        ({"kind": "demolition"}, 40_000, "SAR 400.00 x once, class 2"),
        ({"kind": "ownership_transfer"}, 40_000, "SAR 400.00 x once, class 2"),
    ],
)
def test_the_amount_is_the_tariff_times_what_its_for(
    changes: dict[str, Any], halalas: int, words: str
) -> None:
    [line] = lines(**changes)

    assert (line["amount_halalas"], line["because"]["en"]) == (halalas, words)
    assert "فئة" in line["because"]["ar"]


def test_a_tariff_ends_with_its_last_day() -> None:
    written = {
        "code": "x",
        "ar": "س",
        "en": "x",
        "kinds": ["new"],
        "use_classes": ["residential"],
        "per": "once",
        "minimum": "1.00",
    }
    old, new = (
        Tariff.read({**written, "riyals": [rate] * 5, "since": since, "until": until})
        for rate, since, until in (
            ("7.00", "2023-01-01", "2026-11-24"),
            ("9.00", "2026-11-25", None),
        )
    )

    def costs(day: date) -> int:
        return fees.total(fees.fee_lines(asked(), [old, new], on=day))

    assert (costs(TODAY), costs(TODAY + timedelta(days=1))) == (700, 900)
    with pytest.raises(FeeUnknown):
        costs(date(2022, 12, 31))


def test_another_amount_is_shown_as_a_difference_without_its_reason() -> None:
    agreed = fees.agreed_lines(lines(), 60_000)

    assert fees.total(agreed) == 60_000
    assert agreed[1]["amount_halalas"] == 60_000 - 171_720
    assert fees.agreed_lines(lines(), 171_720) == lines()


@pytest.mark.parametrize(("amount", "code"), [(0, "positive"), (171_720, "amount-of-table")])
def test_nothing_is_proposed_that_means_nothing(amount: int, code: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        fees.check_proposed(amount, lines())

    assert [one.code for one in caught.value.faults] == [code]


def test_nobody_agrees_to_an_amount_of_his_own() -> None:
    fees.require_another("p_second", "p_first")
    with pytest.raises(AnotherPersonAgrees):
        fees.require_another("p_first", "p_first")
