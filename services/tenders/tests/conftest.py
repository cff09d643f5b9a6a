"""The service under test; the fixtures are the chassis'."""

from collections.abc import Callable
from datetime import datetime
from threading import Event as Stop
from typing import Any

import pytest

from chassis.events.contacts import contacts_of
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from chassis.service import Service
from chassis.testing import *
from tenders.app import SERVICE
from tenders.models import Lease, Tender

from .over_http import api, codes
from .stages import bring

__all__ = ["api", "codes"]


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    keys = ("sealing", "blind_index", "contact", "inquiry", "subject", "payer")
    rings = {f"{name}_key": f"1:{letter * 43}" for name, letter in zip(keys, "ACEIMQ", strict=True)}
    return {
        "cursor_key": "k" * 43,
        "public_url": "https://tenders.test",
        "files_folder": tmp_path_factory.mktemp("files"),
        **rings,
    }


@pytest.fixture
def tender(session: Any) -> Callable[..., Tender]:
    """`tender("opened")` is a tender of Saihat at this stage."""
    return lambda stage="published", **changes: bring(session, Tender, stage, **changes)


@pytest.fixture
def lease(session: Any) -> Callable[..., Lease]:
    """`lease("opened")` is a lease of Saihat at this stage."""
    return lambda stage="published", **changes: bring(session, Lease, stage, **changes)


@pytest.fixture
def let_clock_act(
    service: Service, settings: Any, database: Any, session: Any
) -> Callable[[datetime], None]:
    """`let_clock_act(moment)` does all that is due at the moment, as the process `work` does."""

    def act(moment: datetime) -> None:
        session.flush()
        runner = Deadlines(Process(service, settings, database), clock=lambda: moment)
        while runner.step(Stop()):
            pass
        session.expire_all()

    return act


@pytest.fixture
def happened(outbox_rows: Any) -> Callable[[], list[str]]:
    """Returns the names of the published events, in order."""
    return lambda: [row.type.split(".")[-2] for row in outbox_rows()]


@pytest.fixture
def reached(session: Any, outbox_rows: Any) -> Callable[[], list[tuple[str, str]]]:
    """`reached()` → what the followers were told, and to which mobile, of every notice in order."""

    def opened() -> list[tuple[str, str]]:
        rows = [row for row in outbox_rows() if row.topic == "tenders.notice"]
        return [
            (row.type.split(".")[-2], contact.mobile or "")
            for row in rows
            for contact in contacts_of(session).open(
                row.aggregate_id, row.envelope["data"]["contacts"]
            )
        ]

    return opened
