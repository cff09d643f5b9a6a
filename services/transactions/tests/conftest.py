"""The service under test; the fixtures are the chassis'."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from chassis.service import Service
from chassis.testing import *
from transactions.app import SERVICE
from transactions.commands.enter import enter
from transactions.models import Transaction

from .people import CLERK, entry

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)  # a Sunday, 11:00 in Riyadh; 1448/06/19
SCOPES = ("my-transactions.read", "my-transactions.write")


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "cursor_key": "k" * 43,
        "sealing_key": "1:" + "A" * 43,
        "blind_index_key": "1:" + "C" * 42 + "A",
        "contact_key": "1:" + "E" * 43,
        "inquiry_key": "1:" + "I" * 43,
        "subject_key": "1:" + "M" * 43,
        "document_key": "1:" + "g" * 42 + "A",
        "person_key": "1:" + "o" * 42 + "A",
        "files_folder": tmp_path_factory.mktemp("files"),
    }


@pytest.fixture
def work(session: Any) -> Callable[..., UnitOfWork]:
    """`work(actor)` returns the unit of work of an actor."""
    return lambda actor, at=NOW: UnitOfWork(session, actor, at)


@pytest.fixture
def entered(work: Any) -> Callable[..., Transaction]:
    """`entered(kind=…)` enters a transaction at the counter of Saihat, at the survey department."""

    def make(*, by: Any = CLERK, at: datetime = NOW, **changes: Any) -> Transaction:
        return enter(work(by, at), entry(**changes))

    return make


@pytest.fixture
def file(session: Any) -> Callable[..., str]:
    """`file(actor)` returns the id of an upload of the actor."""

    def make(actor: Any) -> str:
        row = Attachment(
            attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/jpeg", size=1,
            sha256=b"1" * 32, name="deed.jpg", width=1, height=1, latitude=None, longitude=None,
            uploader=uploader_of(actor), scan="unscanned", uploaded_at=NOW,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return str(row.attachment_id)

    return make


@pytest.fixture
def happened(outbox_rows: Any) -> Callable[[], list[str]]:
    """Returns the names of the published events, in order."""
    return lambda: [row.type.split(".")[-2] for row in outbox_rows()]


@pytest.fixture
def citizen(citizen_token: Any) -> Callable[..., dict[str, str]]:
    """`citizen(number, "7000000005 …")` → the header of a citizen's token, who acts for these establishments."""

    def header(
        number: str, acts_for: str | None = None, *, mobile: str | None = "+966500000001"
    ) -> dict[str, str]:
        made: dict[str, str] = citizen_token(number, *SCOPES, acts_for=acts_for, mobile=mobile)
        return made

    return header
