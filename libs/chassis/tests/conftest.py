"""The chassis is tested with a service of its own, whose contracts stand beside it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core import contracts
from chassis.files.attachments import Attachment, Files, FilesSettings
from chassis.service import Service
from chassis.testing import *

HERE = Path(__file__).parent
CACHED = (
    contracts.read,
    contracts.openapi,
    contracts.topics,
    contracts.event_validator,
    contracts.problem_types,
)

sys.path.insert(0, str(HERE))


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


@pytest.fixture(scope="session")
def service() -> Service:
    from sample.app import SERVICE

    return SERVICE


@pytest.fixture(autouse=True)
def sample_contracts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CONTRACTS_DIR", str(HERE / "contracts"))
    forget()
    yield
    forget()


@pytest.fixture
def empty(real_database):
    """The database with real commits, without deadlines of other tests."""
    with real_database.transaction() as session:
        session.execute(text("DELETE FROM deadline; DELETE FROM thing"))
    return real_database


@pytest.fixture
def files(tmp_path: Path, database_url: str) -> Files:
    settings = FilesSettings(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        issuer="https://issuer.test",
        files_folder=tmp_path / "files",
    )
    return Files.of(settings)


@pytest.fixture
def stored(files: Files, session: Any) -> Attachment:
    import hostile
    from keeping import NOW, upload

    sent = upload(hostile.located(), "../صورة.png")
    return files.store(session, sent, uploader="p_one", now=NOW)
