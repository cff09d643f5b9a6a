"""Every link in a document leads somewhere, every cited decision is in the index, and the README stays short."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from .house import ROOT

INDEX = ROOT / "docs/adr/index.md"
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
CITED = re.compile(r"\bADRs? ?((?:\d+)(?:(?:, | and |,)\d+)*)")
CODE = {"contracts", "libs", "services"}
TEXT = {".md", ".py", ".yaml", ".yml", ".toml", ".tmpl", ".sql", ".sh", ".importlinter", ""}


@cache
def tracked() -> tuple[Path, ...]:
    """Returns the files of the tree, new files included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    files = (ROOT / name for name in listed if name)
    return tuple(path for path in files if path.is_file())


DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]


def without_blocks(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)


def without_code(text: str) -> str:
    """Returns the text without blocks and spans of code, which hold no links."""
    return re.sub(r"`[^`\n]*`", "`", without_blocks(text))


@cache
def anchors(document: Path) -> frozenset[str]:
    """Returns the anchors that GitHub makes of a document's headings."""
    text = without_blocks(document.read_text("utf-8"))
    return frozenset(map(anchor_of, re.findall(r"^#+ +(.+?) *$", text, re.M)))


def anchor_of(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return "".join(sign for sign in words if sign.isalnum() or sign in " -_").replace(" ", "-")


def dead_links(document: Path) -> Iterator[str]:
    for place, anchor in LINK.findall(without_code(document.read_text("utf-8"))):
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f"{place}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert list(dead_links(document)) == []


def test_a_dead_link_and_a_dead_anchor_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One heading\n[a](gone.md) [b](#one-heading) [c](#none) `[d](e.md)`\n", "utf-8"
    )

    assert list(dead_links(page)) == ["gone.md#", "#none"]


def numbers_in_the_index() -> set[int]:
    """Returns the numbers of the index's last table. A number that was never used has no place."""
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", INDEX.read_text("utf-8"), re.M)
    return {int(number) for number, place in rows if place != "never used"}


def test_every_cited_decision_is_in_the_index() -> None:
    known = numbers_in_the_index()
    unknown = {
        f"{path.relative_to(ROOT)}: ADR {number}"
        for path in tracked()
        if path.suffix in TEXT
        for cited in CITED.findall(path.read_text("utf-8", errors="ignore"))
        for number in re.findall(r"\d+", cited)
        if int(number) not in known
    }

    assert len(known) > 60
    assert unknown == set()


def test_every_file_of_a_decision_is_in_the_index() -> None:
    files = {path.name for path in INDEX.parent.glob("0*.md")}

    assert files == set(re.findall(r"\((0\d{3}-[\w-]+\.md)\)", INDEX.read_text("utf-8")))


@pytest.mark.parametrize("document", sorted(INDEX.parent.glob("0*.md")), ids=lambda path: path.name)
def test_a_decisions_file_bears_the_number_of_its_title(document: Path) -> None:
    assert document.read_text("utf-8").startswith(f"# {int(document.name[:4])}. ")


def test_the_readme_is_read_in_five_minutes() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert len(text.splitlines()) <= 100
    assert len(text.split()) <= 900


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    names = re.findall(r"^\|[^|]+\|[^|]+\| `(\w+)` \|", glossary, re.M)
    sources = [path for path in tracked() if path.relative_to(ROOT).parts[0] in CODE]
    words = {
        word
        for path in sources
        if path.suffix in {".py", ".yaml"}
        for word in re.findall(r"\w+", path.read_text("utf-8"))
    }

    assert len(names) > 40
    assert [name for name in names if name not in words] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_names_is_there(document: Path) -> None:
    """A name is the end of a path, as `domain/fees.py`."""
    names = re.findall(r"`([\w/-]+\.py)`", without_blocks(document.read_text("utf-8")))
    ends = {"/" + path.relative_to(ROOT).as_posix() for path in tracked()}

    assert [name for name in names if not any(end.endswith(f"/{name}") for end in ends)] == []
