"""The words of the pages, as they stand in several files."""

import json
from collections import Counter
from pathlib import Path

import portal

FILES = sorted((Path(portal.__file__).parent / "api/templates").glob("*texts.json"))


def test_no_two_files_define_one_text():
    named = Counter(key for file in FILES for key in json.loads(file.read_text())["ar"])

    assert [key for key, times in named.items() if times > 1] == []


def test_no_file_defines_one_text_twice():
    twice = {file.name: _repeated_keys(file) for file in FILES}

    assert {name: keys for name, keys in twice.items() if keys} == {}


def _repeated_keys(file: Path) -> list[str]:
    found: list[str] = []

    def note_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    json.loads(file.read_text(), object_pairs_hook=note_repeated)
    return found
