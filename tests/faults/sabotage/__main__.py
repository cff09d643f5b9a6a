"""`python -m tests.faults.sabotage NAME PACKAGE ROLE...`"""

import importlib
import sys

from chassis.run import cli

from . import SABOTAGES


def main(name: str, package: str, *role: str) -> None:
    """Runs `python -m PACKAGE ROLE...` with the bug NAME in it."""
    SABOTAGES[name].apply()
    sys.argv = [package, *role]
    sys.stderr.write(f"sabotaged: {name}\n")
    cli.main(importlib.import_module(f"{package}.app").SERVICE)


if __name__ == "__main__":
    main(*sys.argv[1:])
