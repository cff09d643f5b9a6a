"""Applications by HTTP as municipalities' systems send them: trades of persons, without a fee, and shops, with one."""

import itertools
import json
import uuid
from collections.abc import Mapping
from typing import Any

import requests

from devstack.outside_bodies.registers import with_check_digit
from devstack.token import Session

MARK = "(بيانات تجريبية)"
PLACES: Mapping[str, tuple[str, str, float, float]] = {
    "saihat": ("سيهات", "الكوثر", 26.4834, 50.0468),
    "tarout": ("تاروت", "الربيعية", 26.5711, 50.0727),
    "safwa": ("صفوى", "الروابي", 26.6634, 49.9616),
}
_NUMBERS = itertools.count(1)


class Municipality:
    """A municipality's own system. Safe to share between threads, but for its connection: `submit` takes a new one
    where a thread has none."""

    def __init__(self, system: dict[str, Any], name: str) -> None:
        self.name = name
        self._session = Session(system, f"{name}-system")
        self.url = system["services"]["partner-gateway"]["url"]

    def headers(self, method: str, url: str) -> dict[str, str]:
        return self._session.headers(method, url)

    def submit(self, http: requests.Session, body: Mapping[str, Any]) -> str:
        """Answers the application's id."""
        url = f"{self.url}/v1/licence-applications"
        headers = {**self.headers("POST", url), "Idempotency-Key": str(uuid.uuid4())}
        answer = http.post(url, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["application_id"])

    def submit_batch(self, http: requests.Session, bodies: list[dict[str, Any]]) -> int:
        """Up to 500 at once; answers how many were accepted."""
        url = f"{self.url}/v1/licence-application-batches"
        lines = (
            json.dumps({"reference": str(uuid.uuid4()), "application": body}) for body in bodies
        )
        headers = {
            **self.headers("POST", url),
            "Idempotency-Key": str(uuid.uuid4()),
            "Content-Type": "application/x-ndjson",
        }
        answer = http.post(url, data="\n".join(lines).encode(), headers=headers, timeout=120)
        answer.raise_for_status()
        results = [json.loads(line) for line in answer.text.splitlines() if line]
        return sum(1 for one in results if one.get("application_id"))


def trade(municipality: str) -> dict[str, Any]:
    """Immediate, without a fee; each of another person."""
    return {
        **_person(municipality, _number()),
        "kind": "professional",
        "activities": [{"code": "432210", "main": True}],
        "years": 1,
        "area_m2": 0,
        "workers": 0,
    }


def laundry(municipality: str) -> dict[str, Any]:
    """A shop that's decided at once, with a fee."""
    number = _number()
    trade_name = {"ar": f"محل {number} {MARK}", "en": None}
    unified = f"7{number:08}0"
    return {
        **_person(municipality, number),
        "kind": "shop",
        "activities": [{"code": "960111", "main": True}],
        "years": 1,
        "establishment": {"unified_number": unified, "trade_name": trade_name, "size": "micro"},
        "area_m2": 45,
        "lease": {"ejar_no": f"2{number:08}01", "starts_on": "2026-01-01", "ends_on": "2028-12-31"},
        "workers": 2,
    }  # fmt: skip


def _number() -> int:
    """No ending that the stand-in of the registers makes something of."""
    return next(_NUMBERS) * 10 + 3


def _person(municipality: str, number: int) -> dict[str, Any]:
    town, district, latitude, longitude = PLACES[municipality]
    owner = {
        "name": f"مالك {MARK}",
        "id_type": "national_id",
        "id_number": with_check_digit(f"1{number:08}"),
        "mobile": f"05{number % 100_000_000:08}",
        "language": "ar",
    }
    place = {"town": town, "district": district, "latitude": latitude, "longitude": longitude}
    return {"owner": owner, "place": place}
