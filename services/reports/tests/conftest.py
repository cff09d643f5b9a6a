"""The service under test; the fixtures are the chassis'. Reports in the tests are filed through the commands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.service import Service
from chassis.testing import *
from reports.app import SERVICE
from reports.commands import ending, filing, treatment
from reports.domain.reports import Reopening
from reports.models import Report

MARK = "(بيانات تجريبية)"
EVERYTHING = frozenset(("reports.read", "reports.file", "reports.refer", "reports.treat"))


@dataclass(frozen=True)
class Person:
    """Somebody of the municipality; a machine has its client's id as subject."""

    subject: str = "p_officer"
    name: str | None = f"موظف البلاغات {MARK}"
    client_id: str = "qatif-desk"
    organisation: str | None = "qatif"
    scopes: frozenset[str] = EVERYTHING
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


@pytest.fixture(scope="session")
def person() -> type[Person]:
    """The class, for people with other scopes and attributes."""
    return Person


@pytest.fixture(scope="session")
def officer() -> Person:
    return Person()


@pytest.fixture(scope="session")
def portal() -> Person:
    return Person("portal-system", None, "portal-system", scopes=frozenset(("reports.file",)))


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "files_folder": tmp_path_factory.mktemp("files"),
        "cursor_key": "k" * 43,
        "sealing_key": "1:" + "A" * 43,
        "blind_index_key": "1:" + "C" * 43,
        "contact_key": "1:" + "E" * 43,
        "inquiry_key": "1:" + "I" * 43,
        "subject_key": "1:" + "M" * 43,
        "person_key": "1:" + "Q" * 43,
    }


NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Riyadh; 1448/06/15
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE = Reopening(timedelta(days=5), 2)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def new_report() -> Callable[..., dict[str, Any]]:
    """Makes the body of a report; with names of fields, those are others."""
    return _new_report


@pytest.fixture
def filed(session: Any, officer: Person) -> Callable[..., Report]:
    """Files a report through the command: `filed(portal, category="litter")`."""

    def file(actor: Any = officer, *, at: datetime = NOW, **changes: Any) -> Report:
        return filing.file_report(UnitOfWork(session, actor, at), _new_report(**changes))

    return file


@pytest.fixture
def light(filed: Any) -> Report:
    """A report whose type asks for no photo: a street light, 48 hours by the clock."""
    report: Report = filed(category="light-out")
    return report


@pytest.fixture
def closed(session: Any, officer: Any, light: Report) -> Report:
    treat(session, officer, light)
    return ending.close(UnitOfWork(session, officer, NOW + 2 * HOUR), light.report_id, rule=RULE)


def treat(session: Any, officer: Any, report: Report, at: datetime = NOW + HOUR) -> Report:
    return treatment.resolve(
        UnitOfWork(session, officer, at), report.report_id, text="استُبدل المصباح"
    )


def told(session: Any, row: Any) -> list[Any]:
    """Those who are to be told of an event, opened."""
    data = row.envelope["data"]
    return contacts_of(session).open(data["report_id"], data["contacts"])


def _new_report(**changes: Any) -> dict[str, Any]:
    """The body of a report by a citizen."""
    return {
        "channel": "app",
        "category": "pothole",
        "description": f"حفرة عميقة أمام المدرسة {MARK}",
        "location": {
            "town": "سيهات",
            "district": "النسيم",
            "latitude": 26.4834,
            "longitude": 50.0468,
        },
        "reporter": {"name": f"علي بن حسن آل تجربة {MARK}", "mobile": "0500000001"},
        **changes,
    }


@pytest.fixture
def only_index(session: Any) -> Callable[..., None]:
    """`only_index("ix_…")` leaves the planner these indexes of `report` or none: of a handful of rows it takes any.

    The primary key goes as well unless it is named: with few rows a walk through all of it is as cheap as a search.
    """

    def leave(*indexes: str) -> None:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        others = (
            "SELECT indexname FROM pg_indexes WHERE tablename = 'report'"
            " AND indexname LIKE 'ix_%' AND indexname <> ALL(:kept)"
        )
        for name in session.scalars(text(others), {"kept": list(indexes)}).all():
            session.execute(text(f"DROP INDEX {name}"))
        if "pk_report" not in indexes:
            session.execute(text("ALTER TABLE report DROP CONSTRAINT pk_report CASCADE"))

    return leave
