"""The files that repeat what stands elsewhere: `make generate` writes them, and a test refuses stale ones."""

from pathlib import Path

from devstack.generated import deployment, import_rules, readme
from devstack.generated.blocks import filled
from devstack.machine import ROOT
from devstack.services import declared


def files(root: Path = ROOT) -> dict[Path, str]:
    """File → its text as the sources say now."""
    services = declared(root)
    blocks = {
        ".importlinter": import_rules.lists(root, services),
        "deploy/compose.yaml": deployment.compose(services),
        "deploy/postgres/10-databases.sql": deployment.databases(services),
        "deploy/env/example.env": deployment.example_environment(services),
        "deploy/README.md": deployment.addresses(services),
        "README.md": readme.tables(services),
    }
    return {
        root / name: filled((root / name).read_text("utf-8"), one) for name, one in blocks.items()
    }


def write(root: Path = ROOT) -> list[Path]:
    """Writes the stale files and answers them."""
    texts = files(root)
    stale = [file for file in texts if not file.is_file() or file.read_text("utf-8") != texts[file]]
    for file in stale:
        file.write_text(texts[file], "utf-8")
    return stale
