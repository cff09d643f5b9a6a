"""`as_of`: the moment up to which an answer is complete."""

from datetime import UTC, datetime

import pytest
from municipal import APPLICATIONS, LICENCES
from sqlalchemy import text

from partner_gateway.queries import licences
from partner_gateway.queries.permits import Permits

PERMITS = "/v1/building-permits"
MONTHS = "/v1/licence-application-months"
SEARCHES = "/v1/building-permit-searches"
TOPICS = (
    *("permits.permit", "permits.certificate", "permits.release", "permits.request"),
    *("licences.application", "licences.licence", "payments.bill"),
)
MARK = text(
    "INSERT INTO consumer_progress VALUES ('partner-gateway', :topic, :partition, 1, :at)"
    " ON CONFLICT (consumer, topic, partition) DO UPDATE SET complete_until = :at"
)


@pytest.fixture
def complete_until(session):
    """`complete_until(9)`: the read model holds everything that was published before 9 o'clock."""

    def complete_until(hour):
        at = datetime(2026, 11, 24, hour, tzinfo=UTC)
        for topic in TOPICS:
            for partition in range(8):
                session.execute(MARK, {"topic": topic, "partition": partition, "at": at})
        session.commit()

    return complete_until


@pytest.fixture
def progress_during_reads(complete_until, monkeypatch):
    """The read model is complete until 9 o'clock before each page is read, and until 10 o'clock afterwards."""
    complete_until(9)
    read_permits = Permits.page

    async def permits(*arguments, **named):
        page = await read_permits(*arguments, **named)
        complete_until(10)
        return page

    def progressing(read):
        def rows(*arguments, **named):
            page = read(*arguments, **named)
            complete_until(10)
            return page

        return rows

    monkeypatch.setattr(Permits, "page", permits)
    for name in ("applications", "licences", "count_by_month"):
        monkeypatch.setattr(licences, name, progressing(getattr(licences, name)))


@pytest.mark.parametrize("kind", ["page", "search", "permit"])
def test_permits_are_complete_up_to_a_moment_before_they_were_read(
    client, employee, grant, project, progress_during_reads, kind
):
    grant()
    permit = project(plan_number="1")
    search = {
        "civil_id": "1000000008",
        "purpose": "meter-connection",
        "case_reference": "C-1",
    }

    answer = {
        "page": lambda: client.get(f"{PERMITS}?plan_number=1", headers=employee()),
        "search": lambda: client.post(SEARCHES, json=search, headers=employee()),
        "permit": lambda: client.get(f"{PERMITS}/{permit['permit_id']}", headers=employee()),
    }[kind]()

    assert answer.json()["as_of"] == "2026-11-24T09:00:00Z"


@pytest.mark.parametrize("path", [APPLICATIONS, LICENCES, f"{MONTHS}?year=1448"])
def test_pages_of_municipalities_are_complete_up_to_a_moment_before_they_were_read(
    client, clerk, progress_during_reads, path
):
    answer = client.get(path, headers=clerk("licences.read"))

    assert answer.json()["as_of"] == "2026-11-24T09:00:00Z"
