"""YAML takes the second of two equal keys, and says nothing of the first."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .reading import ROOT

FILES = sorted([*ROOT.glob("contracts/**/*.yaml"), *ROOT.glob("*/*/src/**/*.yaml")])
MERGE = "<<"


def twice(node: yaml.Node) -> Iterator[str]:
    """`line: key` of every key that stands in its mapping before."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from twice(item)
    if isinstance(node, yaml.MappingNode):
        known = Counter[str]()
        for key, value in node.value:
            if known[key.value] and key.value != MERGE:
                yield f"{key.start_mark.line + 1}: {key.value}"
            known[key.value] += 1
            yield from twice(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_key_stands_twice(path: Path) -> None:
    root = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)

    assert list(twice(root)) == []


def test_a_key_that_stands_twice_is_found() -> None:
    assert list(twice(yaml.compose("a: [{b: 1, c: 2, b: 3}]"))) == ["1: b"]
