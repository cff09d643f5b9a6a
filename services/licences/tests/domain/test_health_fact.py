"""The share of workers with a valid health certificate, counted certificate by certificate."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.core.sources import Source
from licences.domain.facts import HEALTH, Certificate, Fact, health_fact

ON = date(2026, 12, 1)
THEN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def held(worker: str | None = "v1:a", **changes: Any) -> Certificate:
    values: dict[str, Any] = {"status": "valid", "valid_until": date(2027, 11, 19)}
    return Certificate(**{"worker": worker, "changed_at": THEN, **values, **changes})


def seen(certified: int, *, at: datetime = THEN, **changes: Any) -> Fact:
    source = Source("officer", at.isoformat(), "شهادات ورقية", "p_officer")
    return Fact(HEALTH, {"workers": 3, "certified": certified}, source, **changes)


def counted(*certificates: Certificate, officer: Fact | None = None, workers: int = 3) -> Any:
    fact = health_fact(certificates, officer, workers=workers, on=ON)
    return fact and (fact.source.kind, fact.value["certified"], fact.value["workers"])


def test_without_certificates_what_an_officer_saw_is_all_that_is_known() -> None:
    assert counted() is None
    assert counted(officer=seen(2)) == ("officer", 2, 3)


def test_a_worker_with_two_certificates_counts_once() -> None:
    assert counted(held("v1:a"), held("v1:a"), held("v1:b")) == ("health_certs", 2, 3)


def test_a_professionals_own_certificates_are_one_person() -> None:
    assert counted(held(None), held(None), workers=1) == ("health_certs", 1, 1)


@pytest.mark.parametrize(
    "ended",
    [
        {"status": "cancelled"},
        {"status": "revoked"},
        {"status": "replaced"},
        {"valid_until": ON - timedelta(days=1)},
    ],
)
def test_what_has_ended_counts_no_more(ended: Any) -> None:
    assert counted(held("v1:a"), held("v1:b", **ended)) == ("health_certs", 1, 3)


def test_a_certificate_counts_on_its_last_day() -> None:
    assert counted(held(valid_until=ON)) == ("health_certs", 1, 3)


def test_more_holders_than_declared_workers_are_the_workers() -> None:
    assert counted(*(held(f"v1:{one}") for one in range(5))) == ("health_certs", 5, 5)


def test_what_was_seen_on_paper_counts_as_long_as_it_says_more() -> None:
    assert counted(held("v1:a"), officer=seen(3)) == ("officer", 3, 3)
    assert counted(held("v1:a"), officer=seen(1)) == ("health_certs", 1, 3)


@pytest.mark.parametrize(
    "ended",
    [
        {"status": "cancelled", "changed_at": THEN + timedelta(days=1)},
        {"status": "revoked", "changed_at": THEN + timedelta(days=1)},
        {"valid_until": ON - timedelta(days=1)},
    ],
)
def test_what_was_seen_counts_no_more_once_a_certificate_ended_since(ended: Any) -> None:
    assert counted(held("v1:a", **ended), held("v1:b"), officer=seen(3)) == ("health_certs", 1, 3)


def test_what_an_officer_saw_after_an_end_counts() -> None:
    before = held("v1:a", status="revoked", changed_at=THEN - timedelta(days=1))

    assert counted(before, officer=seen(3)) == ("officer", 3, 3)


def test_what_was_seen_counts_until_its_own_end() -> None:
    expired = seen(3, valid_until=ON - timedelta(days=1))

    assert counted(held("v1:a"), officer=expired) == ("health_certs", 1, 3)
