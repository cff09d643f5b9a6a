"""The words of the pages, as they stand in several files."""

import json
import re
from collections import Counter
from pathlib import Path

import pages
import portal

FILES = sorted((Path(portal.__file__).parent / "api/templates").glob("*texts.json"))


def test_no_two_files_define_one_text():
    named = Counter(key for file in FILES for key in json.loads(file.read_text())["ar"])

    assert [key for key, times in named.items() if times > 1] == []


def test_no_file_defines_one_text_twice():
    twice = {file.name: _repeated_keys(file) for file in FILES}

    assert {name: keys for name, keys in twice.items() if keys} == {}


def test_every_text_that_a_template_names_is_there():
    of_all = Path(pages.__file__).parent.glob("**/*texts.json")
    known = {key for file in (*FILES, *of_all) for key in json.loads(file.read_text())["ar"]}
    templates = FILES[0].parent.glob("*.html")
    named = {
        (file.name, key)
        for file in templates
        for key in re.findall(r'(?<![\w.])t\("([\w-]+)"[,)]', file.read_text())
    }

    assert sorted((file, key) for file, key in named if key not in known) == []


def _repeated_keys(file: Path) -> list[str]:
    found: list[str] = []

    def note_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    json.loads(file.read_text(), object_pairs_hook=note_repeated)
    return found
