"""The form of an application: its normal form, and every field at fault at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import Findings, InvalidFields
from licences.domain.declarations import Town, Towns
from licences.domain.forms import check_trade_name, normalize

TODAY = date(2026, 12, 1)
TOWNS = Towns({"سيهات": Town("سيهات", "saihat")})


def faults(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as refused:
        normalize(body, TOWNS, born_by=TODAY)
    return [(one.field, one.code) for one in refused.value.faults]


def test_a_trade_name_is_written_in_the_letters_of_its_language() -> None:
    findings = Findings()

    check_trade_name({"ar": "Al Waha Laundry", "en": "مغسلة الواحة"}, findings)
    check_trade_name({"ar": "مغسلة K7", "en": None}, findings)

    assert [(one.field, one.code) for one in findings.faults] == [
        ("establishment.trade_name.ar", "name-not-arabic"),
        ("establishment.trade_name.en", "name-not-latin"),
    ]


def test_what_the_rules_say_does_not_wait_for_the_fields_that_are_missing() -> None:
    body = {
        "kind": "shop",
        "activities": [{"code": "960111", "main": True}, None, {"code": "960111", "main": True}],
        "owner": {"id_type": "national_id", "id_number": "1000000009", "mobile": "05"},
        "place": {"town": "جدة", "latitude": 21.5},
        "lease": {"starts_on": "1448/06/14", "ends_on": "2026-11-01"},
    }

    assert faults(body) == [
        ("owner.id_number", "check-digit"),
        ("owner.mobile", "mobile"),
        ("activities", "not-unique"),
        ("activities", "one-main"),
        ("place.town", "town-unknown"),
        ("establishment", "required"),
        ("lease.ends_on", "before-start"),
    ]


@pytest.mark.parametrize("born", ["1448/06/22", "2026-12-02", date(2026, 12, 2)])
def test_nobody_is_born_after_today(born: str | date) -> None:
    body = {"owner": {"birth_date": born}, "manager": {"birth_date": "2026-12-01"}}

    assert faults(body) == [("owner.birth_date", "future-date")]


def test_only_a_professional_may_have_no_area() -> None:
    shop = {"kind": "shop", "establishment": {}, "area_m2": 0}

    assert faults(shop) == [("area_m2", "positive")]
    body = normalize({"kind": "professional", "area_m2": 0}, TOWNS, born_by=TODAY)
    assert body["area_m2"] == 0
