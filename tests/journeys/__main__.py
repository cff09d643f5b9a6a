"""`python -m tests.journeys record FILE` and `python -m tests.journeys compare OLD NEW`."""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.journeys.comparing import differences
from tests.journeys.masking import masked_lines

GROUPS = ("demo", "system")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.journeys")
    commands = parser.add_subparsers(dest="command", required=True)
    record_ = commands.add_parser("record", help="play the journeys of the tree in this folder")
    record_.add_argument("file", type=Path)
    record_.add_argument("--only", choices=GROUPS, help="one group of journeys")
    compare_ = commands.add_parser("compare", help="exit with 1 when the recordings differ")
    compare_.add_argument("old", type=Path)
    compare_.add_argument("new", type=Path)
    given = parser.parse_args()
    if given.command == "record":
        record(given.file, [given.only] if given.only else list(GROUPS))
    else:
        sys.exit(compare(given.old, given.new))


def record(file: Path, groups: list[str]) -> None:
    """Plays each group in a process of its own. Raises CalledProcessError when a journey fails."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for group in groups:
            unmasked = Path(folder) / group
            command = [sys.executable, "-m", "tests.journeys.recording", group, str(unmasked)]
            subprocess.run(command, check=True)
            lines += masked_lines(group, json.loads(unmasked.read_text("utf-8")))
    write(file, lines)


def compare(old: Path, new: Path) -> int:
    """Compares the groups that both recordings have."""
    both = read(old), read(new)
    groups = set.intersection(*({json.loads(text)["group"] for text in one} for one in both))
    found = list(
        differences(
            *([text for text in one if json.loads(text)["group"] in groups] for one in both)
        )
    )
    found.append(f"{', '.join(sorted(groups))}: {len(found) or 'no'} lines of difference")
    sys.stdout.write("\n".join(found) + "\n")
    return 1 if len(found) > 1 or not groups else 0


def write(file: Path, lines: list[str]) -> None:
    content = "".join(f"{text}\n" for text in lines).encode()
    file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)


def read(file: Path) -> list[str]:
    content = file.read_bytes()
    return (gzip.decompress(content) if file.suffix == ".gz" else content).decode().splitlines()


if __name__ == "__main__":
    main()
