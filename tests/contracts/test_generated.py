"""Generated lines are up to date."""

from pathlib import Path

import pytest

from devstack import generated

from .reading import ROOT

FILES = generated.files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_generated_file_is_what_its_sources_say(file: Path) -> None:
    assert file.read_text("utf-8") == FILES[file], "run `make generate`"
