"""A licence as the service keeps it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from chassis.core.ids import new_id
from licences.models import Licence
from saudi.text import search_key

BODY = {
    "owner": {
        "name": "أحمد بن عبدالله الحسن (بيانات تجريبية)",
        "id_type": "national_id",
        "id_number": "1000000008",
        "mobile": "+966500000001",
        "language": "ar",
    },
    "establishment": {
        "unified_number": "7000000005",
        "trade_name": {"ar": "مغسلة الواحة (بيانات تجريبية)", "en": "Al Waha Laundry"},
        "size": "micro",
    },
    "area_m2": 45,
    "place": {
        "town": "سيهات", "district": "الكوثر", "street": None, "plan": "422/3 ج", "plot": "215",
        "latitude": 26.4834, "longitude": 50.0468,
    },
}  # fmt: skip
ACTIVITY = {"code": "960111", "main": True, "ar": "مغاسل الملابس", "en": "Laundries"}


@pytest.fixture
def licence(session: Any, now: datetime) -> Callable[..., Licence]:
    """A valid shop licence of Saihat, unless other columns are given."""
    count = iter(range(1, 1_000))

    def make(**changes: Any) -> Licence:
        kind = changes.get("kind", "shop")
        body = {**BODY, **changes.pop("body", {})}
        establishment = body["establishment"] if kind != "professional" else None
        trade_name = establishment["trade_name"] if establishment else None
        facts = {
            "licence_id": new_id(),
            "licence_no": f"144804{next(count):06}",
            "application_id": new_id(),
            "kind": kind,
            "municipality": "saihat",
            "status": "valid",
            "establishment": establishment["unified_number"] if establishment else None,
            "trade_name": trade_name,
            "trade_key": search_key(f"{trade_name['ar']} {trade_name['en']}")
            if trade_name
            else None,
            "activities": [ACTIVITY],
            "town": "سيهات",
            "district": "الكوثر",
            "owner_number": "1000000008",
            "owner_key": "1000000008",
            "body": body,
            "rules": "2026.1",
            "issued_on": date(2026, 11, 25),
            "expires_on": date(2027, 11, 24),
            "years": 1,
            "renewal_days": 90,
            "changed_at": now,
            "version": 1,
        }
        row = Licence(**{**facts, **changes})
        session.add(row)
        session.flush()
        return row

    return make
