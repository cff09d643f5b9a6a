"""The chassis is tested with a service of its own, whose contracts stand beside it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core import contracts
from chassis.files.attachments import Attachment, Files, FilesSettings
from chassis.run.web import Web
from chassis.service import Service
from chassis.testing import *
from chassis.testing import build_over

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


@pytest.fixture(scope="module", autouse=True)
def sample_contracts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CONTRACTS_DIR", str(HERE / "contracts"))
        forget()
        yield
    forget()


@pytest.fixture(scope="module")
def one_web(
    sample_contracts: None, service: Service, settings: Any, savepoints: Any, issuer_key: Any
) -> Web:
    """A module's, since the contracts that it's built of are."""
    return build_over(savepoints, service, settings, issuer_key)


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
