"""Generated files are up to date, and a stale copy is seen."""

from pathlib import Path

import pytest

from devstack import generated
from devstack.generated import asyncapi

from .reading import CONTRACTS, ROOT

FILES = generated.files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_generated_file_is_what_its_sources_say(file: Path) -> None:
    assert file.read_text("utf-8") == FILES[file], "run `make generate`"


def test_another_consumer_of_a_topic_makes_the_copy_stale(tmp_path: Path) -> None:
    for file in filter(Path.is_file, CONTRACTS.rglob("*")):
        copy = tmp_path / file.relative_to(CONTRACTS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text("utf-8")
        copy.write_text(text.replace("portal", "map"))

    assert asyncapi.document(CONTRACTS) == FILES[CONTRACTS / "asyncapi.yaml"]
    assert "mapReceivesPermitsPermit" in asyncapi.document(tmp_path)
